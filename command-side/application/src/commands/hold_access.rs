//! Who may do what with a hold.

use domain::{Account, Hold};
use kernel::{AccountId, HoldId, Role};

use super::posting::rests_on_limits;
use crate::{ExecuteError, engine::Decision};

/// What somebody wants to do with a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Pay from it.
    Capture,
    /// Hold more.
    Increase,
    /// Give funds back.
    Release,
}

/// A hold, for somebody who may do this with it. Whoever has no part in it does not learn that it is there.
pub fn hold_for(work: &Decision<'_>, id: HoldId, wish: Wish) -> Result<Hold, ExecuteError> {
    let hold: &Hold = work.get(id.into()).ok_or(ExecuteError::HoldUnknown)?;
    let owns = |account: AccountId| work.account(account).and_then(Account::owner) == Some(work.actor.id);
    let (pays, receives) = (owns(hold.placed.source), hold.placed.destination.is_some_and(owns));
    let placed = hold.placed.placed_by == work.actor;
    // Held for a process with the outside world: it alone pays from it or gives it back, when it knows what happened there.
    let is_own = |account: AccountId| work.account(account).is_some_and(|account| account.owner().is_none());
    let is_for_process = hold.placed.destination.is_some_and(is_own);
    let may = match (work.actor.role, wish) {
        _ if is_for_process => false,
        (Role::Operator, _) => true,
        (Role::Service, Wish::Capture | Wish::Release) => true,
        (_, Wish::Increase) => placed,
        (Role::Member | Role::Partner, Wish::Capture) => receives,
        // The payer promised the funds to the destination, if there is one.
        (Role::Member | Role::Partner, Wish::Release) => {
            receives || ((pays || placed) && hold.placed.destination.is_none())
        }
    };
    if may {
        return Ok(hold.clone());
    }
    let knows = !work.actor.role.is_customer() || pays || receives || placed;
    Err(if knows { ExecuteError::HoldNotYours } else { ExecuteError::HoldUnknown })
}

/// Whether its time is over, as far as that matters.
pub fn has_expired(work: &Decision<'_>, hold: &Hold) -> bool {
    hold.status == domain::HoldStatus::Active && work.has_passed(hold.placed.expires_at)
}

/// A refusal of what somebody wants to do with a hold is recorded. It rests on these accounts.
pub fn refuse(work: &mut Decision<'_>, id: HoldId, accounts: &[AccountId], refusal: domain::Refusal) {
    work.rests_on(id.into());
    accounts.iter().for_each(|account| work.rests_on((*account).into()));
    rests_on_limits(work, &refusal);
    work.refuse(refusal);
}
