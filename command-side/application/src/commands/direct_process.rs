//! An operator says how a process with the outside world goes on.

use std::sync::Arc;

use domain::OutsideProcess;
use events::recorded::ProcessDirection;
use kernel::{ProcessId, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, process_money::end_top_up, process_outcome::process_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Say how a process goes on; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DirectProcess {
    /// Which.
    pub process: ProcessId,
    /// How.
    pub direction: ProcessDirection,
    /// Why, in words.
    pub reason: String,
}

impl Command for DirectProcess {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let stream = StreamId::from(self.process);
        let process: OutsideProcess = work.get(stream).cloned().ok_or(ExecuteError::ProcessUnknown)?;
        match process.direct(self.direction, self.reason.clone()) {
            Ok(directed) => {
                let leaves = directed.leaves;
                work.push(stream, directed);
                end_top_up(work, self.process, &process, leaves);
            }
            Err(refusal) => {
                work.rests_on(stream);
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        process_outcome(events, place)
    }
}
