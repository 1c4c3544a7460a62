//! Ciphertext: personal data as it may stand in events, messages and views.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{StreamId, Version};

/// A sealed text: base64 of what the vault made of it. It opens only with the data key of the member it belongs to, and
/// only at the [`Place`] it was sealed for.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// What the vault made, or what was read from where it stood.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be stored or opened.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

/// Where a sealed text stands: it is bound to it as associated data, so that no text can be moved to another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The stream of the event.
    pub stream: StreamId,
    /// The version of the event.
    pub version: Version,
    /// The field of the event.
    pub field: &'static str,
}
