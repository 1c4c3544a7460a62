//! The code that proves who reads a contact's messages.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// Exactly six ASCII digits.
#[derive(Clone, Debug)]
pub struct Code(SecretString);

/// Not a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be exactly 6 digits")]
pub struct CodeError;

impl Code {
    /// The digits, to be compared in constant time.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let good = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
        good.then(|| Self(text.into())).ok_or(CodeError)
    }
}
