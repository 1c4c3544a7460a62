//! Processes with the outside world.

use chrono::Duration;
use events::recorded::{
    OwnerTopUpEnded, OwnerTopUpStarted, ProcessDirected, ProcessDirection, ProcessEvent, ProcessFailure, ProcessKind,
    ProcessOf, ProcessPurpose, ProcessStarted, ProcessState, ProcessStep, ProcessStepBegun, ProcessStepFailed,
    ProcessStepTaken,
};
use kernel::{HoldId, Money, ProcessId, Sealed, TransferId};
use uuid::Uuid;

use super::{Bank, units};

/// A process that is not over.
pub struct Outside {
    id: ProcessId,
    version: i64,
    tries: u32,
    /// The steps that are left, the next one last.
    steps: Vec<ProcessStep>,
    of: ProcessOf,
}

impl Bank {
    /// One more thing that can happen to processes. The holds and transfers of them are not those of this bank: no view joins them.
    pub(super) fn process(&mut self) {
        if self.processes.is_empty() || self.random.percent(30) {
            self.start_process();
        }
        let at = self.random.below(self.processes.len());
        for _ in 0..=self.random.below(2) {
            let Some(step) = self.processes[at].steps.last().copied() else { break };
            self.processes[at].version += 1;
            let event = self.move_on(at, step);
            let (id, version) = (self.processes[at].id, self.processes[at].version);
            self.record(id.into(), version, event);
        }
        let process = &self.processes[at];
        if process.steps.is_empty() && process.of.kind == ProcessKind::TopUp {
            let (owner, process) = (process.of.owner, process.id);
            self.record_of_owner(owner, OwnerTopUpEnded { owner, process });
        }
        self.processes.retain(|process| !process.steps.is_empty());
    }

    fn start_process(&mut self) {
        let id = ProcessId::new(Uuid::from_u128(self.random.bits()));
        let sealed = || Sealed::new("c2VhbGVk");
        let (purpose, mut steps, has_hold) = match self.random.below(3) {
            0 => {
                let purpose = ProcessPurpose::TopUp { provider: "toss".to_owned(), payment_key: sealed() };
                (purpose, vec![ProcessStep::Confirm, ProcessStep::Credit], false)
            }
            1 => {
                let steps = vec![ProcessStep::Submit, ProcessStep::Settle, ProcessStep::Capture];
                (ProcessPurpose::BankPayout { bank_account: sealed() }, steps, true)
            }
            _ => {
                let purpose = ProcessPurpose::GiftCard { product: "coffee | cake".to_owned() };
                (purpose, vec![ProcessStep::Issue, ProcessStep::Capture], true)
            }
        };
        steps.reverse();
        let account = self.random.below(self.accounts.len());
        let started = ProcessStarted {
            owner: self.member(),
            account: self.accounts[account].id,
            money: Money { asset: self.accounts[account].asset, amount: units(1 + self.random.below(1_000) as i128) },
            hold: has_hold.then(|| HoldId::new(Uuid::from_u128(self.random.bits()))),
            deadline: self.now + Duration::hours(1),
            purpose,
        };
        let of = ProcessOf { kind: started.purpose.kind(), account: started.account, owner: started.owner };
        self.processes.push(Outside { id, version: 1, tries: 0, steps, of });
        let (owner, is_top_up) = (of.owner, of.kind == ProcessKind::TopUp);
        self.record(id.into(), 1, started);
        if is_top_up {
            self.record_of_owner(owner, OwnerTopUpStarted { owner, process: id });
        }
    }

    /// Any event, as a process might have it.
    fn move_on(&mut self, at: usize, step: ProcessStep) -> ProcessEvent {
        let (what, key) = (self.random.below(20), self.random.bits());
        let process = &mut self.processes[at];
        process.tries += 1;
        let (tries, of) = (process.tries, process.of);
        match what {
            0..=5 => ProcessStepBegun { step, key: Uuid::from_u128(key), leaves: ProcessState::Running }.into(),
            6 | 7 => {
                let (failure, leaves) = (ProcessFailure::Unknown, ProcessState::Waiting);
                ProcessStepFailed { of, step, tries, failure, code: "outcome-unknown".to_owned(), leaves }.into()
            }
            8 => {
                let (failure, leaves) = (ProcessFailure::Contradiction, ProcessState::Stuck);
                ProcessStepFailed { of, step, tries, failure, code: "contradiction".to_owned(), leaves }.into()
            }
            9 | 11 | 12 => {
                let direction = ProcessDirection::Retry;
                let reason = "it is back".to_owned();
                ProcessDirected { of, direction, step, tries, reason, leaves: ProcessState::Running }.into()
            }
            10 => {
                process.steps.clear();
                let (failure, leaves) = (ProcessFailure::Refused, ProcessState::Compensated);
                ProcessStepFailed { of, step, tries, failure, code: "refused-card".to_owned(), leaves }.into()
            }
            _ => {
                process.steps.pop();
                process.tries = 0;
                let leaves = if process.steps.is_empty() { ProcessState::Done } else { ProcessState::Running };
                let transfer = process.steps.is_empty().then(|| TransferId::new(Uuid::from_u128(key)));
                let code = (step == ProcessStep::Issue).then(|| Sealed::new("Y29kZQ"));
                ProcessStepTaken { of, step, tries, transfer, code, leaves }.into()
            }
        }
    }
}
