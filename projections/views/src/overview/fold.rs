//! What a run of commits adds to the totals.

use std::collections::HashMap;

use contracts::recorded::{Holder, Recorded, TransferFacts, TransferPosted};
use kernel::{AccountId, AssetCode, Position};
use projection_engine::{Commit, Fault};

use super::{activity::Activity, states::States};
use crate::{fault::fault, wide::Wide};

/// The types whose events change nothing here.
pub(super) const UNUSED: &[&str] = &[
    "AccountNumberAssigned",
    "AccountDebited",
    "AccountCredited",
    "TransferReversed",
    "CommandRefused",
    "OwnerAccountAdded",
    "OwnerLeft",
];

/// What is to be added.
#[derive(Debug, Default)]
pub(super) struct Additions {
    /// By how much each account's balance changed. Whether it is a member's is looked up when it is written.
    pub(super) moved: HashMap<AccountId, (AssetCode, Wide)>,
    pub(super) states: States,
    pub(super) activity: Activity,
}

pub(super) fn fold(commits: &[&Commit<Recorded>]) -> Result<Additions, Fault> {
    let mut additions = Additions::default();
    for commit in commits {
        additions.commit(commit)?;
    }
    Ok(additions)
}

impl Additions {
    pub(super) fn commit(&mut self, commit: &Commit<Recorded>) -> Result<(), Fault> {
        for (position, event) in commit.positioned() {
            if let Some(body) = &event.body {
                self.event(commit, position, AccountId::new(event.stream.uuid()), body)?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        commit: &Commit<Recorded>,
        position: Position,
        stream: AccountId,
        body: &Recorded,
    ) -> Result<(), Fault> {
        match body {
            Recorded::AccountOpened(opened) => {
                let system = matches!(opened.holder, Holder::System { .. });
                self.states.opened(stream, opened.asset, system);
            }
            Recorded::AccountFrozen(_) => self.states.became(stream, "frozen"),
            Recorded::AccountUnfrozen(_) => self.states.became(stream, "open"),
            Recorded::AccountClosed(_) => self.states.became(stream, "closed"),
            Recorded::TransferPosted(TransferPosted(facts)) => {
                self.posted(facts)
                    .ok_or_else(|| fault(position, body, "a posted transfer does not name both its accounts"))?;
                self.activity.posted(facts, commit.recorded_at);
            }
            Recorded::TransferRejected(rejected) => self.activity.rejected(&rejected.facts, commit.recorded_at),
            Recorded::AccountNumberAssigned(_)
            | Recorded::AccountDebited(_)
            | Recorded::AccountCredited(_)
            | Recorded::TransferReversed(_)
            | Recorded::CommandRefused(_)
            | Recorded::OwnerAccountAdded(_)
            | Recorded::OwnerLeft(_)
            | Recorded::Member(_) => {}
        }
        Ok(())
    }

    fn posted(&mut self, facts: &TransferFacts) -> Option<()> {
        let (source, destination) = (facts.source?, facts.destination?);
        let moved = |account| (account, (facts.asset, Wide::default()));
        let ((source, none), (destination, _)) = (moved(source), moved(destination));
        self.moved.entry(source).or_insert(none).1.subtract(facts.amount);
        self.moved.entry(destination).or_insert(none).1.add(facts.amount);
        Some(())
    }
}
