//! Answering: the outcome of a command, told from the events it wrote.
//!
//! The first answer and every replay go through here, so they cannot differ.

use contracts::recorded::{Recorded, Refusal};
use domain::Holder;
use kernel::{AccountId, CommandId, CommitRef, ConsistencyToken, Minor, StreamId, TransferId};
use log::Appended;

use super::{
    desk::Desk,
    drafting::{Draft, Drafts},
};
use crate::{AccountAnswer, Answer, Command, Outcome, Posting, Refused, TransferAnswer};

/// The events do not tell an outcome that the command can have.
#[derive(Debug, thiserror::Error)]
#[error("the events of the command tell no outcome of it")]
pub struct Untold;

/// The accounts whose holders the answer needs on the desk.
pub fn accounts(drafts: &Drafts) -> Vec<StreamId> {
    let of_account = |draft: &&Draft| {
        matches!(
            draft.recorded,
            Recorded::AccountDebited(_)
                | Recorded::AccountCredited(_)
                | Recorded::AccountFrozen(_)
                | Recorded::AccountUnfrozen(_)
                | Recorded::AccountClosed(_)
                | Recorded::AccountOpened(_)
        )
    };
    drafts.0.iter().filter(of_account).map(|draft| draft.stream).collect()
}

/// The answer to a command that wrote these events there.
pub fn answer(
    (command_id, command): (CommandId, &Command),
    drafts: &Drafts,
    written: Appended,
    desk: &Desk,
    replayed: bool,
) -> Result<Answer, Untold> {
    let outcome = match command {
        Command::TransferBatch { .. } => {
            Outcome::Batch(transfers(drafts, written, desk).into_iter().collect::<Result<_, Untold>>()?)
        }
        Command::OpenAccount { .. }
        | Command::CloseAccount { .. }
        | Command::FreezeAccount { .. }
        | Command::UnfreezeAccount { .. } => account(command, drafts.0.first().ok_or(Untold)?, desk)?,
        Command::Deposit { .. } | Command::Withdraw { .. } | Command::Transfer(_) | Command::Reverse { .. } => {
            match (command_refusal(drafts), transfers(drafts, written, desk).pop()) {
                (Some(refusal), _) => Outcome::Refused(Refused { refusal, transfer: None }),
                (None, Some(Ok(Ok(posted)))) => Outcome::Posted(posted),
                (None, Some(Ok(Err(refused)))) => Outcome::Refused(refused),
                (None, _) => return Err(Untold),
            }
        }
    };
    let position = Drafts::position(written.first, drafts.0.len().saturating_sub(1));
    let commit = CommitRef { position, command_id, recorded_at: written.recorded_at };
    let token = ConsistencyToken::of(written.log, Some(commit));
    Ok(Answer { outcome: outcome.into(), replayed, token })
}

fn command_refusal(drafts: &Drafts) -> Option<Refusal> {
    match &drafts.0.first()?.recorded {
        Recorded::CommandRefused(refused) => Some(refused.refusal.clone()),
        _ => None,
    }
}

fn account(command: &Command, draft: &Draft, desk: &Desk) -> Result<Outcome, Untold> {
    let (status, balance) = match &draft.recorded {
        Recorded::CommandRefused(refused) => {
            return Ok(Outcome::Refused(Refused { refusal: refused.refusal.clone(), transfer: None }));
        }
        Recorded::AccountOpened(_) => ("open", Minor::ZERO),
        Recorded::AccountFrozen(frozen) => ("frozen", frozen.balance),
        Recorded::AccountUnfrozen(unfrozen) => ("open", unfrozen.balance),
        Recorded::AccountClosed(_) => ("closed", Minor::ZERO),
        _ => return Err(Untold),
    };
    let account_id = AccountId::new(draft.stream.uuid());
    // Holder and asset never change, so today's account tells them for any day.
    let account = desk.account(account_id).ok_or(Untold)?;
    let Holder::Member { owner, number } = account.holder else { return Err(Untold) };
    let (asset, version) = (account.asset, draft.version);
    let answer = AccountAnswer { account_id, account_number: number, owner, asset, status, balance, version };
    Ok(match command {
        Command::OpenAccount { .. } => Outcome::Opened(answer),
        _ => Outcome::Changed(answer),
    })
}

type Told = Result<Result<TransferAnswer, Refused>, Untold>;

/// Each transfer the events tell of, in order.
fn transfers(drafts: &Drafts, written: Appended, desk: &Desk) -> Vec<Told> {
    let tell = |(index, draft): (usize, &Draft)| match &draft.recorded {
        Recorded::TransferRejected(rejected) => {
            let transfer = Some(TransferId::new(draft.stream.uuid()));
            Some(Ok(Err(Refused { refusal: rejected.refusal.clone(), transfer })))
        }
        Recorded::TransferPosted(posted) => {
            let sides = drafts.0.get(index + 1).zip(drafts.0.get(index + 2));
            let Some((Some(debit), Some(credit))) = sides.map(|(d, c)| (posting(d, desk), posting(c, desk))) else {
                return Some(Err(Untold));
            };
            Some(Ok(Ok(TransferAnswer {
                transfer_id: TransferId::new(draft.stream.uuid()),
                facts: posted.0.clone(),
                postings: [debit, credit],
                position: Drafts::position(written.first, index + 2),
                recorded_at: written.recorded_at,
            })))
        }
        _ => None,
    };
    drafts.0.iter().enumerate().filter_map(tell).collect()
}

fn posting(draft: &Draft, desk: &Desk) -> Option<Posting> {
    let (amount, balance_after) = match &draft.recorded {
        Recorded::AccountDebited(debited) => (debited.amount.negated(), debited.balance),
        Recorded::AccountCredited(credited) => (credited.amount, credited.balance),
        _ => return None,
    };
    let account_id = AccountId::new(draft.stream.uuid());
    let version = draft.version;
    Some(Posting { account_id, owner: desk.account(account_id)?.owner(), amount, balance_after, version })
}
