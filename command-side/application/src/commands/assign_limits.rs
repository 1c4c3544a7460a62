//! Limits are assigned to an account.

use std::sync::Arc;

use events::recorded::{AccountEvent, Event};
use kernel::{AccountId, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, refusal_outcome::refusal_outcome};
use crate::{
    AssignedLimits, ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Say which limits count for an account, beside those for everyone; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignLimits {
    /// The account.
    pub account: AccountId,
    /// The names of the limits; what was assigned before counts no more.
    pub limits: Vec<String>,
}

impl Command for AssignLimits {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let account = work.account(self.account).filter(|account| account.owner().is_some());
        let account = account.ok_or(ExecuteError::AccountUnknown)?;
        let mut names = self.limits.clone();
        names.sort_unstable();
        names.dedup();
        match work.limits().may_assign(&names).and_then(|()| account.assign_limits(names)) {
            Ok(event) => work.push(self.account.into(), event),
            Err(refusal) => {
                work.rests_on(self.account.into());
                work.rests_on(StreamId::LIMITS);
                work.refuse(refusal);
            }
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
        let Event::Account(AccountEvent::LimitsAssigned(assigned)) = &first.recorded else {
            return Err(IncompleteEvents);
        };
        let account_id = AccountId::new(first.stream.uuid());
        Ok(Arc::new(Outcome::LimitsAssigned(AssignedLimits { account_id, limits: assigned.limits.clone() })))
    }
}
