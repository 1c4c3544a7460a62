//! An operator gets another role.

use std::sync::Arc;

use events::recorded::{Event, OperatorEvent, OperatorRoleSet};
use kernel::{OperatorId, OperatorRole};
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

/// Give an operator another role; by an operator. Nothing is written if they have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetOperatorRole {
    /// Whom.
    pub operator: OperatorId,
    /// What they may do from now on.
    pub role: OperatorRole,
    /// Why.
    pub reason: Option<String>,
}

impl Command for SetOperatorRole {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let operator = operator_for(work, self.operator)?;
        let is_last = is_last_admin(work, self.operator);
        if work.lacks_any() {
            return Ok(());
        }
        match operator.set_role(self.role, self.reason.clone(), is_last) {
            Ok(Some(set)) => {
                let by = by_operator(work);
                work.push(self.operator.into(), OperatorRoleSet { by, ..set });
            }
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
            return Ok(Arc::new(Outcome::OperatorRoleSet(OperatorAnswer::of(self.operator, unit)?)));
        };
        if let Some(refused) = refusal_outcome(first) {
            return Ok(refused);
        }
        let Event::Operator(OperatorEvent::RoleSet(set)) = &first.recorded else { return Err(IncompleteEvents) };
        let today = OperatorAnswer::of(self.operator, unit)?;
        Ok(Arc::new(Outcome::OperatorRoleSet(OperatorAnswer { role: set.role, version: first.version, ..today })))
    }
}
