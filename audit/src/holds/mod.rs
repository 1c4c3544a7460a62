//! The oracle's own book of holds: what remains of each, and that holds, accounts and transfers say the same of it.
//!
//! A hold that is over is forgotten, so memory grows with those that are active. What comes after the end of a hold is found because
//! nothing is known of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    AccountEvent, Event, HoldAmounts, HoldCaptured, HoldEvent, HoldPlaced, TransferEvent, TransferKind, TransferPosted,
};
use kernel::AssetCode;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
    transfers::{Payment, TransferEvents},
};

/// What has become of the funds of a hold. Sums are checked: in a damaged log they may be too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Amounts {
    amount: i128,
    captured: i128,
    released: i128,
}

impl Amounts {
    fn of(amounts: &HoldAmounts) -> Self {
        let HoldAmounts { amount, captured, released } = amounts;
        Self { amount: amount.units(), captured: captured.units(), released: released.units() }
    }

    fn remaining(self) -> Option<i128> {
        self.amount.checked_sub(self.captured)?.checked_sub(self.released)
    }

    fn shown(self) -> String {
        let Self { amount, captured, released } = self;
        format!("{captured} of {amount} paid and {released} given back")
    }
}

/// A hold of which something remains.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hold {
    source: Uuid,
    /// The only account that it may be paid to, if it names one.
    destination: Option<Uuid>,
    asset: AssetCode,
    amounts: Amounts,
    expires_at: DateTime<Utc>,
}

/// What an event says that it does to a hold.
struct Step {
    /// What is paid, given back or held more.
    part: i128,
    /// What the hold must come to; none if that cannot be.
    ought: Option<Amounts>,
    left: Amounts,
    /// Whether it is the end of its time.
    is_expiry: bool,
}

/// What happens to what is held of an account: below zero if less is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    hold: Uuid,
    account: Uuid,
    amount: i128,
}

/// All holds of which something remains.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holds {
    active: HashMap<Uuid, Hold>,
}

impl Holds {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(
        &mut self,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
        findings: &mut Findings,
    ) {
        let mut changes = changes_of(commit);
        for event in &commit.events {
            let (id, position) = (event.stream, event.position);
            let fault = match &event.recorded {
                Event::Hold(HoldEvent::Placed(placed)) => self.place(event, placed, ledger, &mut changes),
                Event::Hold(hold) => self.go_on(id, hold, commit.recorded_at, transfers, &mut changes),
                Event::Transfer(TransferEvent::Posted(posted)) if is_capture(posted) => {
                    let fault = not_captured(id, posted, commit);
                    findings.require(Rule::Holds, fault.is_none(), || {
                        format!("position {position}: transfer {id} {}", fault.unwrap_or_default())
                    });
                    continue;
                }
                _ => continue,
            };
            findings.require(Rule::Holds, fault.is_none(), || {
                format!("position {position}: hold {id} {}", fault.unwrap_or_default())
            });
        }
        for Change { hold, account, amount } in changes {
            findings.require(Rule::Holds, false, || {
                format!(
                    "the commit that ends at {}: {amount:+} of account {account} is held for hold {hold}, which does not say so",
                    commit.last
                )
            });
        }
    }

    /// Holds what is held of each account against the holds that are active.
    pub fn check(&self, ledger: &Ledger, findings: &mut Findings) {
        let mut held: HashMap<Uuid, i128> = HashMap::new();
        for hold in self.active.values() {
            let sum = held.entry(hold.source).or_default();
            *sum = sum.saturating_add(hold.amounts.remaining().unwrap_or_default());
        }
        for (id, account) in &ledger.accounts {
            let of_holds = held.get(id).copied().unwrap_or_default();
            findings.require(Rule::Holds, account.held == of_holds, || {
                format!("at the end {} of account {id} is held, and its active holds come to {of_holds}", account.held)
            });
        }
    }

    /// What is wrong with a new hold, if anything is.
    fn place(
        &mut self,
        event: &assemble::Event,
        placed: &HoldPlaced,
        ledger: &Ledger,
        changes: &mut Vec<Change>,
    ) -> Option<String> {
        let (id, source, amount) = (event.stream, placed.source.uuid(), placed.amount.units());
        let destination = placed.destination.map(|destination| destination.uuid());
        let amounts = Amounts { amount, captured: 0, released: 0 };
        let hold = Hold { source, destination, asset: placed.asset, amounts, expires_at: placed.expires_at };
        let is_known = self.active.insert(id, hold).is_some();
        let is_held = take(changes, Change { hold: id, account: source, amount });
        let account = |id: Uuid| ledger.accounts.get(&id).filter(|account| account.asset == placed.asset);
        if is_known || event.version != 1 {
            return Some(format!("is placed as version {}", event.version));
        }
        if amount <= 0 {
            return Some(format!("is of {amount}"));
        }
        if account(source).is_none_or(|account| account.is_system()) {
            return Some(format!("is on {source}, which is no member's account of {}", placed.asset));
        }
        if let Some(destination) = destination.filter(|id| *id == source || account(*id).is_none()) {
            return Some(format!("is for {destination}, which is no other account of {}", placed.asset));
        }
        (!is_held).then(|| format!("is placed over {amount}, and account {source} does not hold that"))
    }

    /// What is wrong with what happens to a hold later, if anything is.
    fn go_on(
        &mut self,
        id: Uuid,
        event: &HoldEvent,
        at: DateTime<Utc>,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        changes: &mut Vec<Change>,
    ) -> Option<String> {
        let Some(hold) = self.active.get_mut(&id) else {
            // What it does to the account cannot be known.
            changes.retain(|change| change.hold != id);
            return Some("was never placed, or is over".to_owned());
        };
        let (before, step) = (hold.amounts, hold.amounts.step(event));
        let change = before.remaining().and_then(|before| step.left.remaining()?.checked_sub(before));
        let amount = change.unwrap_or_default();
        let is_held = take(changes, Change { hold: id, account: hold.source, amount });
        let of_account = || format!("changes by {amount:+}, and what is held of account {} does not", hold.source);
        let fault = step.fault(before, hold.expires_at, at).or_else(|| (!is_held).then(of_account));
        let fault = fault.or_else(|| match event {
            HoldEvent::Captured(captured) => hold.capture_fault(id, captured, transfers),
            _ => None,
        });
        // What the event states is what is left, so that one wrong event is reported once.
        hold.amounts = step.left;
        if step.left.remaining().is_none_or(|remaining| remaining <= 0) {
            self.active.remove(&id);
        }
        fault
    }
}

impl Amounts {
    fn step(self, event: &HoldEvent) -> Step {
        let Self { amount, captured, released } = self;
        let (part, ought, left) = match event {
            // It is placed once.
            HoldEvent::Placed(placed) => (placed.amount.units(), None, self),
            HoldEvent::Increased(e) => {
                let by = e.by.units();
                (by, amount.checked_add(by).map(|amount| Self { amount, ..self }), Self::of(&e.left))
            }
            HoldEvent::Captured(e) => {
                let paid = e.paid.units();
                let after = captured.checked_add(paid).and_then(|captured| {
                    let released = if e.is_final { amount.checked_sub(captured)? } else { released };
                    Some(Self { captured, released, ..self })
                });
                (paid, after, Self::of(&e.left))
            }
            HoldEvent::Released(e) => {
                let back = e.given_back.units();
                (back, released.checked_add(back).map(|released| Self { released, ..self }), Self::of(&e.left))
            }
            HoldEvent::Expired(e) => {
                let back = e.given_back.units();
                (back, released.checked_add(back).map(|released| Self { released, ..self }), Self::of(&e.left))
            }
        };
        Step { part, ought, left, is_expiry: matches!(event, HoldEvent::Expired(_)) }
    }
}

impl Step {
    /// What is wrong with the amounts and the time, if anything is.
    fn fault(&self, before: Amounts, expires_at: DateTime<Utc>, at: DateTime<Utc>) -> Option<String> {
        let Self { part, ought, left, is_expiry } = *self;
        let remaining = left.remaining();
        if part <= 0 {
            return Some(format!("goes on by {part}, which is not positive"));
        }
        if ought != Some(left) {
            let (before, left) = (before.shown(), left.shown());
            return Some(format!("had {before}; {left} does not follow from {part}"));
        }
        // Each part is positive, so what is paid and what is given back only grow.
        if remaining.is_none_or(|remaining| remaining < 0) || left.released < before.released {
            return Some(format!("has {}: more than is held", left.shown()));
        }
        if is_expiry && remaining != Some(0) {
            return Some(format!("has {} at its end, and {} remains", left.shown(), remaining.unwrap_or_default()));
        }
        if is_expiry && at < expires_at {
            return Some(format!("ends at {expires_at}, and is recorded as expired at {at}"));
        }
        (!is_expiry && at >= expires_at).then(|| format!("ended at {expires_at}, and is used at {at}"))
    }
}

impl Hold {
    /// What is wrong with the transfer that pays a part of it, if anything is.
    fn capture_fault(
        &self,
        id: Uuid,
        captured: &HoldCaptured,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
    ) -> Option<String> {
        let transfer = captured.transfer;
        let Some(posted) = transfers.get(&transfer.uuid()).and_then(|events| events.posted) else {
            return Some(format!("is paid by transfer {transfer}, which is not there"));
        };
        if posted.kind != TransferKind::Capture || posted.hold.is_none_or(|hold| hold.uuid() != id) {
            return Some(format!("is paid by transfer {transfer}, which is no capture of it"));
        }
        let Some(payment) = Payment::of(posted) else {
            return Some(format!("is paid by transfer {transfer}, which has {} legs", posted.legs.len()));
        };
        if payment.source != self.source {
            return Some(format!("of account {} is paid from {}", self.source, payment.source));
        }
        if let Some(destination) = self.destination.filter(|destination| *destination != payment.destination) {
            return Some(format!("for account {destination} is paid to {}", payment.destination));
        }
        let (paid, asset) = (captured.paid.units(), self.asset);
        let is_paid = (payment.asset, payment.amount) == (asset, paid);
        (!is_paid).then(|| format!("pays {paid} {asset}, and the transfer {} {}", payment.amount, payment.asset))
    }
}

/// What the accounts say in this commit.
fn changes_of(commit: &Commit) -> Vec<Change> {
    let change = |event: &assemble::Event| {
        let Event::Account(account) = &event.recorded else { return None };
        let (hold, amount) = match account {
            AccountEvent::FundsHeld(e) => (e.hold.uuid(), e.amount.units()),
            AccountEvent::FundsReleased(e) => (e.hold.uuid(), -e.amount.units()),
            _ => return None,
        };
        Some(Change { hold, account: event.stream, amount })
    };
    commit.events.iter().filter_map(change).collect()
}

/// Whether this is among the changes. It is taken out, or what is there of its hold instead.
fn take(changes: &mut Vec<Change>, change: Change) -> bool {
    let found = changes.iter().position(|other| *other == change);
    match found {
        Some(place) => drop(changes.swap_remove(place)),
        None => changes.retain(|other| other.hold != change.hold),
    }
    found.is_some()
}

fn is_capture(posted: &TransferPosted) -> bool {
    posted.kind == TransferKind::Capture || posted.hold.is_some()
}

/// What is wrong with a transfer that pays from a hold, if no event of that hold in its commit says so.
fn not_captured(id: Uuid, posted: &TransferPosted, commit: &Commit) -> Option<String> {
    let Some(hold) = posted.hold else { return Some("is a capture of no hold".to_owned()) };
    let captures = |event: &assemble::Event| {
        let Event::Hold(HoldEvent::Captured(captured)) = &event.recorded else { return false };
        event.stream == hold.uuid() && captured.transfer.uuid() == id
    };
    let is_captured = commit.events.iter().any(captures);
    (!is_captured).then(|| format!("is paid from hold {hold}, which does not say so"))
}

#[cfg(test)]
mod tests;
