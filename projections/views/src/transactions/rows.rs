//! The SQL of the view `transactions`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

/// What is to be written: entries and ticks, column by column.
#[derive(Debug, Default)]
pub(super) struct TransactionRows {
    pub(super) entries: Entries,
    ticks: Ticks,
}

#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) position: Vec<i64>,
    pub(super) version: Vec<i64>,
    pub(super) recorded_at: Vec<DateTime<Utc>>,
    pub(super) account_id: Vec<Uuid>,
    pub(super) transfer_id: Vec<Uuid>,
    pub(super) counterparty: Vec<Uuid>,
    pub(super) amount: Vec<String>,
    pub(super) balance_after: Vec<String>,
    pub(super) kind: Vec<&'static str>,
    pub(super) memo: Vec<Option<String>>,
    pub(super) reference: Vec<Option<String>>,
}

#[derive(Debug, Default)]
struct Ticks {
    recorded_at: Vec<DateTime<Utc>>,
    position: Vec<i64>,
}

impl TransactionRows {
    pub(super) fn with_capacity(commits: usize) -> Self {
        let mut rows = Self::default();
        rows.entries.position.reserve(commits * 2);
        rows
    }

    /// The log reached a position at a time; only the last position of each time matters.
    pub(super) fn tick(&mut self, recorded_at: DateTime<Utc>, position: i64) {
        match (self.ticks.recorded_at.last(), self.ticks.position.last_mut()) {
            (Some(last), Some(end)) if *last == recorded_at => *end = position,
            _ => {
                self.ticks.recorded_at.push(recorded_at);
                self.ticks.position.push(position);
            }
        }
    }
}

impl Entries {
    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into entries (position, version, recorded_at, account_id, transfer_id, counterparty, amount,
                balance_after, kind, memo, reference)
             select position, version, recorded_at, account_id, transfer_id, counterparty, amount::numeric,
                balance_after::numeric, kind, memo, reference
             from unnest($1::int8[], $2::int8[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
                $8::text[], $9::text[], $10::text[], $11::text[])
                as entry(position, version, recorded_at, account_id, transfer_id, counterparty, amount, balance_after,
                    kind, memo, reference)",
            &self.position,
            &self.version,
            &self.recorded_at,
            &self.account_id,
            &self.transfer_id,
            &self.counterparty,
            &self.amount,
            &self.balance_after,
            &self.kind as &[&str],
            &self.memo as &[Option<String>],
            &self.reference as &[Option<String>]
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Ticks {
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
        if !self.entries.position.is_empty() {
            self.entries.insert(connection).await?;
        }
        self.ticks.insert(connection).await
    }
}
