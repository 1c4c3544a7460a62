//! Commits made of the payloads of the golden corpus.

use std::{fs, path::Path};

use kernel::{Actor, CommandId, CorrelationId, LogId, MemberId, Position, Role, StreamId, Version};
use log::{Commit, Event, Fingerprint};
use public_events::{Earlier, PublicEvent, translate};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

/// The log.
pub const LOG: LogId = LogId::new(Uuid::from_u128(0x10));
/// Who asks, a member.
pub const MEMBER: MemberId = MemberId::new(Uuid::from_u128(0x20));
/// The position of the first event.
pub const FIRST: i64 = 42;

/// Most ids of the corpus differ in their last two digits only.
pub fn id(last: &str) -> Uuid {
    format!("01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e{last}").parse().expect("a UUID")
}

/// A payload of the corpus: `TransferPosted.v4.charge`.
pub fn golden(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/golden").join(format!("{file}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// An event: its stream, its version, and its payload from the corpus.
pub fn event(stream: Uuid, version: i64, file: &str) -> Event {
    event_with(stream, version, file, &golden(file))
}

/// The same with another payload.
pub fn event_with(stream: Uuid, version: i64, file: &str, payload: &Value) -> Event {
    let mut parts = file.split('.');
    let event_type = parts.next().expect("a type").to_owned();
    let schema_version = parts.next().and_then(|part| part.strip_prefix('v')).expect("a version");
    Event {
        stream: StreamId::new(stream),
        version: Version::new(version),
        event_type,
        schema_version: schema_version.parse().expect("a number"),
        payload: RawValue::from_string(payload.to_string()).expect("JSON"),
    }
}

/// A commit of these events, asked for by [`MEMBER`].
pub fn commit(events: Vec<Event>) -> Commit {
    Commit {
        first: Position::new(FIRST),
        command_id: CommandId::new(Uuid::from_u128(0x30)),
        fingerprint: Fingerprint([7; 16]),
        actor: Actor { role: Role::Member, id: MEMBER },
        correlation: CorrelationId::new(Uuid::from_u128(0x40)),
        recorded_at: "2026-12-01T09:00:00.123456Z".parse().expect("a time"),
        events,
    }
}

/// What is told of these events.
pub fn told(events: Vec<Event>) -> Vec<PublicEvent> {
    translate(LOG, &commit(events), &Earlier::default()).unwrap_or_else(|error| panic!("{error:?}"))
}
