//! Many accounts are frozen at once: all of them, or none.

use std::sync::Arc;

use domain::Refusal;
use events::recorded::{AccountEvent, Event, FreezeScope};
use kernel::AccountId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, refusal_outcome::refusal_outcome};
use crate::{
    ExecuteError, FrozenAccounts, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Freeze many accounts at once; by an operator. One that is frozen so already stays as it is; one that cannot be frozen keeps all others
/// from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FreezeAccounts {
    /// Which, each once.
    pub accounts: Vec<AccountId>,
    /// What the freeze stops.
    pub scope: FreezeScope,
    /// Why, in words.
    pub reason: Option<String>,
}

impl Command for FreezeAccounts {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn weight(&self) -> usize {
        self.accounts.len()
    }

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        // All of them are looked at before the first one that cannot be frozen ends it: what is missing is read at once.
        let decided: Vec<_> = self.accounts.iter().map(|id| (*id, self.freeze(work, *id))).collect();
        if work.lacks_any() {
            return Ok(());
        }
        let refused = decided.iter().find_map(|(id, decided)| Some((*id, decided.as_ref().err()?.clone())));
        if let Some((id, refusal)) = refused {
            work.rests_on(id.into());
            work.refuse(refusal);
            return Ok(());
        }
        for (id, event) in decided {
            if let Ok(Some(event)) = event {
                work.push(id.into(), event);
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
        if let Some(refused) = events.first().and_then(refusal_outcome) {
            return Ok(refused);
        }
        let is_frozen = |event: &&PendingEvent| matches!(event.recorded, Event::Account(AccountEvent::Frozen(_)));
        let frozen: Vec<_> = events.iter().filter(is_frozen).map(|event| AccountId::new(event.stream.uuid())).collect();
        let unchanged = self.accounts.len().saturating_sub(frozen.len());
        Ok(Arc::new(Outcome::ManyFrozen(FrozenAccounts { frozen, scope: self.scope, unchanged })))
    }
}

impl FreezeAccounts {
    /// What freezing one of them does; nothing if it is frozen so.
    fn freeze(&self, work: &Decision<'_>, id: AccountId) -> Result<Option<AccountEvent>, Refusal> {
        // System accounts are nobody's to freeze.
        let account = work.account(id).filter(|account| account.owner().is_some()).ok_or(Refusal::AccountUnknown)?;
        if account.freeze_scope() == Some(self.scope) {
            return Ok(None);
        }
        account.freeze(self.scope, self.reason.clone()).map(Some)
    }
}
