//! The sign-up: from a request to a verified contact.

use chrono::{DateTime, Utc};
use events::recorded::{
    SignUpCodeIssued, SignUpCodeRefused, SignUpCompleted, SignUpEnd, SignUpEnded, SignUpEvent, SignUpStarted,
};
use kernel::{MemberId, StreamId};

use super::{CodeRules, IssuedCode, MemberRefusal};

/// How a sign-up began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignUpStart {
    /// Who the person will be.
    pub member: MemberId,
    /// The name of the login id.
    pub login: StreamId,
    /// The name of the contact.
    pub contact: StreamId,
    /// No code will ever be right: an earlier build found the contact to be a member's. None is begun like that now.
    pub decoy: bool,
    /// From this instant on it is over.
    pub expires_at: DateTime<Utc>,
    /// The first code.
    pub code: IssuedCode,
}

impl From<&SignUpStarted> for SignUpStart {
    fn from(started: &SignUpStarted) -> Self {
        let &SignUpStarted { member, login_key, contact_key, decoy, expires_at, code_expires_at, resend_after, .. } =
            started;
        let code = IssuedCode { serial: 1, expires_at: code_expires_at, resend_after };
        Self { member, login: login_key, contact: contact_key, decoy, expires_at, code }
    }
}

/// A sign-up as its events left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// How it began.
    pub start: SignUpStart,
    /// The code in force.
    pub code: IssuedCode,
    /// How many wrong codes are still allowed, once one was wrong.
    tries_left: Option<u32>,
    /// Completed, or come to nothing.
    over: bool,
}

impl SignUp {
    /// The state after an event; `None` before [`SignUpEvent::Started`]. None begins twice: a second one changes nothing.
    pub fn evolve(state: Option<Self>, event: &SignUpEvent) -> Option<Self> {
        let Some(sign_up) = state else {
            let SignUpEvent::Started(started) = event else { return None };
            let start = SignUpStart::from(started);
            return Some(Self { start, code: start.code, tries_left: None, over: false });
        };
        Some(match event {
            SignUpEvent::Started(_) => sign_up,
            SignUpEvent::CodeIssued(issued) => {
                let &SignUpCodeIssued { serial, expires_at, resend_after } = issued;
                Self { code: IssuedCode { serial, expires_at, resend_after }, tries_left: None, ..sign_up }
            }
            SignUpEvent::CodeRefused(refused) => Self { tries_left: Some(refused.tries_left), ..sign_up },
            SignUpEvent::Completed(_) | SignUpEvent::Ended(_) => Self { over: true, ..sign_up },
        })
    }

    /// Whether it may still be completed. At the very instant its time runs out it may not.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        !self.over && now < self.start.expires_at
    }

    /// Another code, if one may be asked for.
    pub fn resend(&self, now: DateTime<Utc>, rules: &CodeRules) -> Result<SignUpCodeIssued, MemberRefusal> {
        self.still_open(now)?;
        if now < self.code.resend_after {
            return Err(MemberRefusal::TooEarly { until: self.code.resend_after });
        }
        let code = rules.of_sign_up(self.code.serial + 1, now, self.start.expires_at);
        let IssuedCode { serial, expires_at, resend_after } = code;
        Ok(SignUpCodeIssued { serial, expires_at, resend_after })
    }

    /// What a code comes to. `right` is whether it is the code in force.
    pub fn verify(&self, right: bool, now: DateTime<Utc>, rules: &CodeRules) -> Result<SignUpEvent, MemberRefusal> {
        self.still_open(now)?;
        let tries_left = self.code.attempt(self.tries_left, now, rules)?;
        if !right || self.start.decoy {
            return Ok(SignUpCodeRefused { serial: self.code.serial, tries_left }.into());
        }
        Ok(SignUpCompleted { member: self.start.member }.into())
    }

    /// It comes to nothing because its time ran out, if it did.
    pub fn expire(&self, now: DateTime<Utc>) -> Option<SignUpEnded> {
        (!self.over && now >= self.start.expires_at).then_some(SignUpEnded { why: SignUpEnd::Expired })
    }

    fn still_open(&self, now: DateTime<Utc>) -> Result<(), MemberRefusal> {
        self.is_open(now).then_some(()).ok_or(MemberRefusal::SignUpEnded)
    }
}
