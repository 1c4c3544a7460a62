//! What a run of commits does to standing orders, each once, and the runs that they carried out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{Event, IfRefused, StandingOrderEvent, StandingOrderPlaced, StandingOrderRan};
use kernel::{OrderId, Position};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] = StandingOrderEvent::NAMES;

/// How orders came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) orders: BTreeMap<OrderId, Change>,
    pub(super) runs: Vec<Run>,
}

/// How an order came out of them.
#[derive(Debug)]
pub(super) struct Change {
    /// How it began, if these commits hold that.
    pub(super) placed: Option<Placed>,
    pub(super) status: Status,
    pub(super) next_at: Option<DateTime<Utc>>,
    /// How many runs these commits carried out.
    pub(super) runs: i64,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

/// How an order began.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) order: StandingOrderPlaced,
    /// As JSON.
    pub(super) schedule: String,
    pub(super) position: Position,
}

/// A run that was carried out.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) order: OrderId,
    pub(super) ran: StandingOrderRan,
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

/// What an event leaves of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    Paused,
    Finished,
    Cancelled,
    /// A refused run was its last: the order says whether that stopped it.
    Refused,
}

impl Status {
    /// The status as it stands in the table, of an order that says this about refused runs.
    pub(super) fn of(self, if_refused: IfRefused) -> &'static str {
        match (self, if_refused) {
            (Self::Active, _) => "active",
            (Self::Paused, _) => "paused",
            (Self::Refused, IfRefused::Stop) => "stopped",
            (Self::Finished, _) | (Self::Refused, IfRefused::Skip) => "finished",
            (Self::Cancelled, _) => "cancelled",
        }
    }
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for commit in commits {
        for (position, event) in commit.positioned() {
            let Some(body) = &event.body else { continue };
            if let Event::StandingOrder(order) = body {
                changes.event(commit, position, OrderId::new(event.stream.uuid()), order, body)?;
            }
        }
    }
    Ok(changes)
}

impl Changes {
    fn event(
        &mut self,
        commit: &Commit<Event>,
        position: Position,
        order: OrderId,
        event: &StandingOrderEvent,
        body: &Event,
    ) -> Result<(), Fault> {
        let recorded_at = commit.recorded_at;
        let before = self.orders.remove(&order);
        if before.as_ref().is_some_and(|before| !matches!(before.status, Status::Active | Status::Paused)) {
            return Err(fault(position, body, "the order is over"));
        }
        let (placed_before, runs_before) = before.map_or((None, None), |before| (before.placed, Some(before.runs)));
        let placed = match event {
            StandingOrderEvent::Placed(_) if runs_before.is_some() => {
                return Err(fault(position, body, "the order has events before it was placed"));
            }
            StandingOrderEvent::Placed(placed) => {
                let schedule = serde_json::to_string(&placed.schedule)
                    .map_err(|error| fault(position, body, format!("its schedule cannot be written: {error}")))?;
                Some(Placed { order: placed.clone(), schedule, position })
            }
            _ => placed_before,
        };
        let mut runs = runs_before.unwrap_or_default();
        if let StandingOrderEvent::Ran(ran) = event {
            runs += 1;
            self.runs.push(Run { order, ran: ran.clone(), position, recorded_at });
        }
        let (status, next_at) = state(event);
        self.orders.insert(order, Change { placed, status, next_at, runs, position: commit.last(), recorded_at });
        Ok(())
    }
}

fn state(event: &StandingOrderEvent) -> (Status, Option<DateTime<Utc>>) {
    let going_on = |next_at: Option<DateTime<Utc>>, last| (next_at.map_or(last, |_| Status::Active), next_at);
    match event {
        StandingOrderEvent::Placed(placed) => (Status::Active, Some(placed.next_at)),
        StandingOrderEvent::Ran(ran) if ran.refusal.is_some() => going_on(ran.next_at, Status::Refused),
        StandingOrderEvent::Ran(ran) => going_on(ran.next_at, Status::Finished),
        StandingOrderEvent::Skipped(skipped) => going_on(skipped.next_at, Status::Finished),
        StandingOrderEvent::Resumed(resumed) => going_on(resumed.next_at, Status::Finished),
        StandingOrderEvent::Paused(_) => (Status::Paused, None),
        StandingOrderEvent::Cancelled(_) => (Status::Cancelled, None),
    }
}
