//! An account is opened for the member who asks.

use std::sync::Arc;

use events::recorded::{AccountNumberAssigned, AccountOpened, Holder, OwnerAccountAdded};
use kernel::{AccountId, AccountNumber, AssetCode};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, account_outcome::account};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Open an account for the actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenAccount {
    /// The asset it is to hold; known to this bank.
    pub asset: AssetCode,
}

/// So many account numbers are drawn for one account before the command is turned away.
const DRAWS: usize = 16;

impl Command for OpenAccount {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let owner = work.actor.id;
        let has_left = work.has_left(owner);
        // A number is drawn when all that the batch names is known: one of these streams may be that of the number.
        if work.lacks_any() {
            return Ok(());
        }
        if has_left {
            return Err(ExecuteError::OwnerLeft);
        }
        let number = free_number(work)?;
        let account = AccountId::new(work.ids.fresh());
        let holder = Holder::Member { owner, number };
        work.push(account.into(), AccountOpened { holder, asset: self.asset });
        work.push(number.stream(), AccountNumberAssigned { account });
        // Leaving writes to this stream too: whichever of the two comes second conflicts, and is decided again.
        work.push(owner.owner_stream(), OwnerAccountAdded { owner, account });
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        account(events, unit, Outcome::Opened)
    }
}

/// A number that nobody bears as far as this server knows. One that is taken shows as a conflict on its stream, and the
/// next attempt draws another.
fn free_number(work: &Decision<'_>) -> Result<AccountNumber, ExecuteError> {
    let is_free = |number: &AccountNumber| match work.known(number.stream()) {
        Some(stream) => stream.state.kind().is_none(),
        None => !work.is_broken(number.stream()),
    };
    let mut drawn = (0..DRAWS).map(|_| AccountNumber::from_digits(work.ids.digits()));
    drawn.find(is_free).ok_or(ExecuteError::Contended)
}
