//! The seal of a message: what a slice says about itself while it travels, and the proof that the relay said it.
//!
//! A client that can write to the stream can write anything there. A reader therefore takes nothing from a message before
//! [`verify`] has accepted it, and the only way to the label or the body of a message is through [`Authentic`].
//! The seal proves who sent a message, not when: an authentic message that is delivered again, late or out of order says
//! something that was true of the log when it was sent, and readers drop it by its positions.

mod key_file;
mod keys;
mod watch;

use bytes::Bytes;
use kernel::{LogId, Position};

use crate::{Slice, SliceError};

pub use key_file::KeyFileError;
pub use keys::SliceKeys;
pub use watch::KeyWatch;

const LOG: &str = "Jangbu-Log-Id";
const FIRST: &str = "Jangbu-First";
const LAST: &str = "Jangbu-Last";
/// `log` says that the slice was too large for a message, and is to be read from the log.
const BODY: &str = "Jangbu-Body";
const IN_LOG: &str = "log";
const KEY: &str = "Jangbu-Key-Id";
const SEAL: &str = "Jangbu-Seal";

/// What a message says about the slice in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The log it belongs to.
    pub log: LogId,
    /// The position of the first event.
    pub first: Position,
    /// The position of the last event.
    pub last: Position,
    /// The slice was too large for a message and is to be read from the log.
    pub in_log: bool,
}

/// A message that the holder of a key sent.
#[derive(Clone, Debug)]
pub struct Authentic {
    label: Label,
    body: Bytes,
}

impl Authentic {
    /// What it says about its slice.
    pub fn label(&self) -> Label {
        self.label
    }

    /// The slice; `None` if it is to be read from the log. An error is a defect of the sender.
    pub fn slice(&self) -> Result<Option<Slice>, SliceError> {
        if self.label.in_log {
            return Ok(None);
        }
        let slice = Slice::decode(&self.body)?;
        if slice.log() != self.label.log {
            return Err(SliceError::OtherLog { expected: self.label.log, found: slice.log() });
        }
        if (slice.first(), slice.last()) != (self.label.first, self.label.last) {
            return Err(SliceError::Broken(self.label.first));
        }
        Ok(Some(slice))
    }
}

/// Why a message counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejected {
    /// It is not labelled as a slice.
    #[error("it is not a slice")]
    NotASlice,
    /// It has no seal: the build before wrote none.
    #[error("it is not sealed")]
    Unsealed,
    /// It names a key that is not in the key file.
    #[error("it is sealed with a key that is not in the key file")]
    UnknownKey,
    /// Its seal does not fit: it was made or changed by somebody without the key.
    #[error("its seal does not fit")]
    Forged,
}

impl Rejected {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::NotASlice, Self::Unsealed, Self::UnknownKey, Self::Forged];

    /// One word for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotASlice => "not-a-slice",
            Self::Unsealed => "unsealed",
            Self::UnknownKey => "unknown-key",
            Self::Forged => "forged",
        }
    }
}

/// The headers of a message with this label and body, sealed for the subject it is sent to.
pub fn seal(keys: &SliceKeys, subject: &str, label: &Label, body: &[u8]) -> Vec<(&'static str, String)> {
    let (key, tag) = keys.seal(&sealed_text(subject, label, body.len()), body);
    let mut headers =
        vec![(LOG, label.log.to_string()), (FIRST, label.first.to_string()), (LAST, label.last.to_string())];
    if label.in_log {
        headers.push((BODY, IN_LOG.to_owned()));
    }
    headers.extend([(KEY, key), (SEAL, tag)]);
    headers
}

/// Accepts a message that a holder of one of the keys sent to this subject. `header` finds a header by its name.
pub fn verify<'h>(
    keys: &SliceKeys,
    subject: &str,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &Bytes,
) -> Result<Authentic, Rejected> {
    let label = read(&header).ok_or(Rejected::NotASlice)?;
    let (key, tag) = header(KEY).zip(header(SEAL)).ok_or(Rejected::Unsealed)?;
    keys.verify(key, tag, &sealed_text(subject, &label, body.len()), body)?;
    Ok(Authentic { label, body: body.clone() })
}

fn read<'h>(header: &impl Fn(&str) -> Option<&'h str>) -> Option<Label> {
    let position = |name| header(name)?.parse().ok().map(Position::new);
    let in_log = match header(BODY) {
        None => false,
        Some(IN_LOG) => true,
        Some(_) => return None,
    };
    Some(Label { log: header(LOG)?.parse().ok()?, first: position(FIRST)?, last: position(LAST)?, in_log })
}

/// Everything that is sealed but the body itself, which follows it. Each part has a fixed size or is preceded by its
/// size, so no two messages give the same text; the first words keep it apart from all else that a key may ever seal.
fn sealed_text(subject: &str, label: &Label, body: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(96 + subject.len());
    text.extend(b"jangbu/slice-message/1\0");
    text.extend((subject.len() as u64).to_be_bytes());
    text.extend(subject.as_bytes());
    text.extend(label.log.uuid().as_bytes());
    text.extend(label.first.number().to_be_bytes());
    text.extend(label.last.number().to_be_bytes());
    text.push(u8::from(label.in_log));
    text.extend((body as u64).to_be_bytes());
    text
}

#[cfg(test)]
mod tests;
