//! A public event as clients get it.

use std::{borrow::Cow, io::Write};

use async_nats::HeaderMap;
use bytes::Bytes;
use kernel::{AccountId, LogId, MemberId};
use public_events::{EventCursor, EventType, nats};
use serde::Deserialize;

/// What an event takes in memory beside its frame, about.
const OVERHEAD: usize = 160;

/// A public event, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among all public events.
    pub cursor: EventCursor,
    /// Its type.
    pub event_type: EventType,
    /// The log that it was made from.
    pub log: LogId,
    /// The account whose owner may hear of it.
    pub account: Option<AccountId>,
    /// The member or partner who may hear of it.
    pub owner: Option<MemberId>,
    /// The frame of a stream (text/event-stream), the same bytes for every client.
    pub frame: Bytes,
}

/// A message that is no public event.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A header is missing, or is not what it should be.
    #[error("the header {0} is missing or cannot be read")]
    Header(&'static str),
    /// The body is not JSON of an event.
    #[error("the body is not an event")]
    Body(#[source] serde_json::Error),
    /// An event of a type that this build does not know.
    #[error("the type {0} is not known")]
    Type(String),
    /// A frame is a line, and so the body must be one.
    #[error("the body has more than one line")]
    Lines,
}

/// What is read of the body.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    event_type: Cow<'a, str>,
}

impl Event {
    /// The event in a message.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, EventError> {
        let head: Head<'_> = serde_json::from_slice(body).map_err(EventError::Body)?;
        let event_type = EventType::from_name(&head.event_type);
        let event_type = event_type.ok_or_else(|| EventError::Type(head.event_type.clone().into_owned()))?;
        if body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(EventError::Lines);
        }
        let (cursor, log) = place_of(headers)?;
        let (account, owner) = (optional(headers, nats::ACCOUNT)?, optional(headers, nats::OWNER)?);
        Ok(Self { cursor, event_type, log, account, owner, frame: frame(cursor, event_type, body) })
    }

    /// What it takes in memory, about.
    pub(crate) fn size(&self) -> usize {
        self.frame.len() + OVERHEAD
    }
}

/// The place of the event in a message, and the log that it is a place of.
pub(crate) fn place_of(headers: &HeaderMap) -> Result<(EventCursor, LogId), EventError> {
    let cursor = optional(headers, nats::POSITION)?.ok_or(EventError::Header(nats::POSITION))?;
    let log = optional(headers, nats::LOG)?.ok_or(EventError::Header(nats::LOG))?;
    Ok((cursor, log))
}

fn optional<T: std::str::FromStr>(headers: &HeaderMap, name: &'static str) -> Result<Option<T>, EventError> {
    let text = headers.get(name).map(|value| value.as_str());
    text.map(|text| text.parse().map_err(|_| EventError::Header(name))).transpose()
}

fn frame(cursor: EventCursor, event_type: EventType, body: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(body.len() + 80);
    // Writing to memory never fails.
    let _ = write!(frame, "id: {cursor}\nevent: {}\ndata: ", event_type.short());
    frame.extend_from_slice(body);
    frame.extend_from_slice(b"\n\n");
    frame.into()
}

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types(u64);

// Each type has a bit.
const _: () = assert!(EventType::ALL.len() <= 64);

impl Types {
    /// Every type.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether this type is among them.
    pub fn contains(self, event_type: EventType) -> bool {
        self.0 & bit(event_type) != 0
    }
}

impl FromIterator<EventType> for Types {
    fn from_iter<I: IntoIterator<Item = EventType>>(types: I) -> Self {
        Self(types.into_iter().fold(0, |set, event_type| set | bit(event_type)))
    }
}

fn bit(event_type: EventType) -> u64 {
    1 << event_type as u32
}

#[cfg(test)]
pub(crate) mod tests {
    use kernel::Position;

    use super::*;

    pub(crate) fn at(position: i64, number: u16) -> EventCursor {
        EventCursor { position: Position::new(position), number }
    }

    pub(crate) fn account(number: u128) -> AccountId {
        AccountId::new(uuid::Uuid::from_u128(number))
    }

    pub(crate) fn member(number: u128) -> MemberId {
        MemberId::new(uuid::Uuid::from_u128(number))
    }

    pub(crate) const LOG: LogId = LogId::new(uuid::Uuid::from_u128(1));

    /// An event of an account.
    pub(crate) fn posted(position: i64, number: u16, of: u128) -> Event {
        let (cursor, event_type) = (at(position, number), EventType::TransferPosted);
        let frame = frame(cursor, event_type, b"{}");
        Event { cursor, event_type, log: LOG, account: Some(account(of)), owner: None, frame }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    #[test]
    fn a_message_becomes_a_frame() {
        let log = LOG.to_string();
        let of = account(7).to_string();
        let all = headers(&[(nats::POSITION, "12.1"), (nats::LOG, &log), (nats::ACCOUNT, &of)]);
        let body = br#"{"id":"x","type":"bank.jangbu.transfer.posted.v1","data":{}}"#;
        let event = Event::read(&all, body).expect("an event");
        assert_eq!((event.cursor, event.event_type), (at(12, 1), EventType::TransferPosted));
        assert_eq!((event.account, event.owner, event.log), (Some(account(7)), None, LOG));
        let text = std::str::from_utf8(&event.frame).expect("UTF-8");
        let expected = "id: 12.1\nevent: transfer.posted\ndata: \
                        {\"id\":\"x\",\"type\":\"bank.jangbu.transfer.posted.v1\",\"data\":{}}\n\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let log = LOG.to_string();
        let good = headers(&[(nats::POSITION, "12.1"), (nats::LOG, &log)]);
        let body = br#"{"type":"bank.jangbu.transfer.posted.v1"}"#;
        assert!(Event::read(&good, body).is_ok());
        for bad in [
            headers(&[(nats::LOG, &log)]),
            headers(&[(nats::POSITION, "12"), (nats::LOG, &log)]),
            headers(&[(nats::POSITION, "12.1")]),
            headers(&[(nats::POSITION, "12.1"), (nats::LOG, &log), (nats::ACCOUNT, "mine")]),
        ] {
            assert!(matches!(Event::read(&bad, body), Err(EventError::Header(_))), "{bad:?}");
        }
        assert!(matches!(Event::read(&good, b"{"), Err(EventError::Body(_))));
        assert!(matches!(Event::read(&good, br#"{"type":"other"}"#), Err(EventError::Type(_))));
        let lines = b"{\"type\":\n\"bank.jangbu.transfer.posted.v1\"}";
        assert!(matches!(Event::read(&good, lines), Err(EventError::Lines)), "it would end the frame");
    }

    #[test]
    fn a_set_has_the_types_that_it_was_made_of() {
        let two = Types::from_iter([EventType::AccountOpened, EventType::LimitExceeded]);
        let has: Vec<_> = EventType::ALL.iter().copied().filter(|event_type| two.contains(*event_type)).collect();
        assert_eq!(has, [EventType::AccountOpened, EventType::LimitExceeded]);
        assert!(EventType::ALL.iter().all(|event_type| Types::ALL.contains(*event_type)));
    }
}
