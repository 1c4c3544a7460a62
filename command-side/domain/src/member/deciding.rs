//! Decisions that touch more than one stream: a person, a sign-up, and the names they bear.

use chrono::{DateTime, Utc};
use kernel::{MemberId, StreamId};
use uuid::Uuid;

use super::{
    Bearer, CodeRules, MemberRefusal, Name, NameEvent, Person, PersonEvent, SignUp, SignUpEvent, SignUpStart, Standing,
};
use crate::{Owner, OwnerEvent};

/// What is known of the streams a decision rests on.
pub trait Known {
    /// A sign-up.
    fn sign_up(&self, id: StreamId) -> Option<SignUp>;
    /// A name.
    fn name(&self, id: StreamId) -> Name;
    /// A member.
    fn person(&self, id: MemberId) -> Option<Person>;
    /// A member as the owner of accounts.
    fn owner(&self, id: MemberId) -> Owner;
}

/// What happens on which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// To a sign-up.
    SignUp(StreamId, SignUpEvent),
    /// To a name.
    Name(StreamId, NameEvent),
    /// To a member.
    Person(MemberId, PersonEvent),
    /// To a member as the owner of accounts.
    Owner(MemberId, OwnerEvent),
}

/// A decision: when, and by which limits.
#[derive(Clone, Copy)]
pub struct Deciding<'a, K: Known> {
    /// What is known.
    pub known: &'a K,
    /// At this instant.
    pub now: DateTime<Utc>,
    /// Under these limits.
    pub rules: &'a CodeRules,
}

impl<K: Known> Deciding<'_, K> {
    /// A sign-up begins. It reserves nothing: several may be pending for one contact and for one login id, and the first
    /// that is verified gets both. Nothing here depends on the contact, so nothing tells whether it is a member's.
    pub fn begin(
        &self,
        sign_up: StreamId,
        member: MemberId,
        login: StreamId,
        contact: StreamId,
    ) -> Result<Vec<Happening>, MemberRefusal> {
        if self.known.name(login).owner().is_some() {
            return Err(MemberRefusal::LoginIdTaken);
        }
        let expires_at = self.now + self.rules.sign_up_lives;
        let code = self.rules.of_sign_up(1, self.now, expires_at);
        let start = SignUpStart { member, login, contact, decoy: false, expires_at, code };
        Ok(vec![Happening::SignUp(sign_up, SignUpEvent::Started(start))])
    }

    /// Another code for a sign-up.
    pub fn resend(&self, id: StreamId) -> Result<Vec<Happening>, MemberRefusal> {
        let sign_up = self.known.sign_up(id).ok_or(MemberRefusal::SignUpUnknown)?;
        Ok(vec![Happening::SignUp(id, sign_up.resend(self.now, self.rules)?)])
    }

    /// A code is given for a sign-up: a right one makes a member, with the login id of the sign-up or with `login` instead.
    /// The names are looked at only when the code is right: whoever has no right code learns nothing of them.
    pub fn verify(&self, id: StreamId, right: bool, login: Option<StreamId>) -> Result<Vec<Happening>, MemberRefusal> {
        let sign_up = self.known.sign_up(id).ok_or(MemberRefusal::SignUpUnknown)?;
        let event = sign_up.verify(right, self.now, self.rules)?;
        let mut happenings = vec![Happening::SignUp(id, event)];
        if let SignUpEvent::Completed { .. } = event {
            let SignUpStart { member, login: wanted, contact, .. } = sign_up.start;
            let login = login.unwrap_or(wanted);
            let (contact_owner, login_owner) = (self.known.name(contact).owner(), self.known.name(login).owner());
            if contact_owner.is_some() {
                return Err(MemberRefusal::SignUpEnded);
            }
            if login_owner.is_some() {
                return Err(MemberRefusal::LoginIdTaken);
            }
            let bearer = NameEvent::Reserved(Bearer::Member(member));
            happenings.push(Happening::Name(login, bearer));
            happenings.push(Happening::Name(contact, bearer));
            happenings.push(Happening::Person(member, PersonEvent::Joined { login, contact }));
            if login != wanted && self.known.name(wanted).is_of_sign_up(id) {
                happenings.push(Happening::Name(wanted, NameEvent::Released));
            }
        }
        Ok(happenings)
    }

    /// A sign-up whose time ran out comes to nothing; nothing happens if it is over, or not yet.
    pub fn expire(&self, id: StreamId) -> Vec<Happening> {
        match self.known.sign_up(id) {
            Some(sign_up) => self.end(id, &sign_up),
            None => Vec::new(),
        }
    }

    /// A change of contact begins. Like a sign-up it reserves nothing and does not look at the contact.
    pub fn begin_change(&self, member: MemberId, contact: StreamId) -> Result<Vec<Happening>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        Ok(vec![Happening::Person(member, person.start_change(contact, self.now, self.rules)?)])
    }

    /// A code is given for a change of contact: with a right one the member is reached elsewhere.
    pub fn verify_change(&self, member: MemberId, right: bool) -> Result<Vec<Happening>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let event = person.verify_change(right, self.now, self.rules)?;
        let mut happenings = vec![Happening::Person(member, event)];
        if let PersonEvent::ContactChanged { contact } = event {
            match self.known.name(contact).owner() {
                None => happenings.push(Happening::Name(contact, NameEvent::Reserved(Bearer::Member(member)))),
                Some(owner) if owner == member => {}
                Some(_) => return Err(MemberRefusal::ContactChangeMissing),
            }
            if person.contact != contact {
                happenings.extend(self.release_own(member, person.contact));
            }
        }
        Ok(happenings)
    }

    /// A member has another password, if they may have one.
    pub fn change_password(&self, member: MemberId) -> Result<Vec<Happening>, MemberRefusal> {
        self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?.active()?;
        Ok(vec![Happening::Person(member, PersonEvent::PasswordChanged)])
    }

    /// An operator is shown a member's personal data.
    pub fn disclose(&self, member: MemberId) -> Result<Vec<Happening>, MemberRefusal> {
        self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?.active()?;
        Ok(vec![Happening::Person(member, PersonEvent::Disclosed)])
    }

    /// A member is to be erased. From the same commit on no account is opened for them.
    pub fn request_erasure(
        &self,
        member: MemberId,
        erasure: Uuid,
        all_accounts_closed: bool,
    ) -> Result<Vec<Happening>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let requested = Happening::Person(member, person.request_erasure(erasure, all_accounts_closed)?);
        let left = self.known.owner(member).leave(erasure).map(|event| Happening::Owner(member, event));
        Ok(std::iter::once(requested).chain(left).collect())
    }

    /// Sees to it that no account is opened for a member whose erasure is under way: it may have been requested by a
    /// version of the bank that did not do so. Nothing happens if it is so already.
    pub fn fence(&self, member: MemberId, erasure: Uuid) -> Vec<Happening> {
        let owner = self.known.owner(member);
        match self.known.person(member).map(|person| person.standing) {
            Some(Standing::Erasing { erasure: of }) if of == erasure => {
                owner.leave(erasure).map(|event| Happening::Owner(member, event)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Nothing personal is left: the member's names are free again. Nothing happens if they are erased already, or while
    /// an account could still be opened for them.
    pub fn finish_erasure(&self, member: MemberId, erasure: Uuid) -> Vec<Happening> {
        let owner = self.known.owner(member);
        let Some(person) = self.known.person(member).filter(|_| owner.has_left()) else { return Vec::new() };
        let Some(event) = person.erased(erasure) else { return Vec::new() };
        let mut happenings = vec![Happening::Person(member, event)];
        happenings.extend([person.login, person.contact].into_iter().flat_map(|name| self.release_own(member, name)));
        happenings.extend(person.change.and_then(|change| self.release_change(member, change.contact)));
        happenings
    }

    /// What a sign-up of an earlier build reserved is free again at its end.
    fn end(&self, id: StreamId, sign_up: &SignUp) -> Vec<Happening> {
        let Some(event) = sign_up.expire(self.now) else { return Vec::new() };
        let mut happenings = vec![Happening::SignUp(id, event)];
        for name in [sign_up.start.login, sign_up.start.contact] {
            if self.known.name(name).is_of_sign_up(id) {
                happenings.push(Happening::Name(name, NameEvent::Released));
            }
        }
        happenings
    }

    /// What a change of an earlier build reserved.
    fn release_change(&self, member: MemberId, name: StreamId) -> Option<Happening> {
        let bears = self.known.name(name).is_of_change(member);
        bears.then_some(Happening::Name(name, NameEvent::Released))
    }

    fn release_own(&self, member: MemberId, name: StreamId) -> Option<Happening> {
        let bears = self.known.name(name).is_of_member(member);
        bears.then_some(Happening::Name(name, NameEvent::Released))
    }
}
