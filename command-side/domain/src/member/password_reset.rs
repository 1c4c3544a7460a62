//! The password reset: another password for whoever reads the messages of a member's contact.

use chrono::{DateTime, Utc};
use events::recorded::{PasswordResetCodeRefused, PasswordResetEvent, PasswordResetStarted};
use kernel::StreamId;

use super::{CodeRules, MemberRefusal};

/// A password reset as its events left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordReset {
    /// The name of the login id. Whether a member has it is not known here.
    pub login: StreamId,
    /// From this instant on it is over, and its code is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// How many wrong codes are still allowed, once one was wrong.
    tries_left: Option<u32>,
    /// Whether its code was used.
    is_completed: bool,
}

impl PasswordReset {
    /// The code of a reset: there is one, and no second one is issued.
    pub const SERIAL: u32 = 1;

    /// How a reset of that login id begins.
    pub fn start(login: StreamId, now: DateTime<Utc>, rules: &CodeRules) -> PasswordResetStarted {
        PasswordResetStarted { login_key: login, expires_at: now + rules.code_lives }
    }

    /// The state after an event; `None` before [`PasswordResetEvent::Started`]. None begins twice.
    pub fn evolve(state: Option<Self>, event: &PasswordResetEvent) -> Option<Self> {
        let Some(reset) = state else {
            let PasswordResetEvent::Started(started) = event else { return None };
            let &PasswordResetStarted { login_key, expires_at } = started;
            return Some(Self { login: login_key, expires_at, tries_left: None, is_completed: false });
        };
        Some(match event {
            PasswordResetEvent::Started(_) => reset,
            PasswordResetEvent::CodeRefused(refused) => Self { tries_left: Some(refused.tries_left), ..reset },
            PasswordResetEvent::Completed(_) => Self { is_completed: true, ..reset },
        })
    }

    /// What a code comes to: `Ok(None)` if it is right and may be used, or the event of a wrong one. A code that was used is
    /// worth as little as one whose time is over.
    pub fn attempt(
        &self,
        is_right: bool,
        now: DateTime<Utc>,
        rules: &CodeRules,
    ) -> Result<Option<PasswordResetCodeRefused>, MemberRefusal> {
        let tries_left = self.tries_left.unwrap_or(rules.tries).checked_sub(1).ok_or(MemberRefusal::CodeExhausted)?;
        if self.is_completed || now >= self.expires_at {
            return Err(MemberRefusal::CodeExpired);
        }
        Ok((!is_right).then_some(PasswordResetCodeRefused { tries_left }))
    }
}
