//! Each debit and credit becomes an entry; each time of recording a tick.

use events::recorded::{self, AccountCredited, AccountDebited, AccountEvent, TransferEvent, TransferPosted};
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
}

/// A transfer, and which of its legs are told.
struct Posted<'c> {
    transfer: TransferId,
    posted: &'c TransferPosted,
    /// Empty where there are two legs: no account has both.
    told: Vec<bool>,
}

impl Posted<'_> {
    /// The next leg of an account. Those of an account that is parked are not told, and all its legs are parked together.
    fn next_leg(&mut self, account: AccountId) -> Option<usize> {
        let legs = &self.posted.legs;
        if let [one, two] = &legs[..] {
            return [one, two].into_iter().position(|leg| leg.account == account);
        }
        self.told.resize(legs.len(), false);
        let next = legs.iter().zip(&self.told).position(|(leg, told)| leg.account == account && !told)?;
        self.told[next] = true;
        Some(next)
    }
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
    let mut transfers: Vec<Posted<'c>> = Vec::new();
    for (position, event) in commit.positioned() {
        let Some(body) = &event.body else { continue };
        if let recorded::Event::Transfer(TransferEvent::Posted(posted)) = body {
            transfers.push(Posted { transfer: TransferId::new(event.stream.uuid()), posted, told: Vec::new() });
        } else if let Some(side) = side(body) {
            tell(entry(commit, position, event, body, &side, &mut transfers)?);
        }
    }
    Ok(())
}

fn side(body: &recorded::Event) -> Option<Side> {
    match body {
        recorded::Event::Account(AccountEvent::Debited(debited)) => {
            Some(Side { transfer: debited.transfer, amount: debited.amount.negated(), balance: debited.balance })
        }
        recorded::Event::Account(AccountEvent::Credited(credited)) => {
            Some(Side { transfer: credited.transfer, amount: credited.amount, balance: credited.balance })
        }
        _ => None,
    }
}

fn entry<'c>(
    commit: &Commit<recorded::Event>,
    position: Position,
    event: &Event<recorded::Event>,
    body: &recorded::Event,
    side: &Side,
    transfers: &mut [Posted<'c>],
) -> Result<Entry<'c>, Fault> {
    let Some(of) = transfers.iter_mut().rev().find(|of| of.transfer == side.transfer) else {
        return Err(fault(position, body, "its transfer is not posted before it in the same commit"));
    };
    let (account, posted) = (AccountId::new(event.stream.uuid()), of.posted);
    let leg = of.next_leg(account);
    Ok(Entry {
        position,
        version: event.version,
        recorded_at: commit.recorded_at,
        account,
        transfer: side.transfer,
        counterparty: leg.and_then(|leg| posted.legs.counterparty(leg)),
        amount: side.amount,
        balance_after: side.balance,
        posted,
    })
}
