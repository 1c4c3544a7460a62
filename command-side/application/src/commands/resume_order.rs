//! A standing order goes on.

use std::sync::Arc;

use kernel::OrderId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    order_access::{order_for, record_before, refuse, unknown_zone},
    order_outcome::order_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Go on with a paused order; by its owner or an operator. What was due meanwhile is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResumeOrder {
    /// Which.
    pub order: OrderId,
}

impl Command for ResumeOrder {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let order = order_for(work, self.order)?;
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return Ok(()) };
        let next_at = order.following(now).map_err(|error| unknown_zone(self.order, &error))?;
        match order.resume(next_at) {
            Ok(event) => {
                next_at.into_iter().for_each(|next_at| record_before(work, next_at));
                work.push(self.order.into(), event);
            }
            Err(refusal) => refuse(work, self.order, refusal),
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        order_outcome(events, place, unit)
    }
}
