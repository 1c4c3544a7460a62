//! The outcome of a command on one account, read from its event.

use std::sync::Arc;

use events::recorded::{AccountEvent, Event, Holder, RefusedCommandEvent};
use kernel::{AccountId, Minor};

use crate::{
    AccountAnswer, Outcome, Refused,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork},
};

/// The account as the first of these events left it, or the refusal.
pub fn account(
    events: &[PendingEvent],
    unit: &UnitOfWork,
    outcome: fn(AccountAnswer) -> Outcome,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let event = events.first().ok_or(IncompleteEvents)?;
    let (status, balance) = match &event.recorded {
        Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => {
            let refusal = refused.refusal.clone();
            return Ok(Arc::new(Outcome::Refused(Refused { refusal, transfer: None })));
        }
        Event::Account(AccountEvent::Opened(_)) => ("open", Minor::ZERO),
        Event::Account(AccountEvent::Frozen(frozen)) => ("frozen", frozen.balance),
        Event::Account(AccountEvent::Unfrozen(unfrozen)) => ("open", unfrozen.balance),
        Event::Account(AccountEvent::Closed(_)) => ("closed", Minor::ZERO),
        _ => return Err(IncompleteEvents),
    };
    let account_id = AccountId::new(event.stream.uuid());
    // Holder and asset never change, so today's account has them for any day.
    let account = unit.account(account_id).ok_or(IncompleteEvents)?;
    let Holder::Member { owner, number } = account.holder else { return Err(IncompleteEvents) };
    let (asset, version) = (account.asset, event.version);
    let answer = AccountAnswer { account_id, account_number: number, owner, asset, status, balance, version };
    Ok(Arc::new(outcome(answer)))
}
