//! What a member logs in with.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// 4 to 32 of the characters `a-z`, `0-9` and `_`.
#[derive(Clone, Debug)]
pub struct LoginId(SecretString);

/// Not a login id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 4 to 32 characters long and consist of a-z, 0-9 and _ only")]
pub struct LoginIdError;

impl LoginId {
    /// The text, to be hashed or sealed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for LoginId {
    type Err = LoginIdError;

    fn from_str(text: &str) -> Result<Self, LoginIdError> {
        let usable = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let good = (4..=32).contains(&text.len()) && text.bytes().all(usable);
        good.then(|| Self(text.into())).ok_or(LoginIdError)
    }
}
