//! What was refused, counted by hour.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use projection_engine::WriteError;
use sqlx::PgConnection;

use crate::copy::CopyRows;

/// The kind of whatever is no transfer.
pub(super) const COMMAND: &str = "command";

const HOUR: i64 = 3_600;

/// How many refusals more there are, by the hour, code and kind.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    hours: HashMap<(i64, String, &'static str), i64>,
}

impl Refusals {
    pub(super) fn add(&mut self, code: &str, kind: &'static str, at: DateTime<Utc>) {
        let hour = at.timestamp().div_euclid(HOUR) * HOUR;
        *self.hours.entry((hour, code.to_owned(), kind)).or_default() += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.hours.len()
    }

    /// In the order of the key.
    fn sorted(&self) -> Vec<(DateTime<Utc>, &str, &'static str, i64)> {
        let start = |hour: i64| DateTime::UNIX_EPOCH + Duration::seconds(hour);
        let mut sorted: Vec<_> =
            self.hours.iter().map(|((hour, code, kind), count)| (start(*hour), code.as_str(), *kind, *count)).collect();
        sorted.sort_unstable();
        sorted
    }

    /// Adds its hours to the rows of a COPY: start, code, kind, count.
    pub(super) fn copy(&self, rows: &mut CopyRows) {
        for (start, code, kind, count) in self.sorted() {
            rows.row().time(start).text(code).text(kind).int8(count);
        }
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let sorted = self.sorted();
        if sorted.is_empty() {
            return Ok(());
        }
        let column = sorted.iter();
        let start: Vec<_> = column.clone().map(|(start, ..)| *start).collect();
        let code: Vec<&str> = column.clone().map(|(_, code, ..)| *code).collect();
        let kind: Vec<&str> = column.clone().map(|(_, _, kind, _)| *kind).collect();
        let count: Vec<i64> = column.map(|(.., count)| *count).collect();
        sqlx::query!(
            "insert into refusals (bucket_start, code, kind, count)
             select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::int8[])
             on conflict (bucket_start, code, kind) do update set count = refusals.count + excluded.count",
            &start,
            &code as &[&str],
            &kind as &[&str],
            &count
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
