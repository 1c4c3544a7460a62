//! How events stand in the row of their commit, and the digest of a commit. The auditor and `jangbu log verify` compute the same.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId, CorrelationId, Position, StreamId, Version};
use log::Fingerprint;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::rows::role_code;

/// Where the version before an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviousVersion {
    /// In the same commit, or there is none.
    Here,
    /// In the commit that begins there.
    At(Position),
    /// In the commit of the same append that begins so many positions earlier.
    Back(i64),
}

impl PreviousVersion {
    /// What stands in an event as this number.
    pub fn of_number(number: i64) -> Self {
        match number {
            0 => Self::Here,
            1.. => Self::At(Position::new(number)),
            back => Self::Back(-back),
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Here => 0,
            Self::At(position) => position.number(),
            Self::Back(distance) => -distance,
        }
    }
}

/// Writes the events of one commit.
#[derive(Debug)]
pub struct EventsEncoder(String);

impl EventsEncoder {
    /// Room for what most commits need.
    pub fn new() -> Self {
        let mut text = String::with_capacity(1024);
        text.push('[');
        Self(text)
    }

    /// Adds an event: `["stream",version,previous,"type",schema_version,payload]`. Not a byte of the payload changes. An error if it
    /// is not one JSON value.
    pub fn push(
        &mut self,
        stream: StreamId,
        (version, previous): (Version, PreviousVersion),
        (event_type, schema_version): (&str, i16),
        payload: &str,
    ) -> Result<(), serde_json::Error> {
        // Text that goes on after the value would be read as further fields, or as further events.
        let payload: &RawValue = serde_json::from_str(payload)?;
        let text = &mut self.0;
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str("[\"");
        text.push_str(stream.uuid().as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        // Writing into a string cannot fail.
        let _ = write!(text, "\",{},{},", version.number(), previous.number());
        text.push_str(&serde_json::to_string(event_type)?);
        let _ = write!(text, ",{schema_version},");
        text.push_str(payload.get());
        text.push(']');
        Ok(())
    }

    /// The text of the column `events`.
    pub fn finish(mut self) -> String {
        self.0.push(']');
        self.0
    }
}

impl Default for EventsEncoder {
    fn default() -> Self {
        Self::new()
    }
}

/// The digest of a commit: of what is known before it has a position and a time. `events` is the text of the column, to the byte.
pub fn commit_digest(
    command_id: CommandId,
    actor: Actor,
    correlation: CorrelationId,
    fingerprint: Fingerprint,
    events: &str,
) -> [u8; 32] {
    Sha256::new()
        .chain_update(command_id.uuid().as_bytes())
        .chain_update(role_code(actor.role).to_be_bytes())
        .chain_update(actor.id.uuid().as_bytes())
        .chain_update(correlation.uuid().as_bytes())
        .chain_update(fingerprint.0)
        .chain_update(events.as_bytes())
        .finalize()
        .into()
}

/// What stands in `log_head.digest` after one more commit: what the function `chain_digests` computes. Before the first commit it is all
/// zeros.
pub fn chain_digest(before: [u8; 32], commit: [u8; 32], first: Position, recorded_at: DateTime<Utc>) -> [u8; 32] {
    /// Postgres counts time from 2000-01-01.
    const EPOCH_MICROS: i64 = 946_684_800_000_000;
    Sha256::new()
        .chain_update(before)
        .chain_update(commit)
        .chain_update(first.number().to_be_bytes())
        .chain_update((recorded_at.timestamp_micros() - EPOCH_MICROS).to_be_bytes())
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(payload: &str) -> Result<String, serde_json::Error> {
        let mut encoder = EventsEncoder::new();
        let stream = StreamId::new(Uuid::from_u128(7));
        encoder.push(stream, (Version::new(2), PreviousVersion::At(Position::new(9))), ("Happened", 3), payload)?;
        encoder.push(stream, (Version::new(3), PreviousVersion::Here), ("Happened", 3), "{}")?;
        Ok(encoder.finish())
    }

    #[test]
    fn events_are_an_array_and_the_payload_keeps_its_bytes() {
        assert_eq!(
            encoded(r#"{"z": 1,  "a":"장부"}"#).unwrap(),
            r#"[["00000000-0000-0000-0000-000000000007",2,9,"Happened",3,{"z": 1,  "a":"장부"}],["00000000-0000-0000-0000-000000000007",3,0,"Happened",3,{}]]"#
        );
    }

    #[test]
    fn a_payload_is_one_value() {
        for payload in ["", "{", "1],[2", "{},{}", "{\"a\":\"\0\"}", "{}]"] {
            assert!(encoded(payload).is_err(), "{payload:?}");
        }
    }
}
