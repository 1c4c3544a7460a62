//! The sign-up: from a wish to a verified contact.

use chrono::{DateTime, Utc};
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

/// Why a sign-up came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpEnd {
    /// Its time ran out.
    Expired,
    /// A later sign-up of the contact took its place. Earlier builds only: now several may be pending at once.
    Superseded,
}

/// What happened to a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpEvent {
    /// It began.
    Started(SignUpStart),
    /// Another code was issued; the ones before it are worth nothing.
    CodeIssued(IssuedCode),
    /// A wrong code was given.
    CodeRefused {
        /// Which code was in force.
        serial: u32,
        /// How many wrong ones are still allowed for it.
        tries_left: u32,
    },
    /// The person became a member.
    Completed {
        /// Who.
        member: MemberId,
    },
    /// It came to nothing.
    Ended(SignUpEnd),
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
            let SignUpEvent::Started(start) = event else { return None };
            return Some(Self { start: *start, code: start.code, tries_left: None, over: false });
        };
        Some(match event {
            SignUpEvent::Started(_) => sign_up,
            SignUpEvent::CodeIssued(code) => Self { code: *code, tries_left: None, ..sign_up },
            SignUpEvent::CodeRefused { tries_left, .. } => Self { tries_left: Some(*tries_left), ..sign_up },
            SignUpEvent::Completed { .. } | SignUpEvent::Ended(_) => Self { over: true, ..sign_up },
        })
    }

    /// Whether it may still be completed. At the very instant its time runs out it may not.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        !self.over && now < self.start.expires_at
    }

    /// Another code, if one may be asked for.
    pub fn resend(&self, now: DateTime<Utc>, rules: &CodeRules) -> Result<SignUpEvent, MemberRefusal> {
        self.still_open(now)?;
        if now < self.code.resend_after {
            return Err(MemberRefusal::TooEarly { until: self.code.resend_after });
        }
        Ok(SignUpEvent::CodeIssued(rules.of_sign_up(self.code.serial + 1, now, self.start.expires_at)))
    }

    /// What a code comes to. `right` is whether it is the code in force.
    pub fn verify(&self, right: bool, now: DateTime<Utc>, rules: &CodeRules) -> Result<SignUpEvent, MemberRefusal> {
        self.still_open(now)?;
        let tries_left = self.code.attempt(self.tries_left, now, rules)?;
        if !right || self.start.decoy {
            return Ok(SignUpEvent::CodeRefused { serial: self.code.serial, tries_left });
        }
        Ok(SignUpEvent::Completed { member: self.start.member })
    }

    /// It comes to nothing because its time ran out, if it did.
    pub fn expire(&self, now: DateTime<Utc>) -> Option<SignUpEvent> {
        (!self.over && now >= self.start.expires_at).then_some(SignUpEvent::Ended(SignUpEnd::Expired))
    }

    fn still_open(&self, now: DateTime<Utc>) -> Result<(), MemberRefusal> {
        self.is_open(now).then_some(()).ok_or(MemberRefusal::SignUpEnded)
    }
}
