//! A limit is deleted.

use std::sync::Arc;

use events::recorded::{Event, LimitDeleted, LimitsEvent};
use kernel::StreamId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::MoneyRules;
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Delete a limit; by an operator. Accounts that it is assigned to keep the name: a limit that is set under it later counts for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteLimit {
    /// Its name.
    pub name: String,
}

impl Command for DeleteLimit {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        if work.limits().get(&self.name).is_none() {
            return Err(ExecuteError::LimitUnknown);
        }
        work.push(StreamId::LIMITS, LimitDeleted { name: self.name.clone() });
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let first = events.first().ok_or(IncompleteEvents)?;
        let Event::Limits(LimitsEvent::Deleted(_)) = &first.recorded else { return Err(IncompleteEvents) };
        Ok(Arc::new(Outcome::LimitDeleted))
    }
}
