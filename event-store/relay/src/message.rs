//! The messages of the stream.

use async_nats::{
    HeaderMap,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM, NATS_MESSAGE_ID},
};
use bytes::Bytes;
use kernel::{LogId, Position};
use log::{Slice, SliceError};

const LOG: &str = "Jangbu-Log-Id";
const FIRST: &str = "Jangbu-First";
const LAST: &str = "Jangbu-Last";
/// `log` says that the slice was too large for a message, and is to be read from the log.
const BODY: &str = "Jangbu-Body";

/// Room for the headers, which count as payload too.
const HEADERS: usize = 1024;

/// A slice, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub log: LogId,
    pub first: Position,
    pub last: Position,
    pub body: Bytes,
    in_log: bool,
}

impl Message {
    /// The message of a slice; without a body if the server would not take it.
    pub(crate) fn of(slice: &Slice, max_payload: usize) -> Result<Self, SliceError> {
        let body = slice.encode()?;
        let in_log = body.len() + HEADERS > max_payload;
        let body = if in_log { Bytes::new() } else { Bytes::from(body) };
        Ok(Self { log: slice.log(), first: slice.first(), last: slice.last(), body, in_log })
    }

    /// Its headers, if it must follow the message `after` of that stream. `round` is there when the stream is filled
    /// again: what was published before it was wiped may be remembered as a duplicate.
    pub(crate) fn headers(&self, stream: &str, after: u64, round: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(LOG, self.log.to_string());
        headers.insert(FIRST, self.first.to_string());
        headers.insert(LAST, self.last.to_string());
        if self.in_log {
            headers.insert(BODY, "log");
        }
        let round = round.map(|round| format!(":{round}")).unwrap_or_default();
        headers.insert(NATS_MESSAGE_ID, format!("{}:{}-{}{round}", self.log, self.first, self.last));
        headers.insert(NATS_EXPECTED_STREAM, stream);
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, after.to_string());
        headers
    }
}

/// The log and the last position a message of the stream speaks of, if it is one of a relay.
pub(crate) fn speaks_of(headers: &HeaderMap) -> Option<(LogId, Position)> {
    let log = headers.get(LOG)?.as_str().parse().ok()?;
    let last = headers.get(LAST)?.as_str().parse().ok()?;
    Some((log, Position::new(last)))
}
