//! The SQL of the view `transfers`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contracts::recorded::{Refusal, TransferFacts};
use kernel::{AccountId, Minor, Position, TransferId, Version};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use crate::copy::CopyRows;

/// One transfer.
pub(super) struct Row<'c> {
    pub(super) transfer: TransferId,
    facts: &'c TransferFacts,
    refusal: Option<&'c Refusal>,
    pub(super) position: Position,
    recorded_at: DateTime<Utc>,
    pub(super) debited: Option<Booked>,
    pub(super) credited: Option<Booked>,
    pub(super) reversed_by: Option<TransferId>,
}

/// How a side came out.
#[derive(Clone, Copy)]
pub(super) struct Booked {
    pub(super) balance: Minor,
    pub(super) version: Version,
}

/// What is to be written: new transfers, and older ones that were reversed.
#[derive(Debug)]
pub(super) struct TransferRows {
    transfers: CopyRows,
    reversed: Vec<Uuid>,
    reversed_by: Vec<Uuid>,
}

pub(super) const COPY_TRANSFERS: &str = "copy transfers (transfer_id, kind, status, code, available, source, destination, asset, amount, \
    memo, reference, reverses, reversed_by, source_balance_after, source_version, destination_balance_after, \
    destination_version, position, recorded_at) from stdin (format binary)";

impl<'c> Row<'c> {
    pub(super) fn new(
        transfer: TransferId,
        facts: &'c TransferFacts,
        refusal: Option<&'c Refusal>,
        position: Position,
        recorded_at: DateTime<Utc>,
    ) -> Self {
        Self { transfer, facts, refusal, position, recorded_at, debited: None, credited: None, reversed_by: None }
    }

    /// Whether it is posted, but lacks a side.
    pub(super) fn is_one_sided(&self) -> bool {
        self.refusal.is_none() && (self.debited.is_none() || self.credited.is_none())
    }

    pub(super) fn write(&self, rows: &mut CopyRows) {
        let status = if self.refusal.is_none() { "posted" } else { "rejected" };
        let version = |side: Option<Booked>| side.map(|booked| booked.version.number());
        let balance = |side: Option<Booked>| side.map(|booked| booked.balance);
        rows.row()
            .uuid(self.transfer.uuid())
            .text(self.facts.kind.as_str())
            .text(status)
            .maybe(self.refusal.map(|refusal| refusal.code.as_str()), CopyRows::text)
            .maybe(self.refusal.and_then(|refusal| refusal.available), CopyRows::numeric)
            .maybe(self.facts.source.map(AccountId::uuid), CopyRows::uuid)
            .maybe(self.facts.destination.map(AccountId::uuid), CopyRows::uuid)
            .text(self.facts.asset.as_str())
            .numeric(self.facts.amount)
            .maybe(self.facts.memo.as_deref(), CopyRows::text)
            .maybe(self.facts.reference.as_deref(), CopyRows::text)
            .maybe(self.facts.reverses.map(TransferId::uuid), CopyRows::uuid)
            .maybe(self.reversed_by.map(TransferId::uuid), CopyRows::uuid)
            .maybe(balance(self.debited), CopyRows::numeric)
            .maybe(version(self.debited), CopyRows::int8)
            .maybe(balance(self.credited), CopyRows::numeric)
            .maybe(version(self.credited), CopyRows::int8)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl TransferRows {
    pub(super) fn new(rows: &[Row<'_>], reversed: Vec<(TransferId, TransferId)>) -> Self {
        let mut transfers = CopyRows::new(COPY_TRANSFERS, 19);
        rows.iter().for_each(|row| row.write(&mut transfers));
        let (reversed, reversed_by) = reversed.into_iter().map(|(id, by)| (id.uuid(), by.uuid())).unzip();
        Self { transfers, reversed, reversed_by }
    }

    async fn mark_reversed(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update transfers set reversed_by = reversed.by
             from unnest($1::uuid[], $2::uuid[]) as reversed(transfer_id, by)
             where transfers.transfer_id = reversed.transfer_id",
            &self.reversed,
            &self.reversed_by
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.reversed.len() as u64 {
            return Err(WriteError::Inconsistent("a transfer was reversed that was never posted".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for TransferRows {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.transfers.send(connection).await?;
        if !self.reversed.is_empty() {
            self.mark_reversed(connection).await?;
        }
        Ok(())
    }
}
