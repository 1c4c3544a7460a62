//! What closing, freezing and unfreezing an account have in common.

use domain::{Account, Refusal};
use events::recorded::AccountEvent;
use kernel::AccountId;

use crate::{ExecuteError, engine::Decision};

/// Changes an account, or records why not.
pub fn change(
    work: &mut Decision<'_>,
    id: AccountId,
    change: impl FnOnce(&Account) -> Result<AccountEvent, Refusal>,
) -> Result<(), ExecuteError> {
    let account = work.account(id).ok_or(ExecuteError::AccountUnknown)?;
    // System accounts are nobody's to freeze or close; a customer's account is nobody else's to know of.
    let owner = account.owner().ok_or(ExecuteError::AccountUnknown)?;
    if work.actor.role.is_customer() && owner != work.actor.id {
        return Err(ExecuteError::AccountUnknown);
    }
    match change(account) {
        Ok(event) => work.push(id.into(), event),
        Err(refusal) => {
            work.rests_on(id.into());
            work.refuse(refusal);
        }
    }
    Ok(())
}
