//! The credentials of an operator are reset.

use std::sync::Arc;

use events::recorded::{Event, OperatorCredentialsReset, OperatorEvent};
use kernel::OperatorId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    operator_answer::{by_operator, operator_for},
};
use crate::{
    ExecuteError, OperatorAnswer, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Give an operator a new first password and a new secret of one-time codes; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResetOperator {
    /// Whom.
    pub operator: OperatorId,
    /// Why.
    pub reason: Option<String>,
}

impl Command for ResetOperator {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let reset = operator_for(work, self.operator)?.reset(self.reason.clone());
        let by = by_operator(work);
        work.push(self.operator.into(), OperatorCredentialsReset { by, ..reset });
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let first = events.first().ok_or(IncompleteEvents)?;
        let Event::Operator(OperatorEvent::CredentialsReset(reset)) = &first.recorded else {
            return Err(IncompleteEvents);
        };
        let today = OperatorAnswer::of(self.operator, unit)?;
        let answer = OperatorAnswer { credentials: reset.credentials, version: first.version, ..today };
        Ok(Arc::new(Outcome::OperatorReset(answer)))
    }
}
