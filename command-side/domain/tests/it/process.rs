//! Processes with the outside world: given what happened, when the outside says this, then it goes on like that.

use std::collections::BTreeSet;

use domain::{
    EvolveError, OutsideProcess, Refusal,
    process::{MostTries, StepKind, kind_of, steps_of},
};
use events::recorded::{
    ProcessDirection, ProcessEvent, ProcessFailure, ProcessKind, ProcessPurpose, ProcessStarted, ProcessState,
    ProcessStep,
};
use kernel::{HoldId, MemberId, Minor, Money, ProcessId, Sealed, TransferId};
use uuid::Uuid;

use crate::account_id;

const MOST: MostTries = MostTries { unanswered: 3, contradicted: 2 };

fn started(kind: ProcessKind) -> ProcessStarted {
    let sealed = || Sealed::new("sealed");
    let purpose = match kind {
        ProcessKind::TopUp => ProcessPurpose::TopUp { provider: "toss".to_owned(), payment_key: sealed() },
        ProcessKind::BankPayout => ProcessPurpose::BankPayout { bank_account: sealed() },
        ProcessKind::GiftCard => ProcessPurpose::GiftCard { product: "coffee".to_owned() },
    };
    ProcessStarted {
        owner: MemberId::new(Uuid::from_u128(1)),
        account: account_id(1),
        money: Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(5_000).expect("an amount") },
        hold: (kind != ProcessKind::TopUp).then(|| HoldId::new(Uuid::from_u128(2))),
        deadline: "2026-12-01T00:00:00Z".parse().expect("a time"),
        purpose,
    }
}

/// A process, and all that was recorded of it.
#[derive(Clone, Debug)]
struct Run {
    process: OutsideProcess,
}

impl Run {
    fn new(kind: ProcessKind) -> Self {
        let process = OutsideProcess::evolve(None, &started(kind).into()).expect("it begins");
        Self { process }
    }

    fn record(&mut self, event: impl Into<ProcessEvent>) {
        self.process = OutsideProcess::evolve(Some(self.process.clone()), &event.into()).expect("it follows");
    }

    /// The step at hand is begun, if it is a call, and done.
    fn take(mut self) -> Self {
        self.begin();
        let step = self.process.step().expect("a step");
        let code = (step == ProcessStep::Issue).then(|| Sealed::new("code"));
        let transfer = (kind_of(step) == StepKind::Money).then(|| TransferId::new(Uuid::from_u128(3)));
        self.record(self.process.taken(transfer, code).expect("it is taken"));
        self
    }

    fn begin(&mut self) {
        if let Some(begun) = self.process.begin(ProcessId::new(Uuid::from_u128(9))) {
            self.record(begun);
        }
    }

    fn fail(mut self, failure: ProcessFailure) -> Self {
        self.begin();
        self.record(self.process.failed(failure, "a-code", MOST).expect("it is not over"));
        self
    }

    fn direct(mut self, direction: ProcessDirection) -> Result<Self, Refusal> {
        let directed = self.process.direct(direction, "because".to_owned())?;
        self.record(directed);
        Ok(self)
    }

    fn is(&self, state: ProcessState, step: Option<ProcessStep>) {
        assert_eq!((self.process.state, self.process.step()), (state, step));
    }
}

#[test]
fn each_kind_goes_through_its_steps() {
    let steps = |kind| {
        let (mut run, mut steps) = (Run::new(kind), Vec::new());
        while let Some(step) = run.process.step() {
            steps.push(step.as_str());
            run = run.take();
        }
        assert_eq!(run.process.state, ProcessState::Done);
        steps
    };
    assert_eq!(steps(ProcessKind::TopUp), ["confirm", "credit"]);
    assert_eq!(steps(ProcessKind::BankPayout), ["submit", "settle", "capture"]);
    assert_eq!(steps(ProcessKind::GiftCard), ["issue", "capture"]);
}

#[test]
fn a_refusal_takes_back_what_was_done_and_no_more() {
    let refused = ProcessFailure::Refused;
    // Nothing was confirmed, so nothing is cancelled.
    Run::new(ProcessKind::TopUp).fail(refused).is(ProcessState::Compensated, None);
    // The account cannot be credited: the payment is cancelled.
    let run = Run::new(ProcessKind::TopUp).take().fail(refused);
    run.is(ProcessState::Compensating, Some(ProcessStep::Cancel));
    run.take().is(ProcessState::Compensated, None);
    for run in [
        Run::new(ProcessKind::BankPayout).fail(refused),
        Run::new(ProcessKind::BankPayout).take().fail(refused),
        Run::new(ProcessKind::GiftCard).fail(refused),
    ] {
        run.is(ProcessState::Compensating, Some(ProcessStep::Release));
        run.take().is(ProcessState::Compensated, None);
    }
}

#[test]
fn what_is_not_answered_is_tried_again_under_the_same_key_until_it_is_stuck() {
    let mut run = Run::new(ProcessKind::TopUp);
    let key = run.process.begin(ProcessId::new(Uuid::from_u128(9))).expect("a call").key;
    for tries in 1..3 {
        run = run.fail(ProcessFailure::Unknown);
        run.is(ProcessState::Waiting, Some(ProcessStep::Confirm));
        assert_eq!((run.process.tries(), run.process.has_begun()), (tries, true));
        assert!(run.process.begin(ProcessId::new(Uuid::from_u128(9))).is_none(), "it was recorded");
    }
    assert_eq!(key, ProcessId::new(Uuid::from_u128(9)).call_key("confirm"));
    let stuck = run.fail(ProcessFailure::NotDone);
    stuck.is(ProcessState::Stuck, Some(ProcessStep::Confirm));
    let again = stuck.clone().direct(ProcessDirection::Retry).expect("it may be tried");
    again.is(ProcessState::Running, Some(ProcessStep::Confirm));
    assert_eq!((again.process.tries(), again.process.has_begun()), (0, true), "the outside is asked what became of it");
    stuck
        .clone()
        .direct(ProcessDirection::Skip)
        .expect("it is seen to")
        .is(ProcessState::Running, Some(ProcessStep::Credit));
    let back = stuck.direct(ProcessDirection::Compensate).expect("it is taken back");
    back.is(ProcessState::Compensating, Some(ProcessStep::Cancel));
    let contradicted = Run::new(ProcessKind::GiftCard).fail(ProcessFailure::Contradiction);
    contradicted.fail(ProcessFailure::Contradiction).is(ProcessState::Stuck, Some(ProcessStep::Issue));
}

#[test]
fn when_the_time_is_over_the_outside_is_asked_to_give_it_up() {
    let late = ProcessFailure::Late;
    for (kind, after) in [
        (ProcessKind::TopUp, None),
        (ProcessKind::BankPayout, Some(ProcessStep::Release)),
        (ProcessKind::GiftCard, Some(ProcessStep::Release)),
    ] {
        let run = Run::new(kind).fail(late);
        run.is(ProcessState::Compensating, Some(ProcessStep::Cancel));
        let cancelled = run.take();
        assert_eq!(cancelled.process.step(), after);
    }
    // It has settled after all: then it is paid, and not given up once more.
    let settled = Run::new(ProcessKind::BankPayout).take().fail(late).fail(ProcessFailure::Refused);
    settled.is(ProcessState::Waiting, Some(ProcessStep::Settle));
    assert!(!settled.process.has_deadline());
    settled.clone().fail(late).is(ProcessState::Waiting, Some(ProcessStep::Settle));
    settled.take().take().is(ProcessState::Done, None);
    // The card was used: its code is asked for, and it is paid.
    let used = Run::new(ProcessKind::GiftCard).fail(late).fail(ProcessFailure::Refused);
    used.is(ProcessState::Running, Some(ProcessStep::Issue));
    assert!(used.process.has_begun(), "it is asked for, not bought once more");
    used.take().take().is(ProcessState::Done, None);
    // A payment that cannot be cancelled is for an operator.
    let kept = Run::new(ProcessKind::TopUp).fail(late).fail(ProcessFailure::Refused);
    kept.is(ProcessState::Stuck, Some(ProcessStep::Cancel));
    kept.direct(ProcessDirection::Skip).expect("it is seen to").is(ProcessState::Compensated, None);
}

#[test]
fn money_and_codes_are_never_skipped_and_what_is_over_stays_so() {
    let stuck_at = |run: Run| run.fail(ProcessFailure::Contradiction).fail(ProcessFailure::Contradiction);
    let issue = stuck_at(Run::new(ProcessKind::GiftCard));
    assert_eq!(issue.direct(ProcessDirection::Skip).err(), Some(Refusal::ProcessStepFixed));
    for run in [
        Run::new(ProcessKind::TopUp).take(),
        Run::new(ProcessKind::BankPayout).take().take(),
        Run::new(ProcessKind::GiftCard).take(),
        Run::new(ProcessKind::GiftCard).fail(ProcessFailure::Refused),
    ] {
        assert_eq!(run.direct(ProcessDirection::Skip).err(), Some(Refusal::ProcessStepFixed));
    }
    // The member may have seen the code.
    let coded = Run::new(ProcessKind::GiftCard).take();
    assert_eq!(coded.direct(ProcessDirection::Compensate).err(), Some(Refusal::ProcessStepFixed));
    let back = Run::new(ProcessKind::TopUp).fail(ProcessFailure::Late);
    assert_eq!(back.direct(ProcessDirection::Compensate).err(), Some(Refusal::ProcessStepFixed));
    let over = Run::new(ProcessKind::TopUp).take().take();
    for direction in ProcessDirection::ALL {
        assert_eq!(over.clone().direct(direction).err(), Some(Refusal::ProcessOver));
    }
    assert!(over.process.taken(None, None).is_none());
    assert!(over.process.failed(ProcessFailure::Unknown, "a-code", MOST).is_none());
    let begun = started(ProcessKind::TopUp).into();
    assert_eq!(OutsideProcess::evolve(Some(over.process), &begun), Err(EvolveError::OpenedTwice));
    assert!(Run::new(ProcessKind::GiftCard).process.taken(None, None).is_none(), "a card without its code is none");
}

/// What the outside has done, as its own books say.
#[derive(Clone, Copy, Debug, Default)]
struct Books {
    done: bool,
    /// Whatever arrives later under the key is refused.
    closed: bool,
}

/// Every course that answers can take: each call is carried out or not, and its answer is there, lost, a refusal, or too late.
/// Whatever they are, at the end the books of the outside and the money here say the same.
#[test]
fn whatever_is_answered_both_sides_agree_at_the_end() {
    let mut ends = 0;
    for kind in ProcessKind::ALL {
        let mut met = Met::default();
        explore(&Run::new(kind), Books::default(), false, 8, &mut met);
        // Money is held before the process begins.
        let known: BTreeSet<ProcessStep> = steps_of(kind).filter(|step| *step != ProcessStep::Hold).collect();
        assert_eq!(met.steps, known, "{kind:?}");
        ends += met.ends;
    }
    assert!(ends > 100, "{ends}");
}

/// What the courses came to.
#[derive(Default)]
struct Met {
    ends: u32,
    steps: BTreeSet<ProcessStep>,
}

fn explore(run: &Run, books: Books, moved: bool, depth: u32, met: &mut Met) {
    met.steps.extend(run.process.step());
    let Some(step) = run.process.step() else {
        met.ends += 1;
        let is_done = run.process.state == ProcessState::Done;
        assert_eq!((books.done, moved), (is_done, is_done), "{run:?}");
        return;
    };
    if depth == 0 {
        return;
    }
    let mut next = |run: Run, books, moved| explore(&run, books, moved, depth - 1, met);
    if run.process.state == ProcessState::Stuck {
        for direction in [ProcessDirection::Retry, ProcessDirection::Compensate] {
            if let Ok(run) = run.clone().direct(direction) {
                next(run, books, moved);
            }
        }
        return;
    }
    let lost = run.clone().fail(ProcessFailure::Unknown);
    match (step, kind_of(step)) {
        (ProcessStep::Credit | ProcessStep::Capture, _) => {
            next(run.clone().take(), books, true);
            if step == ProcessStep::Credit {
                next(run.clone().fail(ProcessFailure::Refused), books, moved);
            }
        }
        (_, StepKind::Money) => next(run.clone().take(), books, moved),
        (ProcessStep::Cancel, _) => {
            // It is taken back there, and the answer may be lost.
            let undone = Books { done: false, closed: true };
            next(run.clone().take(), undone, moved);
            next(lost.clone(), undone, moved);
            next(lost, books, moved);
            if books.done {
                next(run.clone().fail(ProcessFailure::Refused), books, moved);
            }
        }
        _ => {
            if books.done {
                next(run.clone().take(), books, moved);
            } else if books.closed {
                next(run.clone().fail(ProcessFailure::Refused), books, moved);
            } else {
                // It is carried out and answered, or carried out and the answer is lost, or refused, or nothing happens.
                let done = Books { done: true, ..books };
                // Accepted by a bank is not settled yet.
                let accepted = if step == ProcessStep::Submit { books } else { done };
                next(run.clone().take(), accepted, moved);
                next(lost.clone(), done, moved);
                next(run.clone().fail(ProcessFailure::Refused), Books { closed: true, ..books }, moved);
            }
            next(lost, books, moved);
            if run.process.has_deadline() {
                next(run.clone().fail(ProcessFailure::Late), books, moved);
            }
        }
    }
}
