//! What the tables of the overview must hold.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use events::recorded::{
    Event, HoldEvent, ItemEvent, OfferEvent, RefusedCommandEvent, StandingOrderEvent, TransferEvent, TransferPosted,
};
use kernel::Zone;
use uuid::Uuid;

use super::Table;
use crate::{
    records::{Account, micros},
    sum::Sum,
};

/// Bucket, its start, asset and kind.
type Bucket = (&'static str, i64, String, &'static str);

/// What there is of one asset.
#[derive(Default)]
struct Total {
    member: Sum,
    system: Sum,
    /// Accounts of members that are open, frozen, closed; and those of the bank.
    numbers: [u64; 4],
    held: Sum,
    open_holds: u64,
}

#[derive(Default)]
pub struct Overview {
    /// Posted, rejected, and the volume posted.
    activity: BTreeMap<Bucket, (u64, u64, Sum)>,
    /// By hour, code and kind.
    refusals: BTreeMap<(i64, String, &'static str), u64>,
    /// The asset of each hold, and what remains of it.
    holds: BTreeMap<Uuid, (String, i128)>,
    /// What each order that is not over counts as.
    orders: BTreeMap<Uuid, &'static str>,
    open_offers: BTreeSet<Uuid>,
    items: u64,
}

fn cut(time: DateTime<Utc>, length: TimeDelta) -> i64 {
    micros(time.duration_trunc(length).expect("a time"))
}

impl Overview {
    pub fn event(&mut self, stream: Uuid, (time, zone): (DateTime<Utc>, Zone), body: &Event) {
        match body {
            Event::Transfer(TransferEvent::Posted(posted)) => self.posted(posted, (time, zone)),
            Event::Transfer(TransferEvent::Rejected(rejected)) => {
                let (asset, kind) = (rejected.facts.asset.to_string(), rejected.facts.kind.as_str());
                self.count(&asset, kind, (time, zone), None);
                self.refused(&rejected.refusal.code, kind, time);
            }
            Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => {
                self.refused(&refused.refusal.code, "command", time);
            }
            Event::Hold(hold) => self.hold(stream, hold),
            Event::StandingOrder(order) => self.order(stream, order),
            Event::Item(ItemEvent::Minted(_)) => self.items += 1,
            Event::Offer(OfferEvent::Opened(_)) => assert!(self.open_offers.insert(stream), "a valid history"),
            Event::Offer(_) => assert!(self.open_offers.remove(&stream), "a valid history"),
            _ => {}
        }
    }

    fn posted(&mut self, posted: &TransferPosted, at: (DateTime<Utc>, Zone)) {
        let assets: BTreeSet<String> = posted.legs.iter().map(|leg| leg.asset.to_string()).collect();
        for asset in assets {
            let of_asset = posted.legs.iter().filter(|leg| leg.asset.as_str() == asset);
            let credits: Vec<i128> = of_asset.map(|leg| leg.amount.units()).filter(|amount| *amount > 0).collect();
            self.count(&asset, posted.kind.as_str(), at, Some(&credits));
        }
    }

    fn count(&mut self, asset: &str, kind: &'static str, (time, zone): (DateTime<Utc>, Zone), volume: Option<&[i128]>) {
        let (minute, hour) = (cut(time, TimeDelta::minutes(1)), cut(time, TimeDelta::hours(1)));
        let day = micros(zone.begin(zone.day_of(time)).expect("a day"));
        for (bucket, start) in [("minute", minute), ("hour", hour), ("day", day)] {
            let counted = self.activity.entry((bucket, start, asset.to_owned(), kind)).or_default();
            match volume {
                None => counted.1 += 1,
                Some(volume) => {
                    counted.0 += 1;
                    volume.iter().for_each(|credit| counted.2.add(*credit));
                }
            }
        }
    }

    fn refused(&mut self, code: &str, kind: &'static str, time: DateTime<Utc>) {
        *self.refusals.entry((cut(time, TimeDelta::hours(1)), code.to_owned(), kind)).or_default() += 1;
    }

    /// What remains is added up here, not taken from what an event says is left.
    fn hold(&mut self, stream: Uuid, event: &HoldEvent) {
        if let HoldEvent::Placed(placed) = event {
            self.holds.insert(stream, (placed.asset.to_string(), placed.amount.units()));
            return;
        }
        let remains = &mut self.holds.get_mut(&stream).expect("placed").1;
        match event {
            HoldEvent::Placed(_) => {}
            HoldEvent::Increased(increased) => *remains += increased.by.units(),
            HoldEvent::Captured(captured) if captured.is_final => *remains = 0,
            HoldEvent::Captured(captured) => *remains -= captured.paid.units(),
            HoldEvent::Released(released) => *remains -= released.given_back.units(),
            HoldEvent::Expired(expired) => *remains -= expired.given_back.units(),
        }
    }

    fn order(&mut self, stream: Uuid, event: &StandingOrderEvent) {
        let next_at = match event {
            StandingOrderEvent::Placed(placed) => Some(placed.next_at),
            StandingOrderEvent::Ran(ran) => ran.next_at,
            StandingOrderEvent::Skipped(skipped) => skipped.next_at,
            StandingOrderEvent::Resumed(resumed) => resumed.next_at,
            StandingOrderEvent::Paused(_) | StandingOrderEvent::Cancelled(_) => None,
        };
        if matches!(event, StandingOrderEvent::Paused(_)) {
            self.orders.insert(stream, "orders_paused");
        } else if next_at.is_some() {
            self.orders.insert(stream, "orders_active");
        } else {
            self.orders.remove(&stream);
        }
    }

    fn totals<'a>(&'a self, accounts: impl Iterator<Item = &'a Account>) -> Vec<String> {
        let mut totals: BTreeMap<&str, Total> = BTreeMap::new();
        for account in accounts {
            let total = totals.entry(&account.asset).or_default();
            if account.system {
                total.system.add(account.balance);
            } else {
                total.member.add(account.balance);
                total.held.add(account.held);
            }
            let state = match (account.system, account.status) {
                (true, _) => 3,
                (false, "open") => 0,
                (false, "frozen") => 1,
                _ => 2,
            };
            total.numbers[state] += 1;
        }
        for (asset, _) in self.holds.values().filter(|(_, remains)| *remains > 0) {
            totals.entry(asset).or_default().open_holds += 1;
        }
        let line = |(asset, total): (&&str, &Total)| {
            let Total { member, system, numbers, held, open_holds } = total;
            let numbers = numbers.map(|number| number.to_string()).join("|");
            format!("{asset}|{member}|{system}|{numbers}|{held}|{open_holds}")
        };
        totals.iter().map(line).collect()
    }

    pub fn tables<'a>(&'a self, accounts: impl Iterator<Item = &'a Account>) -> [Table; 4] {
        let activity = self.activity.iter().map(|((bucket, start, asset, kind), (posted, rejected, volume))| {
            format!("{bucket}|{start}|{asset}|{kind}|{posted}|{rejected}|{volume}")
        });
        let orders = |as_what: &'static str| {
            (as_what, self.orders.values().filter(|counted_as| **counted_as == as_what).count())
        };
        let counts = [
            ("items", self.items as usize),
            ("offers_open", self.open_offers.len()),
            orders("orders_active"),
            orders("orders_paused"),
        ];
        let counts = counts.into_iter().filter(|(_, number)| *number > 0);
        let refusals = self.refusals.iter();
        [
            Table::of("asset_totals", SELECT_ASSET_TOTALS, self.totals(accounts)),
            Table::of("activity", SELECT_ACTIVITY, activity),
            Table::of("bank_counts", SELECT_BANK_COUNTS, counts.map(|(what, number)| format!("{what}|{number}"))),
            Table::of(
                "refusals",
                SELECT_REFUSALS,
                refusals.map(|((hour, code, kind), count)| format!("{hour}|{code}|{kind}|{count}")),
            ),
        ]
    }
}

const SELECT_ASSET_TOTALS: &str =
    "select concat_ws('|', asset, member_sum, system_sum, members_open, members_frozen, members_closed,
    system_accounts, held, open_holds) from live.asset_totals order by asset";
const SELECT_ACTIVITY: &str =
    "select concat_ws('|', bucket, (extract(epoch from bucket_start) * 1000000)::int8, asset, kind,
    posted_count, rejected_count, posted_volume) from live.activity order by bucket, bucket_start, asset, kind";
const SELECT_BANK_COUNTS: &str = "select concat_ws('|', what, number) from live.bank_counts";
const SELECT_REFUSALS: &str =
    "select concat_ws('|', (extract(epoch from bucket_start) * 1000000)::int8, code, kind, count) from live.refusals";
