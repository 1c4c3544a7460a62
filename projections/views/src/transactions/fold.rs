//! Each debit and credit becomes an entry; each time of recording a tick.

use contracts::recorded::{Recorded, TransferFacts, TransferPosted};
use kernel::{AccountId, Minor, Position, TransferId};
use projection_engine::{Commit, Event, Fault};

use super::rows::{Entry, TransactionRows};
use crate::fault::fault;

/// The types whose events change nothing here.
pub(super) const UNUSED: &[&str] = &[
    "AccountOpened",
    "AccountNumberAssigned",
    "AccountFrozen",
    "AccountUnfrozen",
    "AccountClosed",
    "TransferRejected",
    "TransferReversed",
    "CommandRefused",
    "OwnerAccountAdded",
    "OwnerLeft",
];

/// One side of a transfer.
struct Side {
    transfer: TransferId,
    amount: Minor,
    balance: Minor,
    counterparty: fn(&TransferFacts) -> Option<AccountId>,
}

pub(super) fn fold(commits: &[&Commit<Recorded>]) -> Result<TransactionRows, Fault> {
    let mut entries = Vec::with_capacity(commits.len() * 2);
    for commit in commits {
        fold_commit(commit, |entry| entries.push(entry))?;
    }
    // By account: entries of one account lie together in the index. The order within an account stays.
    entries.sort_by_key(|entry| entry.account);
    // The time of a commit that comes again has its tick, and perhaps a later one's position in it.
    let ticks = commits.iter().filter(|commit| !commit.is_late());
    Ok(TransactionRows::new(&entries, ticks.map(|commit| (commit.recorded_at, commit.last()))))
}

/// Tells the entries of one commit.
pub(super) fn fold_commit<'c>(commit: &'c Commit<Recorded>, mut tell: impl FnMut(Entry<'c>)) -> Result<(), Fault> {
    // A transfer's facts stand before its debit and its credit in the same commit, most often directly before.
    let mut posted: Vec<(TransferId, &TransferFacts)> = Vec::new();
    for (position, event) in commit.positioned() {
        let Some(body) = &event.body else { continue };
        if let Recorded::TransferPosted(TransferPosted(facts)) = body {
            posted.push((TransferId::new(event.stream.uuid()), facts));
        } else if let Some(side) = side(body) {
            tell(entry(commit, position, event, body, &side, &posted)?);
        }
    }
    Ok(())
}

fn side(body: &Recorded) -> Option<Side> {
    match body {
        Recorded::AccountDebited(debited) => Some(Side {
            transfer: debited.transfer,
            amount: debited.amount.negated(),
            balance: debited.balance,
            counterparty: |facts| facts.destination,
        }),
        Recorded::AccountCredited(credited) => Some(Side {
            transfer: credited.transfer,
            amount: credited.amount,
            balance: credited.balance,
            counterparty: |facts| facts.source,
        }),
        Recorded::AccountOpened(_)
        | Recorded::AccountNumberAssigned(_)
        | Recorded::AccountFrozen(_)
        | Recorded::AccountUnfrozen(_)
        | Recorded::AccountClosed(_)
        | Recorded::TransferPosted(_)
        | Recorded::TransferRejected(_)
        | Recorded::TransferReversed(_)
        | Recorded::CommandRefused(_)
        | Recorded::OwnerAccountAdded(_)
        | Recorded::OwnerLeft(_)
        | Recorded::Member(_) => None,
    }
}

fn entry<'c>(
    commit: &Commit<Recorded>,
    position: Position,
    event: &Event<Recorded>,
    body: &Recorded,
    side: &Side,
    posted: &[(TransferId, &'c TransferFacts)],
) -> Result<Entry<'c>, Fault> {
    let facts = posted.iter().rev().find(|(transfer, _)| *transfer == side.transfer);
    let Some(&(_, facts)) = facts else {
        return Err(fault(position, body, "its transfer is not posted before it in the same commit"));
    };
    let Some(counterparty) = (side.counterparty)(facts) else {
        return Err(fault(position, body, "its transfer does not name the other account"));
    };
    Ok(Entry {
        position,
        version: event.version,
        recorded_at: commit.recorded_at,
        account: AccountId::new(event.stream.uuid()),
        transfer: side.transfer,
        counterparty,
        amount: side.amount,
        balance_after: side.balance,
        facts,
    })
}
