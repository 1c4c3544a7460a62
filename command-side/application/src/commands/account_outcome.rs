//! The outcome of a command on one account, read from its event.

use std::sync::Arc;

use domain::Account;
use events::recorded::{Event, Holder};
use kernel::{AccountId, Version};

use super::refusal_outcome::refusal_outcome;
use crate::{
    AccountAnswer, Outcome,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork},
};

/// The account as the first of these events left it, or the refusal.
///
/// The event is put on the account of today: what can change is in the event, and holder and asset are those of any day.
pub fn account(
    events: &[PendingEvent],
    unit: &UnitOfWork,
    outcome: fn(AccountAnswer) -> Outcome,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let event = events.first().ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(event) {
        return Ok(refused);
    }
    let Event::Account(changed) = &event.recorded else { return Err(IncompleteEvents) };
    let (account_id, version) = (AccountId::new(event.stream.uuid()), event.version);
    let today = match version == Version::ZERO.next() {
        true => None,
        false => Some(unit.account(account_id).ok_or(IncompleteEvents)?.clone()),
    };
    let mut account = Account::evolve(today, changed).map_err(|_| IncompleteEvents)?;
    let mut version = version;
    // An account that a partner opens has limits from its second event on.
    for later in events.iter().skip(1).filter(|later| later.stream == event.stream) {
        let Event::Account(changed) = &later.recorded else { return Err(IncompleteEvents) };
        account = Account::evolve(Some(account), changed).map_err(|_| IncompleteEvents)?;
        version = later.version;
    }
    let freeze = account.freeze_scope();
    let Account { holder, asset, balance, held, status, .. } = account;
    let Holder::Member { owner, number } = holder else { return Err(IncompleteEvents) };
    let (account_number, status) = (number, status.as_str());
    let answer = AccountAnswer { account_id, account_number, owner, asset, status, freeze, balance, held, version };
    Ok(Arc::new(outcome(answer)))
}
