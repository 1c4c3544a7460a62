//! The limits of the test, and what an account has used of them by the model's own count.
//!
//! No day ends while the test runs, so each limit has one window.

use serde_json::{Value, json};

pub struct Limit {
    pub name: &'static str,
    asset: &'static str,
    kinds: &'static [&'static str],
    everyone: bool,
    per_transfer: Option<i128>,
    /// `day` or `month`.
    window: &'static str,
    /// How much in the window, and how often.
    amount: i128,
    count: i64,
}

/// The name of the one that is assigned to a single account.
pub const ASSIGNED: &str = "model-assigned";

pub const LIMITS: &[Limit] = &[
    Limit {
        name: "model",
        asset: "KRW",
        kinds: &["transfer", "compound", "hold", "charge", "trade", "exchange", "payout"],
        everyone: true,
        per_transfer: None,
        window: "day",
        amount: 3_000,
        count: 60,
    },
    Limit {
        name: "model-dollars",
        asset: "USD",
        kinds: &["compound", "exchange"],
        everyone: true,
        per_transfer: Some(35),
        window: "month",
        amount: 500,
        count: 30,
    },
    Limit {
        name: ASSIGNED,
        asset: "KRW",
        kinds: &["transfer", "payout"],
        everyone: false,
        per_transfer: Some(90),
        window: "day",
        amount: 900,
        count: 25,
    },
];

impl Limit {
    /// What an operator sends to set it.
    pub fn body(&self, zone: &str) -> Value {
        let mut body = json!({"asset": self.asset, "kinds": self.kinds, "everyone": self.everyone, "zone": zone});
        let cap = json!({"amount": self.amount.to_string(), "count": self.count});
        body[format!("per_{}", self.window)] = cap;
        if let Some(most) = self.per_transfer {
            body["per_transfer"] = json!(most.to_string());
        }
        body
    }

    fn counts_for(&self, asset: &str, is_assigned: bool) -> bool {
        self.asset == asset && (self.everyone || is_assigned)
    }

    fn counts(&self, asset: &str, is_assigned: bool, kind: &str) -> bool {
        self.counts_for(asset, is_assigned) && self.kinds.contains(&kind)
    }

    fn allows_one_of(&self, amount: i128) -> bool {
        self.per_transfer.is_none_or(|most| amount <= most)
    }

    fn covers(&self, (amount, count): (i128, i64)) -> bool {
        (0..=self.amount).contains(&amount) && (0..=self.count).contains(&count)
    }
}

/// How much an account has used of each limit, and how often.
pub struct Used {
    /// Whether the limit that is for a single account is assigned to this one.
    is_assigned: bool,
    of: [(i128, i64); LIMITS.len()],
}

impl Used {
    /// Nothing yet.
    pub fn new(is_assigned: bool) -> Self {
        Self { is_assigned, of: Default::default() }
    }

    /// Counts a payment, or gives back what was counted.
    pub fn count(&mut self, asset: &str, kind: &str, amount: i128, count: i64) {
        for (limit, used) in LIMITS.iter().zip(&mut self.of) {
            if limit.counts(asset, self.is_assigned, kind) {
                assert!(limit.allows_one_of(amount), "{}: {amount} {asset} in one {kind}", limit.name);
                *used = (used.0 + amount, used.1 + count);
                assert!(limit.covers(*used), "{}: {used:?} is used after a {kind} of {amount}", limit.name);
            }
        }
    }

    /// Whether one more payment would be within all limits.
    pub fn has_room_for(&self, asset: &str, kind: &str, amount: i128) -> bool {
        let mut counting = LIMITS.iter().zip(&self.of).filter(|(limit, _)| limit.counts(asset, self.is_assigned, kind));
        counting.all(|(limit, used)| limit.allows_one_of(amount) && limit.covers((used.0 + amount, used.1 + 1)))
    }

    /// What an app is shown of it: the name and window of each limit of the account, with what is used.
    pub fn shown(&self, asset: &str) -> impl Iterator<Item = [Value; 4]> {
        let counting = LIMITS.iter().zip(&self.of).filter(move |(limit, _)| limit.counts_for(asset, self.is_assigned));
        counting.map(|(limit, used)| [json!(limit.name), json!(limit.window), json!(used.0.to_string()), json!(used.1)])
    }
}
