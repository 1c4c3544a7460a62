//! How many there are in the whole bank.

use std::collections::BTreeMap;

use projection_engine::WriteError;
use sqlx::PgConnection;

use crate::copy::CopyRows;

pub(super) const ITEMS: &str = "items";
pub(super) const OPEN_OFFERS: &str = "offers_open";

/// How many more, or fewer, there are of what.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    numbers: BTreeMap<String, i64>,
}

impl Counts {
    pub(super) fn add(&mut self, what: &str, number: i64) {
        match self.numbers.get_mut(what) {
            Some(sum) => *sum += number,
            None => {
                self.numbers.insert(what.to_owned(), number);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Adds its numbers to the rows of a COPY: what, number.
    pub(super) fn copy(&self, rows: &mut CopyRows) {
        for (what, number) in &self.numbers {
            rows.row().text(what).int8(*number);
        }
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let changed = || self.numbers.iter().filter(|(_, number)| **number != 0);
        let what: Vec<String> = changed().map(|(what, _)| what.clone()).collect();
        let number: Vec<i64> = changed().map(|(_, number)| *number).collect();
        if what.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into bank_counts (what, number)
             select * from unnest($1::text[], $2::int8[])
             on conflict (what) do update set number = bank_counts.number + excluded.number",
            &what,
            &number
        )
        .execute(&mut *connection)
        .await?;
        // However the events were batched, the table is the same: what there is none of has no row.
        sqlx::query!("delete from bank_counts where number = 0").execute(connection).await?;
        Ok(())
    }
}
