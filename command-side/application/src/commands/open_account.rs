//! An account is opened for the member or the partner who asks.

use std::sync::Arc;

use domain::Partner;
use events::recorded::{AccountLimitsAssigned, AccountNumberAssigned, AccountOpened, Holder, OwnerAccountAdded};
use kernel::{AccountId, AccountNumber, AssetCode, PartnerId, Role};
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
        let partner = own_partner(work);
        // A number is drawn when all that the batch names is known: one of these streams may be that of the number.
        if work.lacks_any() {
            return Ok(());
        }
        // A partner that is not there has no more to open than a member who is gone.
        if has_left || (work.actor.role == Role::Partner && partner.is_none()) {
            return Err(ExecuteError::OwnerLeft);
        }
        let number = free_number(work)?;
        let account = AccountId::new(work.ids.fresh());
        let added = match partner.as_ref().map(|(id, partner, _)| partner.add_account(account).map_err(|no| (*id, no)))
        {
            None => None,
            Some(Ok(added)) => Some(added),
            Some(Err((partner, refusal))) => {
                work.rests_on(partner.into());
                work.refuse(refusal);
                return Ok(());
            }
        };
        let holder = Holder::Member { owner, number };
        work.push(account.into(), AccountOpened { holder, asset: self.asset });
        work.push(number.stream(), AccountNumberAssigned { account });
        // Leaving writes to this stream too: whichever of the two comes second conflicts, and is decided again.
        work.push(owner.owner_stream(), OwnerAccountAdded { owner, account });
        if let Some(((id, _, limits), added)) = partner.zip(added) {
            work.push(id.into(), added);
            if !limits.is_empty() {
                work.push(account.into(), AccountLimitsAssigned { limits });
            }
        }
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

/// The partner who asks, if it is one, with those of its limits that are still set.
fn own_partner(work: &Decision<'_>) -> Option<(PartnerId, Partner, Vec<String>)> {
    let id = PartnerId::new(work.actor.id.uuid());
    let partner: &Partner = (work.actor.role == Role::Partner).then(|| work.get(id.into())).flatten()?;
    let set = work.limits();
    let limits = partner.limits().iter().filter(|name| set.get(name).is_some()).cloned().collect();
    Some((id, partner.clone(), limits))
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
