//! What streams add up to, as decisions and answers ask for it.

use contracts::recorded::MemberRecorded;
use domain::{
    Account, Owner, Transfer,
    member::{Person, Reservation, SignUp, StateReader},
};
use kernel::{AccountId, AccountNumber, MemberId, Place, StreamId, TransferId, Version};

use super::{State, UnitOfWork};
use crate::translating::{name_event, person_event, sign_up_event};

impl UnitOfWork {
    fn state(&self, id: StreamId) -> Option<&State> {
        self.stream(id).map(|stream| &stream.state)
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        match self.state(id.into())? {
            State::Account(account) => Some(account),
            _ => None,
        }
    }

    pub fn reserved_for(&self, number: AccountNumber) -> Option<AccountId> {
        match self.state(number.stream())? {
            State::Number(account) => Some(*account),
            _ => None,
        }
    }

    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        match self.state(id.into())? {
            State::Transfer(transfer) => Some(transfer),
            _ => None,
        }
    }

    /// Whether a member is leaving or has left: by the fence on the owner's stream, and by the member's own stream, which
    /// is all that an erasure of an older version of the bank wrote to.
    pub fn has_left(&self, member: MemberId) -> bool {
        let fenced = self.owner(member).has_left();
        let leaving =
            matches!(self.state(StreamId::new(member.uuid())), Some(State::People(people)) if people.has_left());
        fenced || leaving
    }

    /// The events of a member, a sign-up or a name, each with its version; no other kind of stream has any.
    pub fn member_events(&self, stream: StreamId) -> impl DoubleEndedIterator<Item = (Version, &MemberRecorded)> {
        let events = match self.state(stream) {
            Some(State::People(people)) => people.events.as_slice(),
            _ => &[],
        };
        events.iter().enumerate().map(|(index, event)| (Version::new(index as i64 + 1), event))
    }

    /// The newest event of a stream that this picks, and the place of a field of it.
    pub fn newest<'a, T>(
        &'a self,
        stream: StreamId,
        field: &'static str,
        pick: impl Fn(&'a MemberRecorded) -> Option<T>,
    ) -> Option<(Place, T)> {
        self.member_events(stream)
            .rev()
            .find_map(|(version, event)| Some((Place { stream, version, field }, pick(event)?)))
    }
}

impl StateReader for UnitOfWork {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        let events = self.member_events(id).filter_map(|(_, event)| sign_up_event(event));
        events.fold(None, |state, event| SignUp::evolve(state, &event))
    }

    fn name(&self, id: StreamId) -> Reservation {
        let events = self.member_events(id).filter_map(|(_, event)| name_event(event));
        events.fold(Reservation::default(), |name, event| name.evolve(&event))
    }

    fn person(&self, id: MemberId) -> Option<Person> {
        let events = self.member_events(StreamId::new(id.uuid())).filter_map(|(_, event)| person_event(event));
        events.fold(None, |state, event| Person::evolve(state, &event))
    }

    fn owner(&self, id: MemberId) -> Owner {
        match self.state(id.owner_stream()) {
            Some(State::Owner(owner)) => *owner,
            _ => Owner::default(),
        }
    }
}
