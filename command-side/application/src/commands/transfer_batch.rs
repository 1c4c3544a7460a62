//! Many transfers in one commit.

use std::sync::Arc;

use domain::Refusal;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, TransferOrder, posting::reject, transfer_outcome::transfers};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Up to a thousand transfers in one commit; by an operator or a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferBatch {
    /// All or none.
    pub atomic: bool,
    /// In this order.
    pub orders: Vec<TransferOrder>,
}

impl Command for TransferBatch {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn weight(&self) -> usize {
        self.orders.len().max(1)
    }

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let savepoint = self.atomic.then(|| work.savepoint());
        let mut refused = Vec::new();
        for order in &self.orders {
            refused.push(order.carry_out(rules, work)?);
        }
        let (Some(savepoint), true) = (savepoint, refused.iter().any(Option::is_some)) else { return Ok(()) };
        work.roll_back(savepoint);
        // The first no stands; what came after it was decided on money that will not move.
        let culprit = refused.iter().position(Option::is_some);
        for (index, order) in self.orders.iter().enumerate() {
            let refusal = match &refused[index] {
                Some(refusal) if Some(index) == culprit => refusal.clone(),
                _ => Refusal::BatchAborted,
            };
            let transfer = order.pending(work);
            reject(work, transfer, refusal);
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let place = place.ok_or(IncompleteEvents)?;
        let transfers = transfers(events, place, unit).into_iter().collect::<Result<_, _>>()?;
        Ok(Arc::new(Outcome::Batch(transfers)))
    }
}
