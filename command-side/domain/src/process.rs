//! The process with the outside world: a top-up, a bank payout, a gift card.
//!
//! It goes forward step by step, or back. A step is a call to the outside or a movement of money; what a step came to is an event, and what
//! is next follows from the events. An answer that is lost is no answer: the outside is asked again, under the same key.

use events::recorded::{
    ProcessDirected, ProcessDirection, ProcessEvent, ProcessFailure, ProcessKind, ProcessOf, ProcessPurpose,
    ProcessStarted, ProcessState, ProcessStep, ProcessStepBegun, ProcessStepFailed, ProcessStepTaken,
};
use kernel::{ProcessId, Sealed, TransferId};

use crate::{EvolveError, Refusal};

/// A process as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideProcess {
    /// How it began, which never changes.
    pub started: ProcessStarted,
    /// What it is doing.
    pub state: ProcessState,
    /// Where it goes.
    course: Course,
    /// Whether the outside may have been asked for the step at hand.
    has_begun: bool,
    /// Whether the outside may have been asked for anything that would have to be taken back.
    has_called: bool,
    /// How often the step at hand was tried in vain.
    tries: u32,
    /// The code of the gift card, with the version that it is sealed for.
    has_code: bool,
}

/// Where a process goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    /// The step at hand; none if it is over.
    step: Option<ProcessStep>,
    /// Whether what was done is being taken back.
    is_back: bool,
    /// Whether the outside refused to take back what it had done: the process goes forward for good.
    is_final: bool,
}

/// What kind of thing a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The outside is asked to do something.
    Call,
    /// The outside is asked what became of it.
    Question,
    /// Money moves here.
    Money,
}

/// How often a step is tried before an operator has to say how it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MostTries {
    /// If the outside does not answer, or cannot.
    pub unanswered: u32,
    /// If the outside contradicts itself.
    pub contradicted: u32,
}

impl Default for MostTries {
    fn default() -> Self {
        Self { unanswered: 16, contradicted: 3 }
    }
}

/// What kind of thing a step is.
pub fn kind_of(step: ProcessStep) -> StepKind {
    match step {
        ProcessStep::Confirm | ProcessStep::Submit | ProcessStep::Issue | ProcessStep::Cancel => StepKind::Call,
        ProcessStep::Settle => StepKind::Question,
        ProcessStep::Hold | ProcessStep::Credit | ProcessStep::Capture | ProcessStep::Release => StepKind::Money,
    }
}

/// Every step that a process of this kind may come to.
pub fn steps_of(kind: ProcessKind) -> impl Iterator<Item = ProcessStep> {
    ProcessStep::ALL.into_iter().filter(move |step| match step {
        ProcessStep::Confirm | ProcessStep::Credit => kind == ProcessKind::TopUp,
        ProcessStep::Submit | ProcessStep::Settle => kind == ProcessKind::BankPayout,
        ProcessStep::Issue => kind == ProcessKind::GiftCard,
        ProcessStep::Hold | ProcessStep::Capture | ProcessStep::Release => kind != ProcessKind::TopUp,
        ProcessStep::Cancel => true,
    })
}

impl OutsideProcess {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &ProcessEvent) -> Result<Self, EvolveError> {
        let process = match (state, event) {
            (None, ProcessEvent::Started(started)) => return Ok(Self::new(started.clone())),
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), ProcessEvent::Started(_)) => return Err(EvolveError::OpenedTwice),
            (Some(process), _) if process.state.is_over() => return Err(EvolveError::AfterTheLast),
            (Some(process), _) => process,
        };
        let at_hand = process.course.step.ok_or(EvolveError::AfterTheLast)?;
        let (step, leaves) = match event {
            ProcessEvent::Started(_) => return Err(EvolveError::OpenedTwice),
            ProcessEvent::StepBegun(begun) => (begun.step, begun.leaves),
            ProcessEvent::StepTaken(taken) => (taken.step, taken.leaves),
            ProcessEvent::StepFailed(failed) => (failed.step, failed.leaves),
            ProcessEvent::Directed(directed) => (directed.step, directed.leaves),
        };
        if step != at_hand {
            return Err(EvolveError::OutOfOrder);
        }
        Ok(Self { state: leaves, ..process.after(event, step) })
    }

    fn new(started: ProcessStarted) -> Self {
        let step = match started.purpose.kind() {
            ProcessKind::TopUp => ProcessStep::Confirm,
            ProcessKind::BankPayout => ProcessStep::Submit,
            ProcessKind::GiftCard => ProcessStep::Issue,
        };
        let course = Course { step: Some(step), is_back: false, is_final: false };
        let state = ProcessState::Running;
        Self { started, state, course, has_begun: false, has_called: false, tries: 0, has_code: false }
    }

    fn after(self, event: &ProcessEvent, step: ProcessStep) -> Self {
        match event {
            ProcessEvent::Started(_) => self,
            ProcessEvent::StepBegun(_) => {
                let has_called = self.has_called || step != ProcessStep::Cancel;
                Self { has_begun: true, has_called, ..self }
            }
            ProcessEvent::StepTaken(taken) => {
                let (course, has_code) = (self.course.taken(step, &self.started), taken.code.is_some());
                Self { has_code: self.has_code || has_code, ..self.on(course) }
            }
            ProcessEvent::StepFailed(failed) => {
                let course = match failed.failure {
                    // It stands where it was.
                    _ if failed.leaves == ProcessState::Stuck => None,
                    ProcessFailure::Refused => self.refused(step),
                    ProcessFailure::Late => Some(self.called_back()),
                    ProcessFailure::NotDone | ProcessFailure::Unknown | ProcessFailure::Contradiction => None,
                };
                match course {
                    Some(course) => self.on(course),
                    None => Self { tries: failed.tries, ..self },
                }
            }
            ProcessEvent::Directed(directed) => match directed.direction {
                ProcessDirection::Retry => Self { tries: 0, ..self },
                ProcessDirection::Skip => {
                    let course = self.course.taken(step, &self.started);
                    self.on(course)
                }
                ProcessDirection::Compensate => {
                    let course = self.called_back();
                    self.on(course)
                }
            },
        }
    }

    /// The process on another course. What the outside refused to take back it was asked for before.
    fn on(self, course: Course) -> Self {
        let has_begun = course.is_final && !self.course.is_final;
        Self { course, has_begun, tries: 0, ..self }
    }

    fn of(&self) -> ProcessOf {
        ProcessOf { kind: self.kind(), account: self.started.account, owner: self.started.owner }
    }

    /// What kind it is of.
    pub fn kind(&self) -> ProcessKind {
        self.started.purpose.kind()
    }

    /// The step at hand; none if it is over.
    pub fn step(&self) -> Option<ProcessStep> {
        self.course.step
    }

    /// Whether the outside may have been asked for the step at hand.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// How often the step at hand was tried in vain.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Whether its time is looked at: not any more once it goes back, or the outside refused to take back what it had done.
    pub fn has_deadline(&self) -> bool {
        !self.course.is_back && !self.course.is_final
    }

    /// The outside is about to be asked for the step at hand. None if it was recorded already, or if the step is no call.
    pub fn begin(&self, id: ProcessId) -> Option<ProcessStepBegun> {
        let step = self.course.step.filter(|step| kind_of(*step) == StepKind::Call && !self.has_begun)?;
        let leaves = self.course.state();
        Some(ProcessStepBegun { step, key: id.call_key(step.as_str()), leaves })
    }

    /// The step at hand is done. None if the process is over, or if a gift card comes without its code.
    pub fn taken(&self, transfer: Option<TransferId>, code: Option<Sealed>) -> Option<ProcessStepTaken> {
        let step = self.course.step.filter(|step| *step != ProcessStep::Issue || code.is_some())?;
        let leaves = self.course.taken(step, &self.started).state();
        Some(ProcessStepTaken { of: self.of(), step, tries: self.tries.saturating_add(1), transfer, code, leaves })
    }

    /// A try of the step at hand failed. None if the process is over.
    pub fn failed(&self, failure: ProcessFailure, code: &str, most: MostTries) -> Option<ProcessStepFailed> {
        let (step, tries) = (self.course.step?, self.tries.saturating_add(1));
        let failure = match failure {
            // It was given up already: what is not answered now is for an operator.
            ProcessFailure::Late if !self.has_deadline() => ProcessFailure::Unknown,
            failure => failure,
        };
        let again = match self.course.is_back {
            true => ProcessState::Compensating,
            false => ProcessState::Waiting,
        };
        let most = if failure == ProcessFailure::Contradiction { most.contradicted } else { most.unanswered };
        let leaves = match failure {
            ProcessFailure::Refused => self.refused(step).map_or(ProcessState::Stuck, Course::state),
            ProcessFailure::Late => self.called_back().state(),
            ProcessFailure::NotDone | ProcessFailure::Unknown | ProcessFailure::Contradiction => {
                if tries >= most {
                    ProcessState::Stuck
                } else {
                    again
                }
            }
        };
        Some(ProcessStepFailed { of: self.of(), step, tries, failure, code: code.to_owned(), leaves })
    }

    /// An operator says how it goes on.
    pub fn direct(&self, direction: ProcessDirection, reason: String) -> Result<ProcessDirected, Refusal> {
        let step = self.course.step.ok_or(Refusal::ProcessOver)?;
        let leaves = match direction {
            ProcessDirection::Retry => self.course.state(),
            // What holds or moves money here is never taken for done, nor a gift card whose code nobody has.
            ProcessDirection::Skip => match (self.state, step) {
                (
                    ProcessState::Stuck,
                    ProcessStep::Confirm | ProcessStep::Submit | ProcessStep::Settle | ProcessStep::Cancel,
                ) => self.course.taken(step, &self.started).state(),
                _ => return Err(Refusal::ProcessStepFixed),
            },
            ProcessDirection::Compensate => match self.course.is_back || self.has_code {
                true => return Err(Refusal::ProcessStepFixed),
                false => self.called_back().state(),
            },
        };
        Ok(ProcessDirected { of: self.of(), direction, step, tries: self.tries, reason, leaves })
    }

    /// Where it goes if the step at hand is refused; none: it is stuck.
    fn refused(&self, step: ProcessStep) -> Option<Course> {
        let back = |step| Some(Course { step, is_back: true, is_final: false });
        match step {
            // Nothing was done.
            ProcessStep::Confirm => back(None),
            ProcessStep::Submit | ProcessStep::Settle | ProcessStep::Issue => back(Some(ProcessStep::Release)),
            ProcessStep::Credit => back(Some(ProcessStep::Cancel)),
            // It has happened outside, so it has to be paid.
            ProcessStep::Cancel => {
                let step = match self.started.purpose {
                    ProcessPurpose::TopUp { .. } => return None,
                    ProcessPurpose::BankPayout { .. } => ProcessStep::Settle,
                    ProcessPurpose::GiftCard { .. } => ProcessStep::Issue,
                };
                Some(Course { step: Some(step), is_back: false, is_final: true })
            }
            ProcessStep::Hold | ProcessStep::Capture | ProcessStep::Release => None,
        }
    }

    /// Where it goes if it is given up.
    fn called_back(&self) -> Course {
        let given_back = self.started.hold.map(|_| ProcessStep::Release);
        let step = if self.has_called { Some(ProcessStep::Cancel) } else { given_back };
        Course { step, is_back: true, is_final: false }
    }
}

impl Course {
    /// Where it goes once a step is done.
    fn taken(self, step: ProcessStep, started: &ProcessStarted) -> Self {
        let next = match step {
            ProcessStep::Hold => self.step,
            ProcessStep::Confirm => Some(ProcessStep::Credit),
            ProcessStep::Submit => Some(ProcessStep::Settle),
            ProcessStep::Settle | ProcessStep::Issue => Some(ProcessStep::Capture),
            ProcessStep::Cancel => started.hold.map(|_| ProcessStep::Release),
            ProcessStep::Credit | ProcessStep::Capture | ProcessStep::Release => None,
        };
        Self { step: next, ..self }
    }

    /// What a process on this course is doing.
    fn state(self) -> ProcessState {
        match (self.step, self.is_back) {
            (None, false) => ProcessState::Done,
            (None, true) => ProcessState::Compensated,
            (Some(_), true) => ProcessState::Compensating,
            (Some(ProcessStep::Settle), false) => ProcessState::Waiting,
            (Some(_), false) => ProcessState::Running,
        }
    }
}
