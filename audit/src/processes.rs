//! The oracle's own book of processes with the outside world: each moves its money once, from its own hold, and nothing else touches that.
//!
//! A process that is over is forgotten, so memory grows with those that are not. What comes after the end is found because nothing is known
//! of it.

use std::collections::HashMap;

use events::recorded::{
    Event, HoldEvent, HoldPlaced, ProcessEvent, ProcessKind, ProcessStarted, ProcessState, ProcessStep,
    ProcessStepTaken, TransferKind,
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

/// A process that is not over.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Process {
    account: Uuid,
    asset: AssetCode,
    amount: i128,
    hold: Option<Uuid>,
}

/// All processes that are not over.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Processes {
    open: HashMap<Uuid, Process>,
    /// The holds of them.
    holds: HashMap<Uuid, Uuid>,
}

impl Processes {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(
        &mut self,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
        findings: &mut Findings,
    ) {
        for event in &commit.events {
            let id = event.stream;
            let fault = match &event.recorded {
                Event::Hold(hold) => match self.holds.get(&id) {
                    Some(process) => hold_fault(*process, hold, commit),
                    None => continue,
                },
                _ => continue,
            };
            note(event, fault, findings);
        }
        for event in &commit.events {
            let Event::Process(process) = &event.recorded else { continue };
            let fault = match process {
                ProcessEvent::Started(started) => self.start(event, started, commit, ledger),
                _ => self.go_on(event.stream, process, commit, transfers, ledger),
            };
            note(event, fault, findings);
        }
    }

    /// A process begins; what is wrong with that.
    fn start(
        &mut self,
        event: &assemble::Event,
        started: &ProcessStarted,
        commit: &Commit,
        ledger: &Ledger,
    ) -> Option<String> {
        let (account, money) = (started.account.uuid(), started.money);
        let hold = started.hold.map(|hold| hold.uuid());
        let process = Process { account, asset: money.asset, amount: money.amount.units(), hold };
        let is_known = self.open.insert(event.stream, process.clone()).is_some();
        self.holds.extend(hold.map(|hold| (hold, event.stream)));
        if is_known || event.version != 1 {
            return Some(format!("begins as version {}", event.version));
        }
        if process.amount <= 0 {
            return Some(format!("is of {}", process.amount));
        }
        let of_owner = ledger.accounts.get(&account).filter(|account| account.asset == money.asset);
        if of_owner.is_none_or(|account| account.is_system()) {
            return Some(format!("is on {account}, which is no member's account of {}", money.asset));
        }
        match (started.purpose.kind(), hold) {
            (ProcessKind::TopUp, None) => None,
            (ProcessKind::TopUp, Some(hold)) => Some(format!("is a top-up with hold {hold}")),
            (_, None) => Some("pays without a hold".to_owned()),
            (_, Some(hold)) => process.placed_fault(hold, commit, ledger),
        }
    }

    /// A process goes on; what is wrong with that.
    fn go_on(
        &mut self,
        id: Uuid,
        event: &ProcessEvent,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
    ) -> Option<String> {
        let Some(process) = self.open.get(&id).cloned() else {
            return Some("was never started, or is over".to_owned());
        };
        let leaves = leaves(event);
        if leaves.is_over() {
            self.open.remove(&id);
            if let Some(hold) = process.hold {
                self.holds.remove(&hold);
            }
        }
        let taken = match event {
            ProcessEvent::StepTaken(taken) => Some(taken),
            _ => None,
        };
        let step = taken.map(|taken| taken.step);
        let ends_right = match (leaves, process.hold) {
            // Nothing is done before its money has moved.
            (ProcessState::Done, None) => step == Some(ProcessStep::Credit),
            (ProcessState::Done, Some(_)) => step == Some(ProcessStep::Capture),
            (ProcessState::Compensated, Some(_)) => step == Some(ProcessStep::Release),
            _ => !matches!(step, Some(ProcessStep::Credit | ProcessStep::Capture | ProcessStep::Release)),
        };
        if !ends_right {
            return Some(format!("is {} after another step than its last", leaves.as_str()));
        }
        taken.and_then(|taken| process.step_fault(taken, commit, transfers, ledger))
    }
}

impl Process {
    /// What is wrong with the hold that it begins with, if anything is.
    fn placed_fault(&self, hold: Uuid, commit: &Commit, ledger: &Ledger) -> Option<String> {
        let placed = commit.events.iter().find_map(|event| match &event.recorded {
            Event::Hold(HoldEvent::Placed(placed)) if event.stream == hold => Some(placed),
            _ => None,
        });
        let is_its = |placed: &HoldPlaced| {
            let destination = placed.destination.and_then(|account| ledger.accounts.get(&account.uuid()));
            placed.source.uuid() == self.account
                && (placed.asset, placed.amount.units()) == (self.asset, self.amount)
                && destination.is_some_and(|account| account.is_system())
        };
        let is_placed = placed.is_some_and(is_its);
        (!is_placed).then(|| format!("begins with hold {hold}, which is not one of its money for the outside"))
    }

    /// What is wrong with a step, if anything is: one that moves money has its transfer or the end of its hold in the commit.
    fn step_fault(
        &self,
        taken: &ProcessStepTaken,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
    ) -> Option<String> {
        let posted = taken.transfer.and_then(|id| transfers.get(&id.uuid())?.posted);
        let payment = posted.and_then(Payment::of);
        let is_system = |account: Uuid| ledger.accounts.get(&account).is_some_and(|account| account.is_system());
        let is_right = match taken.step {
            ProcessStep::Credit => posted.zip(payment).is_some_and(|(posted, payment)| {
                posted.kind == TransferKind::Deposit
                    && is_system(payment.source)
                    && payment.destination == self.account
                    && (payment.asset, payment.amount) == (self.asset, self.amount)
            }),
            ProcessStep::Capture => posted.zip(payment).is_some_and(|(posted, payment)| {
                posted.kind == TransferKind::Capture
                    && posted.hold.map(|hold| hold.uuid()) == self.hold
                    && payment.source == self.account
                    && is_system(payment.destination)
                    && (payment.asset, payment.amount) == (self.asset, self.amount)
            }),
            ProcessStep::Release => commit.events.iter().any(|event| {
                let is_released = matches!(&event.recorded, Event::Hold(HoldEvent::Released(_)));
                is_released && Some(event.stream) == self.hold
            }),
            _ => taken.transfer.is_none(),
        };
        (!is_right).then(|| format!("takes step {}, and the money says otherwise", taken.step.as_str()))
    }
}

/// What is wrong with what happens to the hold of a process, if anything is: only the process itself ends it.
fn hold_fault(process: Uuid, hold: &HoldEvent, commit: &Commit) -> Option<String> {
    let ought = match hold {
        HoldEvent::Captured(_) => ProcessStep::Capture,
        HoldEvent::Released(_) => ProcessStep::Release,
        HoldEvent::Placed(_) => return None,
        HoldEvent::Increased(_) | HoldEvent::Expired(_) => {
            return Some(format!("is of process {process}, and changes without it"));
        }
    };
    let is_taken = commit.events.iter().any(|event| match &event.recorded {
        Event::Process(ProcessEvent::StepTaken(taken)) => event.stream == process && taken.step == ought,
        _ => false,
    });
    (!is_taken).then(|| format!("is of process {process}, which does not take step {}", ought.as_str()))
}

fn leaves(event: &ProcessEvent) -> ProcessState {
    match event {
        ProcessEvent::Started(_) => ProcessState::Running,
        ProcessEvent::StepBegun(begun) => begun.leaves,
        ProcessEvent::StepTaken(taken) => taken.leaves,
        ProcessEvent::StepFailed(failed) => failed.leaves,
        ProcessEvent::Directed(directed) => directed.leaves,
    }
}

fn note(event: &assemble::Event, fault: Option<String>, findings: &mut Findings) {
    findings.require(Rule::Processes, fault.is_none(), || {
        let (position, kind, id) = (event.position, event.recorded.event_type().kind, event.stream);
        format!("position {position}: {kind} {id} {}", fault.unwrap_or_default())
    });
}
