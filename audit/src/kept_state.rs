//! The state of an account that the log keeps beside its events. Whoever writes it has a type of its own; what it must say is written
//! down here once more.

use std::ops::RangeInclusive;

use chrono::DateTime;
use events::recorded::{AccountEvent, Event, FreezeScope, Holder, LimitUse, LimitWindow};
use kernel::{AssetCode, Minor};
use serde::Deserialize;

use crate::account::{Account, Left, Status};

/// The state schemas that are known here. A state of another one is not looked into.
pub const SCHEMAS: RangeInclusive<i32> = 1..=3;

/// A state of one of these schemas.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptState {
    holder: Holder,
    asset: AssetCode,
    balance: Minor,
    status: String,
    /// Of schema 2; nothing is held if it is missing.
    held: Option<Minor>,
    /// Of schema 2; a freeze stops everything if it is missing.
    scope: Option<FreezeScope>,
    /// Of schema 3; no limit is assigned if it is missing.
    limits: Option<Vec<String>>,
    /// Of schema 3; nothing of a limit is used if it is missing.
    used: Option<Vec<UsedOf>>,
}

/// What is used of a limit: its name, day or month, when the window ends in seconds since 1970, how much, how often.
type UsedOf = (String, LimitWindow, i64, Minor, u32);

impl KeptState {
    /// Reads a state of a schema that is known here.
    pub fn read(schema: i32, text: &str) -> Result<Self, String> {
        let state: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if schema == 1 && (state.held.is_some() || state.scope.is_some()) {
            return Err("schema 1 has neither held funds nor a scope of a freeze".to_owned());
        }
        if schema < 3 && (state.limits.is_some() || state.used.is_some()) {
            return Err(format!("schema {schema} has no limits"));
        }
        Ok(state)
    }

    /// In what it differs from what never changes of an account.
    pub fn differs_in_what_stays(&self, account: &Account) -> Option<String> {
        if self.holder != account.holder {
            return Some("another holder".to_owned());
        }
        (self.asset != account.asset).then(|| format!("asset {} instead of {}", self.asset, account.asset))
    }

    /// In what it differs from what is known.
    pub fn differs(&self, left: &Left) -> Option<String> {
        let held = self.held.unwrap_or_default();
        if let Some(known) = left.balance.filter(|known| self.balance.units() != *known) {
            return Some(format!("balance {} instead of {known}", self.balance));
        }
        if let Some(known) = left.held.filter(|known| held.units() != *known) {
            return Some(format!("{held} held instead of {known}"));
        }
        if let Some(differs) = self.differs_in_limits(left) {
            return Some(differs);
        }
        let known = left.status?;
        if self.status != known.as_str() {
            return Some(format!("status {} instead of {}", self.status, known.as_str()));
        }
        let (scope, known) = (self.scope.unwrap_or_default(), known.freeze().unwrap_or_default());
        (scope != known).then(|| format!("a freeze of {} instead of {}", scope.as_str(), known.as_str()))
    }

    fn differs_in_limits(&self, left: &Left) -> Option<String> {
        let limits = self.limits.as_deref().unwrap_or_default();
        let used: Vec<LimitUse> = self.used.iter().flatten().map(used_of).collect();
        if let Some(known) = left.limits.as_deref().filter(|known| limits != *known) {
            return Some(format!("the limits {limits:?} instead of {known:?}"));
        }
        let known = left.used.as_deref()?;
        let more = used.iter().find(|used| !known.contains(used));
        let less = known.iter().find(|known| !used.contains(known));
        match (more, less) {
            (None, None) if used.len() == known.len() => None,
            (None, None) => Some("a use of a limit twice".to_owned()),
            (Some(more), None) => Some(format!("{}, which no event says", shown(more))),
            (None, Some(less)) => Some(format!("nothing of {}", shown(less))),
            (Some(more), Some(less)) => Some(format!("{} instead of {}", shown(more), shown(less))),
        }
    }
}

fn used_of((limit, window, until, amount, count): &UsedOf) -> LimitUse {
    // A time that is none is of no window that an event names.
    let until = DateTime::from_timestamp(*until, 0).unwrap_or_default();
    LimitUse { limit: limit.clone(), window: *window, until, amount: *amount, count: *count }
}

fn shown(LimitUse { limit, window, until, amount, count }: &LimitUse) -> String {
    format!("{amount} in {count} of limit {limit} used in the {} to {until}", window.as_str())
}

/// What an event of an account leaves it at, as far as the event says: by the other rules it states what all events before it add up
/// to.
pub fn left_by(event: &Event) -> Option<Left> {
    let Event::Account(event) = event else { return None };
    Some(match event {
        AccountEvent::Opened(_) => {
            Left { limits: Some(Vec::new()), used: Some(Vec::new()), ..Left::whole(0, 0, Status::Open) }
        }
        AccountEvent::Debited(e) => Left::of_balance(e.balance.units()),
        AccountEvent::Credited(e) => Left::of_balance(e.balance.units()),
        AccountEvent::FundsHeld(e) => Left { status: Some(Status::Open), ..Left::of_held(e.held.units()) },
        AccountEvent::FundsReleased(e) => Left::of_held(e.held.units()),
        AccountEvent::LimitsAssigned(e) => Left { limits: Some(e.limits.clone()), ..Left::default() },
        AccountEvent::Frozen(e) => Left::whole(e.balance.units(), e.held.units(), Status::Frozen(e.scope)),
        AccountEvent::Unfrozen(e) => Left::whole(e.balance.units(), e.held.units(), Status::Open),
        AccountEvent::Closed(_) => Left::whole(0, 0, Status::Closed),
    })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use events::recorded::LimitWindow;

    use super::*;

    const PLAIN: &str =
        r#"{"holder": {"kind": "system", "name": "x"}, "asset": "KRW", "balance": "70", "status": "open"}"#;

    fn with(more: &str) -> String {
        format!("{}, {more}}}", PLAIN.strip_suffix('}').expect("an object"))
    }

    #[test]
    fn held_funds_and_the_scope_of_a_freeze_are_of_the_second_schema() {
        for more in [r#""held": "30""#, r#""scope": "debits""#] {
            assert!(KeptState::read(1, &with(more)).is_err_and(|error| error.contains("schema 1")), "{more}");
            assert!(KeptState::read(2, &with(more)).is_ok(), "{more}");
        }
        assert!(KeptState::read(1, PLAIN).is_ok() && KeptState::read(2, PLAIN).is_ok());
        assert!(KeptState::read(2, &with(r#""limit": "1""#)).is_err());
    }

    #[test]
    fn limits_are_of_the_third_schema() {
        for more in [r#""limits": ["daily"]"#, r#""used": []"#] {
            assert!(
                KeptState::read(2, &with(more)).is_err_and(|error| error.contains("schema 2 has no limits")),
                "{more}"
            );
            assert!(KeptState::read(3, &with(more)).is_ok(), "{more}");
        }
        assert!(KeptState::read(3, PLAIN).is_ok());
    }

    #[test]
    fn limits_are_compared_in_what_is_known() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let used = |amount| LimitUse {
            limit: "daily".into(),
            window: LimitWindow::Day,
            until: at,
            amount: Minor::new(amount).expect("38 digits"),
            count: 2,
        };
        let text = r#"[["daily", "day", 0, "70", 2]]"#;
        let state = KeptState::read(3, &with(&format!(r#""limits": ["daily"], "used": {text}"#))).expect("a state");
        let left = |limits: &[&str], used: &[LimitUse]| Left {
            limits: Some(limits.iter().map(|name| (*name).to_owned()).collect()),
            used: Some(used.to_vec()),
            ..Left::default()
        };
        assert_eq!(state.differs(&Left::default()), None);
        assert_eq!(state.differs(&left(&["daily"], &[used(70)])), None);
        for (known, words) in [
            (left(&[], &[used(70)]), r#"the limits ["daily"] instead of []"#),
            (
                left(&["daily"], &[used(60)]),
                "70 in 2 of limit daily used in the day to 1970-01-01 00:00:00 UTC instead of 60 in 2",
            ),
            (left(&["daily"], &[]), "which no event says"),
            (left(&["daily"], &[used(70), LimitUse { window: LimitWindow::Month, ..used(5) }]), "nothing of 5 in 2"),
        ] {
            let differs = state.differs(&known).expect("a difference");
            assert!(differs.contains(words), "`{words}`: {differs}");
        }
    }

    #[test]
    fn a_state_is_compared_in_what_is_known() {
        let state = KeptState::read(2, &with(r#""held": "30""#)).expect("a state");
        let whole = Left::whole(70, 30, Status::Open);
        assert_eq!(state.differs(&whole), None);
        assert_eq!(state.differs(&Left::default()), None);
        assert_eq!(state.differs(&Left::of_held(31)).as_deref(), Some("30 held instead of 31"));
        assert_eq!(state.differs(&Left::of_balance(71)).as_deref(), Some("balance 70 instead of 71"));
        let frozen = |scope| Left { status: Some(Status::Frozen(scope)), ..whole.clone() };
        let differs = state.differs(&frozen(FreezeScope::All));
        assert_eq!(differs.as_deref(), Some("status open instead of frozen"));
        let frozen_state = with(r#""scope": "debits""#).replace("open", "frozen");
        let state = KeptState::read(2, &frozen_state).expect("a state");
        let status = |status| Left { status: Some(status), ..Left::default() };
        assert_eq!(state.differs(&status(Status::Frozen(FreezeScope::Debits))), None);
        let differs = state.differs(&status(Status::Frozen(FreezeScope::All)));
        assert_eq!(differs.as_deref(), Some("a freeze of debits instead of all"));
    }
}
