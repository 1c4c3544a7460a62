//! Members: what people type, and what may happen to them.

mod changes;
mod contacts;
mod laws;
mod leaving;
mod password_resets;
mod real_names;
mod sign_ups;
mod values;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Owner,
    member::{
        CodeRules, DecidedEvent, Deciding, MemberRefusal, PasswordReset, Person, Reservation, SignUp, StateReader,
        UnsealedEvent,
    },
};
use events::recorded::{
    Channel, ContactChangeStarted, ContactChanged, Event, MemberJoined, NameHolder, NameKind, NameReleased,
    NameReserved, OwnerEvent, SignUpEvent, SignUpStarted,
};
use kernel::{MemberId, Sealed, StreamId};
use uuid::Uuid;

/// What has happened so far, on a clock that a test moves.
#[derive(Default)]
pub struct TestApp {
    pub seconds: i64,
    pub rules: CodeRules,
    sign_ups: HashMap<StreamId, SignUp>,
    resets: HashMap<StreamId, PasswordReset>,
    names: HashMap<StreamId, Reservation>,
    people: HashMap<MemberId, Person>,
    owners: HashMap<MemberId, Owner>,
}

impl StateReader for TestApp {
    fn sign_up(&self, id: StreamId) -> Option<SignUp> {
        self.sign_ups.get(&id).copied()
    }

    fn password_reset(&self, id: StreamId) -> Option<PasswordReset> {
        self.resets.get(&id).copied()
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

pub type Decided = Result<Vec<DecidedEvent>, MemberRefusal>;

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
            let (stream, event) = sealed(event);
            let member = MemberId::new(stream.uuid());
            match event {
                Event::SignUp(event) => {
                    let state = SignUp::evolve(self.sign_ups.get(&stream).copied(), &event);
                    self.sign_ups.extend(state.map(|state| (stream, state)));
                }
                Event::PasswordReset(event) => {
                    let state = PasswordReset::evolve(self.resets.get(&stream).copied(), &event);
                    self.resets.extend(state.map(|state| (stream, state)));
                }
                Event::Reservation(event) => {
                    let name = self.name(stream).evolve(&event);
                    self.names.insert(stream, name);
                }
                Event::Member(event) => {
                    let state = Person::evolve(self.people.get(&member).copied(), &event);
                    self.people.extend(state.map(|state| (member, state)));
                }
                Event::Owner(event) => {
                    let member = match &event {
                        OwnerEvent::AccountAdded(added) => added.owner,
                        OwnerEvent::TopUpStarted(started) => started.owner,
                        OwnerEvent::TopUpEnded(ended) => ended.owner,
                        OwnerEvent::Left(left) => left.owner,
                    };
                    assert_eq!(stream, member.owner_stream());
                    let owner = self.owner(member).evolve(&event).expect("it follows on what was before");
                    self.owners.insert(member, owner);
                }
                other => panic!("no member's event: {other:?}"),
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
        let decided = self.deciding().verify(stream(sign_up), right, None, &[]);
        self.happen(decided)
    }

    /// Verifies a sign-up whose contact has another name from an earlier build.
    pub fn verify_spelled(&mut self, sign_up: u128, other_contact: u128) -> Decided {
        let decided = self.deciding().verify(stream(sign_up), true, None, &[contact(other_contact)]);
        self.happen(decided)
    }

    /// The same for a change of contact.
    pub fn verify_change_spelled(&mut self, who: u128, other_contact: u128) -> Decided {
        let decided = self.deciding().verify_change(member(who), true, &[contact(other_contact)]);
        self.happen(decided)
    }

    pub fn verify_as(&mut self, sign_up: u128, login: u128) -> Decided {
        let decided = self.deciding().verify(stream(sign_up), true, Some(self::login(login)), &[]);
        self.happen(decided)
    }

    /// What a sign-up of an earlier build held from its beginning.
    pub fn reserved_by_an_earlier_build(&mut self, sign_up: u128) {
        let start = self.sign_up(stream(sign_up)).expect("begun").start;
        let holder = NameHolder::SignUp { sign_up: stream(sign_up).uuid(), until: start.expires_at };
        let reserved = [(start.login, NameKind::LoginId), (start.contact, NameKind::Contact)]
            .map(|(stream, name)| DecidedEvent::complete(stream, NameReserved { name, holder }));
        self.happen(Ok(reserved.into())).expect("reserved");
    }

    pub fn resend(&mut self, sign_up: u128) -> Decided {
        let decided = self.deciding().resend(stream(sign_up));
        self.happen(decided)
    }

    pub fn expire(&mut self, sign_up: u128) -> Vec<DecidedEvent> {
        let events = self.deciding().expire(stream(sign_up));
        self.happen(Ok(events)).expect("ending is never refused")
    }

    pub fn begin_change(&mut self, who: u128, contact: u128) -> Decided {
        let decided = self.deciding().begin_change(member(who), self::contact(contact));
        self.happen(decided)
    }

    pub fn verify_change(&mut self, who: u128, right: bool) -> Decided {
        let decided = self.deciding().verify_change(member(who), right, &[]);
        self.happen(decided)
    }

    pub fn start_reset(&mut self, reset: u128, login: u128) -> Vec<DecidedEvent> {
        let events = self.deciding().start_reset(stream(reset), self::login(login));
        self.happen(Ok(events)).expect("beginning is never refused")
    }

    pub fn complete_reset(&mut self, reset: u128, right: bool) -> Decided {
        let decided = self.deciding().complete_reset(stream(reset), right, Uuid::from_u128(reset));
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

/// A member bears a name from now on.
pub fn bears(stream: StreamId, name: NameKind, who: u128) -> DecidedEvent {
    DecidedEvent::complete(stream, NameReserved { name, holder: NameHolder::Member { member: member(who) } })
}

/// Nobody bears a name from now on.
pub fn free(stream: StreamId) -> DecidedEvent {
    DecidedEvent::complete(stream, NameReleased {})
}

/// The event as it is recorded, with sealed texts of no meaning.
fn sealed(event: &DecidedEvent) -> (StreamId, Event) {
    let (stream, event) = match event {
        DecidedEvent::Complete(stream, event) => return (*stream, event.clone()),
        DecidedEvent::Unsealed(stream, event) => (*stream, *event),
    };
    let (channel, text) = (Channel::Email, || Sealed::new("sealed".to_owned()));
    let (login_id, contact, real_name, consents) = (text(), text(), text(), Vec::new());
    let event = match event {
        UnsealedEvent::SignUpStarted(start) => Event::from(SignUpStarted {
            member: start.member,
            channel,
            login_id,
            contact,
            real_name,
            consents,
            login_key: start.login,
            contact_key: start.contact,
            decoy: start.decoy,
            expires_at: start.expires_at,
            code_expires_at: start.code.expires_at,
            resend_after: start.code.resend_after,
        }),
        UnsealedEvent::MemberJoined { login: login_key, contact: contact_key } => {
            let sign_up = Uuid::nil();
            MemberJoined { sign_up, channel, login_id, contact, real_name, consents, login_key, contact_key }.into()
        }
        UnsealedEvent::ContactChangeStarted(change) => ContactChangeStarted {
            channel,
            contact,
            contact_key: change.contact,
            decoy: change.decoy,
            serial: change.code.serial,
            expires_at: change.code.expires_at,
            resend_after: change.code.resend_after,
        }
        .into(),
        UnsealedEvent::ContactChanged { contact: contact_key } => {
            ContactChanged { channel, contact, contact_key, old_channel: channel, old_contact: text() }.into()
        }
    };
    (stream, event)
}

/// The events of sign-ups among these.
pub fn of_sign_ups(events: &[DecidedEvent]) -> Vec<(StreamId, SignUpEvent)> {
    let pick = |event: &DecidedEvent| match sealed(event) {
        (id, Event::SignUp(event)) => Some((id, event)),
        _ => None,
    };
    events.iter().filter_map(pick).collect()
}
