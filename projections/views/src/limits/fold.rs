//! What a run of commits does to limits, to their assignments and to what is used of them: each once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    AccountCredited, AccountDebited, AccountEvent, AccountFundsHeld, AccountFundsReleased, AccountLimitsAssigned,
    Event, LimitDeleted, LimitSet, LimitUse, LimitsEvent,
};
use kernel::{AccountId, Position};
use projection_engine::Commit;

/// The types whose events change something here.
pub(super) const USED: &[&str] = &[
    LimitSet::NAME,
    LimitDeleted::NAME,
    AccountLimitsAssigned::NAME,
    AccountDebited::NAME,
    AccountCredited::NAME,
    AccountFundsHeld::NAME,
    AccountFundsReleased::NAME,
];

/// How limits came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) limits: BTreeMap<String, Change>,
    /// Which limits an account has assigned, and since which position.
    pub(super) assigned: BTreeMap<AccountId, (Vec<String>, Position)>,
    /// What an account has used of a limit in a window, and since which position.
    pub(super) used: BTreeMap<(AccountId, String, &'static str), (LimitUse, Position)>,
}

/// How one limit came out of them.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Whether it was deleted, even if it was set again later.
    pub(super) deleted: bool,
    /// None if it was deleted last.
    pub(super) set: Option<Set>,
}

/// A limit that is set.
#[derive(Debug)]
pub(super) struct Set {
    /// Where these commits set it first, or first after they deleted it.
    pub(super) first: Position,
    pub(super) limit: LimitSet,
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Changes {
    let mut changes = Changes::default();
    commits.iter().for_each(|commit| changes.commit(commit));
    changes
}

/// What an event says is used of limits after it.
pub(super) fn used(event: &AccountEvent) -> &[LimitUse] {
    match event {
        AccountEvent::Debited(debited) => &debited.used,
        AccountEvent::Credited(credited) => &credited.used,
        AccountEvent::FundsHeld(held) => &held.used,
        AccountEvent::FundsReleased(released) => &released.used,
        _ => &[],
    }
}

impl Changes {
    pub(super) fn commit(&mut self, commit: &Commit<Event>) {
        for (position, event) in commit.positioned() {
            match &event.body {
                Some(Event::Limits(limits)) => self.limit(limits, position, commit.recorded_at),
                Some(Event::Account(account)) => self.account(AccountId::new(event.stream.uuid()), account, position),
                _ => {}
            }
        }
    }

    fn limit(&mut self, event: &LimitsEvent, position: Position, recorded_at: DateTime<Utc>) {
        match event {
            LimitsEvent::Set(limit) => {
                let change = self.limits.entry(limit.name.clone()).or_default();
                let first = change.set.as_ref().map_or(position, |before| before.first);
                change.set = Some(Set { first, limit: limit.clone(), position, recorded_at });
            }
            LimitsEvent::Deleted(LimitDeleted { name }) => {
                self.limits.insert(name.clone(), Change { deleted: true, set: None });
            }
        }
    }

    fn account(&mut self, account: AccountId, event: &AccountEvent, position: Position) {
        if let AccountEvent::LimitsAssigned(assigned) = event {
            self.assigned.insert(account, (assigned.limits.clone(), position));
        }
        for used in used(event) {
            self.used.insert((account, used.limit.clone(), used.window.as_str()), (used.clone(), position));
        }
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.limits.len() + self.assigned.len() + self.used.len()
    }
}
