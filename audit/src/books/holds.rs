//! View `holds`: one row for each hold.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::{Event, HoldAmounts, HoldEvent, HoldPlaced};
use futures::TryStreamExt;
use kernel::{AccountId, Minor};
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::Commit,
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "holds",
    tables: &[Table {
        name: "holds",
        columns: &[
            "hold_id",
            "source",
            "destination",
            "asset",
            "amount",
            "captured",
            "released",
            "status",
            "expires_at",
            "memo",
            "reference",
            "placed_by",
            "placed_position",
            "position",
            "recorded_at",
        ],
    }],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [holds] = sinks.try_into().ok()?;
    Some(Box::new(Holds::new(holds)))
}

/// A hold that may still change.
struct Hold {
    placed: HoldPlaced,
    placed_position: i64,
    amounts: HoldAmounts,
    status: &'static str,
    position: i64,
    recorded_at: DateTime<Utc>,
}

/// A hold that is over is given away, so that memory grows with those that are active.
struct Holds<S> {
    active: HashMap<Uuid, Hold>,
    cells: Cells,
    sink: S,
}

impl<S> Holds<S> {
    fn new(sink: S) -> Self {
        Self { active: HashMap::new(), cells: Cells::default(), sink }
    }
}

/// A row of `holds`.
struct Row<'a> {
    source: Uuid,
    destination: Option<Uuid>,
    asset: &'a str,
    amount: &'a dyn Display,
    captured: &'a dyn Display,
    released: &'a dyn Display,
    status: &'a str,
    expires_at: DateTime<Utc>,
    memo: Option<&'a str>,
    reference: Option<&'a str>,
    placed_by: Uuid,
    placed_position: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
}

impl Row<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, holds: &mut dyn Sink) {
        cells.clear().put("source", self.source).maybe("destination", self.destination).put("asset", self.asset);
        cells.put("amount", self.amount).put("captured", self.captured).put("released", self.released);
        cells.put("status", self.status).put("expires_at", time(self.expires_at));
        cells.maybe("memo", self.memo).maybe("reference", self.reference).put("placed_by", self.placed_by);
        cells.put("placed_position", self.placed_position).put("position", self.position);
        holds.row(&id.to_string(), cells.put("recorded_at", time(self.recorded_at)));
    }
}

impl Hold {
    fn new(placed: &HoldPlaced, position: i64, commit: &Commit) -> Self {
        Self {
            placed: placed.clone(),
            placed_position: position,
            amounts: HoldAmounts { amount: placed.amount, captured: Minor::ZERO, released: Minor::ZERO },
            status: "active",
            position: commit.last,
            recorded_at: commit.recorded_at,
        }
    }

    fn give(&self, id: Uuid, cells: &mut Cells, holds: &mut dyn Sink) {
        let (placed, amounts) = (&self.placed, &self.amounts);
        let row = Row {
            source: placed.source.uuid(),
            destination: placed.destination.map(AccountId::uuid),
            asset: placed.asset.as_str(),
            amount: &amounts.amount,
            captured: &amounts.captured,
            released: &amounts.released,
            status: self.status,
            expires_at: placed.expires_at,
            memo: placed.memo.as_deref(),
            reference: placed.reference.as_deref(),
            placed_by: placed.placed_by.id.uuid(),
            placed_position: self.placed_position,
            position: self.position,
            recorded_at: self.recorded_at,
        };
        row.give(id, cells, holds);
    }
}

impl<S: Sink> Holds<S> {
    fn event(&mut self, (id, position): (Uuid, i64), event: &HoldEvent, commit: &Commit) {
        let (left, ended) = match event {
            HoldEvent::Placed(placed) => {
                self.active.insert(id, Hold::new(placed, position, commit));
                return;
            }
            HoldEvent::Increased(e) => (e.left, "active"),
            HoldEvent::Captured(e) => (e.left, "captured"),
            HoldEvent::Released(e) => (e.left, "released"),
            HoldEvent::Expired(e) => (e.left, "expired"),
        };
        let Some(hold) = self.active.get_mut(&id) else { return };
        (hold.amounts, hold.position, hold.recorded_at) = (left, commit.last, commit.recorded_at);
        let HoldAmounts { amount, captured, released } = left;
        // It is over with the event that leaves nothing of it.
        if captured.units().checked_add(released.units()) == Some(amount.units())
            && let Some(hold) = self.active.remove(&id)
        {
            Hold { status: ended, ..hold }.give(id, &mut self.cells, &mut self.sink);
        }
    }
}

impl<S: Sink> Book<S> for Holds<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            if let Event::Hold(hold) = &event.recorded {
                self.event((event.stream, event.position), hold, commit);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, hold) in &self.active {
            hold.give(*id, &mut self.cells, &mut self.sink);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.sink]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [holds] = sinks else { return Ok(()) };
    let mut rows = sqlx::query!(
        r#"select hold_id as "hold_id!", source as "source!", destination, asset as "asset!", amount::text as "amount!",
                  captured::text as "captured!", released::text as "released!", status as "status!",
                  expires_at as "expires_at!", memo, reference, placed_by as "placed_by!",
                  placed_position as "placed_position!", position as "position!", recorded_at as "recorded_at!"
           from live.holds"#
    )
    .fetch(connection);
    let mut cells = Cells::default();
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            source: row.source,
            destination: row.destination,
            asset: &row.asset,
            amount: &row.amount,
            captured: &row.captured,
            released: &row.released,
            status: &row.status,
            expires_at: row.expires_at,
            memo: row.memo.as_deref(),
            reference: row.reference.as_deref(),
            placed_by: row.placed_by,
            placed_position: row.placed_position,
            position: row.position,
            recorded_at: row.recorded_at,
        };
        found.give(row.hold_id, &mut cells, holds);
    }
    Ok(())
}
