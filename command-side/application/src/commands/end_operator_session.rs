//! A session of an operator is ended by another one.

use std::sync::Arc;

use events::recorded::{Event, OperatorEvent, OperatorSessionEnded};
use kernel::OperatorId;
use log::Appended;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{MoneyRules, operator_answer::operator_for};
use crate::{
    ExecuteError, OperatorAnswer, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// End a session of an operator; by another operator. Whether there is the session, the vault knows: whoever sends this has asked it, and ends the
/// session there once this is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndOperatorSession {
    /// Whose.
    pub operator: OperatorId,
    /// Which.
    pub session: Uuid,
    /// Why.
    pub reason: Option<String>,
}

impl Command for EndOperatorSession {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        operator_for(work, self.operator)?;
        work.push(self.operator.into(), OperatorSessionEnded { session: self.session, reason: self.reason.clone() });
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let first = events.first().ok_or(IncompleteEvents)?;
        let Event::Operator(OperatorEvent::SessionEnded(_)) = &first.recorded else { return Err(IncompleteEvents) };
        let today = OperatorAnswer::of(self.operator, unit)?;
        Ok(Arc::new(Outcome::OperatorSessionEnded(OperatorAnswer { version: first.version, ..today })))
    }
}
