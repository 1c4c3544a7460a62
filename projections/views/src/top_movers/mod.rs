//! The view `top_movers`: how often and how much each account took part in transfers between members, by day of the bank.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime};
use events::recorded::{Event, Leg, TransferEvent, TransferKind, TransferPosted};
use kernel::{AccountId, AssetCode, Zone};
use projection_engine::{Bulk, Commit, DayColumn, Fault, Loader, Projection, Rows, SumColumn, WriteError};
use sqlx::{PgConnection, types::Uuid};

use crate::{copy::CopyRows, wide::Wide};

/// The view `top_movers`.
#[derive(Clone, Copy, Debug)]
pub struct TopMovers {
    /// Whose days it counts.
    pub zone: Zone,
}

impl Projection for TopMovers {
    type Event = Event;

    fn name(&self) -> &'static str {
        "top_movers"
    }

    fn version(&self) -> i32 {
        // Since version 2 the days are those of a zone: a program of version 1 would count days in UTC.
        2
    }

    fn schema(&self) -> &'static str {
        include_str!("schema.sql")
    }

    fn tables(&self) -> &'static [&'static str] {
        &["movers"]
    }

    fn uses(&self, event_type: &str) -> bool {
        USED.contains(&event_type) || !Event::is_named(event_type)
    }

    fn rest(&self) -> u32 {
        // With the default pace it moves every 300 to 600 ms while the log is busy. Nobody looks for their own payment in a
        // ranking, and this is the dearest view: two rows for each transfer, unless an account comes twice in a transaction.
        15
    }

    fn fold(&self, commits: &[&Commit<Event>]) -> Result<Box<dyn Rows>, Fault> {
        Ok(Box::new(fold(self.zone, commits)))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Event>>> {
        Some(Box::new(AddUp(self.zone)))
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "movers", column: "volume", by: Some("asset") }]
    }

    fn in_zone(&self, zone: Zone) -> Option<Arc<dyn Projection<Event = Event>>> {
        Some(Arc::new(Self { zone }))
    }

    fn day_columns(&self) -> &'static [DayColumn] {
        &[DayColumn { table: "movers", column: "day", only: None }]
    }
}

/// The types whose events change something here.
const USED: &[&str] = &[TransferPosted::NAME];

/// What one account did on one day with one asset.
#[derive(Clone, Copy, Debug, Default)]
struct Moved {
    transfers: i64,
    volume: Wide,
}

/// What is to be added, in the order of the key.
#[derive(Debug, Default)]
struct Movers(BTreeMap<(AssetCode, NaiveDate, AccountId), Moved>);

fn fold(zone: Zone, commits: &[&Commit<Event>]) -> Movers {
    let mut movers = Movers::default();
    commits.iter().for_each(|commit| fold_commit(&mut movers, zone, commit));
    movers
}

fn fold_commit(movers: &mut Movers, zone: Zone, commit: &Commit<Event>) {
    let day = zone.day_of(commit.recorded_at);
    for event in &commit.events {
        let Some(Event::Transfer(TransferEvent::Posted(posted))) = &event.body else { continue };
        // Deposits, withdrawals and corrections are the bank's doing, not the members'.
        let between_members = match posted.kind {
            TransferKind::Transfer
            | TransferKind::Compound
            | TransferKind::Capture
            | TransferKind::Charge
            | TransferKind::Trade
            | TransferKind::Payout => true,
            TransferKind::Deposit | TransferKind::Withdrawal | TransferKind::Reversal | TransferKind::Exchange => false,
        };
        if between_members {
            movers.add(day, &posted.legs);
        }
    }
}

impl Movers {
    /// An account takes part in a transfer once with each asset, however many legs it has.
    fn add(&mut self, day: NaiveDate, legs: &[Leg]) {
        for (index, Leg { account, asset, amount }) in legs.iter().enumerate() {
            let takes_part = !legs[..index].iter().any(|leg| (leg.account, leg.asset) == (*account, *asset));
            let moved = self.0.entry((*asset, day, *account)).or_default();
            moved.transfers += i64::from(takes_part);
            if amount.is_negative() { moved.volume.subtract(*amount) } else { moved.volume.add(*amount) }
        }
    }
}

#[async_trait]
impl Rows for Movers {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if self.is_empty() {
            return Ok(());
        }
        let asset: Vec<String> = self.0.keys().map(|(asset, ..)| asset.to_string()).collect();
        let day: Vec<NaiveDate> = self.0.keys().map(|(_, day, _)| *day).collect();
        let account: Vec<Uuid> = self.0.keys().map(|(.., account)| account.uuid()).collect();
        let transfers: Vec<i64> = self.0.values().map(|moved| moved.transfers).collect();
        let volume: Vec<String> = self.0.values().map(|moved| moved.volume.to_string()).collect();
        // Most rows are there already, and an update of them costs less than `on conflict do update`, which locks each
        // row first and logs that. Nobody else writes here, so what is not there is still not there afterwards.
        let updated = sqlx::query!(
            "update movers
             set transfers = movers.transfers + added.transfers, volume = movers.volume + added.volume::numeric
             from unnest($1::text[], $2::date[], $3::uuid[], $4::int8[], $5::text[])
                as added(asset, day, account_id, transfers, volume)
             where movers.asset = added.asset and movers.day = added.day and movers.account_id = added.account_id",
            &asset,
            &day,
            &account,
            &transfers,
            &volume
        )
        .execute(&mut *connection)
        .await?;
        if updated.rows_affected() == self.0.len() as u64 {
            return Ok(());
        }
        let inserted = sqlx::query!(
            "insert into movers (asset, day, account_id, transfers, volume)
             select asset, day, account_id, transfers, volume::numeric
             from unnest($1::text[], $2::date[], $3::uuid[], $4::int8[], $5::text[])
                as added(asset, day, account_id, transfers, volume)
             on conflict (asset, day, account_id) do nothing",
            &asset,
            &day,
            &account,
            &transfers,
            &volume
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() + inserted.rows_affected() != self.0.len() as u64 {
            return Err(WriteError::Inconsistent("a mover was neither updated nor inserted".into()));
        }
        Ok(())
    }
}

/// Movers from ranges of the log: each range adds up its own, the merge adds up the ranges.
struct AddUp(Zone);

/// About what an entry takes in memory.
const ENTRY_BYTES: usize = 150;

const COPY_PARTS: &str = "copy mover_parts (day, account_id, transfers, volume, asset) from stdin (format binary)";

const MERGE: &[&str] = &[
    // The date came as its midnight in UTC, whatever the zone: what COPY writes, this reads.
    "insert into movers (day, account_id, transfers, volume, asset)
     select (day at time zone 'UTC')::date, account_id, sum(transfers), sum(volume::numeric), asset
     from mover_parts group by day, account_id, asset",
    "drop table mover_parts",
];

impl Bulk<Event> for AddUp {
    fn staging(&self) -> &'static str {
        "create table mover_parts (
            day timestamptz not null,
            account_id uuid not null,
            transfers bigint not null,
            volume text not null,
            asset text not null
         )"
    }

    fn merge(&self) -> &'static [&'static str] {
        MERGE
    }

    fn loader(&self) -> Box<dyn Loader<Event>> {
        Box::new(Parts { zone: self.0, movers: Movers::default() })
    }
}

struct Parts {
    zone: Zone,
    movers: Movers,
}

#[async_trait]
impl Loader<Event> for Parts {
    fn add(&mut self, commits: &[Commit<Event>]) -> Result<(), Fault> {
        commits.iter().for_each(|commit| fold_commit(&mut self.movers, self.zone, commit));
        Ok(())
    }

    fn held(&self) -> usize {
        self.movers.0.len() * ENTRY_BYTES
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let mut rows = CopyRows::new(COPY_PARTS, 5);
        for ((asset, day, account), moved) in std::mem::take(&mut self.movers.0) {
            rows.row()
                .time(day.and_time(NaiveTime::MIN).and_utc())
                .uuid(account.uuid())
                .int8(moved.transfers)
                .text(&moved.volume.to_string())
                .text(asset.as_str());
        }
        rows.send(connection).await
    }
}
