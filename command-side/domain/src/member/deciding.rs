//! Decisions that touch more than one stream: a person, a sign-up, and the names they bear.

use chrono::{DateTime, Utc};
use events::recorded::{
    NameHolder, NameKind, NameReleased, NameReserved, PasswordChanged, PasswordResetCompleted, PersonalDataDisclosed,
    SignUpEvent,
};
use kernel::{MemberId, StreamId};
use uuid::Uuid;

use super::{
    CodeRules, ContactVerification, DecidedEvent, MemberRefusal, PasswordReset, Person, Reservation, SignUp,
    SignUpStart, Standing, UnsealedEvent,
};
use crate::Owner;

/// What is known of the streams a decision rests on.
pub trait StateReader {
    /// A sign-up.
    fn sign_up(&self, id: StreamId) -> Option<SignUp>;
    /// A password reset.
    fn password_reset(&self, id: StreamId) -> Option<PasswordReset>;
    /// A name.
    fn name(&self, id: StreamId) -> Reservation;
    /// A member.
    fn person(&self, id: MemberId) -> Option<Person>;
    /// A member as the owner of accounts.
    fn owner(&self, id: MemberId) -> Owner;
}

/// A decision: when, and by which limits.
#[derive(Clone, Copy)]
pub struct Deciding<'a, K: StateReader> {
    /// What is known.
    pub known: &'a K,
    /// At this instant.
    pub now: DateTime<Utc>,
    /// Under these limits.
    pub rules: &'a CodeRules,
}

impl<K: StateReader> Deciding<'_, K> {
    /// A sign-up begins. It reserves nothing: several may be pending for one contact and for one login id, and the first
    /// that is verified gets both. Nothing here depends on the contact, so nothing shows whether it is a member's.
    pub fn begin(
        &self,
        sign_up: StreamId,
        member: MemberId,
        login: StreamId,
        contact: StreamId,
    ) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        if self.known.name(login).owner().is_some() {
            return Err(MemberRefusal::LoginIdTaken);
        }
        let expires_at = self.now + self.rules.sign_up_lives;
        let code = self.rules.of_sign_up(1, self.now, expires_at);
        let start = SignUpStart { member, login, contact, decoy: false, expires_at, code };
        Ok(vec![DecidedEvent::Unsealed(sign_up, UnsealedEvent::SignUpStarted(start))])
    }

    /// Another code for a sign-up.
    pub fn resend(&self, id: StreamId) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let sign_up = self.known.sign_up(id).ok_or(MemberRefusal::SignUpUnknown)?;
        Ok(vec![DecidedEvent::complete(id, sign_up.resend(self.now, self.rules)?)])
    }

    /// A code is given for a sign-up: a right one makes a member, with the login id of the sign-up or with `login` instead.
    /// The names are looked at only when the code is right: whoever has no right code learns nothing of them. `spellings`
    /// are other names of the same contact, under which an earlier build may have reserved it.
    pub fn verify(
        &self,
        id: StreamId,
        right: bool,
        login: Option<StreamId>,
        spellings: &[StreamId],
    ) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let sign_up = self.known.sign_up(id).ok_or(MemberRefusal::SignUpUnknown)?;
        let event = sign_up.verify(right, self.now, self.rules)?;
        let completed = matches!(event, SignUpEvent::Completed(_));
        let mut events = vec![DecidedEvent::complete(id, event)];
        if completed {
            let SignUpStart { member, login: wanted, contact, .. } = sign_up.start;
            let login = login.unwrap_or(wanted);
            let login_owner = self.known.name(login).owner();
            if self.owners_of(contact, spellings).next().is_some() {
                return Err(MemberRefusal::SignUpEnded);
            }
            if login_owner.is_some() {
                return Err(MemberRefusal::LoginIdTaken);
            }
            events.push(reserve(login, NameKind::LoginId, member));
            events.push(reserve(contact, NameKind::Contact, member));
            events.push(DecidedEvent::unsealed_of_member(member, UnsealedEvent::MemberJoined { login, contact }));
            if login != wanted && self.known.name(wanted).is_of_sign_up(id) {
                events.push(release(wanted));
            }
        }
        Ok(events)
    }

    /// A sign-up whose time ran out comes to nothing; nothing happens if it is over, or not yet.
    pub fn expire(&self, id: StreamId) -> Vec<DecidedEvent> {
        match self.known.sign_up(id) {
            Some(sign_up) => self.end(id, &sign_up),
            None => Vec::new(),
        }
    }

    /// A change of contact begins. Like a sign-up it reserves nothing and does not look at the contact.
    pub fn begin_change(&self, member: MemberId, contact: StreamId) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let change = person.start_change(contact, self.now, self.rules)?;
        Ok(vec![DecidedEvent::unsealed_of_member(member, UnsealedEvent::ContactChangeStarted(change))])
    }

    /// A code is given for a change of contact: with a right one the member is reached elsewhere. `spellings` are other names
    /// of the same contact, under which an earlier build may have reserved it.
    pub fn verify_change(
        &self,
        member: MemberId,
        right: bool,
        spellings: &[StreamId],
    ) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let contact = match person.verify_change(right, self.now, self.rules)? {
            ContactVerification::Refused(refused) => return Ok(vec![DecidedEvent::of_member(member, refused)]),
            ContactVerification::Changed { contact } => contact,
        };
        if self.owners_of(contact, spellings).any(|owner| owner != member) {
            return Err(MemberRefusal::ContactChangeMissing);
        }
        let mut events = vec![DecidedEvent::unsealed_of_member(member, UnsealedEvent::ContactChanged { contact })];
        if !self.known.name(contact).is_of_member(member) {
            events.push(reserve(contact, NameKind::Contact, member));
        }
        if person.contact != contact {
            events.extend(self.release_own(member, person.contact));
        }
        Ok(events)
    }

    /// A member has another password, if they may have one.
    pub fn change_password(&self, member: MemberId) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?.active()?;
        Ok(vec![DecidedEvent::of_member(member, PasswordChanged {})])
    }

    /// A password reset begins. Nothing here depends on whether a member has the login id, so nothing shows it.
    pub fn start_reset(&self, reset: StreamId, login: StreamId) -> Vec<DecidedEvent> {
        vec![DecidedEvent::complete(reset, PasswordReset::start(login, self.now, self.rules))]
    }

    /// The member who may have another password by this reset: the one who has its login id now.
    pub fn resetting(&self, reset: &PasswordReset) -> Option<(MemberId, Person)> {
        let member = self.known.name(reset.login).owner()?;
        let person = self.known.person(member).filter(|person| person.active().is_ok())?;
        Some((member, person))
    }

    /// A code is given for a password reset: with a right one the member has another password, which the vault keeps as
    /// `password`. No code is right if nobody has the login id.
    pub fn complete_reset(
        &self,
        id: StreamId,
        is_right: bool,
        password: Uuid,
    ) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let reset = self.known.password_reset(id).ok_or(MemberRefusal::ResetUnknown)?;
        let member = self.resetting(&reset).map(|(member, _)| member).filter(|_| is_right);
        let refused = reset.attempt(member.is_some(), self.now, self.rules)?;
        Ok(match (refused, member) {
            (None, Some(member)) => vec![
                DecidedEvent::complete(id, PasswordResetCompleted { member, password }),
                DecidedEvent::of_member(member, PasswordChanged {}),
            ],
            (refused, _) => refused.map(|refused| DecidedEvent::complete(id, refused)).into_iter().collect(),
        })
    }

    /// An operator is shown a member's personal data, for a reason.
    pub fn disclose(&self, member: MemberId, reason: String) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?.active()?;
        Ok(vec![DecidedEvent::of_member(member, PersonalDataDisclosed { reason })])
    }

    /// A member is to be erased. From the same commit on no account is opened for them.
    pub fn request_erasure(
        &self,
        member: MemberId,
        erasure: Uuid,
        reason: Option<String>,
        all_accounts_closed: bool,
    ) -> Result<Vec<DecidedEvent>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let requested = person.request_erasure(erasure, reason, all_accounts_closed)?;
        if self.known.owner(member).is_topping_up() {
            return Err(MemberRefusal::ProcessRunning);
        }
        let requested = DecidedEvent::of_member(member, requested);
        Ok(std::iter::once(requested).chain(self.leave(member, erasure)).collect())
    }

    /// Sees to it that no account is opened for a member whose erasure is under way: it may have been requested by a
    /// version of the bank that did not do so. Nothing happens if it is so already.
    pub fn fence(&self, member: MemberId, erasure: Uuid) -> Vec<DecidedEvent> {
        let left = self.leave(member, erasure);
        match self.known.person(member).map(|person| person.standing) {
            Some(Standing::Erasing { erasure: of }) if of == erasure => left.into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Nothing personal is left: the member's names are free again. Nothing happens if they are erased already, or while
    /// an account could still be opened for them. `digest` is that of the erasure's certificate.
    pub fn finish_erasure(&self, member: MemberId, erasure: Uuid, digest: String) -> Vec<DecidedEvent> {
        let owner = self.known.owner(member);
        let Some(person) = self.known.person(member).filter(|_| owner.has_left()) else { return Vec::new() };
        let Some(event) = person.erased(erasure, digest) else { return Vec::new() };
        let mut events = vec![DecidedEvent::of_member(member, event)];
        events.extend([person.login, person.contact].into_iter().flat_map(|name| self.release_own(member, name)));
        events.extend(person.change.and_then(|change| self.release_change(member, change.contact)));
        events
    }

    /// What a sign-up of an earlier build reserved is free again at its end.
    fn end(&self, id: StreamId, sign_up: &SignUp) -> Vec<DecidedEvent> {
        let Some(event) = sign_up.expire(self.now) else { return Vec::new() };
        let mut events = vec![DecidedEvent::complete(id, event)];
        for name in [sign_up.start.login, sign_up.start.contact] {
            if self.known.name(name).is_of_sign_up(id) {
                events.push(release(name));
            }
        }
        events
    }

    /// Whose a contact is, under whichever of its names.
    fn owners_of<'n>(&'n self, contact: StreamId, spellings: &'n [StreamId]) -> impl Iterator<Item = MemberId> + 'n {
        std::iter::once(contact).chain(spellings.iter().copied()).filter_map(|name| self.known.name(name).owner())
    }

    /// What a change of an earlier build reserved.
    fn release_change(&self, member: MemberId, name: StreamId) -> Option<DecidedEvent> {
        let bears = self.known.name(name).is_of_change(member);
        bears.then(|| release(name))
    }

    fn leave(&self, member: MemberId, erasure: Uuid) -> Option<DecidedEvent> {
        let left = self.known.owner(member).leave(member, erasure)?;
        Some(DecidedEvent::complete(member.owner_stream(), left))
    }

    fn release_own(&self, member: MemberId, name: StreamId) -> Option<DecidedEvent> {
        let bears = self.known.name(name).is_of_member(member);
        bears.then(|| release(name))
    }
}

/// A member bears a name from now on.
fn reserve(stream: StreamId, name: NameKind, member: MemberId) -> DecidedEvent {
    DecidedEvent::complete(stream, NameReserved { name, holder: NameHolder::Member { member } })
}

/// Nobody bears a name from now on.
fn release(stream: StreamId) -> DecidedEvent {
    DecidedEvent::complete(stream, NameReleased {})
}
