//! One commit as it stands in a segment: a line of JSON with every column of it.
//!
//! A person with `zstd -dc` and `jq` can read it in twenty years. The payload stands in the line as it was recorded, byte
//! for byte; one that JSON lines cannot carry so (with a line break or a space around it) stands there as a string.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CorrelationId, MemberId, Position, Role, StreamId, Version};
use log::{ArchivedCommit, DetachedCommit};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::commit::{Commit, Event};

impl Commit {
    /// Adds the line, its end included.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut *out, &CommitLine::of(self))?;
        out.push(b'\n');
        Ok(())
    }
}

/// Why a line is not a commit.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Not the JSON of a commit.
    #[error("it is not the JSON of a commit")]
    Json(#[from] serde_json::Error),
    /// JSON of a commit, with something in it that cannot be.
    #[error("{0}")]
    Meaning(&'static str),
}

/// The line, borrowing what it can: from the rows when it is written, from the file when it is read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitLine<'a> {
    first_position: i64,
    recorded_at: DateTime<Utc>,
    command_id: Uuid,
    #[serde(borrow)]
    actor_role: Cow<'a, str>,
    actor_id: Uuid,
    correlation: Uuid,
    #[serde(borrow)]
    fingerprint: Cow<'a, str>,
    #[serde(borrow)]
    events: Vec<EventLine<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine<'a> {
    stream_id: Uuid,
    version: i64,
    /// Since format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<i64>,
    #[serde(borrow, rename = "type")]
    event_type: Cow<'a, str>,
    schema_version: i16,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    payload_text: Option<Cow<'a, str>>,
}

impl<'a> CommitLine<'a> {
    fn of(commit: &'a Commit) -> Self {
        Self {
            first_position: commit.first,
            recorded_at: commit.recorded_at,
            command_id: commit.command_id,
            actor_role: Cow::Borrowed(&commit.actor_role),
            actor_id: commit.actor_id,
            correlation: commit.correlation,
            fingerprint: Cow::Owned(hex::encode(&commit.fingerprint)),
            events: commit.events.iter().map(EventLine::of).collect(),
        }
    }

    /// Reads a line.
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        let line: Self = serde_json::from_slice(line)?;
        if line.events.is_empty() {
            return Err(LineError::Meaning("the commit has no events"));
        }
        Ok(line)
    }

    /// The position of the first event.
    pub fn first(&self) -> i64 {
        self.first_position
    }

    /// The position of the last event.
    pub fn last(&self) -> i64 {
        self.first_position.saturating_add(self.events.len() as i64 - 1)
    }

    /// The log's time of it.
    pub fn recorded_at(&self) -> DateTime<Utc> {
        self.recorded_at
    }

    /// The command that wrote it.
    pub fn command_id(&self) -> Uuid {
        self.command_id
    }

    /// The commit's rows.
    pub fn into_commit(self) -> Result<Commit, LineError> {
        Ok(Commit {
            first: self.first_position,
            recorded_at: self.recorded_at,
            command_id: self.command_id,
            actor_role: self.actor_role.into_owned(),
            actor_id: self.actor_id,
            correlation: self.correlation,
            fingerprint: hex::decode(self.fingerprint.as_bytes()).map_err(|_| FINGERPRINT)?,
            events: self.events.into_iter().map(EventLine::into_event).collect::<Result<_, _>>()?,
        })
    }

    /// The commit as the readers of the log know it, and where the versions before its events stand.
    pub fn into_detached(self) -> Result<DetachedCommit, LineError> {
        let first = self.first_position;
        let place = |previous: i64| Position::new(if previous < 0 { first + previous } else { previous });
        let previous: Option<Vec<Position>> = self.events.iter().map(|event| event.previous.map(place)).collect();
        let previous = previous.ok_or(PREVIOUS)?;
        Ok(DetachedCommit { commit: self.into_recorded()?, previous })
    }

    /// The commit as the readers of the log know it, and what was recorded of where the versions before its events stand.
    pub fn into_archived(self) -> Result<ArchivedCommit, LineError> {
        let previous = self.events.iter().map(|event| event.previous).collect();
        Ok(ArchivedCommit { commit: self.into_recorded()?, previous })
    }

    /// The commit as the readers of the log know it.
    pub fn into_recorded(self) -> Result<::log::Commit, LineError> {
        let role = match self.actor_role.as_ref() {
            "m" => Role::Member,
            "o" => Role::Operator,
            "s" => Role::Service,
            "p" => Role::Partner,
            _ => return Err(LineError::Meaning("the actor has an unknown role")),
        };
        let fingerprint =
            hex::decode(self.fingerprint.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(FINGERPRINT)?;
        Ok(::log::Commit {
            first: Position::new(self.first_position),
            command_id: CommandId::new(self.command_id),
            fingerprint: ::log::Fingerprint(fingerprint),
            actor: Actor { role, id: MemberId::new(self.actor_id) },
            correlation: CorrelationId::new(self.correlation),
            recorded_at: self.recorded_at,
            events: self.events.into_iter().map(EventLine::into_recorded).collect::<Result<_, _>>()?,
        })
    }
}

const FINGERPRINT: LineError = LineError::Meaning("the fingerprint is not sixteen bytes of hexadecimal");
const PREVIOUS: LineError = LineError::Meaning(
    "it does not say where the versions before its events stand: it was archived by an earlier build, and cannot be read instead \
     of the log",
);
const PAYLOAD: LineError = LineError::Meaning("an event has not one payload");

impl<'a> EventLine<'a> {
    fn of(event: &'a Event) -> Self {
        let raw = as_is(&event.payload);
        Self {
            stream_id: event.stream_id,
            version: event.version,
            previous: event.previous,
            event_type: Cow::Borrowed(&event.event_type),
            schema_version: event.schema_version,
            payload: raw,
            payload_text: raw.is_none().then_some(Cow::Borrowed(&event.payload)),
        }
    }

    fn into_event(self) -> Result<Event, LineError> {
        let payload = match (self.payload, self.payload_text) {
            (Some(raw), None) => raw.get().to_owned(),
            (None, Some(text)) => text.into_owned(),
            _ => return Err(PAYLOAD),
        };
        Ok(Event {
            stream_id: self.stream_id,
            version: self.version,
            previous: self.previous,
            event_type: self.event_type.into_owned(),
            schema_version: self.schema_version,
            payload,
        })
    }

    fn into_recorded(self) -> Result<::log::Event, LineError> {
        let payload = match (self.payload, self.payload_text) {
            (Some(raw), None) => raw.to_owned(),
            (None, Some(text)) => RawValue::from_string(text.into_owned())?,
            _ => return Err(PAYLOAD),
        };
        Ok(::log::Event {
            stream: StreamId::new(self.stream_id),
            version: Version::new(self.version),
            event_type: self.event_type.into_owned(),
            schema_version: self.schema_version,
            payload,
        })
    }
}

/// The payload as a part of the line, if it comes out of it as it went in.
fn as_is(payload: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(payload).ok()?;
    let fits = raw.get().len() == payload.len() && !payload.contains(['\n', '\r']);
    // A field that is null is a field that is not there.
    (fits && payload != "null").then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(payloads: &[&str]) -> Commit {
        let event = |(n, payload): (usize, &&str)| Event {
            stream_id: Uuid::from_u128(7),
            version: n as i64 + 1,
            previous: [None, Some(0), Some(17), Some(-2)][n % 4],
            event_type: "Account\"Opened\"\n".into(),
            schema_version: 3,
            payload: (*payload).to_owned(),
        };
        Commit {
            first: 41,
            recorded_at: "2026-03-01T09:59:58.123456Z".parse().expect("a time"),
            command_id: Uuid::from_u128(1),
            actor_role: "m".into(),
            actor_id: Uuid::from_u128(2),
            correlation: Uuid::from_u128(3),
            fingerprint: (0..16).collect(),
            events: payloads.iter().enumerate().map(event).collect(),
        }
    }

    #[test]
    fn a_commit_comes_back_to_the_byte() {
        let payloads = [
            r#"{"amount":"5"}"#,
            r#" { "a" : 1.0e400 } "#,
            "{\n\"a\":\t1}",
            r#"{"s":"\ud800 \u0000 é \/","a":1,"a":2}"#,
            "null",
        ];
        let commit = commit(&payloads);
        let mut line = Vec::new();
        commit.write(&mut line).expect("a line");
        assert_eq!(line.iter().filter(|b| **b == b'\n').count(), 1, "one line");
        let read = CommitLine::parse(&line).expect("a line");
        assert_eq!((read.first(), read.last(), commit.last()), (41, 45, 45));
        assert_eq!(read.into_commit().expect("a commit"), commit);
        let recorded = CommitLine::parse(&line).expect("a line").into_recorded().expect("a commit");
        assert_eq!(recorded.recorded_at, commit.recorded_at);
        assert_eq!(recorded.events[3].payload.get(), payloads[3]);
        assert_eq!(recorded.fingerprint.0.to_vec(), commit.fingerprint);
    }

    #[test]
    fn what_is_no_commit_is_refused() {
        let mut line = Vec::new();
        commit(&["{}"]).write(&mut line).expect("a line");
        let text = String::from_utf8(line).expect("text");
        for (what, wrong) in [
            ("cut", text[..text.len() - 3].to_owned()),
            ("no events", text.split_once("\"events\"").expect("events").0.to_owned() + "\"events\":[]}"),
            ("an unknown field", text.replacen('{', "{\"x\":1,", 1)),
            ("no payload", text.replace(",\"payload\":{}", "")),
            ("two payloads", text.replace("\"payload\":{}", "\"payload\":{},\"payload_text\":\"{}\"")),
            ("a fingerprint", text.replace("0001", "zz01")),
        ] {
            let read = CommitLine::parse(wrong.as_bytes()).and_then(CommitLine::into_commit);
            assert!(read.is_err(), "{what}: {wrong}");
        }
        let nobody = text.replace("\"m\"", "\"x\"");
        assert!(CommitLine::parse(nobody.as_bytes()).and_then(CommitLine::into_recorded).is_err());
    }
}
