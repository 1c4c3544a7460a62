//! A standing order is cancelled.

use std::sync::Arc;

use kernel::OrderId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    order_access::{order_for, refuse},
    order_outcome::order_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// End it before its time; by the owner of the order or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancelOrder {
    /// Which.
    pub order: OrderId,
}

impl Command for CancelOrder {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        match order_for(work, self.order)?.cancel() {
            Ok(event) => work.push(self.order.into(), event),
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
