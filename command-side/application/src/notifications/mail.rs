//! The mail that says what a push says.

use chrono::{DateTime, Utc};
use domain::member::Channel;
use kernel::{NotificationKind, Position, StreamId};
use vault::{Charge, NewMessage, Notice, Wishes};

use super::preferences::WORTH_TELLING;
use crate::{
    MemberError,
    commands::{Members, contact_of},
};

/// The mail about something, if the member wants one and is reached by e-mail: a text message costs too much for that.
///
/// Mails about money have an account of their own: so many reach a member in an hour and a day, and none of them takes the place of a code.
pub async fn mail_for(
    members: &Members,
    wishes: &Wishes,
    kind: NotificationKind,
    at: DateTime<Utc>,
) -> Result<Option<NewMessage>, MemberError> {
    let is_wanted = wishes.email.iter().any(|word| word == kind.as_str());
    if !is_wanted || wishes.since.is_some_and(|since| at < since) {
        return Ok(None);
    }
    let (member, stream) = (wishes.member, StreamId::new(wishes.member.uuid()));
    let unit = members.read(stream).await?;
    let Some(held) = contact_of(&unit, member).filter(|held| held.channel == Channel::Email) else { return Ok(None) };
    let charge = Charge { contact: stream, origin: None };
    Ok(Some(NewMessage {
        // The vault gives it a number.
        position: Position::ZERO,
        member,
        channel: held.channel.as_str(),
        contact: held.sealed,
        stream: held.place.stream,
        version: held.place.version,
        field: held.place.field,
        notice: notice(kind),
        until: Some(at + WORTH_TELLING),
        code_contact: None,
        // A log-in needs the password: nobody else can cause many of them.
        charge: (kind != NotificationKind::NewDevice).then_some(charge),
    }))
}

fn notice(kind: NotificationKind) -> Notice {
    match kind {
        NotificationKind::MoneyReceived => Notice::MoneyReceived,
        NotificationKind::ChargePosted => Notice::ChargePosted,
        NotificationKind::HoldPlaced => Notice::HoldPlaced,
        NotificationKind::NewDevice => Notice::LoggedIn,
    }
}
