//! The SQL of the view `holds`.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{AccountId, HoldId};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::Change;
use crate::copy::CopyRows;

/// What is to be written: holds placed in these commits, and changes of those placed before.
#[derive(Debug)]
pub(super) struct HoldRows {
    placed: CopyRows,
    changed: Changed,
}

#[derive(Debug, Default)]
struct Changed {
    hold_id: Vec<Uuid>,
    amount: Vec<String>,
    captured: Vec<String>,
    released: Vec<String>,
    status: Vec<&'static str>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

const COPY_HOLDS: &str = "copy holds (hold_id, source, destination, asset, expires_at, memo, reference, placed_by, placed_position, \
    amount, captured, released, status, position, recorded_at) from stdin (format binary)";

/// How many columns [`Change::write`] writes.
pub(super) const COLUMNS: i16 = 15;

impl Change {
    /// Adds it to the rows of a COPY. Where the hold was placed earlier, how it began is null.
    pub(super) fn write(&self, hold: HoldId, rows: &mut CopyRows) {
        let placed = self.placed.as_ref().map(|(placed, _)| placed);
        rows.row()
            .uuid(hold.uuid())
            .maybe(placed.map(|placed| placed.source.uuid()), CopyRows::uuid)
            .maybe(placed.and_then(|placed| placed.destination).map(AccountId::uuid), CopyRows::uuid)
            .maybe(placed.map(|placed| placed.asset.as_str()), CopyRows::text)
            .maybe(placed.map(|placed| placed.expires_at), CopyRows::time)
            .maybe(placed.and_then(|placed| placed.memo.as_deref()), CopyRows::text)
            .maybe(placed.and_then(|placed| placed.reference.as_deref()), CopyRows::text)
            .maybe(placed.map(|placed| placed.placed_by.id.uuid()), CopyRows::uuid)
            .maybe(self.placed.as_ref().map(|(_, position)| position.number()), CopyRows::int8)
            .numeric(self.amounts.amount)
            .numeric(self.amounts.captured)
            .numeric(self.amounts.released)
            .text(self.status)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl From<HashMap<HoldId, Change>> for HoldRows {
    fn from(changes: HashMap<HoldId, Change>) -> Self {
        let mut changes: Vec<_> = changes.into_iter().collect();
        // In the order of the key: neighbours in the index are touched together.
        changes.sort_unstable_by_key(|(hold, _)| *hold);
        let mut rows = Self { placed: CopyRows::new(COPY_HOLDS, COLUMNS), changed: Changed::default() };
        for (hold, change) in changes {
            match change.placed {
                Some(_) => change.write(hold, &mut rows.placed),
                None => rows.changed.push(hold, &change),
            }
        }
        rows
    }
}

impl Changed {
    fn push(&mut self, hold: HoldId, change: &Change) {
        self.hold_id.push(hold.uuid());
        self.amount.push(change.amounts.amount.to_string());
        self.captured.push(change.amounts.captured.to_string());
        self.released.push(change.amounts.released.to_string());
        self.status.push(change.status);
        self.position.push(change.position.number());
        self.recorded_at.push(change.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update holds
             set amount = changed.amount::numeric, captured = changed.captured::numeric,
                released = changed.released::numeric, status = changed.status, position = changed.position,
                recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::timestamptz[])
                as changed(hold_id, amount, captured, released, status, position, recorded_at)
             where holds.hold_id = changed.hold_id",
            &self.hold_id,
            &self.amount,
            &self.captured,
            &self.released,
            &self.status as &[&str],
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.hold_id.len() as u64 {
            return Err(WriteError::Inconsistent("a hold changed that was never placed".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for HoldRows {
    fn is_empty(&self) -> bool {
        self.placed.is_empty() && self.changed.hold_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.placed.send(connection).await?;
        if !self.changed.hold_id.is_empty() {
            self.changed.update(connection).await?;
        }
        Ok(())
    }
}
