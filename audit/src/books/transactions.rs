//! View `transactions`: one row for each change of a balance, and the position that each time stands for.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::TransferPosted;
use futures::TryStreamExt;
use kernel::TransferId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::Commit,
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::{Side, TransferEvents},
};

pub(super) const VIEW: Definition = Definition {
    name: "transactions",
    tables: &[
        Table {
            name: "entries",
            columns: &[
                "account_id",
                "position",
                "version",
                "recorded_at",
                "transfer_id",
                "counterparty",
                "amount",
                "balance_after",
                "kind",
                "memo",
                "reference",
                "reverses",
            ],
        },
        Table { name: "ticks", columns: &["recorded_at", "position"] },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [entries, ticks] = sinks.try_into().ok()?;
    Some(Box::new(Transactions::new(entries, ticks)))
}

struct Transactions<S> {
    entries: S,
    ticks: S,
    /// The newest time and the last position recorded at it: it may still move.
    tick: Option<(DateTime<Utc>, i64)>,
    cells: Cells,
}

impl<S> Transactions<S> {
    fn new(entries: S, ticks: S) -> Self {
        Self { entries, ticks, tick: None, cells: Cells::default() }
    }
}

/// A row of `entries`.
struct Entry<'a> {
    account: Uuid,
    position: i64,
    version: i64,
    recorded_at: DateTime<Utc>,
    transfer: Uuid,
    counterparty: Option<Uuid>,
    amount: &'a dyn Display,
    balance_after: &'a dyn Display,
    kind: &'a str,
    memo: Option<&'a str>,
    reference: Option<&'a str>,
    reverses: Option<Uuid>,
}

impl Entry<'_> {
    fn give(&self, cells: &mut Cells, entries: &mut dyn Sink) {
        cells.clear().put("version", self.version).put("recorded_at", time(self.recorded_at));
        cells.put("transfer_id", self.transfer).maybe("counterparty", self.counterparty);
        cells.put("amount", self.amount).put("balance_after", self.balance_after).put("kind", self.kind);
        cells.maybe("memo", self.memo).maybe("reference", self.reference).maybe("reverses", self.reverses);
        entries.row(&format!("account {} at position {}", self.account, self.position), cells);
    }
}

fn give_tick((at, position): (DateTime<Utc>, i64), cells: &mut Cells, ticks: &mut dyn Sink) {
    ticks.row(&time(at).to_string(), cells.clear().put("position", position));
}

/// Who is on the other side of a payment, if the legs are payments one after the other. It is named by the transfer: its own event may
/// wait behind a parked key. So the legs of the same account are counted, not all.
fn other_side(posted: &TransferPosted, sides: &[Side], index: usize) -> Option<Uuid> {
    let account = sides[index].account;
    let earlier = sides[..index].iter().filter(|side| side.account == account).count();
    let mut other = None;
    let mut of_account = 0;
    for payment in posted.legs.chunks(2) {
        let [one, two] = payment else { return None };
        if (one.asset, one.amount.units()) != (two.asset, -two.amount.units()) {
            return None;
        }
        for (leg, opposite) in [(one, two), (two, one)] {
            if leg.account.uuid() == account {
                if of_account == earlier {
                    other = Some(opposite.account.uuid());
                }
                of_account += 1;
            }
        }
    }
    other
}

impl<S: Sink> Transactions<S> {
    fn entry(&mut self, commit: &Commit, transfer: Uuid, posted: &TransferPosted, side: Side, other: Option<Uuid>) {
        let entry = Entry {
            account: side.account,
            position: side.position,
            version: side.version,
            recorded_at: commit.recorded_at,
            transfer,
            counterparty: other,
            amount: &side.amount,
            balance_after: &side.balance,
            kind: posted.kind.as_str(),
            memo: posted.memo.as_deref(),
            reference: posted.reference.as_deref(),
            reverses: posted.reverses.map(TransferId::uuid),
        };
        entry.give(&mut self.cells, &mut self.entries);
    }
}

impl<S: Sink> Book<S> for Transactions<S> {
    fn commit(&mut self, commit: &Commit, transfer_events: &HashMap<Uuid, TransferEvents<'_>>) {
        for (&transfer, transfer_events) in transfer_events {
            let Some(posted) = transfer_events.posted else { continue };
            for (index, side) in transfer_events.sides.iter().enumerate() {
                self.entry(commit, transfer, posted, *side, other_side(posted, &transfer_events.sides, index));
            }
        }
        match &mut self.tick {
            Some((at, position)) if *at == commit.recorded_at => *position = commit.last,
            tick => {
                if let Some(done) = tick.replace((commit.recorded_at, commit.last)) {
                    give_tick(done, &mut self.cells, &mut self.ticks);
                }
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        if let Some(last) = self.tick.take() {
            give_tick(last, &mut self.cells, &mut self.ticks);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.entries, self.ticks]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [entries, ticks] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select account_id as "account_id!", position as "position!", version as "version!",
                  recorded_at as "recorded_at!", transfer_id as "transfer_id!", counterparty,
                  amount::text as "amount!", balance_after::text as "balance_after!", kind as "kind!", memo, reference, reverses
           from live.entries"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let entry = Entry {
            account: row.account_id,
            position: row.position,
            version: row.version,
            recorded_at: row.recorded_at,
            transfer: row.transfer_id,
            counterparty: row.counterparty,
            amount: &row.amount,
            balance_after: &row.balance_after,
            kind: &row.kind,
            memo: row.memo.as_deref(),
            reference: row.reference.as_deref(),
            reverses: row.reverses,
        };
        entry.give(&mut cells, entries);
    }
    drop(rows);
    let mut rows = sqlx::query!(r#"select recorded_at as "recorded_at!", position as "position!" from live.ticks"#)
        .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        give_tick((row.recorded_at, row.position), &mut cells, ticks);
    }
    Ok(())
}
