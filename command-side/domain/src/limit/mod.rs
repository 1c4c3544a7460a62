//! The limits of the bank: what may be paid in one payment, a day, a month.
//!
//! All limits stand on one stream, so that a decision has them at once. What an account has used of them stands in its own events
//! ([`count`]), so a limit is held in the commit that pays, and costs no stream of its own.

mod count;
pub(crate) mod kept;

use std::collections::BTreeMap;

use events::recorded::{LimitDeleted, LimitSet, LimitedKind, LimitsEvent};
use kernel::AssetCode;

pub use count::{Counting, LogTime, Paid, Payer, count, give_back};

use crate::{EvolveError, Refusal};

/// The most limits that the bank has: a decision looks at all of them.
pub const MOST_LIMITS: usize = 100;

/// All limits of the bank, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankLimits {
    set: BTreeMap<String, LimitSet>,
    /// How often each was set or deleted, those that are deleted now included.
    changes: BTreeMap<String, u64>,
}

impl BankLimits {
    /// No limits.
    pub const NONE: Self = Self { set: BTreeMap::new(), changes: BTreeMap::new() };

    /// The limits after an event. Any event may be the first.
    pub fn evolve(state: Option<Self>, event: &LimitsEvent) -> Result<Self, EvolveError> {
        let mut limits = state.unwrap_or_default();
        let name = match event {
            LimitsEvent::Set(set) => {
                limits.set.insert(set.name.clone(), set.clone());
                &set.name
            }
            LimitsEvent::Deleted(LimitDeleted { name }) => {
                limits.set.remove(name);
                name
            }
        };
        *limits.changes.entry(name.clone()).or_default() += 1;
        Ok(limits)
    }

    /// How often the limit of this name was set or deleted.
    pub fn changes_of(&self, name: &str) -> u64 {
        self.changes.get(name).copied().unwrap_or_default()
    }

    /// The limit of this name.
    pub fn get(&self, name: &str) -> Option<&LimitSet> {
        self.set.get(name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// Whether a limit of this name may be set.
    pub fn may_set(&self, name: &str) -> Result<(), Refusal> {
        match self.set.len() < MOST_LIMITS || self.set.contains_key(name) {
            true => Ok(()),
            false => Err(Refusal::TooManyLimits),
        }
    }

    /// Whether these limits may be assigned to an account: all of them are set.
    pub fn may_assign(&self, names: &[String]) -> Result<(), Refusal> {
        match names.iter().all(|name| self.set.contains_key(name)) {
            true => Ok(()),
            false => Err(Refusal::LimitUnknown),
        }
    }

    /// Those that count for a payment of this kind by an account that has these assigned.
    pub fn applying<'a>(
        &'a self,
        kind: LimitedKind,
        asset: AssetCode,
        assigned: &'a [String],
    ) -> impl Iterator<Item = &'a LimitSet> {
        let applies = move |limit: &&LimitSet| {
            limit.asset == asset && limit.kinds.contains(&kind) && (limit.everyone || assigned.contains(&limit.name))
        };
        self.set.values().filter(applies)
    }
}
