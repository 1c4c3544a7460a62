//! What streams add up to, as decisions and answers ask for it.

use chrono::{DateTime, Utc};
use domain::{
    Account, BankLimits, Owner, Transfer,
    limit::LogTime,
    member::{PasswordReset, Person, Reservation, SignUp, StateReader},
};
use events::recorded::{MemberEvent, SignUpEvent, SignUpStarted};
use kernel::{AccountId, AccountNumber, MemberId, Place, StreamId, TransferId, Version};

use super::{UnitOfWork, state::Aggregate};

impl UnitOfWork {
    /// What a stream adds up to; none if it has no events, or is of another kind.
    pub fn get<A: Aggregate>(&self, id: StreamId) -> Option<&A> {
        A::of(&self.stream(id)?.state)
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.get(id.into())
    }

    /// All limits of the bank.
    pub fn limits(&self) -> &BankLimits {
        self.get(StreamId::LIMITS).unwrap_or(const { &BankLimits::NONE })
    }

    pub fn reserved_for(&self, number: AccountNumber) -> Option<AccountId> {
        self.get(number.stream()).copied()
    }

    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.get(id.into())
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
        self.get::<Vec<SignUpEvent>>(stream).map_or(&[], Vec::as_slice)
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
        let events = self.get::<Vec<MemberEvent>>(stream).map_or(&[][..], Vec::as_slice);
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

impl LogTime for UnitOfWork {
    fn now(&self) -> Option<DateTime<Utc>> {
        self.log_time()
    }

    fn has_passed(&self, moment: DateTime<Utc>) -> bool {
        Self::has_passed(self, moment)
    }
}

impl StateReader for UnitOfWork {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        self.sign_up_events(id).iter().fold(None, SignUp::evolve)
    }

    fn password_reset(&self, id: StreamId) -> Option<PasswordReset> {
        self.get(id).copied()
    }

    fn name(&self, id: StreamId) -> Reservation {
        self.get(id).copied().unwrap_or_default()
    }

    fn person(&self, id: MemberId) -> Option<Person> {
        let events = self.member_events(StreamId::new(id.uuid())).map(|(_, event)| event);
        events.fold(None, Person::evolve)
    }

    fn owner(&self, id: MemberId) -> Owner {
        self.get(id.owner_stream()).copied().unwrap_or_default()
    }
}
