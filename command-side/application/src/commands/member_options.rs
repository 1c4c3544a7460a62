//! How the use cases of members are set.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::member::CodeRules;
use vault::MessageBudget;

use super::ApprovalOptions;
use crate::RevokedTokens;

/// How the use cases are set.
#[derive(Clone, Debug)]
pub struct MemberOptions {
    /// How long sign-ups and codes live, and how often they may be tried.
    pub codes: CodeRules,
    /// What waits for a second operator.
    pub approvals: ApprovalOptions,
    /// How often a command is decided again after another took its streams.
    pub attempts: u32,
    /// How long after a revocation every server is sure to know of it.
    pub revoked_everywhere: Duration,
    /// How often the process runner looks for work if nothing wakes it.
    pub poll: Duration,
    /// How old what a sign-up left in the vault is, at least, when it is swept; counted from when it could have ended.
    pub sweep_margin: TimeDelta,
    /// How long a refresh token is good for: one that was used longer ago is forgotten.
    pub refresh_lives: TimeDelta,
    /// How many messages reach one contact.
    pub messages: MessageBudget,
    /// How payout runs are paid.
    pub payouts: PayoutOptions,
    /// Whether members are told of their money and of log-ins. Without a provider of pushes nothing is queued.
    pub notifies: bool,
    /// Whose tokens count no more: looked at once more before a command is written.
    pub revoked: Option<Arc<dyn RevokedTokens>>,
}

impl Default for MemberOptions {
    fn default() -> Self {
        Self {
            codes: CodeRules::default(),
            approvals: ApprovalOptions::default(),
            attempts: 20,
            revoked_everywhere: Duration::from_secs(3),
            poll: Duration::from_millis(250),
            sweep_margin: TimeDelta::hours(1),
            refresh_lives: TimeDelta::days(30),
            messages: MessageBudget::default(),
            payouts: PayoutOptions::default(),
            notifies: false,
            revoked: None,
        }
    }
}

/// How payout runs are paid.
#[derive(Clone, Copy, Debug)]
pub struct PayoutOptions {
    /// How many rows are paid in one commit, at most.
    pub batch: usize,
    /// How much of the time that other commands leave paying may take: above 0 and at most 1.
    pub share: f64,
}

impl Default for PayoutOptions {
    fn default() -> Self {
        Self { batch: 100, share: 0.5 }
    }
}
