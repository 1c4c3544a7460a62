//! Money goes outside.

use std::sync::Arc;

use events::recorded::TransferKind;
use kernel::{AccountId, Money};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    booking::{free_reference, post_booking},
    posting::{PendingTransfer, cash},
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Money goes outside; by an operator or a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Withdraw {
    /// Where it comes from.
    pub account: AccountId,
    /// How much.
    pub money: Money,
    /// The outside's reference.
    pub reference: String,
    /// Whether it is refused if the actor used the reference before, in a booking that asked for the same.
    pub unique_reference: bool,
}

impl Command for Withdraw {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let Some(reference) = free_reference(work, &self.reference, self.unique_reference) else { return Ok(()) };
        let cash = cash(rules, work, self.money.asset, self.money.amount);
        let transfer = PendingTransfer {
            destination: Some(cash),
            reference: Some(self.reference.clone()),
            ..PendingTransfer::new(TransferKind::Withdrawal, self.account, self.money)
        };
        post_booking(rules, work, transfer, reference);
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        transfer_outcome(events, place, unit)
    }
}
