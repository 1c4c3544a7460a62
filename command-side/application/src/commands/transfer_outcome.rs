//! The outcome of a command that moves money, read from the events it wrote.
//!
//! The first answer and every replay go through here, so they cannot differ.

use std::sync::Arc;

use events::recorded::{AccountEvent, Event, Leg, TransferEvent};
use kernel::{AccountId, TransferId};
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    Outcome, Posting, Refused, TransferAnswer,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// What the events say of one transfer.
type Transfer = Result<TransferAnswer, Refused>;

/// The outcome of a command that is one transfer.
pub fn transfer_outcome(
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    match transfers(events, place, unit).pop().ok_or(IncompleteEvents)?? {
        Ok(posted) => Ok(Arc::new(Outcome::Posted(posted))),
        Err(refused) => Ok(Arc::new(Outcome::Refused(refused))),
    }
}

/// Each transfer in the events, in order.
pub fn transfers(
    events: &[PendingEvent],
    place: Appended,
    unit: &UnitOfWork,
) -> Vec<Result<Transfer, IncompleteEvents>> {
    let outcome = |(index, event): (usize, &PendingEvent)| match &event.recorded {
        Event::Transfer(TransferEvent::Rejected(rejected)) => {
            let transfer = Some(TransferId::new(event.stream.uuid()));
            Some(Ok(Err(Refused { refusal: rejected.refusal.clone(), transfer })))
        }
        Event::Transfer(TransferEvent::Posted(posted)) => {
            let transfer_id = TransferId::new(event.stream.uuid());
            let following = events[index + 1..].iter().map(Some).chain(std::iter::repeat(None));
            let posting = |(leg, event): (_, Option<&PendingEvent>)| posting(transfer_id, leg, event?, unit);
            // All of them are looked for before one that is missing ends it.
            let postings: Vec<Option<Posting>> = posted.legs.iter().zip(following).map(posting).collect();
            let Some(postings) = postings.into_iter().collect::<Option<Vec<_>>>() else {
                return Some(Err(IncompleteEvents));
            };
            Some(Ok(Ok(TransferAnswer {
                transfer_id,
                position: position(place.first, index + postings.len()),
                posted: posted.clone(),
                postings,
                recorded_at: place.recorded_at,
            })))
        }
        _ => None,
    };
    events.iter().enumerate().filter_map(outcome).collect()
}

/// What a leg did to its account, read from the event that follows it; none if that event is not of this leg.
fn posting(transfer: TransferId, leg: &Leg, event: &PendingEvent, unit: &UnitOfWork) -> Option<Posting> {
    let (of, amount, balance_after) = match &event.recorded {
        Event::Account(AccountEvent::Debited(debited)) => (debited.transfer, debited.amount.negated(), debited.balance),
        Event::Account(AccountEvent::Credited(credited)) => (credited.transfer, credited.amount, credited.balance),
        _ => return None,
    };
    let account_id = AccountId::new(event.stream.uuid());
    if (of, account_id, amount) != (transfer, leg.account, leg.amount) {
        return None;
    }
    let (owner, version) = (unit.account(account_id)?.owner(), event.version);
    Some(Posting { account_id, asset: leg.asset, owner, amount, balance_after, version })
}
