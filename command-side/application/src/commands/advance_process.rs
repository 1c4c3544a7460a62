//! What became of a step of a process with the outside world is recorded.

use std::sync::Arc;

use domain::{OutsideProcess, process::MostTries};
use events::recorded::ProcessFailure;
use kernel::{ProcessId, Sealed, StreamId, Version};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    process_money::{end_top_up, move_money},
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Record what became of a step of a process, or move its money; by the runner of the processes. Nothing happens if the process is not as the
/// runner saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdvanceProcess {
    /// Which.
    pub process: ProcessId,
    /// How many events it had when the runner looked.
    pub after: Version,
    /// What became of the step at hand.
    pub report: StepReport,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StepReport {
    /// The outside is about to be asked.
    Begun,
    /// The outside has done it.
    Taken {
        /// The code of a gift card, sealed for the next version of the process.
        code: Option<Sealed>,
    },
    /// A try failed, or it was refused.
    Failed {
        /// How.
        failure: ProcessFailure,
        /// Why, as a code.
        code: String,
        /// How often an unanswered step is tried.
        unanswered: u32,
        /// How often a contradicted step is tried.
        contradicted: u32,
    },
    /// It moves money here, and is to be taken.
    Due,
}

impl Command for AdvanceProcess {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let (id, stream) = (self.process, StreamId::from(self.process));
        let process: OutsideProcess = work.get(stream).cloned().ok_or(ExecuteError::ProcessUnknown)?;
        if work.version(stream) != self.after {
            work.rests_on(stream);
            return Ok(());
        }
        match &self.report {
            StepReport::Begun => {
                if let Some(begun) = process.begin(id) {
                    work.push(stream, begun);
                }
            }
            StepReport::Taken { code } => {
                if let Some(taken) = process.taken(None, code.clone()) {
                    let leaves = taken.leaves;
                    work.push(stream, taken);
                    end_top_up(work, id, &process, leaves);
                }
            }
            StepReport::Failed { failure, code, unanswered, contradicted } => {
                let most = MostTries { unanswered: *unanswered, contradicted: *contradicted };
                if let Some(failed) = process.failed(*failure, code, most) {
                    let leaves = failed.leaves;
                    work.push(stream, failed);
                    end_top_up(work, id, &process, leaves);
                }
            }
            StepReport::Due => move_money(rules, work, id, &process),
        }
        Ok(())
    }

    /// The runner looks at the process itself.
    fn answer(
        &self,
        _: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        Ok(Arc::new(Outcome::Idle))
    }
}
