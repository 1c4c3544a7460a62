//! What a run of commits adds to each account's day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use contracts::recorded::{Recorded, TransferFacts, TransferKind, TransferPosted};
use kernel::{AccountId, AssetCode};
use projection_engine::{Commit, Fault};

use crate::{fault::fault, wide::Wide};

/// The types whose events change nothing here.
pub(super) const UNUSED: &[&str] = &[
    "AccountOpened",
    "AccountNumberAssigned",
    "AccountDebited",
    "AccountCredited",
    "AccountFrozen",
    "AccountUnfrozen",
    "AccountClosed",
    "TransferRejected",
    "TransferReversed",
    "CommandRefused",
    "OwnerAccountAdded",
    "OwnerLeft",
];

/// What one account did on one day with one asset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) transfers: i64,
    pub(super) volume: Wide,
}

/// What is to be added, in the order of the key.
#[derive(Debug, Default)]
pub(super) struct Movers(pub(super) BTreeMap<(AssetCode, NaiveDate, AccountId), Moved>);

pub(super) fn fold(commits: &[&Commit<Recorded>]) -> Result<Movers, Fault> {
    let mut movers = Movers::default();
    commits.iter().try_for_each(|commit| fold_commit(&mut movers, commit))?;
    Ok(movers)
}

pub(super) fn fold_commit(movers: &mut Movers, commit: &Commit<Recorded>) -> Result<(), Fault> {
    let day = commit.recorded_at.date_naive();
    for (position, event) in commit.positioned() {
        let Some(body @ Recorded::TransferPosted(TransferPosted(facts))) = &event.body else { continue };
        // Deposits, withdrawals and corrections are the bank's doing, not the members'.
        if facts.kind == TransferKind::Transfer {
            movers
                .add(day, facts)
                .ok_or_else(|| fault(position, body, "a posted transfer does not name both its accounts"))?;
        }
    }
    Ok(())
}

impl Movers {
    fn add(&mut self, day: NaiveDate, facts: &TransferFacts) -> Option<()> {
        for account in [facts.source?, facts.destination?] {
            let moved = self.0.entry((facts.asset, day, account)).or_default();
            moved.transfers += 1;
            moved.volume.add(facts.amount);
        }
        Some(())
    }
}
