//! View `overview`: totals of each asset, transfers by time, and what it remembers of each account.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Display,
};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use events::recorded::{AccountEvent, Event, Holder, TransferEvent, TransferKind, TransferPosted};
use futures::TryStreamExt;
use kernel::AssetCode;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::Commit,
    ledger::{Ledger, Status},
    rows::{Cells, Sink},
    sum::Sum,
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "overview",
    tables: &[
        Table {
            name: "asset_totals",
            columns: &[
                "asset",
                "member_sum",
                "system_sum",
                "members_open",
                "members_frozen",
                "members_closed",
                "system_accounts",
            ],
        },
        Table {
            name: "activity",
            columns: &["bucket", "bucket_start", "asset", "kind", "posted_count", "rejected_count", "posted_volume"],
        },
        Table { name: "account_states", columns: &["account_id", "asset", "status", "system"] },
    ],
    needs_ledger: true,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [totals, activity, states] = sinks.try_into().ok()?;
    Some(Box::new(Overview::new(totals, activity, states)))
}

/// What one kind of transfer did in one stretch of time.
#[derive(Default)]
struct Activity {
    posted: i64,
    rejected: i64,
    volume: Sum,
}

struct Overview<S> {
    totals: S,
    activity: S,
    states: S,
    counted: BTreeMap<(&'static str, DateTime<Utc>, AssetCode, &'static str), Activity>,
    /// What members and system accounts hold, by the transfers: an account's own events may wait behind a parked key
    /// while the transfer counts.
    sums: BTreeMap<AssetCode, (Sum, Sum)>,
    systems: HashSet<Uuid>,
}

impl<S> Overview<S> {
    fn new(totals: S, activity: S, states: S) -> Self {
        Self { totals, activity, states, counted: BTreeMap::new(), sums: BTreeMap::new(), systems: HashSet::new() }
    }

    fn moved(&mut self, posted: &TransferPosted) {
        for leg in posted.legs.iter() {
            let (members, system) = self.sums.entry(leg.asset).or_default();
            let sum = if self.systems.contains(&leg.account.uuid()) { system } else { members };
            sum.add(leg.amount.units());
        }
    }

    fn count(&mut self, (asset, kind): (AssetCode, TransferKind), at: DateTime<Utc>, count: impl Fn(&mut Activity)) {
        for (bucket, length) in
            [("minute", TimeDelta::minutes(1)), ("hour", TimeDelta::hours(1)), ("day", TimeDelta::days(1))]
        {
            // Only times beyond the year 2262 cannot be cut; they stand for themselves.
            let start = at.duration_trunc(length).unwrap_or(at);
            count(self.counted.entry((bucket, start, asset, kind.as_str())).or_default());
        }
    }
}

/// A row of `asset_totals`.
#[derive(Default)]
struct Totals<N> {
    member_sum: N,
    system_sum: N,
    open: i64,
    frozen: i64,
    closed: i64,
    system: i64,
}

impl<N: Display> Totals<N> {
    fn give(&self, asset: &str, cells: &mut Cells, totals: &mut dyn Sink) {
        cells.clear().put("member_sum", &self.member_sum).put("system_sum", &self.system_sum);
        cells.put("members_open", self.open).put("members_frozen", self.frozen).put("members_closed", self.closed);
        totals.row(asset, cells.put("system_accounts", self.system));
    }
}

fn give_activity(
    (bucket, start, asset, kind): (&str, DateTime<Utc>, &str, &str),
    (posted, rejected, volume): (i64, i64, &dyn Display),
    cells: &mut Cells,
    activity: &mut dyn Sink,
) {
    cells.clear().put("posted_count", posted).put("rejected_count", rejected).put("posted_volume", volume);
    // The key is for people: a space within one of its parts would make two rows look like one.
    cells.put("asset", asset).put("kind", kind);
    activity.row(&format!("{bucket} {} {asset} {kind}", time(start)), cells);
}

fn give_state(id: Uuid, (asset, status, system): (&str, &str, bool), cells: &mut Cells, states: &mut dyn Sink) {
    states.row(&id.to_string(), cells.clear().put("asset", asset).put("status", status).put("system", system));
}

impl<S: Sink> Book<S> for Overview<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            match &event.recorded {
                Event::Account(AccountEvent::Opened(opened)) => {
                    if let Holder::System { .. } = opened.holder {
                        self.systems.insert(event.stream);
                    }
                }
                Event::Transfer(TransferEvent::Posted(posted)) => {
                    self.moved(posted);
                    let mut credited: BTreeMap<AssetCode, Sum> = BTreeMap::new();
                    for leg in posted.legs.iter() {
                        credited.entry(leg.asset).or_default().add(leg.amount.units().max(0));
                    }
                    for (asset, volume) in credited {
                        self.count((asset, posted.kind), commit.recorded_at, |activity| {
                            activity.posted += 1;
                            activity.volume.add_sum(volume);
                        });
                    }
                }
                Event::Transfer(TransferEvent::Rejected(e)) => {
                    self.count((e.facts.asset, e.facts.kind), commit.recorded_at, |activity| activity.rejected += 1);
                }
                _ => {}
            }
        }
    }

    fn settle(&mut self, ledger: &Ledger) {
        let mut cells = Cells::default();
        let mut totals: BTreeMap<AssetCode, Totals<Sum>> = BTreeMap::new();
        for (&id, account) in &ledger.accounts {
            let system = account.is_system();
            give_state(id, (account.asset.as_str(), account.status.as_str(), system), &mut cells, &mut self.states);
            let total = totals.entry(account.asset).or_default();
            *match (system, account.status) {
                (true, _) => &mut total.system,
                (false, Status::Open) => &mut total.open,
                (false, Status::Frozen) => &mut total.frozen,
                (false, Status::Closed) => &mut total.closed,
            } += 1;
        }
        for (asset, (members, system)) in std::mem::take(&mut self.sums) {
            // Transfers between members whose accounts wait leave no row.
            if totals.contains_key(&asset) || !members.is_zero() || !system.is_zero() {
                let total = totals.entry(asset).or_default();
                (total.member_sum, total.system_sum) = (members, system);
            }
        }
        totals.iter().for_each(|(asset, total)| total.give(asset.as_str(), &mut cells, &mut self.totals));
        for ((bucket, start, asset, kind), counted) in &self.counted {
            let counts = (counted.posted, counted.rejected, &counted.volume as &dyn Display);
            give_activity((bucket, *start, asset.as_str(), kind), counts, &mut cells, &mut self.activity);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.totals, self.activity, self.states]
    }
}

/// Reads what the view holds. `account_states` is not shown to readers: it is found through the search path.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [totals, activity, states] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let rows = sqlx::query!(
        r#"select asset as "asset!", member_sum::text as "member_sum!",
                  system_sum::text as "system_sum!", members_open as "open!", members_frozen as "frozen!",
                  members_closed as "closed!", system_accounts as "system!"
           from live.asset_totals"#
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let total = Totals {
            member_sum: row.member_sum,
            system_sum: row.system_sum,
            open: row.open,
            frozen: row.frozen,
            closed: row.closed,
            system: row.system,
        };
        total.give(&row.asset, &mut cells, totals);
    }
    let mut rows = sqlx::query!(
        r#"select bucket as "bucket!", bucket_start as "start!", asset as "asset!", kind as "kind!",
                  posted_count as "posted!", rejected_count as "rejected!", posted_volume::text as "volume!"
           from live.activity"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let counts = (row.posted, row.rejected, &row.volume as &dyn Display);
        give_activity((&row.bucket, row.start, &row.asset, &row.kind), counts, &mut cells, activity);
    }
    drop(rows);
    let mut rows = sqlx::query!(r#"select account_id, asset, status, system from account_states"#).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        give_state(row.account_id, (&row.asset, &row.status, row.system), &mut cells, states);
    }
    Ok(())
}
