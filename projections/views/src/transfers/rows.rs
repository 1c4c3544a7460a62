//! The SQL of the view `transfers`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use contracts::recorded::{Refusal, TransferFacts};
use kernel::{Minor, Position, TransferId, Version};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

/// What is to be written: new transfers, column by column, and older ones that were reversed.
#[derive(Debug, Default)]
pub(super) struct TransferRows {
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
    transfer_id: Vec<Uuid>,
    source: Vec<Option<Uuid>>,
    destination: Vec<Option<Uuid>>,
    reverses: Vec<Option<Uuid>>,
    pub(super) reversed_by: Vec<Option<Uuid>>,
    amount: Vec<String>,
    available: Vec<Option<String>>,
    kind: Vec<&'static str>,
    asset: Vec<String>,
    code: Vec<Option<String>>,
    memo: Vec<Option<String>>,
    reference: Vec<Option<String>>,
    balance_after: [Vec<Option<String>>; 2],
    version: [Vec<Option<i64>>; 2],
    reversed: Reversed,
}

#[derive(Debug, Default)]
struct Reversed {
    transfer_id: Vec<Uuid>,
    by: Vec<Uuid>,
}

/// A side of a transfer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Source = 0,
    Destination = 1,
}

impl TransferRows {
    pub(super) fn len(&self) -> usize {
        self.transfer_id.len()
    }

    pub(super) fn push(
        &mut self,
        transfer: TransferId,
        facts: &TransferFacts,
        refusal: Option<&Refusal>,
        position: Position,
        recorded_at: DateTime<Utc>,
    ) {
        self.position.push(position.number());
        self.recorded_at.push(recorded_at);
        self.transfer_id.push(transfer.uuid());
        self.source.push(facts.source.map(|account| account.uuid()));
        self.destination.push(facts.destination.map(|account| account.uuid()));
        self.reverses.push(facts.reverses.map(|reversed| reversed.uuid()));
        self.reversed_by.push(None);
        self.amount.push(facts.amount.to_string());
        self.available.push(refusal.and_then(|refusal| refusal.available).map(|available| available.to_string()));
        self.kind.push(facts.kind.as_str());
        self.asset.push(facts.asset.to_string());
        self.code.push(refusal.map(|refusal| refusal.code.clone()));
        self.memo.push(facts.memo.clone());
        self.reference.push(facts.reference.clone());
        self.balance_after.iter_mut().for_each(|column| column.push(None));
        self.version.iter_mut().for_each(|column| column.push(None));
    }

    /// One side of the transfer at `place` was booked; the last event of a transfer gives it its position.
    pub(super) fn side(&mut self, place: usize, side: Side, balance: Minor, version: Version, position: Position) {
        self.balance_after[side as usize][place] = Some(balance.to_string());
        self.version[side as usize][place] = Some(version.number());
        self.position[place] = position.number();
    }

    /// A transfer of an earlier batch was reversed.
    pub(super) fn reversed_before(&mut self, transfer: TransferId, by: TransferId) {
        self.reversed.transfer_id.push(transfer.uuid());
        self.reversed.by.push(by.uuid());
    }

    /// A posted transfer, among those from `first` on, that lacks a side.
    pub(super) fn one_sided(&self, first: usize) -> Option<Uuid> {
        let [source, destination] = &self.version;
        let lacks =
            |&place: &usize| self.code[place].is_none() && (source[place].is_none() || destination[place].is_none());
        (first..self.len()).find(lacks).map(|place| self.transfer_id[place])
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let [source_balance, destination_balance] = &self.balance_after;
        let [source_version, destination_version] = &self.version;
        sqlx::query!(
            "insert into transfers (position, recorded_at, transfer_id, source, destination, reverses, reversed_by, amount,
                available, kind, status, asset, code, memo, reference, source_balance_after, destination_balance_after,
                source_version, destination_version)
             select position, recorded_at, transfer_id, source, destination, reverses, reversed_by, amount::numeric,
                available::numeric, kind, case when code is null then 'posted' else 'rejected' end, asset, code, memo,
                reference, source_balance_after::numeric, destination_balance_after::numeric, source_version,
                destination_version
             from unnest($1::int8[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[],
                $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
                $16::text[], $17::int8[], $18::int8[])
                as transfer(position, recorded_at, transfer_id, source, destination, reverses, reversed_by, amount,
                    available, kind, asset, code, memo, reference, source_balance_after, destination_balance_after,
                    source_version, destination_version)",
            &self.position,
            &self.recorded_at,
            &self.transfer_id,
            &self.source as &[Option<Uuid>],
            &self.destination as &[Option<Uuid>],
            &self.reverses as &[Option<Uuid>],
            &self.reversed_by as &[Option<Uuid>],
            &self.amount,
            &self.available as &[Option<String>],
            &self.kind as &[&str],
            &self.asset,
            &self.code as &[Option<String>],
            &self.memo as &[Option<String>],
            &self.reference as &[Option<String>],
            source_balance as &[Option<String>],
            destination_balance as &[Option<String>],
            source_version as &[Option<i64>],
            destination_version as &[Option<i64>]
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Reversed {
    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update transfers set reversed_by = reversed.by
             from unnest($1::uuid[], $2::uuid[]) as reversed(transfer_id, by)
             where transfers.transfer_id = reversed.transfer_id",
            &self.transfer_id,
            &self.by
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.transfer_id.len() as u64 {
            return Err(WriteError::Inconsistent("a transfer was reversed that was never posted".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for TransferRows {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if !self.transfer_id.is_empty() {
            self.insert(connection).await?;
        }
        if !self.reversed.transfer_id.is_empty() {
            self.reversed.update(connection).await?;
        }
        Ok(())
    }
}
