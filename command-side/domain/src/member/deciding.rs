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

/// A contact as names go: its own, and one beside it under which the decoys of it stand in line. So decoys supersede one
/// another, hold and release login ids exactly as sign-ups do whose contact is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactNames {
    /// The contact's own.
    pub own: StreamId,
    /// That of its decoys.
    pub decoys: StreamId,
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
    /// A sign-up begins. The newest one of a contact wins; the login id must be free, or of a sign-up that loses.
    pub fn begin(
        &self,
        sign_up: StreamId,
        member: MemberId,
        login: StreamId,
        contact: ContactNames,
    ) -> Result<Vec<Happening>, MemberRefusal> {
        let losing = self.sign_ups_of(contact);
        match self.known.name(login).bearer(self.now) {
            None => {}
            Some(Bearer::SignUp { sign_up, .. }) if losing.contains(&sign_up) => {}
            Some(_) => return Err(MemberRefusal::LoginIdTaken),
        }
        let decoy = matches!(self.known.name(contact.own).bearer(self.now), Some(Bearer::Member(_)));
        let contact = if decoy { contact.decoys } else { contact.own };
        let expires_at = self.now + self.rules.sign_up_lives;
        let code = self.rules.of_sign_up(1, self.now, expires_at);
        let start = SignUpStart { member, login, contact, decoy, expires_at, code };
        let bearer = NameEvent::Reserved(Bearer::SignUp { sign_up, until: expires_at });
        let mut happenings = vec![Happening::SignUp(sign_up, SignUpEvent::Started(start))];
        happenings.extend(losing.into_iter().flat_map(|loser| self.supersede(loser, &[login, contact])));
        happenings.push(Happening::Name(login, bearer));
        happenings.push(Happening::Name(contact, bearer));
        Ok(happenings)
    }

    /// Another code for a sign-up.
    pub fn resend(&self, id: StreamId) -> Result<Vec<Happening>, MemberRefusal> {
        let sign_up = self.known.sign_up(id).ok_or(MemberRefusal::SignUpUnknown)?;
        Ok(vec![Happening::SignUp(id, sign_up.resend(self.now, self.rules)?)])
    }

    /// A code is given for a sign-up: a right one makes a member.
    pub fn verify(&self, id: StreamId, right: bool) -> Result<Vec<Happening>, MemberRefusal> {
        let sign_up = self.known.sign_up(id).ok_or(MemberRefusal::SignUpUnknown)?;
        let SignUpStart { member, login, contact, .. } = sign_up.start;
        let bears_names = [login, contact].into_iter().all(|name| self.known.name(name).is_of_sign_up(id));
        let event = sign_up.verify(right, bears_names, self.now, self.rules)?;
        let mut happenings = vec![Happening::SignUp(id, event)];
        if let SignUpEvent::Completed { .. } = event {
            let bearer = NameEvent::Reserved(Bearer::Member(member));
            happenings.push(Happening::Name(login, bearer));
            happenings.push(Happening::Name(contact, bearer));
            happenings.push(Happening::Person(member, PersonEvent::Joined { login, contact }));
        }
        Ok(happenings)
    }

    /// A sign-up whose time ran out comes to nothing; nothing happens if it is over, or not yet.
    pub fn expire(&self, id: StreamId) -> Vec<Happening> {
        match self.known.sign_up(id) {
            Some(sign_up) => self.end(id, &sign_up, sign_up.expire(self.now), &[]),
            None => Vec::new(),
        }
    }

    /// A change of contact begins. It takes the contact from whoever claimed it before, but never from a member.
    pub fn begin_change(&self, member: MemberId, contact: ContactNames) -> Result<Vec<Happening>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let bearer = self.known.name(contact.own).bearer(self.now);
        let decoy = matches!(bearer, Some(Bearer::Member(other)) if other != member);
        let event = person.start_change(contact.own, decoy, self.now, self.rules)?;
        let PersonEvent::ChangeStarted(change) = event else { return Err(MemberRefusal::ContactChangeMissing) };
        let mut happenings = vec![Happening::Person(member, event)];
        if let Some(before) = person.change.filter(|before| before.contact != contact.own || decoy) {
            happenings.extend(self.release_change(member, before.contact));
        }
        let losing = self.sign_ups_of(contact);
        happenings.extend(losing.into_iter().flat_map(|loser| self.supersede(loser, &[contact.own])));
        if !matches!(bearer, Some(Bearer::Member(_))) {
            let bearer = Bearer::Change { member, until: change.code.expires_at };
            happenings.push(Happening::Name(contact.own, NameEvent::Reserved(bearer)));
        }
        Ok(happenings)
    }

    /// A code is given for a change of contact: with a right one the member is reached elsewhere.
    pub fn verify_change(&self, member: MemberId, right: bool) -> Result<Vec<Happening>, MemberRefusal> {
        let person = self.known.person(member).ok_or(MemberRefusal::MemberUnknown)?;
        let new = person.change.map(|change| (change.contact, self.known.name(change.contact)));
        let is_own = new.is_some_and(|(_, name)| name.is_of_member(member));
        let bears_name = is_own || new.is_some_and(|(_, name)| name.is_of_change(member));
        let event = person.verify_change(right, bears_name, self.now, self.rules)?;
        let mut happenings = vec![Happening::Person(member, event)];
        if let PersonEvent::ContactChanged { contact } = event {
            if !is_own {
                happenings.push(Happening::Name(contact, NameEvent::Reserved(Bearer::Member(member))));
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

    /// The open sign-ups that claim a contact, decoys included.
    fn sign_ups_of(&self, contact: ContactNames) -> Vec<StreamId> {
        let of = |name| match self.known.name(name).bearer(self.now) {
            Some(Bearer::SignUp { sign_up, .. }) => Some(sign_up),
            _ => None,
        };
        [contact.own, contact.decoys].into_iter().filter_map(of).collect()
    }

    /// A sign-up loses its contact to a later claim; the names in `taken` go over to it in the same commit.
    fn supersede(&self, id: StreamId, taken: &[StreamId]) -> Vec<Happening> {
        match self.known.sign_up(id) {
            Some(sign_up) => self.end(id, &sign_up, sign_up.supersede(self.now), taken),
            None => Vec::new(),
        }
    }

    fn end(&self, id: StreamId, sign_up: &SignUp, ended: Option<SignUpEvent>, taken: &[StreamId]) -> Vec<Happening> {
        let Some(event) = ended else { return Vec::new() };
        let mut happenings = vec![Happening::SignUp(id, event)];
        for name in [sign_up.start.login, sign_up.start.contact] {
            if !taken.contains(&name) && self.known.name(name).is_of_sign_up(id) {
                happenings.push(Happening::Name(name, NameEvent::Released));
            }
        }
        happenings
    }

    fn release_change(&self, member: MemberId, name: StreamId) -> Option<Happening> {
        let bears = self.known.name(name).is_of_change(member);
        bears.then_some(Happening::Name(name, NameEvent::Released))
    }

    fn release_own(&self, member: MemberId, name: StreamId) -> Option<Happening> {
        let bears = self.known.name(name).is_of_member(member);
        bears.then_some(Happening::Name(name, NameEvent::Released))
    }
}
