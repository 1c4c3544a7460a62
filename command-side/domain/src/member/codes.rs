//! Codes: how long they live, how often they may be tried, and when another may be asked for.

use chrono::{DateTime, TimeDelta, Utc};

use super::MemberRefusal;

/// How sign-ups and codes are limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRules {
    /// How long a sign-up lives.
    pub sign_up_lives: TimeDelta,
    /// How long a code lives.
    pub code_lives: TimeDelta,
    /// How many wrong codes are allowed for each code.
    pub tries: u32,
    /// How long to wait before the first, second, ... next code. A sign-up gets no more codes than this.
    pub delays: Vec<TimeDelta>,
}

impl Default for CodeRules {
    fn default() -> Self {
        Self {
            sign_up_lives: TimeDelta::hours(1),
            code_lives: TimeDelta::minutes(10),
            tries: 5,
            delays: [30, 60, 120, 240, 480].map(TimeDelta::seconds).into(),
        }
    }
}

/// A code as far as rules go: which one, and when. The code itself is derived where it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedCode {
    /// Which, counted from 1.
    pub serial: u32,
    /// From this instant on it is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// From this instant on another may be asked for.
    pub resend_after: DateTime<Utc>,
}

impl CodeRules {
    /// The code of a sign-up that ends then. After the last one there is no other until the sign-up is over.
    pub(super) fn of_sign_up(&self, serial: u32, now: DateTime<Utc>, sign_up_ends: DateTime<Utc>) -> IssuedCode {
        let delay = (serial as usize).checked_sub(1).and_then(|index| self.delays.get(index));
        let resend_after = delay.map_or(sign_up_ends, |delay| now + *delay);
        IssuedCode { serial, expires_at: (now + self.code_lives).min(sign_up_ends), resend_after }
    }

    /// The code of a change of contact, the `nth` of a run of changes. The longest delay stays in force.
    pub(super) fn of_change(&self, serial: u32, nth: u32, now: DateTime<Utc>) -> IssuedCode {
        let index = (nth.max(1) as usize - 1).min(self.delays.len().saturating_sub(1));
        let delay = self.delays.get(index).copied().unwrap_or_default();
        IssuedCode { serial, expires_at: now + self.code_lives, resend_after: now + delay }
    }
}

impl IssuedCode {
    /// What an attempt at this code comes to: `Ok` if it may decide, with how many wrong ones are left after this one.
    pub(super) fn attempt(
        &self,
        tries_left: Option<u32>,
        now: DateTime<Utc>,
        rules: &CodeRules,
    ) -> Result<u32, MemberRefusal> {
        let left_after = tries_left.unwrap_or(rules.tries).checked_sub(1).ok_or(MemberRefusal::CodeExhausted)?;
        if now >= self.expires_at {
            return Err(MemberRefusal::CodeExpired);
        }
        Ok(left_after)
    }
}
