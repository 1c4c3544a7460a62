//! The processes with the outside world of the synthetic bank.

use chrono::TimeDelta;
use events::recorded::{
    Event, ProcessFailure, ProcessKind, ProcessOf, ProcessPurpose, ProcessStarted, ProcessState, ProcessStep,
    ProcessStepBegun, ProcessStepFailed, ProcessStepTaken, TransferKind,
};
use kernel::{AccountId, HoldId, MemberId, Money, Sealed, TransferId};
use uuid::Uuid;

use super::{
    Bank, CASH,
    ids::{account, hold, member, process, transfer, units},
};

/// Whose account it is.
const OWNER: u128 = 31;

fn of(kind: ProcessKind) -> ProcessOf {
    ProcessOf { kind, account: AccountId::new(account(OWNER)), owner: MemberId::new(member(OWNER)) }
}

fn taken(kind: ProcessKind, step: ProcessStep, n: Option<u128>, leaves: ProcessState) -> ProcessStepTaken {
    let transfer = n.map(|n| TransferId::new(transfer(n)));
    let code = (step == ProcessStep::Issue).then(|| Sealed::new("Z2lmdA"));
    ProcessStepTaken { of: of(kind), step, tries: 1, transfer, code, leaves }
}

impl Bank {
    /// A top-up and a gift card that are done, and a payout whose bank does not answer.
    pub(super) fn go_outside(&mut self) {
        self.open(OWNER, "KRW");
        let sealed = || Sealed::new("c2VhbGVk");
        let purpose = ProcessPurpose::TopUp { provider: "toss".to_owned(), payment_key: sealed() };
        let started = self.started(500, None, purpose);
        self.commit(vec![(process(1), started)]);
        self.ask(1, ProcessStep::Confirm);
        self.commit(vec![(
            process(1),
            taken(ProcessKind::TopUp, ProcessStep::Confirm, None, ProcessState::Running).into(),
        )]);
        let mut events =
            vec![(process(1), taken(ProcessKind::TopUp, ProcessStep::Credit, Some(170), ProcessState::Done).into())];
        events.extend(self.moved(170, TransferKind::Deposit, CASH, OWNER, 500, "KRW", None));
        self.commit(events);

        self.begin(2, 30, ProcessPurpose::GiftCard { product: "coffee".to_owned() });
        self.ask(2, ProcessStep::Issue);
        self.commit(vec![(
            process(2),
            taken(ProcessKind::GiftCard, ProcessStep::Issue, None, ProcessState::Running).into(),
        )]);
        let mut events = vec![(
            process(2),
            taken(ProcessKind::GiftCard, ProcessStep::Capture, Some(171), ProcessState::Done).into(),
        )];
        events.extend(self.holds.capture(171, 32, 30, true));
        events.extend(self.captured(171, 32, CASH, 30));
        self.commit(events);

        self.begin(3, 40, ProcessPurpose::BankPayout { bank_account: sealed() });
        self.ask(3, ProcessStep::Submit);
        let failed = ProcessStepFailed {
            of: of(ProcessKind::BankPayout),
            step: ProcessStep::Submit,
            tries: 1,
            failure: ProcessFailure::Unknown,
            code: "outcome-unknown".to_owned(),
            leaves: ProcessState::Waiting,
        };
        self.commit(vec![(process(3), failed.into())]);
    }

    fn started(&self, amount: i128, held: Option<Uuid>, purpose: ProcessPurpose) -> Event {
        let started = ProcessStarted {
            owner: MemberId::new(member(OWNER)),
            account: AccountId::new(account(OWNER)),
            money: Money { asset: "KRW".parse().expect("an asset"), amount: units(amount) },
            hold: held.map(HoldId::new),
            deadline: self.now + TimeDelta::hours(1),
            purpose,
        };
        started.into()
    }

    /// A process of this number begins, with a hold of its own.
    fn begin(&mut self, n: u128, amount: i128, purpose: ProcessPurpose) {
        let mut events = vec![(process(n), self.started(amount, Some(hold(30 + n)), purpose))];
        let expires_at = self.now + TimeDelta::days(3650);
        events.extend(self.holds.place((30 + n, OWNER, Some(CASH)), amount, expires_at));
        self.commit(events);
    }

    fn ask(&mut self, n: u128, step: ProcessStep) {
        let begun = ProcessStepBegun { step, key: process(100 + n), leaves: ProcessState::Running };
        self.commit(vec![(process(n), begun.into())]);
    }
}
