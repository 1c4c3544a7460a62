//! An empty account is closed.

use std::sync::Arc;

use kernel::AccountId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, account_outcome::account, account_status::change};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Close an empty account; by its owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseAccount {
    /// Which.
    pub account: AccountId,
    /// Why, in words.
    pub reason: Option<String>,
}

impl Command for CloseAccount {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        change(work, self.account, |account| account.close(self.reason.clone()))
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
