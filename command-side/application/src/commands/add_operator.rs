//! An operator is added.

use std::sync::Arc;

use domain::{OperatorList, OperatorName, operator::FIRST_CREDENTIALS};
use events::recorded::{Event, OperatorAdded, OperatorEvent};
use kernel::{OperatorId, OperatorRole, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    operator_answer::{by_operator, refuse_change},
    own_stream::is_opened_first,
    refusal_outcome::refusal_outcome,
};
use crate::{
    ExecuteError, OperatorAnswer, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Add an operator; by an operator. They have the id of the command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddOperator {
    /// What they log in with.
    pub name: OperatorName,
    /// What they may do.
    pub role: OperatorRole,
    /// Why.
    pub reason: Option<String>,
}

impl Command for AddOperator {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        is_opened_first(work)?;
        let operator = OperatorId::new(work.command_id.uuid());
        let listed = match work.get::<OperatorList>(StreamId::OPERATORS) {
            Some(list) => list.add(operator, &self.name),
            None => OperatorList::default().add(operator, &self.name),
        };
        if work.lacks_any() {
            return Ok(());
        }
        match listed {
            Ok(listed) => {
                let (name, role, reason) = (listed.name.clone(), self.role, self.reason.clone());
                let by = by_operator(work);
                work.push(operator.into(), OperatorAdded { name, role, reason, by });
                work.push(StreamId::OPERATORS, listed);
            }
            Err(refusal) => refuse_change(work, refusal),
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let first = events.first().ok_or(IncompleteEvents)?;
        if let Some(refused) = refusal_outcome(first) {
            return Ok(refused);
        }
        let Event::Operator(OperatorEvent::Added(added)) = &first.recorded else { return Err(IncompleteEvents) };
        Ok(Arc::new(Outcome::OperatorAdded(OperatorAnswer {
            operator_id: OperatorId::new(first.stream.uuid()),
            name: added.name.clone(),
            role: added.role,
            is_enabled: true,
            credentials: FIRST_CREDENTIALS,
            version: first.version,
        })))
    }
}
