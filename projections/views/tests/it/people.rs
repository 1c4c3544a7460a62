//! People who sign up, join, are reached elsewhere and leave: the part of the histories that is about members.

use chrono::{DateTime, Duration, Utc};
use events::recorded::{
    Channel, Consent, ContactChangeStarted, ContactChanged, ContactCodeRefused, ErasureRequested, Event, MemberErased,
    MemberJoined, NameHolder, NameKind, NameReleased, NameReserved, PasswordChanged, PasswordResetCodeRefused,
    PasswordResetCompleted, PasswordResetStarted, PersonalDataDisclosed, SignUpCodeIssued, SignUpCodeRefused,
    SignUpCompleted, SignUpEnd, SignUpEnded, SignUpStarted,
};
use kernel::{MemberId, Sealed, StreamId};
use projection_engine::testing::Random;
use uuid::Uuid;

/// Events with their streams and versions, of one commit.
type Written = Vec<(StreamId, i64, Event)>;

struct Person {
    member: MemberId,
    version: i64,
    channel: Channel,
    erasure: Option<Uuid>,
    erased: bool,
}

/// Everybody who ever joined.
#[derive(Default)]
pub struct People(Vec<Person>);

impl People {
    /// Somebody who has left, though not yet erased perhaps.
    pub fn left(&self) -> Option<u128> {
        self.0.iter().find(|person| person.erasure.is_some()).map(|person| person.member.uuid().as_u128())
    }

    /// One more thing happens to somebody.
    pub fn live(&mut self, random: &mut Random, now: DateTime<Utc>) -> Written {
        match random.below(12) {
            0..=4 => self.join(random, now),
            5 => sign_up_in_vain(random, now),
            6 => {
                // A whole life between two commits of everybody else.
                let mut life = self.join(random, now);
                let last = self.0.len() - 1;
                life.extend(self.happen(last, 0, random, now));
                life.extend(self.happen(last, 3, random, now));
                life.extend(self.happen(last, 3, random, now));
                life
            }
            _ => {
                let here: Vec<_> = (0..self.0.len()).filter(|&at| !self.0[at].erased).collect();
                if here.is_empty() {
                    return self.join(random, now);
                }
                let (at, what) = (here[random.below(here.len())], random.below(4));
                self.happen(at, what, random, now)
            }
        }
    }

    fn join(&mut self, random: &mut Random, now: DateTime<Utc>) -> Written {
        let (sign_up, member) = (uuid(random), MemberId::new(uuid(random)));
        let channel = if random.percent(70) { Channel::Email } else { Channel::Phone };
        let (login_key, contact_key) = (StreamId::new(uuid(random)), StreamId::new(uuid(random)));
        let joined = MemberJoined {
            sign_up,
            channel,
            login_id: sealed(random),
            contact: sealed(random),
            real_name: sealed(random),
            consents: vec![Consent { document: "terms".into(), version: "1".into(), agreed: true }],
            login_key,
            contact_key,
        };
        self.0.push(Person { member, version: 1, channel, erasure: None, erased: false });
        let mut written = started(random, now, sign_up, member);
        written.push((StreamId::new(sign_up), 2, SignUpCompleted { member }.into()));
        let holder = NameHolder::Member { member };
        written.push((login_key, 1, NameReserved { name: NameKind::LoginId, holder }.into()));
        written.push((contact_key, 1, NameReserved { name: NameKind::Contact, holder }.into()));
        written.push((StreamId::new(member.uuid()), 1, joined.into()));
        written
    }

    /// Something happens to a person: 0 a new contact, 1 and 2 what no row shows, 3 leaving, in two steps.
    fn happen(&mut self, at: usize, what: usize, random: &mut Random, now: DateTime<Utc>) -> Written {
        let key = StreamId::new(uuid(random));
        let person = &mut self.0[at];
        let events: Vec<Event> = match (what, person.erasure) {
            (3, None) => {
                let erasure = uuid(random);
                person.erasure = Some(erasure);
                vec![ErasureRequested { erasure, reason: None }.into()]
            }
            (_, Some(erasure)) => {
                person.erased = true;
                vec![MemberErased { erasure, digest: "00".repeat(32) }.into()]
            }
            (0, None) => {
                let (old_channel, old_contact) = (person.channel, sealed(random));
                person.channel = if old_channel == Channel::Email { Channel::Phone } else { Channel::Email };
                let (channel, contact, contact_key) = (person.channel, sealed(random), key);
                let started = ContactChangeStarted {
                    channel,
                    contact: sealed(random),
                    contact_key,
                    decoy: false,
                    serial: 1,
                    expires_at: now + Duration::minutes(10),
                    resend_after: now,
                };
                let changed = ContactChanged { channel, contact, contact_key, old_channel, old_contact };
                vec![started.into(), ContactCodeRefused { serial: 1, tries_left: 4 }.into(), changed.into()]
            }
            (1, None) => vec![PasswordChanged {}.into()],
            _ => vec![PersonalDataDisclosed { reason: "asked by court".into() }.into()],
        };
        let stream = StreamId::new(person.member.uuid());
        let mut written = Vec::new();
        for event in events {
            person.version += 1;
            written.push((stream, person.version, event));
        }
        if person.erased {
            written.push((key, 1, NameReleased {}.into()));
        }
        if what == 1 && person.erasure.is_none() {
            // The password was forgotten.
            let started = PasswordResetStarted { login_key: key, expires_at: now + Duration::minutes(10) };
            let completed = PasswordResetCompleted { member: person.member, password: key.uuid() };
            written.push((key, 1, started.into()));
            written.push((key, 2, PasswordResetCodeRefused { tries_left: 4 }.into()));
            written.push((key, 3, completed.into()));
        }
        written
    }
}

fn started(random: &mut Random, now: DateTime<Utc>, sign_up: Uuid, member: MemberId) -> Written {
    let started = SignUpStarted {
        member,
        channel: Channel::Email,
        login_id: sealed(random),
        contact: sealed(random),
        real_name: sealed(random),
        consents: Vec::new(),
        login_key: StreamId::new(uuid(random)),
        contact_key: StreamId::new(uuid(random)),
        decoy: false,
        expires_at: now + Duration::hours(1),
        code_expires_at: now + Duration::minutes(10),
        resend_after: now,
    };
    vec![(StreamId::new(sign_up), 1, started.into())]
}

fn sign_up_in_vain(random: &mut Random, now: DateTime<Utc>) -> Written {
    let (sign_up, member) = (uuid(random), MemberId::new(uuid(random)));
    let mut written = started(random, now, sign_up, member);
    let stream = StreamId::new(sign_up);
    let issued = SignUpCodeIssued { serial: 2, expires_at: now + Duration::minutes(10), resend_after: now };
    written.push((stream, 2, issued.into()));
    written.push((stream, 3, SignUpCodeRefused { serial: 2, tries_left: 4 }.into()));
    written.push((stream, 4, SignUpEnded { why: SignUpEnd::Superseded }.into()));
    written
}

fn uuid(random: &mut Random) -> Uuid {
    Uuid::from_u128(random.bits())
}

/// Views neither open nor look at sealed texts: any text will do.
fn sealed(random: &mut Random) -> Sealed {
    Sealed::new(format!("{:032x}", random.bits()))
}
