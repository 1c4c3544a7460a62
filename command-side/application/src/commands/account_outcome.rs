//! The outcome of a command on one account, read from its event.

use std::sync::Arc;

use domain::Account;
use events::recorded::{Event, Holder, RefusedCommandEvent};
use kernel::{AccountId, Version};

use crate::{
    AccountAnswer, Outcome, Refused,
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
    let changed = match &event.recorded {
        Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => {
            let refusal = refused.refusal.clone();
            return Ok(Arc::new(Outcome::Refused(Refused { refusal, transfer: None })));
        }
        Event::Account(changed) => changed,
        _ => return Err(IncompleteEvents),
    };
    let (account_id, version) = (AccountId::new(event.stream.uuid()), event.version);
    let today = match version == Version::ZERO.next() {
        true => None,
        false => Some(unit.account(account_id).ok_or(IncompleteEvents)?.clone()),
    };
    let Account { holder, asset, balance, status } = Account::evolve(today, changed).map_err(|_| IncompleteEvents)?;
    let Holder::Member { owner, number } = holder else { return Err(IncompleteEvents) };
    let status = status.as_str();
    let answer = AccountAnswer { account_id, account_number: number, owner, asset, status, balance, version };
    Ok(Arc::new(outcome(answer)))
}
