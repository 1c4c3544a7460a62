//! What closing, freezing and unfreezing an account have in common.

use domain::{Account, AccountEvent, Refusal};
use kernel::{AccountId, Role};

use super::posting::record_account;
use crate::{ExecuteError, engine::Decision, stored};

/// Changes an account, or records why not.
pub fn change(
    work: &mut Decision<'_>,
    id: AccountId,
    reason: Option<String>,
    change: fn(&Account) -> Result<AccountEvent, Refusal>,
) -> Result<(), ExecuteError> {
    let account = work.account(id).ok_or(ExecuteError::AccountUnknown)?;
    // System accounts are nobody's to freeze or close; a member's account is nobody else's to know of.
    let owner = account.owner().ok_or(ExecuteError::AccountUnknown)?;
    if work.actor.role == Role::Member && owner != work.actor.id {
        return Err(ExecuteError::AccountUnknown);
    }
    match change(account) {
        Ok(event) => record_account(work, id, event, reason),
        Err(refusal) => {
            work.rests_on(id.into());
            work.refuse(stored::record_refusal(refusal));
        }
    }
    Ok(())
}
