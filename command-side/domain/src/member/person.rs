//! The member.

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{ContactChangeStarted, ContactCodeRefused, ErasureRequested, MemberErased, MemberEvent};
use kernel::StreamId;
use uuid::Uuid;

use super::{CodeRules, IssuedCode, MemberRefusal};

/// A request to be reached elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactChange {
    /// The name of the new contact.
    pub contact: StreamId,
    /// No code will ever be right: an earlier build found the contact to be another member's. None begins like that now.
    pub decoy: bool,
    /// The code; it is counted on over all changes of the member, and the change ends with it.
    pub code: IssuedCode,
}

impl From<&ContactChangeStarted> for ContactChange {
    fn from(started: &ContactChangeStarted) -> Self {
        let &ContactChangeStarted { contact_key, decoy, serial, expires_at, resend_after, .. } = started;
        Self { contact: contact_key, decoy, code: IssuedCode { serial, expires_at, resend_after } }
    }
}

/// What a code for a new contact comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactVerification {
    /// It is wrong.
    Refused(ContactCodeRefused),
    /// The member is reached elsewhere.
    Changed {
        /// The name of the contact.
        contact: StreamId,
    },
}

/// Whether anything may be done for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything.
    Active,
    /// Nothing: they are being erased.
    Erasing {
        /// The erasure.
        erasure: Uuid,
    },
    /// Nothing: they were erased.
    Erased {
        /// The erasure.
        erasure: Uuid,
    },
}

/// A member as their events left them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name of their login id.
    pub login: StreamId,
    /// The name of their contact.
    pub contact: StreamId,
    /// The change of contact that is under way.
    pub change: Option<ContactChange>,
    /// Whether anything may be done for them.
    pub standing: Standing,
    /// How many wrong codes are still allowed for the change, once one was wrong.
    tries_left: Option<u32>,
    /// The newest code of any change.
    last: Option<IssuedCode>,
    /// How many changes followed one another closely.
    run: u32,
}

/// A change this long after the one before begins a new run: its code is to be had as fast as the first.
const RUN_ENDS_AFTER: TimeDelta = TimeDelta::hours(1);

impl Person {
    /// The state after an event; `None` before [`MemberEvent::Joined`]. Nobody joins twice: a second one changes nothing.
    pub fn evolve(state: Option<Self>, event: &MemberEvent) -> Option<Self> {
        let Some(person) = state else {
            let MemberEvent::Joined(joined) = event else { return None };
            let (login, contact, standing) = (joined.login_key, joined.contact_key, Standing::Active);
            return Some(Self { login, contact, change: None, standing, tries_left: None, last: None, run: 0 });
        };
        Some(match event {
            MemberEvent::Joined(_) | MemberEvent::PasswordChanged(_) | MemberEvent::PersonalDataDisclosed(_) => person,
            MemberEvent::ContactChangeStarted(started) => {
                let change = ContactChange::from(started);
                let run = person.nth_change(change.code.expires_at);
                Self { change: Some(change), tries_left: None, last: Some(change.code), run, ..person }
            }
            MemberEvent::ContactCodeRefused(refused) => Self { tries_left: Some(refused.tries_left), ..person },
            MemberEvent::ContactChanged(changed) => {
                Self { contact: changed.contact_key, change: None, tries_left: None, ..person }
            }
            MemberEvent::ErasureRequested(requested) => {
                Self { standing: Standing::Erasing { erasure: requested.erasure }, ..person }
            }
            MemberEvent::Erased(_) => match person.standing {
                Standing::Erasing { erasure } => Self { standing: Standing::Erased { erasure }, ..person },
                _ => person,
            },
        })
    }

    /// Refuses what is to be done for one who is leaving or gone.
    pub fn active(&self) -> Result<(), MemberRefusal> {
        match self.standing {
            Standing::Active => Ok(()),
            Standing::Erasing { .. } | Standing::Erased { .. } => Err(MemberRefusal::MemberUnknown),
        }
    }

    /// A change of contact, if one may be asked for.
    pub fn start_change(
        &self,
        contact: StreamId,
        now: DateTime<Utc>,
        rules: &CodeRules,
    ) -> Result<ContactChange, MemberRefusal> {
        self.active()?;
        if let Some(last) = self.last.filter(|last| now < last.resend_after) {
            return Err(MemberRefusal::TooEarly { until: last.resend_after });
        }
        let serial = self.last.map_or(0, |last| last.serial) + 1;
        let code = rules.of_change(serial, self.nth_change(now + rules.code_lives), now);
        Ok(ContactChange { contact, decoy: false, code })
    }

    /// What a code for the new contact comes to. `right` is whether it is the code in force.
    pub fn verify_change(
        &self,
        right: bool,
        now: DateTime<Utc>,
        rules: &CodeRules,
    ) -> Result<ContactVerification, MemberRefusal> {
        self.active()?;
        let change = self.change.ok_or(MemberRefusal::ContactChangeMissing)?;
        let tries_left = change.code.attempt(self.tries_left, now, rules)?;
        if !right || change.decoy {
            return Ok(ContactVerification::Refused(ContactCodeRefused { serial: change.code.serial, tries_left }));
        }
        Ok(ContactVerification::Changed { contact: change.contact })
    }

    /// They are to be erased; nothing new happens if they are already.
    pub fn request_erasure(
        &self,
        erasure: Uuid,
        reason: Option<String>,
        all_accounts_closed: bool,
    ) -> Result<ErasureRequested, MemberRefusal> {
        self.active()?;
        if !all_accounts_closed {
            return Err(MemberRefusal::AccountsOpen);
        }
        Ok(ErasureRequested { erasure, reason })
    }

    /// The end of their erasure, if it is that one that is under way. `digest` is that of its certificate.
    pub fn erased(&self, erasure: Uuid, digest: String) -> Option<MemberErased> {
        (self.standing == Standing::Erasing { erasure }).then_some(MemberErased { erasure, digest })
    }

    fn nth_change(&self, expires_at: DateTime<Utc>) -> u32 {
        match self.last {
            Some(last) if expires_at - last.expires_at <= RUN_ENDS_AFTER => self.run.saturating_add(1),
            _ => 1,
        }
    }
}
