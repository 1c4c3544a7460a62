//! The oracle's own book of standing orders: each due run happens once, not before it is due, and pays what was ordered.
//!
//! An order that is over is forgotten, so memory grows with those that go on. What comes after the end of an order is found because
//! nothing is known of it.

mod schedule;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, Holder, IfRefused, Schedule, StandingOrderEvent, StandingOrderPlaced, StandingOrderRan, TransferEvent,
    TransferKind, TransferPosted, TransferRejected,
};
use kernel::Money;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::schedule::{first_after, most_runs};
use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
    transfers::Payment,
};

/// An order that goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    source: Uuid,
    destination: Uuid,
    money: Money,
    schedule: Schedule,
    if_refused: IfRefused,
    catch_up: bool,
    /// When its next run is due; none while it is paused.
    next_at: Option<DateTime<Utc>>,
    runs: u32,
}

/// All orders that go on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Orders {
    active: HashMap<Uuid, Order>,
}

impl Orders {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, ledger: &Ledger, findings: &mut Findings) {
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::StandingOrder(StandingOrderEvent::Placed(placed)) => self.place(event, placed, commit, ledger),
                Event::StandingOrder(order) => self.go_on(event.stream, order, commit),
                Event::Transfer(TransferEvent::Posted(posted)) if posted.order.is_some() => {
                    not_ran(event.stream, posted, commit)
                }
                _ => continue,
            };
            findings.require(Rule::Orders, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
    }

    fn place(
        &mut self,
        event: &assemble::Event,
        placed: &StandingOrderPlaced,
        commit: &Commit,
        ledger: &Ledger,
    ) -> Option<String> {
        let (source, destination) = (placed.source.uuid(), placed.destination.uuid());
        let order = Order {
            source,
            destination,
            money: placed.money,
            schedule: placed.schedule.clone(),
            if_refused: placed.if_refused,
            catch_up: placed.catch_up,
            next_at: Some(placed.next_at),
            runs: 0,
        };
        let is_known = self.active.insert(event.stream, order).is_some();
        if is_known || event.version != 1 {
            return Some(format!("is placed as version {}", event.version));
        }
        let Money { asset, amount } = placed.money;
        let account = |id: Uuid| ledger.accounts.get(&id).filter(|account| account.asset == asset);
        let is_owners = account(source)
            .is_some_and(|account| matches!(account.holder, Holder::Member { owner, .. } if owner == placed.owner));
        if !is_owners || source == destination || account(destination).is_none_or(|account| account.is_system()) {
            return Some(format!("of {} is to pay {asset} from {source} to {destination}", placed.owner));
        }
        if !amount.is_positive() {
            return Some(format!("is to pay {amount}"));
        }
        next_fault(Some(placed.next_at), first_after(&placed.schedule, commit.recorded_at))
    }

    /// What is wrong with what happens to an order later, if anything is.
    fn go_on(&mut self, id: Uuid, event: &StandingOrderEvent, commit: &Commit) -> Option<String> {
        let at = commit.recorded_at;
        let Some(order) = self.active.get_mut(&id) else { return Some("was never placed, or is over".to_owned()) };
        let before = order.next_at;
        // What the event states is what is due next, so that one wrong event is reported once.
        let (next_at, is_over, fault) = match event {
            // It is placed once.
            StandingOrderEvent::Placed(placed) => (Some(placed.next_at), false, None),
            StandingOrderEvent::Ran(ran) => {
                let fault = order.run_fault(id, ran, commit);
                order.runs = order.runs.saturating_add(1);
                (ran.next_at, ran.next_at.is_none(), fault)
            }
            StandingOrderEvent::Skipped(skipped) => {
                let fault = order.skip_fault(skipped.due_at, skipped.next_at, at);
                (skipped.next_at, skipped.next_at.is_none(), fault)
            }
            StandingOrderEvent::Paused(_) => (None, false, before.is_none().then(|| "is paused twice".to_owned())),
            StandingOrderEvent::Resumed(resumed) => {
                let running = before.map(|due_at| format!("is resumed, and its next run is due at {due_at}"));
                let fault = running.or_else(|| next_fault(resumed.next_at, first_after(&order.schedule, at)));
                (resumed.next_at, resumed.next_at.is_none(), fault)
            }
            StandingOrderEvent::Cancelled(_) => (None, true, None),
        };
        order.next_at = next_at;
        if is_over {
            self.active.remove(&id);
        }
        fault
    }
}

impl Order {
    /// What is wrong with a run, if anything is.
    fn run_fault(&self, id: Uuid, ran: &StandingOrderRan, commit: &Commit) -> Option<String> {
        let (due_at, at) = (ran.due_at, commit.recorded_at);
        if let Some(fault) = self.due_fault(due_at, at) {
            return Some(fault);
        }
        let is_last = most_runs(&self.schedule).is_some_and(|most| self.runs.saturating_add(1) >= most);
        let is_stopped = ran.refusal.is_some() && self.if_refused == IfRefused::Stop;
        let next = if is_last || is_stopped { None } else { first_after(&self.schedule, due_at) };
        next_fault(ran.next_at, next).or_else(|| self.transfer_fault(id, ran, commit))
    }

    /// What is wrong with when something is due, if anything is.
    fn due_fault(&self, due_at: DateTime<Utc>, at: DateTime<Utc>) -> Option<String> {
        match self.next_at {
            None => Some(format!("is paused, and goes on with the run that is due at {due_at}")),
            Some(next) if next != due_at => {
                Some(format!("goes on with the run of {due_at}, and the next is due at {next}"))
            }
            Some(_) if at < due_at => Some(format!("goes on at {at}, before its run is due at {due_at}")),
            Some(_) => None,
        }
    }

    /// What is wrong with leaving runs out, if anything is: all that are late but the newest.
    fn skip_fault(&self, due_at: DateTime<Utc>, next: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Option<String> {
        if let Some(fault) = self.due_fault(due_at, at) {
            return Some(fault);
        }
        if self.catch_up {
            return Some(format!("is to catch up, and leaves out the run of {due_at}"));
        }
        // Run after run, up to the last that is late.
        let following = |due: &DateTime<Utc>| first_after(&self.schedule, *due).filter(|next| *next <= at);
        next_fault(next, std::iter::successors(Some(due_at), following).last().filter(|newest| *newest != due_at))
    }

    /// What is wrong with the transfer of a run, if anything is.
    fn transfer_fault(&self, id: Uuid, ran: &StandingOrderRan, commit: &Commit) -> Option<String> {
        let transfer = ran.transfer;
        let event = commit.events.iter().find(|event| event.stream == transfer.uuid()).map(|event| &event.recorded);
        let paid = match (event, &ran.refusal) {
            (Some(Event::Transfer(TransferEvent::Posted(posted))), None) if is_of(id, posted) => Payment::of(posted),
            (Some(Event::Transfer(TransferEvent::Rejected(rejected))), Some(refusal))
                if *refusal == rejected.refusal =>
            {
                asked(rejected)
            }
            _ => None,
        };
        let Some(Payment { source, destination, asset, amount }) = paid else {
            let done = if ran.refusal.is_some() { "refused" } else { "posted" };
            return Some(format!("is {done} as transfer {transfer}, which its commit does not say"));
        };
        let Money { asset: of, amount: most } = self.money;
        let is_ordered = (source, destination, asset, amount) == (self.source, self.destination, of, most.units());
        (!is_ordered).then(|| {
            format!(
                "is to pay {most} {of} from {} to {}, and pays {amount} {asset} from {source} to {destination}",
                self.source, self.destination
            )
        })
    }
}

fn next_fault(is: Option<DateTime<Utc>>, ought: Option<DateTime<Utc>>) -> Option<String> {
    let shown = |at: Option<DateTime<Utc>>| at.map_or_else(|| "never".to_owned(), |at| format!("at {at}"));
    (is != ought).then(|| format!("is due {} next, and its schedule says {}", shown(is), shown(ought)))
}

fn is_of(order: Uuid, posted: &TransferPosted) -> bool {
    posted.kind == TransferKind::Transfer && posted.order.is_some_and(|of| of.uuid() == order)
}

/// What a refused transfer was to pay.
fn asked(rejected: &TransferRejected) -> Option<Payment> {
    let facts = Some(&rejected.facts).filter(|facts| facts.kind == TransferKind::Transfer)?;
    let (source, destination) = (facts.source?.uuid(), facts.destination?.uuid());
    Some(Payment { source, destination, asset: facts.asset, amount: facts.amount.units() })
}

/// What is wrong with a transfer of an order, if no run of that order in its commit says so.
fn not_ran(id: Uuid, posted: &TransferPosted, commit: &Commit) -> Option<String> {
    let order = posted.order?;
    let runs = |event: &assemble::Event| {
        let Event::StandingOrder(StandingOrderEvent::Ran(ran)) = &event.recorded else { return false };
        event.stream == order.uuid() && ran.transfer.uuid() == id
    };
    (!commit.events.iter().any(runs)).then(|| format!("is of standing order {order}, which does not say so"))
}

#[cfg(test)]
mod tests;
