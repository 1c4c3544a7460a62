//! The messages of the stream.

use async_nats::{
    HeaderMap,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM},
};
use bytes::Bytes;
use kernel::Position;
use log::{
    Slice, SliceError,
    seal::{Label, SliceKeys, seal},
};

/// Room for the headers, which count as payload too.
const HEADERS: usize = 1024;

/// A slice, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub last: Position,
    pub body: Bytes,
    sealed: Vec<(&'static str, String)>,
}

impl Message {
    /// The sealed message of a slice; without a body if the server would not take it.
    pub(crate) fn of(slice: &Slice, keys: &SliceKeys, subject: &str, max_payload: usize) -> Result<Self, SliceError> {
        let body = slice.encode()?;
        let in_log = body.len() + HEADERS > max_payload;
        let body = if in_log { Bytes::new() } else { Bytes::from(body) };
        let label = Label { log: slice.log(), first: slice.first(), last: slice.last(), in_log };
        let sealed = seal(keys, subject, &label, &body);
        Ok(Self { last: label.last, body, sealed })
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
