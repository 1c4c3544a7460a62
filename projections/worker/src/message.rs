//! What a message of the stream says.

use async_nats::HeaderMap;
use kernel::{LogId, Position};
use log::{Slice, SliceError};

/// Headers of a message of the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) log: LogId,
    pub(crate) last: Position,
    /// The slice is too large for a message: read it from the log.
    pub(crate) in_log: bool,
}

impl Label {
    /// The label of a message, if it is one of a relay.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let log = headers.get("Jangbu-Log-Id")?.as_str().parse().ok()?;
        let last = headers.get("Jangbu-Last")?.as_str().parse().ok()?;
        let in_log = headers.get("Jangbu-Body").is_some_and(|body| body.as_str() == "log");
        Some(Self { log, last: Position::new(last), in_log })
    }
}

/// The slice in a message, if it is what the label says.
pub(crate) fn open(label: &Label, body: &[u8]) -> Result<Slice, SliceError> {
    let slice = Slice::decode(body)?;
    if slice.log() != label.log {
        return Err(SliceError::OtherLog { expected: label.log, found: slice.log() });
    }
    Ok(slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_and_other_messages_have_none() {
        let log = "018f4ae0-0000-7000-8000-000000000001";
        let mut headers = HeaderMap::new();
        assert_eq!(Label::read(&headers), None);
        headers.insert("Jangbu-Log-Id", log);
        headers.insert("Jangbu-Last", "12x");
        assert_eq!(Label::read(&headers), None);
        headers.insert("Jangbu-Last", "12");
        let label = Label { log: log.parse().expect("uuid"), last: Position::new(12), in_log: false };
        assert_eq!(Label::read(&headers), Some(label));
        headers.insert("Jangbu-Body", "log");
        assert_eq!(Label::read(&headers), Some(Label { in_log: true, ..label }));
    }
}
