//! View `top_movers`: one row for each asset, day of the bank and account that took part in a transfer between members.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use events::recorded::{Event, TransferEvent, TransferKind};
use futures::TryStreamExt;
use kernel::Zone;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table};
use crate::{
    assemble::Commit,
    ledger::Ledger,
    rows::{Cells, Sink},
    sum::Sum,
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "top_movers",
    tables: &[Table { name: "movers", columns: &["asset", "day", "account_id", "transfers", "volume"] }],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>, zone: Zone) -> Option<Box<dyn Book<S> + Send>> {
    let [movers] = sinks.try_into().ok()?;
    Some(Box::new(TopMovers::new(movers, zone)))
}

/// The log's clock never goes back: a day that is over is given away, so that memory grows with accounts, not with days.
struct TopMovers<S> {
    zone: Zone,
    day: NaiveDate,
    /// When the next day begins.
    until: Option<DateTime<Utc>>,
    moved: BTreeMap<(String, Uuid), (u64, Sum)>,
    sink: S,
}

impl<S> TopMovers<S> {
    fn new(sink: S, zone: Zone) -> Self {
        Self { zone, day: NaiveDate::MIN, until: None, moved: BTreeMap::new(), sink }
    }
}

impl<S: Sink> TopMovers<S> {
    /// Goes to the day that holds a moment. An hour that clocks show again over midnight is of the day that had begun: so a day
    /// is over when the next has begun, whatever the clocks show after that.
    fn turn_to(&mut self, at: DateTime<Utc>) {
        if self.until.is_some_and(|until| at < until) {
            return;
        }
        self.give();
        let mut day = self.zone.date(at);
        let next = |day: NaiveDate| self.zone.begin(day.succ_opt()?);
        while next(day).is_some_and(|begins| begins <= at) {
            day = day.succ_opt().unwrap_or(day);
        }
        (self.day, self.until) = (day, next(day));
    }

    fn give(&mut self) {
        let mut cells = Cells::default();
        for ((asset, account), (transfers, volume)) in std::mem::take(&mut self.moved) {
            cells.clear().put("transfers", transfers).put("volume", volume);
            self.sink.row(&format!("{asset} {} {account}", self.day), &cells);
        }
    }
}

impl<S: Sink> Book<S> for TopMovers<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        self.turn_to(commit.recorded_at);
        for event in &commit.events {
            let Event::Transfer(TransferEvent::Posted(posted)) = &event.recorded else { continue };
            // Deposits, withdrawals, reversals and exchanges are with the bank.
            let with_the_bank = matches!(
                posted.kind,
                TransferKind::Deposit | TransferKind::Withdrawal | TransferKind::Reversal | TransferKind::Exchange
            );
            if with_the_bank {
                continue;
            }
            // Once for each transfer and asset, with all that went in or out.
            let mut volumes: BTreeMap<(String, Uuid), Sum> = BTreeMap::new();
            for leg in posted.legs.iter() {
                let key = (leg.asset.to_string(), leg.account.uuid());
                volumes.entry(key).or_default().add(leg.amount.units().abs());
            }
            for (key, moved) in volumes {
                let (transfers, volume) = self.moved.entry(key).or_default();
                *transfers += 1;
                volume.add_sum(moved);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        self.give();
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.sink]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [movers] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select asset as "asset!", day as "day!", account_id as "account_id!", transfers as "transfers!",
                  volume::text as "volume!"
           from live.movers"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        cells.clear().put("transfers", row.transfers).put("volume", &row.volume);
        movers.row(&format!("{} {} {}", row.asset, row.day, row.account_id), &cells);
    }
    Ok(())
}
