//! Members: what people type, and what may happen to them.

mod changes;
mod laws;
mod leaving;
mod sign_ups;
mod values;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Owner,
    member::{
        CodeRules, Deciding, MemberEvent, MemberRefusal, Person, Reservation, ReservationEvent, ReservedFor, SignUp,
        SignUpEvent, StateReader,
    },
};
use kernel::{MemberId, StreamId};
use uuid::Uuid;

/// What has happened so far, on a clock that a test moves.
#[derive(Default)]
pub struct TestApp {
    pub seconds: i64,
    pub rules: CodeRules,
    sign_ups: HashMap<StreamId, SignUp>,
    names: HashMap<StreamId, Reservation>,
    people: HashMap<MemberId, Person>,
    owners: HashMap<MemberId, Owner>,
}

impl StateReader for TestApp {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        self.sign_ups.get(&id).copied()
    }

    fn name(&self, id: StreamId) -> Reservation {
        self.names.get(&id).copied().unwrap_or_default()
    }

    fn person(&self, id: MemberId) -> Option<Person> {
        self.people.get(&id).copied()
    }

    fn owner(&self, id: MemberId) -> Owner {
        self.owners.get(&id).copied().unwrap_or_default()
    }
}

pub type Decided = Result<Vec<MemberEvent>, MemberRefusal>;

impl TestApp {
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(self.seconds)
    }

    pub fn deciding(&self) -> Deciding<'_, Self> {
        Deciding { known: self, now: self.now(), rules: &self.rules }
    }

    /// What was decided happens.
    pub fn happen(&mut self, decided: Decided) -> Decided {
        for event in decided.iter().flatten() {
            match event {
                MemberEvent::SignUp(id, event) => {
                    let state = SignUp::evolve(self.sign_ups.get(id).copied(), event);
                    self.sign_ups.extend(state.map(|state| (*id, state)));
                }
                MemberEvent::Reservation(id, event) => {
                    let name = self.name(*id).evolve(event);
                    self.names.insert(*id, name);
                }
                MemberEvent::Person(id, event) => {
                    let state = Person::evolve(self.people.get(id).copied(), event);
                    self.people.extend(state.map(|state| (*id, state)));
                }
                MemberEvent::Owner(id, event) => {
                    let owner = self.owner(*id).evolve(event).expect("it follows on what was before");
                    self.owners.insert(*id, owner);
                }
            }
        }
        decided
    }

    pub fn begin(&mut self, sign_up: u128, login: u128, contact: u128) -> Decided {
        let decided =
            self.deciding().begin(stream(sign_up), member(sign_up), self::login(login), self::contact(contact));
        self.happen(decided)
    }

    pub fn verify(&mut self, sign_up: u128, right: bool) -> Decided {
        let decided = self.deciding().verify(stream(sign_up), right, None);
        self.happen(decided)
    }

    pub fn verify_as(&mut self, sign_up: u128, login: u128) -> Decided {
        let decided = self.deciding().verify(stream(sign_up), true, Some(self::login(login)));
        self.happen(decided)
    }

    /// What a sign-up of an earlier build held from its beginning.
    pub fn reserved_by_an_earlier_build(&mut self, sign_up: u128) {
        let start = self.sign_up(stream(sign_up)).expect("begun").start;
        let reserved_for = ReservedFor::SignUp { sign_up: stream(sign_up), until: start.expires_at };
        let reserved = [start.login, start.contact]
            .map(|name| MemberEvent::Reservation(name, ReservationEvent::Reserved(reserved_for)));
        self.happen(Ok(reserved.into())).expect("reserved");
    }

    pub fn resend(&mut self, sign_up: u128) -> Decided {
        let decided = self.deciding().resend(stream(sign_up));
        self.happen(decided)
    }

    pub fn expire(&mut self, sign_up: u128) -> Vec<MemberEvent> {
        let events = self.deciding().expire(stream(sign_up));
        self.happen(Ok(events)).expect("ending is never refused")
    }

    pub fn begin_change(&mut self, who: u128, contact: u128) -> Decided {
        let decided = self.deciding().begin_change(member(who), self::contact(contact));
        self.happen(decided)
    }

    pub fn verify_change(&mut self, who: u128, right: bool) -> Decided {
        let decided = self.deciding().verify_change(member(who), right);
        self.happen(decided)
    }

    /// A member with that login and contact.
    pub fn joined(&mut self, number: u128, login: u128, contact: u128) {
        self.begin(number, login, contact).expect("begun");
        self.verify(number, true).expect("a member");
        assert!(self.person(member(number)).is_some());
    }

    pub fn is_open(&self, sign_up: u128) -> bool {
        self.sign_up(stream(sign_up)).is_some_and(|sign_up| sign_up.is_open(self.now()))
    }
}

pub fn stream(number: u128) -> StreamId {
    StreamId::new(Uuid::from_u128(number))
}

pub fn member(number: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(number))
}

pub fn login(number: u128) -> StreamId {
    stream(1_000 + number)
}

pub fn contact(number: u128) -> StreamId {
    stream(2_000 + number)
}

/// The events of sign-ups among these.
pub fn of_sign_ups(events: &[MemberEvent]) -> Vec<(StreamId, SignUpEvent)> {
    let pick = |event: &MemberEvent| match event {
        MemberEvent::SignUp(id, event) => Some((*id, *event)),
        _ => None,
    };
    events.iter().filter_map(pick).collect()
}
