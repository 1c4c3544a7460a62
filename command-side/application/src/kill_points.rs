//! The places at which a test kills a server that sees a process with the outside world through: around everything that it records, and
//! around everything that it asks.

use std::fmt;

use domain::process::{StepKind, kind_of, steps_of};
use events::recorded::{ProcessKind, ProcessState, ProcessStep};

/// A place at which a test kills the server. Its name is `outside: <kind> <step> <moment>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KillPoint {
    /// Of which kind the process is.
    pub kind: ProcessKind,
    /// A step; `start`, with which what goes out is held; or the state in which it ends.
    pub step: &'static str,
    /// When.
    pub moment: KillMoment,
}

/// When a server is killed at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KillMoment {
    /// Nothing of the step is recorded, and nobody was asked.
    Due,
    /// It is recorded that the outside will be asked, and it was not.
    Begun,
    /// The outside has answered, and the answer is not recorded.
    Answered,
    /// What the step came to is recorded, and who waits for that does not know it.
    Recorded,
    /// The process is over, and the runner still keeps it as one that is not.
    Over,
}

const START: &str = "start";

impl KillPoint {
    /// At the command that starts a process.
    pub(crate) fn start(kind: ProcessKind, moment: KillMoment) -> Self {
        Self { kind, step: START, moment }
    }

    /// At a step.
    pub(crate) fn of(kind: ProcessKind, step: ProcessStep, moment: KillMoment) -> Self {
        Self { kind, step: step.as_str(), moment }
    }

    /// Where a process has come to this state, which is its last.
    pub(crate) fn over(kind: ProcessKind, state: ProcessState) -> Self {
        Self { kind, step: state.as_str(), moment: KillMoment::Over }
    }

    /// All of them, of every kind.
    pub fn all() -> Vec<Self> {
        ProcessKind::ALL.into_iter().flat_map(Self::all_of).collect()
    }

    fn all_of(kind: ProcessKind) -> Vec<Self> {
        let start = [KillMoment::Due, KillMoment::Recorded].map(|moment| Self::start(kind, moment));
        // Funds are held by the command that starts the process.
        let steps = steps_of(kind).filter(|step| *step != ProcessStep::Hold);
        let steps = steps.flat_map(|step| moments_of(step).iter().map(move |moment| Self::of(kind, step, *moment)));
        let ends = ProcessState::ALL.into_iter().filter(|state| state.is_over());
        start.into_iter().chain(steps).chain(ends.map(|state| Self::over(kind, state))).collect()
    }

    /// The server dies here if a test wants it.
    pub(crate) fn pass(self) {
        tasks::kill_point(self);
    }
}

impl fmt::Display for KillPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = match self.moment {
            KillMoment::Due => "due",
            KillMoment::Begun => "begun",
            KillMoment::Answered => "answered",
            KillMoment::Recorded => "recorded",
            KillMoment::Over => "over",
        };
        write!(f, "outside: {} {} {moment}", self.kind.as_str(), self.step)
    }
}

/// When a server is killed at this step.
fn moments_of(step: ProcessStep) -> &'static [KillMoment] {
    match kind_of(step) {
        StepKind::Call => &[KillMoment::Due, KillMoment::Begun, KillMoment::Answered, KillMoment::Recorded],
        // Nobody records that something will be asked.
        StepKind::Question => &[KillMoment::Due, KillMoment::Answered, KillMoment::Recorded],
        StepKind::Money => &[KillMoment::Due, KillMoment::Recorded],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_of_each_kind_has_places_of_its_own() {
        let names: Vec<String> = KillPoint::all().iter().map(KillPoint::to_string).collect();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        for name in [
            "outside: top-up start due",
            "outside: top-up confirm begun",
            "outside: bank-payout settle answered",
            "outside: gift-card release recorded",
            "outside: gift-card compensated over",
        ] {
            assert!(names.iter().any(|known| known == name), "{name} is none of {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("hold") || name == "outside: top-up submit due"), "{names:?}");
    }
}
