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
pub struct BankLimits(BTreeMap<String, LimitSet>);

impl BankLimits {
    /// No limits.
    pub const NONE: Self = Self(BTreeMap::new());

    /// The limits after an event. Any event may be the first.
    pub fn evolve(state: Option<Self>, event: &LimitsEvent) -> Result<Self, EvolveError> {
        let mut limits = state.unwrap_or_default();
        match event {
            LimitsEvent::Set(set) => limits.0.insert(set.name.clone(), set.clone()),
            LimitsEvent::Deleted(LimitDeleted { name }) => limits.0.remove(name),
        };
        Ok(limits)
    }

    /// The limit of this name.
    pub fn get(&self, name: &str) -> Option<&LimitSet> {
        self.0.get(name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a limit of this name may be set.
    pub fn may_set(&self, name: &str) -> Result<(), Refusal> {
        match self.0.len() < MOST_LIMITS || self.0.contains_key(name) {
            true => Ok(()),
            false => Err(Refusal::TooManyLimits),
        }
    }

    /// Whether these limits may be assigned to an account: all of them are set.
    pub fn may_assign(&self, names: &[String]) -> Result<(), Refusal> {
        match names.iter().all(|name| self.0.contains_key(name)) {
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
        self.0.values().filter(applies)
    }
}
