//! The member.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::StreamId;
use uuid::Uuid;

use super::{CodeRules, IssuedCode, MemberRefusal};

/// A wish to be reached elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactChange {
    /// The name of the new contact.
    pub contact: StreamId,
    /// No code will ever be right: an earlier build found the contact to be another member's. None begins like that now.
    pub decoy: bool,
    /// The code; it is counted on over all changes of the member, and the change ends with it.
    pub code: IssuedCode,
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonEvent {
    /// They became one.
    Joined {
        /// The name of their login id.
        login: StreamId,
        /// The name of their contact.
        contact: StreamId,
    },
    /// They asked to be reached elsewhere.
    ChangeStarted(ContactChange),
    /// A wrong code was given for the new contact.
    CodeRefused {
        /// Which code was in force.
        serial: u32,
        /// How many wrong ones are still allowed for it.
        tries_left: u32,
    },
    /// They are reached elsewhere.
    ContactChanged {
        /// The name of the contact.
        contact: StreamId,
    },
    /// They have another password.
    PasswordChanged,
    /// An operator was shown their personal data.
    Disclosed,
    /// They are to be erased.
    ErasureRequested {
        /// The erasure.
        erasure: Uuid,
    },
    /// Nothing personal of them can be read any more.
    Erased,
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
    /// The state after an event; `None` before [`PersonEvent::Joined`]. Nobody joins twice: a second one changes nothing.
    pub fn evolve(state: Option<Self>, event: &PersonEvent) -> Option<Self> {
        let Some(person) = state else {
            let PersonEvent::Joined { login, contact } = *event else { return None };
            let standing = Standing::Active;
            return Some(Self { login, contact, change: None, standing, tries_left: None, last: None, run: 0 });
        };
        Some(match *event {
            PersonEvent::Joined { .. } | PersonEvent::PasswordChanged | PersonEvent::Disclosed => person,
            PersonEvent::ChangeStarted(change) => {
                let run = person.nth_change(change.code.expires_at);
                Self { change: Some(change), tries_left: None, last: Some(change.code), run, ..person }
            }
            PersonEvent::CodeRefused { tries_left, .. } => Self { tries_left: Some(tries_left), ..person },
            PersonEvent::ContactChanged { contact } => Self { contact, change: None, tries_left: None, ..person },
            PersonEvent::ErasureRequested { erasure } => Self { standing: Standing::Erasing { erasure }, ..person },
            PersonEvent::Erased => match person.standing {
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
    ) -> Result<PersonEvent, MemberRefusal> {
        self.active()?;
        if let Some(last) = self.last.filter(|last| now < last.resend_after) {
            return Err(MemberRefusal::TooEarly { until: last.resend_after });
        }
        let serial = self.last.map_or(0, |last| last.serial) + 1;
        let code = rules.of_change(serial, self.nth_change(now + rules.code_lives), now);
        Ok(PersonEvent::ChangeStarted(ContactChange { contact, decoy: false, code }))
    }

    /// What a code for the new contact comes to. `right` is whether it is the code in force.
    pub fn verify_change(
        &self,
        right: bool,
        now: DateTime<Utc>,
        rules: &CodeRules,
    ) -> Result<PersonEvent, MemberRefusal> {
        self.active()?;
        let change = self.change.ok_or(MemberRefusal::ContactChangeMissing)?;
        let tries_left = change.code.attempt(self.tries_left, now, rules)?;
        if !right || change.decoy {
            return Ok(PersonEvent::CodeRefused { serial: change.code.serial, tries_left });
        }
        Ok(PersonEvent::ContactChanged { contact: change.contact })
    }

    /// They are to be erased; nothing new happens if they are already.
    pub fn request_erasure(&self, erasure: Uuid, all_accounts_closed: bool) -> Result<PersonEvent, MemberRefusal> {
        self.active()?;
        if !all_accounts_closed {
            return Err(MemberRefusal::AccountsOpen);
        }
        Ok(PersonEvent::ErasureRequested { erasure })
    }

    /// The end of their erasure, if it is that one that is under way.
    pub fn erased(&self, erasure: Uuid) -> Option<PersonEvent> {
        (self.standing == Standing::Erasing { erasure }).then_some(PersonEvent::Erased)
    }

    fn nth_change(&self, expires_at: DateTime<Utc>) -> u32 {
        match self.last {
            Some(last) if expires_at - last.expires_at <= RUN_ENDS_AFTER => self.run.saturating_add(1),
            _ => 1,
        }
    }
}
