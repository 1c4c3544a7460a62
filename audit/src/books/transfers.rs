//! View `transfers`: one row for each transfer, posted or rejected.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use contracts::recorded::{Recorded, TransferFacts, TransferRejected};
use futures::TryStreamExt;
use kernel::Minor;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Book, time};
use crate::{
    assemble::Commit,
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::{Side, Told},
};

pub(super) struct Transfers<S> {
    transfers: S,
    cells: Cells,
}

impl<S> Transfers<S> {
    pub(super) fn new(transfers: S) -> Self {
        Self { transfers, cells: Cells::default() }
    }
}

/// A row of `transfers`, but for what a later reversal adds.
struct Row<'a> {
    status: &'a str,
    kind: &'a str,
    source: Option<Uuid>,
    destination: Option<Uuid>,
    asset: &'a str,
    amount: &'a dyn Display,
    memo: Option<&'a str>,
    reference: Option<&'a str>,
    reverses: Option<Uuid>,
    code: Option<&'a str>,
    available: Option<&'a dyn Display>,
    source_side: (Option<i64>, Option<&'a dyn Display>),
    destination_side: (Option<i64>, Option<&'a dyn Display>),
    position: i64,
    recorded_at: DateTime<Utc>,
}

impl<'a> Row<'a> {
    fn of(facts: &'a TransferFacts, status: &'a str, position: i64, recorded_at: DateTime<Utc>) -> Self {
        Self {
            status,
            kind: facts.kind.as_str(),
            source: facts.source.map(|a| a.uuid()),
            destination: facts.destination.map(|a| a.uuid()),
            asset: facts.asset.as_str(),
            amount: &facts.amount,
            memo: facts.memo.as_deref(),
            reference: facts.reference.as_deref(),
            reverses: facts.reverses.map(|t| t.uuid()),
            code: None,
            available: None,
            source_side: (None, None),
            destination_side: (None, None),
            position,
            recorded_at,
        }
    }

    fn write(&self, cells: &mut Cells) {
        cells.clear().put("status", self.status).put("kind", self.kind);
        cells.maybe("source", self.source).maybe("destination", self.destination);
        cells.put("asset", self.asset).put("amount", self.amount);
        cells.maybe("memo", self.memo).maybe("reference", self.reference).maybe("reverses", self.reverses);
        cells.maybe("code", self.code).maybe("available", self.available);
        cells.maybe("source_version", self.source_side.0).maybe("source_balance_after", self.source_side.1);
        cells.maybe("destination_version", self.destination_side.0);
        cells.maybe("destination_balance_after", self.destination_side.1);
        cells.put("position", self.position).put("recorded_at", time(self.recorded_at));
    }
}

fn give_reversed_by(original: Uuid, by: Uuid, cells: &mut Cells, transfers: &mut dyn Sink) {
    transfers.aspect(&original.to_string(), cells.clear().put("reversed_by", by));
}

impl<S: Sink> Transfers<S> {
    fn posted(&mut self, id: Uuid, facts: &TransferFacts, debit: Side, credit: Side, at: DateTime<Utc>) {
        // A view at the position of the last of its events shows all of it.
        let mut row = Row::of(facts, "posted", debit.position.max(credit.position), at);
        row.source_side = (Some(debit.version), Some(&debit.balance));
        row.destination_side = (Some(credit.version), Some(&credit.balance));
        row.write(&mut self.cells);
        self.transfers.row(&id.to_string(), &self.cells);
    }

    fn rejected(&mut self, id: Uuid, rejected: &TransferRejected, position: i64, at: DateTime<Utc>) {
        let mut row = Row::of(&rejected.facts, "rejected", position, at);
        row.code = Some(&rejected.refusal.code);
        row.available = rejected.refusal.available.as_ref().map(|a: &Minor| a as &dyn Display);
        row.write(&mut self.cells);
        self.transfers.row(&id.to_string(), &self.cells);
    }
}

impl<S: Sink> Book<S> for Transfers<S> {
    fn commit(&mut self, commit: &Commit, told: &HashMap<Uuid, Told<'_>>) {
        for (&id, told) in told {
            if let (Some(facts), [debit], [credit]) = (told.facts, told.debits.as_slice(), told.credits.as_slice()) {
                self.posted(id, facts, *debit, *credit, commit.recorded_at);
            }
        }
        for event in &commit.events {
            match &event.recorded {
                Recorded::TransferRejected(e) => self.rejected(event.stream, e, event.position, commit.recorded_at),
                Recorded::TransferReversed(e) => {
                    give_reversed_by(event.stream, e.by.uuid(), &mut self.cells, &mut self.transfers);
                }
                _ => {}
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {}

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.transfers]
    }
}

/// Reads what the view holds.
pub(super) async fn read(connection: &mut PgConnection, transfers: &mut dyn Sink) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query!(
        r#"select transfer_id as "transfer_id!", status as "status!", kind as "kind!", source, destination,
                  asset as "asset!", amount::text as "amount!", memo, reference, reverses, reversed_by, code,
                  available::text, source_version, source_balance_after::text, destination_version,
                  destination_balance_after::text, position as "position!", recorded_at as "recorded_at!"
           from live.transfers"#
    )
    .fetch(connection);
    let mut cells = Cells::default();
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            status: &row.status,
            kind: &row.kind,
            source: row.source,
            destination: row.destination,
            asset: &row.asset,
            amount: &row.amount,
            memo: row.memo.as_deref(),
            reference: row.reference.as_deref(),
            reverses: row.reverses,
            code: row.code.as_deref(),
            available: shown(&row.available),
            source_side: (row.source_version, shown(&row.source_balance_after)),
            destination_side: (row.destination_version, shown(&row.destination_balance_after)),
            position: row.position,
            recorded_at: row.recorded_at,
        };
        found.write(&mut cells);
        transfers.row(&row.transfer_id.to_string(), &cells);
        if let Some(by) = row.reversed_by {
            give_reversed_by(row.transfer_id, by, &mut cells, transfers);
        }
    }
    Ok(())
}

fn shown(text: &Option<String>) -> Option<&dyn Display> {
    text.as_ref().map(|t| t as &dyn Display)
}
