//! View `transfers`: one row for each transfer, posted or rejected.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::{Event, Leg, TransferEvent, TransferPosted, TransferRejected};
use futures::TryStreamExt;
use kernel::{Actor, Minor, Role};
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::Commit,
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::{Payment, Side, TransferEvents},
};

pub(super) const VIEW: Definition = Definition {
    name: "transfers",
    tables: &[Table {
        name: "transfers",
        columns: &[
            "transfer_id",
            "status",
            "kind",
            "source",
            "destination",
            "asset",
            "amount",
            "memo",
            "reference",
            "reverses",
            "reversed_by",
            "code",
            "available",
            "source_version",
            "source_balance_after",
            "destination_version",
            "destination_balance_after",
            "postings",
            "asked_by",
            "service",
            "hold_id",
            "despite_freeze",
            "item_id",
            "offer_id",
            "order_id",
            "position",
            "recorded_at",
        ],
    }],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [transfers] = sinks.try_into().ok()?;
    Some(Box::new(Transfers::new(transfers)))
}

struct Transfers<S> {
    transfers: S,
    cells: Cells,
}

impl<S> Transfers<S> {
    fn new(transfers: S) -> Self {
        Self { transfers, cells: Cells::default() }
    }
}

/// A row of `transfers`, but for what a later reversal adds.
#[derive(Default)]
struct Row<'a> {
    status: &'a str,
    kind: &'a str,
    source: Option<Uuid>,
    destination: Option<Uuid>,
    asset: Option<&'a str>,
    amount: Option<&'a dyn Display>,
    memo: Option<&'a str>,
    reference: Option<&'a str>,
    reverses: Option<Uuid>,
    code: Option<&'a str>,
    available: Option<&'a dyn Display>,
    source_side: (Option<i64>, Option<&'a dyn Display>),
    destination_side: (Option<i64>, Option<&'a dyn Display>),
    /// The legs of a transfer of more than two.
    postings: Option<&'a str>,
    /// The member who asked for what was refused.
    asked_by: Option<Uuid>,
    /// The service that gave the reference, or opened the payout run.
    service: Option<Uuid>,
    /// The hold that a capture pays from.
    hold: Option<Uuid>,
    despite_freeze: bool,
    /// The item that changed hands for it.
    item: Option<Uuid>,
    /// The offer that was accepted.
    offer: Option<Uuid>,
    /// The standing order that asked for it.
    order: Option<Uuid>,
    position: i64,
    recorded_at: DateTime<Utc>,
}

impl Row<'_> {
    fn write(&self, cells: &mut Cells) {
        cells.clear().put("status", self.status).put("kind", self.kind);
        cells.maybe("source", self.source).maybe("destination", self.destination);
        cells.maybe("asset", self.asset).maybe("amount", self.amount).maybe("postings", self.postings);
        cells.maybe("memo", self.memo).maybe("reference", self.reference).maybe("reverses", self.reverses);
        cells.maybe("code", self.code).maybe("available", self.available).maybe("asked_by", self.asked_by);
        cells.maybe("service", self.service).maybe("hold_id", self.hold).put("despite_freeze", self.despite_freeze);
        cells.maybe("item_id", self.item).maybe("offer_id", self.offer).maybe("order_id", self.order);
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
    fn posted(&mut self, id: Uuid, posted: &TransferPosted, sides: &[Side], commit: &Commit) {
        let payment = Payment::of(posted);
        let postings = payment.is_none().then(|| shown_legs(&posted.legs, sides));
        let mut row = Row {
            status: "posted",
            kind: posted.kind.as_str(),
            memo: posted.memo.as_deref(),
            reference: posted.reference.as_deref(),
            reverses: posted.reverses.map(|t| t.uuid()),
            postings: postings.as_deref(),
            // A view at the position of the last of its events shows all of it.
            position: sides.iter().map(|side| side.position).max().unwrap_or_default(),
            recorded_at: commit.recorded_at,
            service: posted.reference.as_ref().and(asker(posted.asked_by, PROGRAMS, commit.service)),
            hold: posted.hold.map(|hold| hold.uuid()),
            despite_freeze: posted.despite_freeze,
            item: posted.trade.map(|trade| trade.item.uuid()),
            offer: posted.trade.map(|trade| trade.offer.uuid()),
            order: posted.order.map(|order| order.uuid()),
            ..Row::default()
        };
        if let (Some(payment), [one, other]) = (&payment, sides) {
            let (debit, credit) = if other.amount < 0 { (other, one) } else { (one, other) };
            (row.source, row.destination) = (Some(payment.source), Some(payment.destination));
            row.asset = Some(payment.asset.as_str());
            row.amount = Some(&payment.amount);
            row.source_side = (Some(debit.version), Some(&debit.balance));
            row.destination_side = (Some(credit.version), Some(&credit.balance));
        }
        row.write(&mut self.cells);
        self.transfers.row(&id.to_string(), &self.cells);
    }

    fn rejected(&mut self, id: Uuid, rejected: &TransferRejected, position: i64, commit: &Commit) {
        let TransferRejected { facts, asked_by, refusal } = rejected;
        let row = Row {
            status: "rejected",
            kind: facts.kind.as_str(),
            source: facts.source.map(|a| a.uuid()),
            destination: facts.destination.map(|a| a.uuid()),
            asset: Some(facts.asset.as_str()),
            amount: Some(&facts.amount),
            memo: facts.memo.as_deref(),
            reference: facts.reference.as_deref(),
            reverses: facts.reverses.map(|t| t.uuid()),
            code: Some(&refusal.code),
            available: refusal.available.as_ref().map(|a: &Minor| a as &dyn Display),
            asked_by: asker(*asked_by, CUSTOMERS, commit.member),
            service: facts.reference.as_ref().and(asker(*asked_by, PROGRAMS, commit.service)),
            position,
            recorded_at: commit.recorded_at,
            ..Row::default()
        };
        row.write(&mut self.cells);
        self.transfers.row(&id.to_string(), &self.cells);
    }
}

/// Whose refused transfers are shown to them.
const CUSTOMERS: [Role; 2] = [Role::Member, Role::Partner];
/// Whose transfers are found by their reference.
const PROGRAMS: [Role; 2] = [Role::Service, Role::Partner];

/// Who asked for a transfer, if it was somebody of these roles: the sender of the command, unless the event says somebody else.
fn asker(said: Option<Actor>, roles: [Role; 2], sender: Option<Uuid>) -> Option<Uuid> {
    match said {
        Some(actor) => roles.contains(&actor.role).then(|| actor.id.uuid()),
        None => sender,
    }
}

/// Legs as Postgres shows the column: short names of fields first, names of one length by the alphabet.
fn shown_legs(legs: &[Leg], sides: &[Side]) -> String {
    let leg = |(leg, side): (&Leg, &Side)| {
        format!(
            r#"{{"asset": "{}", "amount": "{}", "version": {}, "account_id": "{}", "balance_after": "{}"}}"#,
            leg.asset, leg.amount, side.version, leg.account, side.balance
        )
    };
    format!("[{}]", legs.iter().zip(sides).map(leg).collect::<Vec<_>>().join(", "))
}

impl<S: Sink> Book<S> for Transfers<S> {
    fn commit(&mut self, commit: &Commit, transfer_events: &HashMap<Uuid, TransferEvents<'_>>) {
        for (&id, transfer_events) in transfer_events {
            if let Some(posted) =
                transfer_events.posted.filter(|posted| posted.legs.len() == transfer_events.sides.len())
            {
                self.posted(id, posted, &transfer_events.sides, commit);
            }
        }
        for event in &commit.events {
            match &event.recorded {
                Event::Transfer(TransferEvent::Rejected(e)) => self.rejected(event.stream, e, event.position, commit),
                Event::Transfer(TransferEvent::Reversed(e)) => {
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
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [transfers] = sinks else { return Ok(()) };
    let mut rows = sqlx::query!(
        r#"select transfer_id as "transfer_id!", status as "status!", kind as "kind!", source, destination,
                  asset, amount::text, memo, reference, reverses, reversed_by, code,
                  available::text, source_version, source_balance_after::text, destination_version,
                  destination_balance_after::text, position as "position!", recorded_at as "recorded_at!",
                  postings::text, asked_by, service, hold_id, despite_freeze as "despite_freeze!",
                  item_id, offer_id, order_id
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
            asset: row.asset.as_deref(),
            amount: shown(&row.amount),
            memo: row.memo.as_deref(),
            reference: row.reference.as_deref(),
            reverses: row.reverses,
            code: row.code.as_deref(),
            available: shown(&row.available),
            source_side: (row.source_version, shown(&row.source_balance_after)),
            destination_side: (row.destination_version, shown(&row.destination_balance_after)),
            postings: row.postings.as_deref(),
            asked_by: row.asked_by,
            service: row.service,
            hold: row.hold_id,
            despite_freeze: row.despite_freeze,
            item: row.item_id,
            offer: row.offer_id,
            order: row.order_id,
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
