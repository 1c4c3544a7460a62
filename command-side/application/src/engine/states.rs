//! What streams add up to, as decisions and answers ask for it.

use domain::{
    Account, Owner, Transfer,
    member::{Person, Reservation, SignUp, StateReader},
};
use events::recorded::{MemberEvent, SignUpEvent, SignUpStarted};
use kernel::{AccountId, AccountNumber, MemberId, Place, StreamId, TransferId, Version};

use super::{State, UnitOfWork};

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
        let leaves = |event: &MemberEvent| matches!(event, MemberEvent::ErasureRequested(_) | MemberEvent::Erased(_));
        let leaving = self.member_events(StreamId::new(member.uuid())).any(|(_, event)| leaves(event));
        fenced || leaving
    }

    /// The events of a sign-up; no other kind of stream has any.
    pub fn sign_up_events(&self, stream: StreamId) -> &[SignUpEvent] {
        match self.state(stream) {
            Some(State::SignUp(events)) => events,
            _ => &[],
        }
    }

    /// How a sign-up began: its first event.
    pub fn sign_up_started(&self, stream: StreamId) -> Option<&SignUpStarted> {
        match self.sign_up_events(stream).first()? {
            SignUpEvent::Started(started) => Some(started),
            _ => None,
        }
    }

    /// The events of a member, each with its version; no other kind of stream has any.
    pub fn member_events(&self, stream: StreamId) -> impl DoubleEndedIterator<Item = (Version, &MemberEvent)> {
        let events = match self.state(stream) {
            Some(State::Member(events)) => events.as_slice(),
            _ => &[],
        };
        events.iter().enumerate().map(|(index, event)| (Version::new(index as i64 + 1), event))
    }

    /// The newest event of a member that this picks, and the place of a field of it.
    pub fn newest<'a, T>(
        &'a self,
        stream: StreamId,
        field: &'static str,
        pick: impl Fn(&'a MemberEvent) -> Option<T>,
    ) -> Option<(Place, T)> {
        self.member_events(stream)
            .rev()
            .find_map(|(version, event)| Some((Place { stream, version, field }, pick(event)?)))
    }
}

impl StateReader for UnitOfWork {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        self.sign_up_events(id).iter().fold(None, SignUp::evolve)
    }

    fn name(&self, id: StreamId) -> Reservation {
        match self.state(id) {
            Some(State::Reservation(name)) => *name,
            _ => Reservation::default(),
        }
    }

    fn person(&self, id: MemberId) -> Option<Person> {
        let events = self.member_events(StreamId::new(id.uuid())).map(|(_, event)| event);
        events.fold(None, Person::evolve)
    }

    fn owner(&self, id: MemberId) -> Owner {
        match self.state(id.owner_stream()) {
            Some(State::Owner(owner)) => *owner,
            _ => Owner::default(),
        }
    }
}
