//! Between the domain's events of members and their recorded form. What is sealed is added by whoever has the key.

use contracts::recorded::{self as rec, MemberRecorded, Recorded};
use domain::member::{
    Channel, Consent, Consents, ContactChange, IssuedCode, MemberEvent, PersonEvent, ReservationEvent, ReservedFor,
    SignUpEnd, SignUpEvent, SignUpStart,
};
use kernel::StreamId;

use crate::stored;

/// What a recorded event says of a sign-up.
pub fn sign_up_event(recorded: &MemberRecorded) -> Option<SignUpEvent> {
    Some(match recorded {
        MemberRecorded::SignUpStarted(e) => SignUpEvent::Started(SignUpStart {
            member: e.member,
            login: e.login_key,
            contact: e.contact_key,
            decoy: e.decoy,
            expires_at: e.expires_at,
            code: IssuedCode { serial: 1, expires_at: e.code_expires_at, resend_after: e.resend_after },
        }),
        MemberRecorded::SignUpCodeIssued(e) => SignUpEvent::CodeIssued(IssuedCode {
            serial: e.serial,
            expires_at: e.expires_at,
            resend_after: e.resend_after,
        }),
        MemberRecorded::SignUpCodeRefused(e) => SignUpEvent::CodeRefused { serial: e.serial, tries_left: e.tries_left },
        MemberRecorded::SignUpCompleted(e) => SignUpEvent::Completed { member: e.member },
        MemberRecorded::SignUpEnded(e) => SignUpEvent::Ended(match e.why {
            rec::SignUpEnd::Expired => SignUpEnd::Expired,
            rec::SignUpEnd::Superseded => SignUpEnd::Superseded,
        }),
        _ => return None,
    })
}

/// What a recorded event says of a name.
pub fn name_event(recorded: &MemberRecorded) -> Option<ReservationEvent> {
    Some(match recorded {
        MemberRecorded::NameReserved(e) => ReservationEvent::Reserved(match e.holder {
            rec::NameHolder::SignUp { sign_up, until } => {
                ReservedFor::SignUp { sign_up: StreamId::new(sign_up), until }
            }
            rec::NameHolder::Change { member, until } => ReservedFor::Change { member, until },
            rec::NameHolder::Member { member } => ReservedFor::Member(member),
        }),
        MemberRecorded::NameReleased(_) => ReservationEvent::Released,
        _ => return None,
    })
}

/// What a recorded event says of a member.
pub fn person_event(recorded: &MemberRecorded) -> Option<PersonEvent> {
    Some(match recorded {
        MemberRecorded::MemberJoined(e) => PersonEvent::Joined { login: e.login_key, contact: e.contact_key },
        MemberRecorded::ContactChangeStarted(e) => PersonEvent::ChangeStarted(ContactChange {
            contact: e.contact_key,
            decoy: e.decoy,
            code: IssuedCode { serial: e.serial, expires_at: e.expires_at, resend_after: e.resend_after },
        }),
        MemberRecorded::ContactCodeRefused(e) => {
            PersonEvent::CodeRefused { serial: e.serial, tries_left: e.tries_left }
        }
        MemberRecorded::ContactChanged(e) => PersonEvent::ContactChanged { contact: e.contact_key },
        MemberRecorded::PasswordChanged(_) => PersonEvent::PasswordChanged,
        MemberRecorded::PersonalDataDisclosed(_) => PersonEvent::Disclosed,
        MemberRecorded::ErasureRequested(e) => PersonEvent::ErasureRequested { erasure: e.erasure },
        MemberRecorded::MemberErased(_) => PersonEvent::Erased,
        _ => return None,
    })
}

/// The stream of what happens.
pub fn stream_of(event: &MemberEvent) -> StreamId {
    match event {
        MemberEvent::SignUp(stream, _) | MemberEvent::Reservation(stream, _) => *stream,
        MemberEvent::Person(member, _) => StreamId::new(member.uuid()),
        MemberEvent::Owner(member, _) => member.owner_stream(),
    }
}

/// The recorded form of what happens, if the domain's event tells all of it; none if sealed texts or words belong to it.
/// `login` is the name of the login id among those that are reserved.
pub fn plain(event: &MemberEvent, login: Option<StreamId>) -> Option<Recorded> {
    match event {
        MemberEvent::Owner(member, event) => Some(stored::record_owner(*member, *event)),
        event => plain_of_member(event, login).map(Recorded::from),
    }
}

fn plain_of_member(event: &MemberEvent, login: Option<StreamId>) -> Option<MemberRecorded> {
    match event {
        MemberEvent::SignUp(_, event) => plain_sign_up(event),
        MemberEvent::Reservation(stream, event) => Some(name(*stream, event, login)),
        MemberEvent::Person(_, PersonEvent::CodeRefused { serial, tries_left }) => {
            Some(rec::ContactCodeRefused { serial: *serial, tries_left: *tries_left }.into())
        }
        MemberEvent::Person(_, PersonEvent::PasswordChanged) => Some(rec::PasswordChanged {}.into()),
        MemberEvent::Person(..) | MemberEvent::Owner(..) => None,
    }
}

fn plain_sign_up(event: &SignUpEvent) -> Option<MemberRecorded> {
    Some(match *event {
        SignUpEvent::Started(_) => return None,
        SignUpEvent::CodeIssued(IssuedCode { serial, expires_at, resend_after }) => {
            rec::SignUpCodeIssued { serial, expires_at, resend_after }.into()
        }
        SignUpEvent::CodeRefused { serial, tries_left } => rec::SignUpCodeRefused { serial, tries_left }.into(),
        SignUpEvent::Completed { member } => rec::SignUpCompleted { member }.into(),
        SignUpEvent::Ended(SignUpEnd::Expired) => rec::SignUpEnded { why: rec::SignUpEnd::Expired }.into(),
        SignUpEvent::Ended(SignUpEnd::Superseded) => rec::SignUpEnded { why: rec::SignUpEnd::Superseded }.into(),
    })
}

fn name(stream: StreamId, event: &ReservationEvent, login: Option<StreamId>) -> MemberRecorded {
    let ReservationEvent::Reserved(reserved_for) = *event else { return rec::NameReleased {}.into() };
    let holder = match reserved_for {
        ReservedFor::SignUp { sign_up, until } => rec::NameHolder::SignUp { sign_up: sign_up.uuid(), until },
        ReservedFor::Change { member, until } => rec::NameHolder::Change { member, until },
        ReservedFor::Member(member) => rec::NameHolder::Member { member },
    };
    let name = if Some(stream) == login { rec::NameKind::LoginId } else { rec::NameKind::Contact };
    rec::NameReserved { name, holder }.into()
}

/// The name of the login id that is reserved among these, if one is.
pub fn login_among(events: &[MemberEvent]) -> Option<StreamId> {
    events.iter().find_map(|event| match event {
        MemberEvent::SignUp(_, SignUpEvent::Started(start)) => Some(start.login),
        MemberEvent::Person(_, PersonEvent::Joined { login, .. }) => Some(*login),
        _ => None,
    })
}

/// The recorded form of a channel.
pub fn record_channel(channel: Channel) -> rec::Channel {
    match channel {
        Channel::Email => rec::Channel::Email,
        Channel::Phone => rec::Channel::Phone,
    }
}

/// The channel that was recorded.
pub fn channel_of(channel: rec::Channel) -> Channel {
    match channel {
        rec::Channel::Email => Channel::Email,
        rec::Channel::Phone => Channel::Phone,
    }
}

/// The recorded form of consents.
pub fn record_consents(consents: &Consents) -> Vec<rec::Consent> {
    let record = |consent: &Consent| rec::Consent {
        document: consent.document().to_owned(),
        version: consent.version().to_owned(),
        agreed: consent.agreed(),
    };
    consents.iter().map(record).collect()
}
