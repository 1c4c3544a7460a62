//! An account is frozen.

use std::sync::Arc;

use events::recorded::FreezeScope;
use kernel::AccountId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, account_outcome::account, account_status::change};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Freeze an account; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FreezeAccount {
    /// Which.
    pub account: AccountId,
    /// What the freeze stops.
    pub scope: FreezeScope,
    /// Why, in words.
    pub reason: Option<String>,
}

impl Command for FreezeAccount {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        change(work, self.account, |account| account.freeze(self.scope, self.reason.clone()))
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        account(events, unit, Outcome::Changed)
    }
}
