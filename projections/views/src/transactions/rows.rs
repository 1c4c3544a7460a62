//! The SQL of the view `transactions`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::TransferPosted;
use kernel::{AccountId, Minor, Position, TransferId, Version};
use projection_engine::{Rows, WriteError};
use sqlx::PgConnection;

use crate::copy::CopyRows;

/// One change of one balance.
pub(super) struct Entry<'c> {
    pub(super) position: Position,
    pub(super) version: Version,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) account: AccountId,
    pub(super) transfer: TransferId,
    /// None where the transfer has more than two legs.
    pub(super) counterparty: Option<AccountId>,
    pub(super) amount: Minor,
    pub(super) balance_after: Minor,
    pub(super) posted: &'c TransferPosted,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct TransactionRows {
    entries: CopyRows,
    ticks: Ticks,
}

/// The last position of each time, column by column.
#[derive(Debug, Default)]
struct Ticks {
    recorded_at: Vec<DateTime<Utc>>,
    position: Vec<i64>,
}

pub(super) const COPY_ENTRIES: &str = "copy entries (position, version, recorded_at, account_id, transfer_id, counterparty, amount, \
    balance_after, kind, memo, reference, reverses) from stdin (format binary)";

impl TransactionRows {
    pub(super) fn new(entries: &[Entry<'_>], ticks: impl Iterator<Item = (DateTime<Utc>, Position)>) -> Self {
        let mut rows = Self { entries: CopyRows::new(COPY_ENTRIES, 12), ticks: Ticks::default() };
        entries.iter().for_each(|entry| entry.write(&mut rows.entries));
        ticks.for_each(|(recorded_at, position)| rows.ticks.push(recorded_at, position));
        rows
    }
}

impl Entry<'_> {
    pub(super) fn write(&self, rows: &mut CopyRows) {
        rows.row()
            .int8(self.position.number())
            .int8(self.version.number())
            .time(self.recorded_at)
            .uuid(self.account.uuid())
            .uuid(self.transfer.uuid())
            .maybe(self.counterparty.map(AccountId::uuid), CopyRows::uuid)
            .numeric(self.amount)
            .numeric(self.balance_after)
            .text(self.posted.kind.as_str())
            .maybe(self.posted.memo.as_deref(), CopyRows::text)
            .maybe(self.posted.reference.as_deref(), CopyRows::text)
            .maybe(self.posted.reverses.map(TransferId::uuid), CopyRows::uuid);
    }
}

impl Ticks {
    fn push(&mut self, recorded_at: DateTime<Utc>, position: Position) {
        match (self.recorded_at.last(), self.position.last_mut()) {
            (Some(last), Some(end)) if *last == recorded_at => *end = position.number(),
            _ => {
                self.recorded_at.push(recorded_at);
                self.position.push(position.number());
            }
        }
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        // One append gives all its commits one time; it may reach the view in two batches.
        sqlx::query!(
            "insert into ticks (recorded_at, position)
             select recorded_at, position from unnest($1::timestamptz[], $2::int8[]) as tick(recorded_at, position)
             on conflict (recorded_at) do update set position = excluded.position",
            &self.recorded_at,
            &self.position
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[async_trait]
impl Rows for TransactionRows {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.entries.send(connection).await?;
        self.ticks.insert(connection).await
    }
}
