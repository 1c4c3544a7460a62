//! Answering: the outcome of a command, told from the events it wrote.
//!
//! The first answer and every replay go through here, so they cannot differ.

use contracts::recorded::{Recorded, Refusal};
use domain::Holder;
use kernel::{AccountId, CommandId, CommitRef, ConsistencyToken, Minor, StreamId, TransferId};
use log::Appended;

use super::{
    pending_events::{PendingEvent, PendingEvents},
    unit_of_work::UnitOfWork,
};
use crate::{AccountAnswer, Answer, Command, Outcome, Posting, Refused, TransferAnswer};

/// The events do not tell an outcome that the command can have.
#[derive(Debug, thiserror::Error)]
#[error("the events of the command tell no outcome of it")]
pub struct IncompleteEvents;

/// The accounts whose holders the answer needs in the unit of work.
pub fn accounts(pending: &PendingEvents) -> Vec<StreamId> {
    let of_account = |event: &&PendingEvent| {
        matches!(
            event.recorded,
            Recorded::AccountDebited(_)
                | Recorded::AccountCredited(_)
                | Recorded::AccountFrozen(_)
                | Recorded::AccountUnfrozen(_)
                | Recorded::AccountClosed(_)
                | Recorded::AccountOpened(_)
        )
    };
    pending.0.iter().filter(of_account).map(|event| event.stream).collect()
}

/// The answer to a command that wrote these events there.
pub fn answer(
    (command_id, command): (CommandId, &Command),
    pending: &PendingEvents,
    written: Appended,
    unit: &UnitOfWork,
    replayed: bool,
) -> Result<Answer, IncompleteEvents> {
    let outcome = match command {
        Command::TransferBatch { .. } => {
            Outcome::Batch(transfers(pending, written, unit).into_iter().collect::<Result<_, IncompleteEvents>>()?)
        }
        Command::OpenAccount { .. }
        | Command::CloseAccount { .. }
        | Command::FreezeAccount { .. }
        | Command::UnfreezeAccount { .. } => account(command, pending.0.first().ok_or(IncompleteEvents)?, unit)?,
        Command::Deposit { .. } | Command::Withdraw { .. } | Command::Transfer(_) | Command::Reverse { .. } => {
            match (command_refusal(pending), transfers(pending, written, unit).pop()) {
                (Some(refusal), _) => Outcome::Refused(Refused { refusal, transfer: None }),
                (None, Some(Ok(Ok(posted)))) => Outcome::Posted(posted),
                (None, Some(Ok(Err(refused)))) => Outcome::Refused(refused),
                (None, _) => return Err(IncompleteEvents),
            }
        }
    };
    let position = PendingEvents::position(written.first, pending.0.len().saturating_sub(1));
    let commit = CommitRef { position, command_id, recorded_at: written.recorded_at };
    let token = ConsistencyToken::of(written.log, Some(commit));
    Ok(Answer { outcome: outcome.into(), replayed, token })
}

fn command_refusal(pending: &PendingEvents) -> Option<Refusal> {
    match &pending.0.first()?.recorded {
        Recorded::CommandRefused(refused) => Some(refused.refusal.clone()),
        _ => None,
    }
}

fn account(command: &Command, event: &PendingEvent, unit: &UnitOfWork) -> Result<Outcome, IncompleteEvents> {
    let (status, balance) = match &event.recorded {
        Recorded::CommandRefused(refused) => {
            return Ok(Outcome::Refused(Refused { refusal: refused.refusal.clone(), transfer: None }));
        }
        Recorded::AccountOpened(_) => ("open", Minor::ZERO),
        Recorded::AccountFrozen(frozen) => ("frozen", frozen.balance),
        Recorded::AccountUnfrozen(unfrozen) => ("open", unfrozen.balance),
        Recorded::AccountClosed(_) => ("closed", Minor::ZERO),
        _ => return Err(IncompleteEvents),
    };
    let account_id = AccountId::new(event.stream.uuid());
    // Holder and asset never change, so today's account tells them for any day.
    let account = unit.account(account_id).ok_or(IncompleteEvents)?;
    let Holder::Member { owner, number } = account.holder else { return Err(IncompleteEvents) };
    let (asset, version) = (account.asset, event.version);
    let answer = AccountAnswer { account_id, account_number: number, owner, asset, status, balance, version };
    Ok(match command {
        Command::OpenAccount { .. } => Outcome::Opened(answer),
        _ => Outcome::Changed(answer),
    })
}

type Receipt = Result<Result<TransferAnswer, Refused>, IncompleteEvents>;

/// Each transfer the events tell of, in order.
fn transfers(pending: &PendingEvents, written: Appended, unit: &UnitOfWork) -> Vec<Receipt> {
    let tell = |(index, event): (usize, &PendingEvent)| match &event.recorded {
        Recorded::TransferRejected(rejected) => {
            let transfer = Some(TransferId::new(event.stream.uuid()));
            Some(Ok(Err(Refused { refusal: rejected.refusal.clone(), transfer })))
        }
        Recorded::TransferPosted(posted) => {
            let sides = pending.0.get(index + 1).zip(pending.0.get(index + 2));
            let Some((Some(debit), Some(credit))) = sides.map(|(d, c)| (posting(d, unit), posting(c, unit))) else {
                return Some(Err(IncompleteEvents));
            };
            Some(Ok(Ok(TransferAnswer {
                transfer_id: TransferId::new(event.stream.uuid()),
                facts: posted.0.clone(),
                postings: [debit, credit],
                position: PendingEvents::position(written.first, index + 2),
                recorded_at: written.recorded_at,
            })))
        }
        _ => None,
    };
    pending.0.iter().enumerate().filter_map(tell).collect()
}

fn posting(event: &PendingEvent, unit: &UnitOfWork) -> Option<Posting> {
    let (amount, balance_after) = match &event.recorded {
        Recorded::AccountDebited(debited) => (debited.amount.negated(), debited.balance),
        Recorded::AccountCredited(credited) => (credited.amount, credited.balance),
        _ => return None,
    };
    let account_id = AccountId::new(event.stream.uuid());
    let version = event.version;
    Some(Posting { account_id, owner: unit.account(account_id)?.owner(), amount, balance_after, version })
}
