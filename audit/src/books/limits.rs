//! View `limits`: the limits that are set, what is assigned to accounts, and what accounts have used.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use chrono::{DateTime, Utc};
use events::recorded::{AccountEvent, Cap, Event, LimitSet, LimitUse, LimitedKind, LimitsEvent};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    account::used_of,
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "limits",
    tables: &[
        Table {
            name: "limits",
            columns: &[
                "first_position",
                "position",
                "recorded_at",
                "day_count",
                "month_count",
                "per_transfer",
                "day_amount",
                "month_amount",
                "everyone",
                "name",
                "asset",
                "kinds",
                "zone",
            ],
        },
        Table { name: "limit_assignments", columns: &["position", "account_id", "name"] },
        Table { name: "limit_uses", columns: &["position", "count", "until", "account_id", "amount", "name", "per"] },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [limits, assignments, uses] = sinks.try_into().ok()?;
    let (set, assigned, used) = (BTreeMap::new(), HashMap::new(), HashMap::new());
    Some(Box::new(Limits { set, assigned, used, limits, assignments, uses }))
}

/// A limit that is set.
struct Set {
    limit: LimitSet,
    first_position: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
}

struct Limits<S> {
    set: BTreeMap<String, Set>,
    /// Of each account its limits, and since which position.
    assigned: HashMap<Uuid, (Vec<String>, i64)>,
    /// By account, limit and window: the newest use, and since which position.
    used: HashMap<(Uuid, String, &'static str), (LimitUse, i64)>,
    limits: S,
    assignments: S,
    uses: S,
}

/// A row of `limits`.
struct Row<'a> {
    first_position: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
    day: (Option<&'a dyn Display>, Option<i64>),
    month: (Option<&'a dyn Display>, Option<i64>),
    per_transfer: Option<&'a dyn Display>,
    everyone: bool,
    asset: &'a str,
    kinds: &'a str,
    zone: &'a str,
}

impl Row<'_> {
    fn give(&self, name: &str, cells: &mut Cells, limits: &mut dyn Sink) {
        cells.clear().put("first_position", self.first_position).put("position", self.position);
        cells.put("recorded_at", time(self.recorded_at)).maybe("per_transfer", self.per_transfer);
        cells.maybe("day_amount", self.day.0).maybe("day_count", self.day.1);
        cells.maybe("month_amount", self.month.0).maybe("month_count", self.month.1);
        cells.put("everyone", self.everyone).put("asset", self.asset).put("kinds", self.kinds);
        limits.row(name, cells.put("zone", self.zone));
    }
}

fn give_assignment((account, name): (Uuid, &str), position: i64, cells: &mut Cells, assignments: &mut dyn Sink) {
    // The key is for people: a space within the name would make two rows look like one.
    cells.clear().put("position", position).put("name", name);
    assignments.row(&format!("account {account} limit {name}"), cells);
}

/// A row of `limit_uses`.
struct Use<'a> {
    position: i64,
    count: i64,
    until: DateTime<Utc>,
    amount: &'a dyn Display,
}

impl Use<'_> {
    fn give(&self, (account, name, per): (Uuid, &str, &str), cells: &mut Cells, uses: &mut dyn Sink) {
        cells.clear().put("position", self.position).put("count", self.count).put("amount", self.amount);
        cells.put("until", time(self.until)).put("name", name).put("per", per);
        uses.row(&format!("account {account} limit {name} {per}"), cells);
    }
}

fn kinds(limit: &LimitSet) -> String {
    let name = |kind: &LimitedKind| match kind {
        LimitedKind::Transfer => "transfer",
        LimitedKind::Withdrawal => "withdrawal",
        LimitedKind::Compound => "compound",
        LimitedKind::Hold => "hold",
        LimitedKind::Charge => "charge",
        LimitedKind::Exchange => "exchange",
        LimitedKind::Payout => "payout",
        LimitedKind::Trade => "trade",
    };
    limit.kinds.iter().map(name).collect::<Vec<_>>().join(" ")
}

impl Set {
    fn give(&self, name: &str, cells: &mut Cells, limits: &mut dyn Sink) {
        let cap = |cap: Option<Cap>| match cap {
            Some(Cap { amount, count }) => (amount.map(|amount| amount.to_string()), count.map(i64::from)),
            None => (None, None),
        };
        let (day, month) = (cap(self.limit.per_day), cap(self.limit.per_month));
        let row = Row {
            first_position: self.first_position,
            position: self.position,
            recorded_at: self.recorded_at,
            day: (display(day.0.as_ref()), day.1),
            month: (display(month.0.as_ref()), month.1),
            per_transfer: self.limit.per_transfer.as_ref().map(|amount| amount as &dyn Display),
            everyone: self.limit.everyone,
            asset: self.limit.asset.as_str(),
            kinds: &kinds(&self.limit),
            zone: &self.limit.zone,
        };
        row.give(name, cells, limits);
    }
}

fn display(text: Option<&String>) -> Option<&dyn Display> {
    text.map(|text| text as &dyn Display)
}

impl<S> Limits<S> {
    fn change(&mut self, event: &LimitsEvent, position: i64, recorded_at: DateTime<Utc>) {
        match event {
            LimitsEvent::Set(limit) => {
                let first_position = self.set.get(&limit.name).map_or(position, |before| before.first_position);
                let set = Set { limit: limit.clone(), first_position, position, recorded_at };
                self.set.insert(limit.name.clone(), set);
            }
            LimitsEvent::Deleted(deleted) => drop(self.set.remove(&deleted.name)),
        }
    }

    fn account(&mut self, event: &assemble::Event, account: &AccountEvent) {
        if let AccountEvent::LimitsAssigned(assigned) = account {
            self.assigned.insert(event.stream, (assigned.limits.clone(), event.position));
        }
        for used in used_of(account) {
            let key = (event.stream, used.limit.clone(), used.window.as_str());
            self.used.insert(key, (used.clone(), event.position));
        }
    }
}

impl<S: Sink> Book<S> for Limits<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            match &event.recorded {
                Event::Limits(limits) => self.change(limits, event.position, commit.recorded_at),
                Event::Account(account) => self.account(event, account),
                _ => {}
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        let mut cells = Cells::default();
        self.set.iter().for_each(|(name, set)| set.give(name, &mut cells, &mut self.limits));
        for (account, (names, position)) in &self.assigned {
            for name in names {
                give_assignment((*account, name), *position, &mut cells, &mut self.assignments);
            }
        }
        for ((account, name, per), (used, position)) in &self.used {
            let LimitUse { until, amount, count, .. } = used;
            let (position, count) = (*position, i64::from(*count));
            let row = Use { position, count, until: *until, amount };
            row.give((*account, name, per), &mut cells, &mut self.uses);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.limits, self.assignments, self.uses]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [limits, assignments, uses] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let rows = sqlx::query!(
        r#"select first_position as "first_position!", position as "position!", recorded_at as "recorded_at!",
                  day_count, month_count, per_transfer::text, day_amount::text, month_amount::text,
                  everyone as "everyone!", name as "name!", asset as "asset!", kinds as "kinds!", zone as "zone!"
           from live.limits"#
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let found = Row {
            first_position: row.first_position,
            position: row.position,
            recorded_at: row.recorded_at,
            day: (display(row.day_amount.as_ref()), row.day_count),
            month: (display(row.month_amount.as_ref()), row.month_count),
            per_transfer: display(row.per_transfer.as_ref()),
            everyone: row.everyone,
            asset: &row.asset,
            kinds: &row.kinds,
            zone: &row.zone,
        };
        found.give(&row.name, &mut cells, limits);
    }
    let mut rows = sqlx::query!(
        r#"select position as "position!", account_id as "account_id!", name as "name!" from live.limit_assignments"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        give_assignment((row.account_id, &row.name), row.position, &mut cells, assignments);
    }
    drop(rows);
    let mut rows = sqlx::query!(
        r#"select position as "position!", count as "count!", until as "until!",
                  account_id as "account_id!", amount::text as "amount!", name as "name!", per as "per!"
           from live.limit_uses"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (position, count, amount) = (row.position, row.count, &row.amount);
        let found = Use { position, count, until: row.until, amount };
        found.give((row.account_id, &row.name, &row.per), &mut cells, uses);
    }
    Ok(())
}
