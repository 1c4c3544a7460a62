//! View `overview`: totals of each asset and of the bank, transfers and refusals by time, and what it remembers of accounts,
//! holds and orders.

mod records;
mod rows;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Display,
};

use chrono::{DateTime, Days, DurationRound, NaiveTime, TimeDelta, Utc};
use events::recorded::{AccountEvent, Event, Holder, RefusedCommandEvent, TransferEvent, TransferKind, TransferPosted};
use kernel::{AssetCode, Zone};
use uuid::Uuid;

pub(super) use self::rows::read;
use self::{
    records::Records,
    rows::{Totals, give_activity, give_refusal, give_state},
};
use super::book::{Book, Definition, Table};
use crate::{
    account::Status,
    assemble::Commit,
    ledger::Ledger,
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
                "held",
                "open_holds",
            ],
        },
        Table {
            name: "activity",
            columns: &["bucket", "bucket_start", "asset", "kind", "posted_count", "rejected_count", "posted_volume"],
        },
        Table { name: "bank_counts", columns: &["what", "number"] },
        Table { name: "refusals", columns: &["bucket_start", "code", "kind", "count"] },
        Table { name: "account_states", columns: &["account_id", "asset", "status", "system"] },
        Table { name: "record_states", columns: &["record_id", "asset", "counted_as"] },
    ],
    needs_ledger: true,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>, zone: Zone) -> Option<Box<dyn Book<S> + Send>> {
    let [totals, activity, counts, refusals, states, records] = sinks.try_into().ok()?;
    let sinks = Sinks { totals, activity, counts, refusals, states, records };
    let (counted, refused, sums, systems, in_bank) = Default::default();
    Some(Box::new(Overview { zone, sinks, counted, refused, sums, systems, in_bank }))
}

/// What one kind of transfer did in one stretch of time.
#[derive(Default)]
struct Activity {
    posted: i64,
    rejected: i64,
    volume: Sum,
}

/// Where the rows of each table go.
struct Sinks<S> {
    totals: S,
    activity: S,
    counts: S,
    refusals: S,
    states: S,
    records: S,
}

struct Overview<S> {
    /// Whose days are counted.
    zone: Zone,
    sinks: Sinks<S>,
    counted: BTreeMap<(&'static str, DateTime<Utc>, AssetCode, &'static str), Activity>,
    refused: BTreeMap<(DateTime<Utc>, String, &'static str), i64>,
    /// What members and system accounts hold, by the transfers: an account's own events may wait behind a parked key
    /// while the transfer counts.
    sums: BTreeMap<AssetCode, (Sum, Sum)>,
    systems: HashSet<Uuid>,
    in_bank: Records,
}

/// When the minute, or the hour, began. Only times beyond the year 2262 cannot be cut; they stand for themselves.
fn begin(at: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
    at.duration_trunc(length).unwrap_or(at)
}

/// The last midnight of the zone that is over. Clocks that were set back may show the day before once more: its midnight is
/// not the last.
fn last_midnight(zone: Zone, at: DateTime<Utc>) -> DateTime<Utc> {
    let shown = zone.date(at);
    let dates = [shown.checked_add_days(Days::new(1)), Some(shown)].into_iter().flatten();
    dates.filter_map(|date| zone.at(date, NaiveTime::MIN)).find(|midnight| *midnight <= at).unwrap_or(at)
}

impl<S> Overview<S> {
    fn moved(&mut self, posted: &TransferPosted) {
        for leg in posted.legs.iter() {
            let (members, system) = self.sums.entry(leg.asset).or_default();
            let sum = if self.systems.contains(&leg.account.uuid()) { system } else { members };
            sum.add(leg.amount.units());
        }
    }

    fn count(&mut self, (asset, kind): (AssetCode, TransferKind), at: DateTime<Utc>, count: impl Fn(&mut Activity)) {
        let (minute, hour) = (begin(at, TimeDelta::minutes(1)), begin(at, TimeDelta::hours(1)));
        for (bucket, start) in [("minute", minute), ("hour", hour), ("day", last_midnight(self.zone, at))] {
            count(self.counted.entry((bucket, start, asset, kind.as_str())).or_default());
        }
    }

    fn refused(&mut self, code: &str, kind: &'static str, at: DateTime<Utc>) {
        *self.refused.entry((begin(at, TimeDelta::hours(1)), code.to_owned(), kind)).or_default() += 1;
    }
}

impl<S: Sink> Book<S> for Overview<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            self.in_bank.event(event.stream, &event.recorded);
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
                    self.refused(&e.refusal.code, e.facts.kind.as_str(), commit.recorded_at);
                }
                Event::RefusedCommand(RefusedCommandEvent::Refused(e)) => {
                    self.refused(&e.refusal.code, "command", commit.recorded_at);
                }
                _ => {}
            }
        }
    }

    fn settle(&mut self, ledger: &Ledger) {
        let mut cells = Cells::default();
        let sinks = &mut self.sinks;
        let mut totals: BTreeMap<AssetCode, Totals<Sum>> = BTreeMap::new();
        for (&id, account) in &ledger.accounts {
            let system = account.is_system();
            give_state(id, (account.asset.as_str(), account.status.as_str(), system), &mut cells, &mut sinks.states);
            let total = totals.entry(account.asset).or_default();
            if !system {
                total.held.add(account.held);
            }
            *match (system, account.status) {
                (true, _) => &mut total.system,
                (false, Status::Open) => &mut total.open,
                (false, Status::Frozen(_)) => &mut total.frozen,
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
        for (asset, number) in self.in_bank.open_holds() {
            totals.entry(asset).or_default().open_holds = number;
        }
        totals.iter().for_each(|(asset, total)| total.give(asset.as_str(), &mut cells, &mut sinks.totals));
        for ((bucket, start, asset, kind), counted) in &self.counted {
            let counts = (counted.posted, counted.rejected, &counted.volume as &dyn Display);
            give_activity((bucket, *start, asset.as_str(), kind), counts, &mut cells, &mut sinks.activity);
        }
        for ((start, code, kind), count) in &self.refused {
            give_refusal((*start, code, kind), *count, &mut cells, &mut sinks.refusals);
        }
        self.in_bank.give(&mut cells, &mut sinks.counts, &mut sinks.records);
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        let Sinks { totals, activity, counts, refusals, states, records } = self.sinks;
        vec![totals, activity, counts, refusals, states, records]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_when_the_clocks_of_the_zone_say_so() {
        for (zone, at, begun) in [
            ("UTC", "2026-11-30T23:59:59Z", "2026-11-30T00:00:00Z"),
            ("Asia/Seoul", "2026-11-30T14:59:59Z", "2026-11-29T15:00:00Z"),
            ("Asia/Seoul", "2026-11-30T15:00:00Z", "2026-11-30T15:00:00Z"),
            // Clocks that were set forward at midnight show no midnight.
            ("Africa/Cairo", "2026-04-23T21:59:59Z", "2026-04-22T22:00:00Z"),
            ("Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z"),
            // Clocks that were set back over midnight show the day before once more, for the rest of the hour.
            ("America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-07T02:30:00Z"),
            ("America/St_Johns", "2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z"),
        ] {
            let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
            let zone: Zone = zone.parse().expect("a zone");
            assert_eq!(last_midnight(zone, time(at)), time(begun), "{zone} {at}");
        }
    }
}
