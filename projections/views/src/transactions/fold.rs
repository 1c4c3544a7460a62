//! Each debit and credit becomes an entry; each time of recording a tick.

use events::recorded::{self, AccountCredited, AccountDebited, AccountEvent, Pair, TransferEvent, TransferPosted};
use kernel::{AccountId, Minor, Position, TransferId};
use projection_engine::{Commit, Event, Fault};

use super::rows::{Entry, TransactionRows};
use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] = &[TransferPosted::NAME, AccountDebited::NAME, AccountCredited::NAME];

/// A debit or a credit.
struct Side {
    transfer: TransferId,
    amount: Minor,
    balance: Minor,
    /// The account on the other side, where a transfer has two.
    counterparty: fn(Pair) -> AccountId,
}

pub(super) fn fold(commits: &[&Commit<recorded::Event>]) -> Result<TransactionRows, Fault> {
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
pub(super) fn fold_commit<'c>(
    commit: &'c Commit<recorded::Event>,
    mut tell: impl FnMut(Entry<'c>),
) -> Result<(), Fault> {
    // A transfer stands before its debits and credits in the same commit, most often directly before.
    let mut transfers: Vec<(TransferId, &TransferPosted)> = Vec::new();
    for (position, event) in commit.positioned() {
        let Some(body) = &event.body else { continue };
        if let recorded::Event::Transfer(TransferEvent::Posted(posted)) = body {
            transfers.push((TransferId::new(event.stream.uuid()), posted));
        } else if let Some(side) = side(body) {
            tell(entry(commit, position, event, body, &side, &transfers)?);
        }
    }
    Ok(())
}

fn side(body: &recorded::Event) -> Option<Side> {
    match body {
        recorded::Event::Account(AccountEvent::Debited(debited)) => Some(Side {
            transfer: debited.transfer,
            amount: debited.amount.negated(),
            balance: debited.balance,
            counterparty: |pair| pair.destination,
        }),
        recorded::Event::Account(AccountEvent::Credited(credited)) => Some(Side {
            transfer: credited.transfer,
            amount: credited.amount,
            balance: credited.balance,
            counterparty: |pair| pair.source,
        }),
        _ => None,
    }
}

fn entry<'c>(
    commit: &Commit<recorded::Event>,
    position: Position,
    event: &Event<recorded::Event>,
    body: &recorded::Event,
    side: &Side,
    transfers: &[(TransferId, &'c TransferPosted)],
) -> Result<Entry<'c>, Fault> {
    let posted = transfers.iter().rev().find(|(transfer, _)| *transfer == side.transfer);
    let Some(&(_, posted)) = posted else {
        return Err(fault(position, body, "its transfer is not posted before it in the same commit"));
    };
    Ok(Entry {
        position,
        version: event.version,
        recorded_at: commit.recorded_at,
        account: AccountId::new(event.stream.uuid()),
        transfer: side.transfer,
        counterparty: posted.legs.pair().map(side.counterparty),
        amount: side.amount,
        balance_after: side.balance,
        posted,
    })
}
