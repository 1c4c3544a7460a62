//! What a run of commits adds to each account's day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::recorded::{Event, Leg, TransferEvent, TransferKind, TransferPosted};
use kernel::{AccountId, AssetCode};
use projection_engine::Commit;

use crate::wide::Wide;

/// The types whose events change something here.
pub(super) const USED: &[&str] = &[TransferPosted::NAME];

/// What one account did on one day with one asset.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) transfers: i64,
    pub(super) volume: Wide,
}

/// What is to be added, in the order of the key.
#[derive(Debug, Default)]
pub(super) struct Movers(pub(super) BTreeMap<(AssetCode, NaiveDate, AccountId), Moved>);

pub(super) fn fold(commits: &[&Commit<Event>]) -> Movers {
    let mut movers = Movers::default();
    commits.iter().for_each(|commit| fold_commit(&mut movers, commit));
    movers
}

pub(super) fn fold_commit(movers: &mut Movers, commit: &Commit<Event>) {
    let day = commit.recorded_at.date_naive();
    for event in &commit.events {
        let Some(Event::Transfer(TransferEvent::Posted(posted))) = &event.body else { continue };
        // Deposits, withdrawals and corrections are the bank's doing, not the members'.
        if posted.kind == TransferKind::Transfer {
            movers.add(day, &posted.legs);
        }
    }
}

impl Movers {
    /// An account takes part in a transfer once with each asset, however many legs it has.
    fn add(&mut self, day: NaiveDate, legs: &[Leg]) {
        for (index, Leg { account, asset, amount }) in legs.iter().enumerate() {
            let takes_part = !legs[..index].iter().any(|leg| (leg.account, leg.asset) == (*account, *asset));
            let moved = self.0.entry((*asset, day, *account)).or_default();
            moved.transfers += i64::from(takes_part);
            if amount.is_negative() { moved.volume.subtract(*amount) } else { moved.volume.add(*amount) }
        }
    }
}
