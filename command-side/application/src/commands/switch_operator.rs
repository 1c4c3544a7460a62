//! An operator is disabled, or enabled again.

use std::sync::Arc;

use events::recorded::{Event, OperatorEnabled, OperatorEvent};
use kernel::OperatorId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    operator_answer::{by_operator, is_last_admin, operator_for, refuse_change},
    refusal_outcome::refusal_outcome,
};
use crate::{
    ExecuteError, OperatorAnswer, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Disable an operator, or enable them again; by an operator. Nothing is written if it is so already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwitchOperator {
    /// Whom.
    pub operator: OperatorId,
    /// Whether they may log in from now on.
    pub enable: bool,
    /// Why.
    pub reason: Option<String>,
}

impl Command for SwitchOperator {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let operator = operator_for(work, self.operator)?;
        let is_last = is_last_admin(work, self.operator);
        if work.lacks_any() {
            return Ok(());
        }
        let reason = self.reason.clone();
        let switched = match self.enable {
            true => {
                let by = by_operator(work);
                Ok(operator.enable(reason).map(|enabled| OperatorEvent::from(OperatorEnabled { by, ..enabled })))
            }
            false => operator.disable(reason, is_last).map(|disabled| disabled.map(OperatorEvent::from)),
        };
        match switched {
            Ok(Some(event)) => work.push(self.operator.into(), event),
            Ok(None) => {}
            Err(refusal) => refuse_change(work, refusal),
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let Some(first) = events.first() else {
            return Ok(Arc::new(Outcome::OperatorSwitched(OperatorAnswer::of(self.operator, unit)?)));
        };
        if let Some(refused) = refusal_outcome(first) {
            return Ok(refused);
        }
        let is_enabled = match &first.recorded {
            Event::Operator(OperatorEvent::Enabled(_)) => true,
            Event::Operator(OperatorEvent::Disabled(_)) => false,
            _ => return Err(IncompleteEvents),
        };
        let today = OperatorAnswer::of(self.operator, unit)?;
        Ok(Arc::new(Outcome::OperatorSwitched(OperatorAnswer { is_enabled, version: first.version, ..today })))
    }
}
