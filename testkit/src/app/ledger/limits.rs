//! What accounts have used of limits, as their events say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::fields::{number, text};

/// What an account has used of a limit in its newest window.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub until: DateTime<Utc>,
    pub amount: i128,
    pub count: i64,
}

/// All limits that are set, and what is used of them.
#[derive(Debug, Default)]
pub struct Limits {
    set: BTreeMap<String, Value>,
    /// By account, limit and window (`day` or `month`).
    pub uses: BTreeMap<(Uuid, String, String), Use>,
}

impl Limits {
    /// A limit is set or deleted.
    pub(super) fn change(&mut self, kind: &str, payload: Value) {
        let name = text(&payload, "name");
        if kind == "LimitSet" {
            self.set.insert(name, payload);
        } else {
            assert!(self.set.remove(&name).is_some(), "limit {name} was set before it was deleted");
        }
    }

    /// An event of an account: what counts grows within the limit, what is given back shrinks.
    pub(super) fn count(&mut self, account: Uuid, kind: &str, payload: &Value, at: DateTime<Utc>) {
        let counts = matches!(kind, "AccountDebited" | "AccountFundsHeld");
        for used in payload["used"].as_array().into_iter().flatten() {
            let (limit, window, until, amount, count): (String, String, DateTime<Utc>, String, i64) =
                serde_json::from_value(used.clone()).unwrap();
            let after = Use { until, amount: amount.parse().unwrap(), count };
            let key = (account, limit, window);
            let before = self.uses.get(&key).filter(|before| before.until == until);
            let (amount, count) = before.map_or((0, 0), |before| (before.amount, before.count));
            let what = format!("{kind} of account {account} at {at}: {key:?} from {before:?} to {after:?}");
            if counts {
                assert!(at < until, "a window holds what counts in it: {what}");
                assert!(after.amount - amount >= number(payload, "amount"), "what is paid counts: {what}");
                assert!((count..=count + 1).contains(&after.count), "it counts once: {what}");
                self.check(&key, &after);
            } else {
                assert!(before.is_some(), "only what counted is given back: {what}");
                assert!((0..=amount).contains(&after.amount), "no more is given back than was used: {what}");
                assert!(
                    (count - 1..=count).contains(&after.count) && after.count >= 0,
                    "it is given back once: {what}"
                );
            }
            self.uses.insert(key, after);
        }
    }

    fn check(&self, (account, limit, window): &(Uuid, String, String), used: &Use) {
        let set = self.set.get(limit).unwrap_or_else(|| panic!("limit {limit} is set when {account} counts for it"));
        let cap = &set[format!("per_{window}")];
        let within = cap["amount"].as_str().is_none_or(|most| used.amount <= most.parse::<i128>().unwrap());
        assert!(within, "{account} is within limit {limit}: {used:?}, {cap}");
        let seldom = cap["count"].as_i64().is_none_or(|most| used.count <= most);
        assert!(seldom, "{account} is within limit {limit}: {used:?}, {cap}");
    }
}
