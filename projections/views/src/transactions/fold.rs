//! Each debit and credit becomes an entry; each time of recording a tick.

use contracts::recorded::{Recorded, TransferFacts, TransferPosted};
use kernel::{AccountId, Minor, Position, TransferId};
use projection_engine::{Commit, Event, Fault};

use super::rows::TransactionRows;
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
];

/// One side of a transfer.
struct Side {
    transfer: TransferId,
    amount: Minor,
    balance: Minor,
    counterparty: fn(&TransferFacts) -> Option<AccountId>,
}

pub(super) fn fold(commits: &[&Commit<Recorded>]) -> Result<TransactionRows, Fault> {
    let mut rows = TransactionRows::with_capacity(commits.len());
    for commit in commits {
        // A transfer's facts stand before its debit and its credit in the same commit, most often directly before.
        let mut posted: Vec<(TransferId, &TransferFacts)> = Vec::new();
        for (position, event) in commit.positioned() {
            let Some(body) = &event.body else { continue };
            let side = match body {
                Recorded::TransferPosted(TransferPosted(facts)) => {
                    posted.push((TransferId::new(event.stream.uuid()), facts));
                    continue;
                }
                Recorded::AccountDebited(debited) => Side {
                    transfer: debited.transfer,
                    amount: debited.amount.negated(),
                    balance: debited.balance,
                    counterparty: |facts| facts.destination,
                },
                Recorded::AccountCredited(credited) => Side {
                    transfer: credited.transfer,
                    amount: credited.amount,
                    balance: credited.balance,
                    counterparty: |facts| facts.source,
                },
                Recorded::AccountOpened(_)
                | Recorded::AccountNumberAssigned(_)
                | Recorded::AccountFrozen(_)
                | Recorded::AccountUnfrozen(_)
                | Recorded::AccountClosed(_)
                | Recorded::TransferRejected(_)
                | Recorded::TransferReversed(_)
                | Recorded::CommandRefused(_) => continue,
            };
            let facts = posted.iter().rev().find(|(transfer, _)| *transfer == side.transfer);
            let Some((_, facts)) = facts else {
                return Err(fault(position, body, "its transfer is not posted before it in the same commit"));
            };
            let Some(counterparty) = (side.counterparty)(facts) else {
                return Err(fault(position, body, "its transfer does not name the other account"));
            };
            push(&mut rows, commit, position, event, &side, facts, counterparty);
        }
        rows.tick(commit.recorded_at, commit.last().number());
    }
    Ok(rows)
}

fn push(
    rows: &mut TransactionRows,
    commit: &Commit<Recorded>,
    position: Position,
    event: &Event<Recorded>,
    side: &Side,
    facts: &TransferFacts,
    counterparty: AccountId,
) {
    let entries = &mut rows.entries;
    entries.position.push(position.number());
    entries.version.push(event.version.number());
    entries.recorded_at.push(commit.recorded_at);
    entries.account_id.push(event.stream.uuid());
    entries.transfer_id.push(side.transfer.uuid());
    entries.counterparty.push(counterparty.uuid());
    entries.amount.push(side.amount.to_string());
    entries.balance_after.push(side.balance.to_string());
    entries.kind.push(facts.kind.as_str());
    entries.memo.push(facts.memo.clone());
    entries.reference.push(facts.reference.clone());
}
