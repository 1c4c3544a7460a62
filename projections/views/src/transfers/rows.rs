//! The SQL of the view `transfers`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::{Leg, TransferPosted, TransferRejected};
use kernel::{AccountId, AssetCode, HoldId, MemberId, Minor, OrderId, Position, TransferId, Version};
use projection_engine::{Rows, WriteError};
use serde::Serialize;
use sqlx::{PgConnection, types::Uuid};

use crate::copy::CopyRows;

/// One transfer.
pub(super) struct Row<'c> {
    pub(super) transfer: TransferId,
    outcome: Outcome<'c>,
    service: Option<MemberId>,
    pub(super) position: Position,
    recorded_at: DateTime<Utc>,
    pub(super) reversed_by: Option<TransferId>,
}

enum Outcome<'c> {
    /// With how each leg came out.
    Posted(&'c TransferPosted, Vec<Option<Booked>>),
    /// With the member who asked for it, if it was one.
    Rejected(&'c TransferRejected, Option<MemberId>),
}

/// Who asked for what was rejected.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) by: Option<MemberId>,
    pub(super) service: Option<MemberId>,
}

/// How a leg came out.
#[derive(Clone, Copy)]
pub(super) struct Booked {
    pub(super) balance: Minor,
    pub(super) version: Version,
}

/// A leg as it stands in the column `postings`.
#[derive(Serialize)]
struct PostingJson {
    account_id: AccountId,
    asset: AssetCode,
    amount: Minor,
    balance_after: Option<Minor>,
    version: Option<Version>,
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
    destination_version, position, recorded_at, postings, asked_by, service, hold_id, despite_freeze, item_id, offer_id, \
    order_id) from stdin (format binary)";

/// How many columns [`COPY_TRANSFERS`] names.
pub(super) const COLUMNS: i16 = 27;

impl<'c> Row<'c> {
    pub(super) fn posted(
        transfer: TransferId,
        posted: &'c TransferPosted,
        service: Option<MemberId>,
        position: Position,
        recorded_at: DateTime<Utc>,
    ) -> Self {
        let outcome = Outcome::Posted(posted, vec![None; posted.legs.len()]);
        Self { transfer, outcome, service, position, recorded_at, reversed_by: None }
    }

    pub(super) fn rejected(
        transfer: TransferId,
        rejected: &'c TransferRejected,
        asked: Asked,
        position: Position,
        recorded_at: DateTime<Utc>,
    ) -> Self {
        let (outcome, service) = (Outcome::Rejected(rejected, asked.by), asked.service);
        Self { transfer, outcome, service, position, recorded_at, reversed_by: None }
    }

    /// Notes how a leg came out; `false` if no leg waits for this.
    pub(super) fn book(&mut self, account: AccountId, amount: Minor, came_out: Booked) -> bool {
        let Outcome::Posted(posted, booked) = &mut self.outcome else { return false };
        let mut legs = posted.legs.iter().zip(booked);
        let leg = legs.find(|(leg, booked)| booked.is_none() && (leg.account, leg.amount) == (account, amount));
        leg.map(|(_, booked)| *booked = Some(came_out)).is_some()
    }

    /// Whether it is known of each leg how it came out.
    pub(super) fn is_whole(&self) -> bool {
        match &self.outcome {
            Outcome::Posted(_, booked) => booked.iter().all(Option::is_some),
            Outcome::Rejected(..) => true,
        }
    }

    pub(super) fn write(&self, rows: &mut CopyRows) {
        match &self.outcome {
            Outcome::Posted(posted, booked) => self.write_posted(posted, booked, rows),
            Outcome::Rejected(rejected, asked_by) => self.write_rejected(rejected, *asked_by, rows),
        }
    }

    /// Of two legs the columns of source and destination hold everything; of more, `postings` does.
    fn write_posted(&self, posted: &TransferPosted, booked: &[Option<Booked>], rows: &mut CopyRows) {
        let pair = posted.legs.pair();
        let first_is_credit = pair.is_some() && posted.legs[1].amount.is_negative();
        let side = |credit: bool| pair.and_then(|_| booked[usize::from(credit != first_is_credit)]);
        let (debited, credited) = (side(false), side(true));
        rows.row()
            .uuid(self.transfer.uuid())
            .text(posted.kind.as_str())
            .text("posted")
            .null()
            .null()
            .maybe(pair.map(|pair| pair.source.uuid()), CopyRows::uuid)
            .maybe(pair.map(|pair| pair.destination.uuid()), CopyRows::uuid)
            .maybe(pair.as_ref().map(|pair| pair.money.asset.as_str()), CopyRows::text)
            .maybe(pair.map(|pair| pair.money.amount), CopyRows::numeric)
            .maybe(posted.memo.as_deref(), CopyRows::text)
            .maybe(posted.reference.as_deref(), CopyRows::text)
            .maybe(posted.reverses.map(TransferId::uuid), CopyRows::uuid)
            .maybe(self.reversed_by.map(TransferId::uuid), CopyRows::uuid)
            .maybe(debited.map(|booked| booked.balance), CopyRows::numeric)
            .maybe(debited.map(|booked| booked.version.number()), CopyRows::int8)
            .maybe(credited.map(|booked| booked.balance), CopyRows::numeric)
            .maybe(credited.map(|booked| booked.version.number()), CopyRows::int8)
            .int8(self.position.number())
            .time(self.recorded_at)
            .maybe(pair.is_none().then(|| postings(posted, booked)), CopyRows::jsonb)
            .null()
            .maybe(self.service_of(posted.reference.as_deref()), CopyRows::uuid)
            .maybe(posted.hold.map(HoldId::uuid), CopyRows::uuid)
            .bool(posted.despite_freeze)
            .maybe(posted.trade.map(|trade| trade.item.uuid()), CopyRows::uuid)
            .maybe(posted.trade.map(|trade| trade.offer.uuid()), CopyRows::uuid)
            .maybe(posted.order.map(OrderId::uuid), CopyRows::uuid);
    }

    fn write_rejected(&self, rejected: &TransferRejected, asked_by: Option<MemberId>, rows: &mut CopyRows) {
        let TransferRejected { facts, refusal, .. } = rejected;
        rows.row()
            .uuid(self.transfer.uuid())
            .text(facts.kind.as_str())
            .text("rejected")
            .text(&refusal.code)
            .maybe(refusal.available, CopyRows::numeric)
            .maybe(facts.source.map(AccountId::uuid), CopyRows::uuid)
            .maybe(facts.destination.map(AccountId::uuid), CopyRows::uuid)
            .text(facts.asset.as_str())
            .numeric(facts.amount)
            .maybe(facts.memo.as_deref(), CopyRows::text)
            .maybe(facts.reference.as_deref(), CopyRows::text)
            .maybe(facts.reverses.map(TransferId::uuid), CopyRows::uuid)
            .maybe(self.reversed_by.map(TransferId::uuid), CopyRows::uuid)
            .null()
            .null()
            .null()
            .null()
            .int8(self.position.number())
            .time(self.recorded_at)
            .null()
            .maybe(asked_by.map(MemberId::uuid), CopyRows::uuid)
            .maybe(self.service_of(facts.reference.as_deref()), CopyRows::uuid)
            .null()
            .bool(false)
            .null()
            .null()
            .null();
    }

    /// Only what has a reference is looked for by the service that gave it.
    fn service_of(&self, reference: Option<&str>) -> Option<Uuid> {
        reference.and(self.service).map(MemberId::uuid)
    }
}

fn postings(posted: &TransferPosted, booked: &[Option<Booked>]) -> serde_json::Value {
    let posting = |(leg, booked): (&Leg, &Option<Booked>)| PostingJson {
        account_id: leg.account,
        asset: leg.asset,
        amount: leg.amount,
        balance_after: booked.map(|booked| booked.balance),
        version: booked.map(|booked| booked.version),
    };
    posted.legs.iter().zip(booked).map(posting).map(|posting| serde_json::json!(posting)).collect()
}

impl TransferRows {
    pub(super) fn new(rows: &[Row<'_>], reversed: Vec<(TransferId, TransferId)>) -> Self {
        let mut transfers = CopyRows::new(COPY_TRANSFERS, COLUMNS);
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
