//! One account as the oracle's own book has it, and what is known of it at an earlier version.

use chrono::{DateTime, Utc};
use events::recorded::{AccountEvent, AccountOpened, FreezeScope, Holder, LimitUse};
use kernel::AssetCode;
use serde::{Deserialize, Serialize};

/// The life of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Open,
    Frozen(FreezeScope),
    Closed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen(_) => "frozen",
            Self::Closed => "closed",
        }
    }

    /// What its freeze stops, if it is frozen.
    pub fn freeze(self) -> Option<FreezeScope> {
        match self {
            Self::Frozen(scope) => Some(scope),
            Self::Open | Self::Closed => None,
        }
    }

    /// Whether a freeze stops a debit, which is below zero, or a credit.
    pub fn is_frozen_for(self, change: i128) -> bool {
        match self {
            Self::Frozen(FreezeScope::All) => true,
            Self::Frozen(FreezeScope::Debits) => change < 0,
            Self::Open | Self::Closed => false,
        }
    }
}

/// One account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    pub holder: Holder,
    pub asset: AssetCode,
    pub status: Status,
    pub balance: i128,
    /// What of the balance is held.
    pub held: i128,
    /// The limits that are assigned to it.
    pub limits: Vec<String>,
    /// What it has used of limits, in the newest window of each.
    pub used: Vec<LimitUse>,
    pub since: Since,
    pub version: i64,
    pub position: i64,
    pub opened_at: DateTime<Utc>,
}

/// The versions whose events changed a part of an account last.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Since {
    pub status: i64,
    pub balance: i64,
    pub held: i64,
    pub limits: i64,
    pub used: i64,
}

/// What an account comes to at a version; none is what is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub balance: Option<i128>,
    pub held: Option<i128>,
    pub status: Option<Status>,
    pub limits: Option<Vec<String>>,
    pub used: Option<Vec<LimitUse>>,
}

impl Account {
    /// An account that was opened as this version of its stream, at this position and time.
    pub fn opened(opened: &AccountOpened, version: i64, position: i64, opened_at: DateTime<Utc>) -> Self {
        Self {
            holder: opened.holder.clone(),
            asset: opened.asset,
            status: Status::Open,
            balance: 0,
            held: 0,
            limits: Vec::new(),
            used: Vec::new(),
            since: Since { status: version, balance: version, held: version, limits: version, used: version },
            version,
            position,
            opened_at,
        }
    }

    pub fn is_system(&self) -> bool {
        matches!(self.holder, Holder::System { .. })
    }

    /// What it was at a version: what has not changed since.
    pub fn left_at(&self, version: i64) -> Left {
        let Since { status, balance, held, limits, used } = self.since;
        Left {
            balance: (balance <= version).then_some(self.balance),
            held: (held <= version).then_some(self.held),
            status: (status <= version).then_some(self.status),
            limits: (limits <= version).then(|| self.limits.clone()),
            used: (used <= version).then(|| self.used.clone()),
        }
    }
}

/// What an event of an account says that is used of limits after it.
pub fn used_of(event: &AccountEvent) -> &[LimitUse] {
    match event {
        AccountEvent::Debited(e) => &e.used,
        AccountEvent::Credited(e) => &e.used,
        AccountEvent::FundsHeld(e) => &e.used,
        AccountEvent::FundsReleased(e) => &e.used,
        AccountEvent::Opened(_)
        | AccountEvent::LimitsAssigned(_)
        | AccountEvent::Frozen(_)
        | AccountEvent::Unfrozen(_)
        | AccountEvent::Closed(_) => &[],
    }
}

/// Puts what is used after an event in the place of what was used before it.
pub fn put_used(used: &mut Vec<LimitUse>, after: &[LimitUse]) {
    for after in after {
        match used.iter_mut().find(|before| (&before.limit, before.window) == (&after.limit, after.window)) {
            Some(before) => before.clone_from(after),
            None => used.push(after.clone()),
        }
    }
}

impl Left {
    /// Nothing but a balance.
    pub fn of_balance(balance: i128) -> Self {
        Self { balance: Some(balance), ..Self::default() }
    }

    /// Nothing but what is held.
    pub fn of_held(held: i128) -> Self {
        Self { held: Some(held), ..Self::default() }
    }

    /// All that can be known but for limits.
    pub fn whole(balance: i128, held: i128, status: Status) -> Self {
        Self { balance: Some(balance), held: Some(held), status: Some(status), ..Self::default() }
    }

    /// With what another says of the same version, where this says nothing.
    pub fn or(self, other: Self) -> Self {
        Self {
            balance: self.balance.or(other.balance),
            held: self.held.or(other.held),
            status: self.status.or(other.status),
            limits: self.limits.or(other.limits),
            used: self.used.or(other.used),
        }
    }
}

#[cfg(test)]
mod tests {
    use events::recorded::LimitWindow;
    use kernel::Minor;

    use super::*;

    fn used(amount: i128) -> LimitUse {
        let until = DateTime::<Utc>::UNIX_EPOCH;
        let amount = Minor::new(amount).expect("38 digits");
        LimitUse { limit: "daily".into(), window: LimitWindow::Day, until, amount, count: 1 }
    }

    #[test]
    fn what_is_used_takes_the_place_of_what_was_used_of_the_same_window() {
        let monthly = LimitUse { window: LimitWindow::Month, ..used(70) };
        let mut all = vec![used(10), monthly.clone()];
        put_used(&mut all, &[used(20)]);
        assert_eq!(all, [used(20), monthly.clone()]);
        let other = LimitUse { limit: "other".into(), ..used(5) };
        put_used(&mut all, std::slice::from_ref(&other));
        assert_eq!(all, [used(20), monthly, other]);
    }

    #[test]
    fn an_earlier_version_is_known_as_far_as_nothing_changed_since() {
        let opened = AccountOpened {
            holder: Holder::System { name: "cash/test".into() },
            asset: "KRW".parse().expect("an asset"),
        };
        let account = Account {
            balance: 70,
            held: 30,
            limits: vec!["daily".into()],
            used: vec![used(10)],
            since: Since { status: 1, balance: 5, held: 3, limits: 2, used: 5 },
            version: 6,
            ..Account::opened(&opened, 1, 1, DateTime::<Utc>::MIN_UTC)
        };
        let limits = Some(account.limits.clone());
        let whole =
            Left { limits: limits.clone(), used: Some(account.used.clone()), ..Left::whole(70, 30, Status::Open) };
        assert_eq!(account.left_at(6), whole);
        assert_eq!(account.left_at(4), Left { balance: None, used: None, ..whole.clone() });
        assert_eq!(account.left_at(2), Left { limits: limits.clone(), status: Some(Status::Open), ..Left::default() });
        assert_eq!(account.left_at(1), Left { status: Some(Status::Open), ..Left::default() });
        assert_eq!(Left::of_balance(50).or(account.left_at(4)), Left { limits, ..Left::whole(50, 30, Status::Open) });
    }

    #[test]
    fn a_freeze_stops_what_is_in_its_scope() {
        let stops = |status: Status| [-1, 1].map(|change| status.is_frozen_for(change));
        assert_eq!(stops(Status::Open), [false, false]);
        assert_eq!(stops(Status::Frozen(FreezeScope::All)), [true, true]);
        assert_eq!(stops(Status::Frozen(FreezeScope::Debits)), [true, false]);
    }
}
