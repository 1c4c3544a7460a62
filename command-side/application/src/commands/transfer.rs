//! One transfer between two accounts.

use std::sync::Arc;

use domain::{Account, Refusal};
use events::recorded::TransferKind;
use kernel::{AccountId, AccountNumber, Money, Role};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    posting::{PendingTransfer, post},
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// An order to move money; by the source's owner or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferOrder {
    /// Where it comes from.
    pub source: AccountId,
    /// Where it goes to.
    pub destination: Destination,
    /// How much.
    pub money: Money,
    /// The payer's words.
    pub memo: Option<String>,
}

/// Where money is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// By id.
    Account(AccountId),
    /// By what people type.
    Number(AccountNumber),
}

impl Destination {
    /// The account; none if the number is nobody's.
    pub(super) fn look_up(self, work: &Decision<'_>) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Number(number) => work.reserved_for(number),
        }
    }
}

/// A member or a partner moves nothing out of another one's account.
pub(super) fn require_owner(work: &Decision<'_>, source: AccountId) -> Result<(), ExecuteError> {
    let owner = work.account(source).map(Account::owner);
    match work.actor.role.is_customer() && owner.is_some_and(|owner| owner != Some(work.actor.id)) {
        true => Err(ExecuteError::NotOwner),
        false => Ok(()),
    }
}

/// A partner collects money on accounts of its own only.
pub(super) fn require_own_destination(work: &Decision<'_>, destination: Option<AccountId>) -> Result<(), ExecuteError> {
    let owner = destination.and_then(|account| work.account(account)).map(Account::owner);
    match work.actor.role == Role::Partner && owner.is_some_and(|owner| owner != Some(work.actor.id)) {
        true => Err(ExecuteError::NotOwnDestination),
        false => Ok(()),
    }
}

impl Command for TransferOrder {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        self.carry_out(rules, work).map(drop)
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

impl TransferOrder {
    /// Posts the transfer, or records its refusal and gives it.
    pub(super) fn carry_out(
        &self,
        rules: &MoneyRules,
        work: &mut Decision<'_>,
    ) -> Result<Option<Refusal>, ExecuteError> {
        require_owner(work, self.source)?;
        let transfer = self.pending(work);
        Ok(post(rules, work, transfer))
    }

    /// The transfer, its destination looked up.
    pub(super) fn pending(&self, work: &Decision<'_>) -> PendingTransfer {
        let destination = self.destination.look_up(work);
        let transfer = PendingTransfer::new(TransferKind::Transfer, self.source, self.money);
        PendingTransfer { destination, memo: self.memo.clone(), ..transfer }
    }
}
