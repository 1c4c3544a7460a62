//! What is answered to commands about operators, and what they have in common.

use domain::{Operator, OperatorList, Refusal};
use events::recorded::ByOperator;
use kernel::{OperatorId, OperatorRole, StreamId, Version};
use serde::{Deserialize, Serialize};

use crate::{
    ExecuteError,
    engine::{Decision, IncompleteEvents, UnitOfWork},
};

/// An operator, with what the command said of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorAnswer {
    /// Which.
    pub operator_id: OperatorId,
    /// What they log in with.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// Whether they may log in.
    pub is_enabled: bool,
    /// The number of their credentials.
    pub credentials: u32,
    /// The version of their stream after the command.
    pub version: Version,
}

impl OperatorAnswer {
    /// The operator as they are today; the command puts in what it said.
    pub(super) fn of(id: OperatorId, unit: &UnitOfWork) -> Result<Self, IncompleteEvents> {
        let operator: &Operator = unit.get(id.into()).ok_or(IncompleteEvents)?;
        let Operator { name, role, is_enabled, credentials, .. } = operator.clone();
        Ok(Self { operator_id: id, name, role, is_enabled, credentials, version: unit.version(id.into()) })
    }
}

/// The operator that a path names.
pub(super) fn operator_for(work: &Decision<'_>, id: OperatorId) -> Result<Operator, ExecuteError> {
    work.get::<Operator>(id.into()).cloned().ok_or(ExecuteError::OperatorUnknown)
}

/// The operator with an account who asks, and when: recorded with what lets somebody else in. Nobody for tokens that no account stands behind.
pub(super) fn by_operator(work: &Decision<'_>) -> Option<ByOperator> {
    let operator = work.acting()?.operator;
    // While the time is missing, what is decided counts for nothing.
    Some(ByOperator { operator, at: work.log_time()? })
}

/// Whether no other operator can set how the bank is run.
pub(super) fn is_last_admin(work: &Decision<'_>, id: OperatorId) -> bool {
    let list: Option<&OperatorList> = work.get(StreamId::OPERATORS);
    let mut others = list.into_iter().flat_map(OperatorList::operators).filter(|other| *other != id);
    !others.any(|other| work.get::<Operator>(other.into()).is_some_and(Operator::is_acting_admin))
}

/// Records a refusal that rests on the operators there are.
pub(super) fn refuse_change(work: &mut Decision<'_>, refusal: Refusal) {
    work.rests_on(StreamId::OPERATORS);
    work.refuse(refusal);
}
