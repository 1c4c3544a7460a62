//! The messages of the stream.

use async_nats::{
    HeaderMap,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM},
};
use bytes::Bytes;
use kernel::{CommandId, CommitRef, Position};
use log::{
    Slice, SliceError,
    seal::{Label, SliceKeys, seal},
};

/// The last commit of a slice that is in the log alone: the id of its command, and when it was recorded, in microseconds
/// since 1970. A hint: it is not sealed, and the relay only refuses to go on because of it.
const COMMIT: &str = "Jangbu-Commit";

/// Room for the headers, which count as payload too.
const HEADERS: usize = 1024;

/// A slice, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub last: CommitRef,
    pub body: Bytes,
    sealed: Vec<(&'static str, String)>,
}

impl Message {
    /// The sealed message of a slice; without a body if the server would not take it.
    pub(crate) fn of(slice: &Slice, keys: &SliceKeys, subject: &str, max_payload: usize) -> Result<Self, SliceError> {
        let body = slice.encode()?;
        let in_log = body.len() + HEADERS > max_payload;
        let body = if in_log { Bytes::new() } else { Bytes::from(body) };
        let last = slice.end().ok_or(SliceError::Broken(slice.first()))?;
        let label = Label { log: slice.log(), first: slice.first(), last: slice.last(), in_log };
        let mut sealed = seal(keys, subject, &label, &body);
        sealed.push((COMMIT, format!("{}@{}", last.command_id, last.recorded_at.timestamp_micros())));
        Ok(Self { last, body, sealed })
    }

    /// Its headers, if it must follow the message `after` of that stream.
    ///
    /// It has no message id: the sequence already keeps a message from being taken twice, and the server would take a
    /// message for a duplicate of whatever somebody else sent under the same id.
    pub(crate) fn headers(&self, stream: &str, after: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.sealed {
            headers.insert(*name, value.as_str());
        }
        headers.insert(NATS_EXPECTED_STREAM, stream);
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, after.to_string());
        headers
    }
}

/// The last commit of a message that ends at a position: as its body names it, or its header where it has none.
pub(crate) fn end_of(last: Position, headers: &HeaderMap, body: &[u8]) -> Option<CommitRef> {
    match Slice::decode(body) {
        Ok(slice) => slice.end().filter(|end| end.position == last),
        Err(_) => named(last, headers.get(COMMIT)?.as_str()),
    }
}

fn named(position: Position, text: &str) -> Option<CommitRef> {
    let (command, micros) = text.split_once('@')?;
    let command_id: CommandId = command.parse().ok()?;
    let recorded_at = chrono::DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    Some(CommitRef { position, command_id, recorded_at })
}
