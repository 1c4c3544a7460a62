//! View `standing_orders`: one row for each standing order, and for each run that was carried out.

use std::{collections::HashMap, fmt::Display};

use chrono::{DateTime, Utc};
use events::recorded::{Event, IfRefused, StandingOrderEvent, StandingOrderPlaced, StandingOrderRan};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::book::{Book, Definition, Table, time};
use crate::{
    assemble::{self, Commit},
    ledger::Ledger,
    rows::{Cells, Sink},
    transfers::TransferEvents,
};

pub(super) const VIEW: Definition = Definition {
    name: "standing_orders",
    tables: &[
        Table {
            name: "standing_orders",
            columns: &[
                "placed_position",
                "position",
                "runs",
                "recorded_at",
                "next_at",
                "order_id",
                "owner",
                "source",
                "destination",
                "amount",
                "catch_up",
                "status",
                "if_refused",
                "asset",
                "memo",
                "schedule",
            ],
        },
        Table {
            name: "standing_order_runs",
            columns: &["position", "recorded_at", "due_at", "order_id", "transfer_id", "code"],
        },
    ],
    needs_ledger: false,
};

pub(super) fn book<S: Sink + Send + 'static>(sinks: Vec<S>) -> Option<Box<dyn Book<S> + Send>> {
    let [orders, runs] = sinks.try_into().ok()?;
    let (active, cells) = (HashMap::new(), Cells::default());
    Some(Box::new(StandingOrders { active, cells, orders, runs }))
}

/// An order as it stands.
struct Order {
    placed: StandingOrderPlaced,
    placed_position: i64,
    state: State,
    runs: i64,
    position: i64,
    recorded_at: DateTime<Utc>,
}

/// What an event leaves of an order.
#[derive(Clone, Copy)]
struct State {
    status: &'static str,
    next_at: Option<DateTime<Utc>>,
}

/// An order that is over is given away, so that memory grows with those that go on.
struct StandingOrders<S> {
    active: HashMap<Uuid, Order>,
    cells: Cells,
    orders: S,
    runs: S,
}

/// A row of `standing_orders`.
struct Row<'a> {
    placed_position: i64,
    position: i64,
    runs: i64,
    recorded_at: DateTime<Utc>,
    next_at: Option<DateTime<Utc>>,
    owner: Uuid,
    source: Uuid,
    destination: Uuid,
    amount: &'a dyn Display,
    catch_up: bool,
    status: &'a str,
    if_refused: &'a str,
    asset: &'a str,
    memo: Option<&'a str>,
    schedule: &'a str,
}

impl Row<'_> {
    fn give(&self, id: Uuid, cells: &mut Cells, orders: &mut dyn Sink) {
        cells.clear().put("placed_position", self.placed_position).put("position", self.position);
        cells.put("runs", self.runs).put("recorded_at", time(self.recorded_at));
        cells.maybe("next_at", self.next_at.map(time)).put("owner", self.owner).put("source", self.source);
        cells.put("destination", self.destination).put("amount", self.amount).put("catch_up", self.catch_up);
        cells.put("status", self.status).put("if_refused", self.if_refused).put("asset", self.asset);
        orders.row(&id.to_string(), cells.maybe("memo", self.memo).put("schedule", self.schedule));
    }
}

/// A row of `standing_order_runs`.
struct Run<'a> {
    position: i64,
    recorded_at: DateTime<Utc>,
    transfer: Uuid,
    code: Option<&'a str>,
}

impl Run<'_> {
    fn give(&self, (order, due_at): (Uuid, DateTime<Utc>), cells: &mut Cells, runs: &mut dyn Sink) {
        cells.clear().put("position", self.position).put("recorded_at", time(self.recorded_at));
        cells.put("transfer_id", self.transfer).maybe("code", self.code);
        runs.row(&format!("order {order} due at {}", time(due_at)), cells);
    }
}

impl Order {
    fn give(&self, id: Uuid, cells: &mut Cells, orders: &mut dyn Sink) {
        let placed = &self.placed;
        // What was read from JSON can be written as JSON.
        let schedule = serde_json::to_string(&placed.schedule).unwrap_or_default();
        let row = Row {
            placed_position: self.placed_position,
            position: self.position,
            runs: self.runs,
            recorded_at: self.recorded_at,
            next_at: self.state.next_at,
            owner: placed.owner.uuid(),
            source: placed.source.uuid(),
            destination: placed.destination.uuid(),
            amount: &placed.money.amount,
            catch_up: placed.catch_up,
            status: self.state.status,
            if_refused: match placed.if_refused {
                IfRefused::Skip => "skip",
                IfRefused::Stop => "stop",
            },
            asset: placed.money.asset.as_str(),
            memo: placed.memo.as_deref(),
            schedule: &schedule,
        };
        row.give(id, cells, orders);
    }

    /// The state after an event.
    fn after(&self, event: &StandingOrderEvent) -> State {
        let until =
            |next_at: Option<DateTime<Utc>>, over| State { status: next_at.map_or(over, |_| "active"), next_at };
        let stops = self.placed.if_refused == IfRefused::Stop;
        match event {
            StandingOrderEvent::Placed(placed) => until(Some(placed.next_at), "finished"),
            StandingOrderEvent::Ran(ran) if ran.refusal.is_some() && stops => until(ran.next_at, "stopped"),
            StandingOrderEvent::Ran(ran) => until(ran.next_at, "finished"),
            StandingOrderEvent::Skipped(skipped) => until(skipped.next_at, "finished"),
            StandingOrderEvent::Resumed(resumed) => until(resumed.next_at, "finished"),
            StandingOrderEvent::Paused(_) => until(None, "paused"),
            StandingOrderEvent::Cancelled(_) => until(None, "cancelled"),
        }
    }
}

impl<S: Sink> StandingOrders<S> {
    fn event(&mut self, event: &assemble::Event, of_order: &StandingOrderEvent, commit: &Commit) {
        let (id, recorded_at) = (event.stream, commit.recorded_at);
        if let StandingOrderEvent::Placed(placed) = of_order {
            let state = State { status: "active", next_at: Some(placed.next_at) };
            let (placed, placed_position, position) = (placed.clone(), event.position, commit.last);
            self.active.insert(id, Order { placed, placed_position, state, runs: 0, position, recorded_at });
            return;
        }
        if let StandingOrderEvent::Ran(ran) = of_order {
            let StandingOrderRan { due_at, transfer, refusal, .. } = ran;
            let code = refusal.as_ref().map(|refusal| refusal.code.as_str());
            let run = Run { position: event.position, recorded_at, transfer: transfer.uuid(), code };
            run.give((id, *due_at), &mut self.cells, &mut self.runs);
        }
        let Some(order) = self.active.get_mut(&id) else { return };
        order.runs += i64::from(matches!(of_order, StandingOrderEvent::Ran(_)));
        (order.state, order.position, order.recorded_at) = (order.after(of_order), commit.last, recorded_at);
    }
}

impl<S: Sink> Book<S> for StandingOrders<S> {
    fn commit(&mut self, commit: &Commit, _: &HashMap<Uuid, TransferEvents<'_>>) {
        for event in &commit.events {
            if let Event::StandingOrder(of_order) = &event.recorded {
                self.event(event, of_order, commit);
            }
        }
        // An order that is over in a commit may have a last event in the same one.
        for event in &commit.events {
            let is_over = |order: &Order| !matches!(order.state.status, "active" | "paused");
            if self.active.get(&event.stream).is_some_and(is_over)
                && let Some(order) = self.active.remove(&event.stream)
            {
                order.give(event.stream, &mut self.cells, &mut self.orders);
            }
        }
    }

    fn settle(&mut self, _: &Ledger) {
        for (id, order) in &self.active {
            order.give(*id, &mut self.cells, &mut self.orders);
        }
    }

    fn sinks(self: Box<Self>) -> Vec<S> {
        vec![self.orders, self.runs]
    }
}

/// Reads what the view holds.
pub(super) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [orders, runs] = sinks else { return Ok(()) };
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select placed_position as "placed_position!", position as "position!", runs as "runs!",
                  recorded_at as "recorded_at!", next_at, order_id as "order_id!", owner as "owner!", source as "source!",
                  destination as "destination!", amount::text as "amount!", catch_up as "catch_up!", status as "status!",
                  if_refused as "if_refused!", asset as "asset!", memo, schedule as "schedule!"
           from live.standing_orders"#
    )
    .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let found = Row {
            placed_position: row.placed_position,
            position: row.position,
            runs: row.runs,
            recorded_at: row.recorded_at,
            next_at: row.next_at,
            owner: row.owner,
            source: row.source,
            destination: row.destination,
            amount: &row.amount,
            catch_up: row.catch_up,
            status: &row.status,
            if_refused: &row.if_refused,
            asset: &row.asset,
            memo: row.memo.as_deref(),
            schedule: &row.schedule,
        };
        found.give(row.order_id, &mut cells, orders);
    }
    drop(rows);
    let mut rows = sqlx::query!(
        r#"select position as "position!", recorded_at as "recorded_at!", due_at as "due_at!", order_id as "order_id!",
                  transfer_id as "transfer_id!", code
           from live.standing_order_runs"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (transfer, code) = (row.transfer_id, row.code.as_deref());
        let run = Run { position: row.position, recorded_at: row.recorded_at, transfer, code };
        run.give((row.order_id, row.due_at), &mut cells, runs);
    }
    Ok(())
}
