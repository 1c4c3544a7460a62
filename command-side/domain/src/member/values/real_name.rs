//! A person's name.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use zeroize::Zeroizing;

use super::is_unseen;

/// 1 to 100 characters in normal form C, shown as they were given: no script is preferred, no letter replaced by one that
/// looks like it.
#[derive(Clone, Debug)]
pub struct RealName(SecretString);

/// Not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RealNameError {
    /// Nothing that can be seen.
    #[error("must not be blank")]
    Blank,
    /// More than 100 characters.
    #[error("must be at most 100 characters long")]
    TooLong,
    /// A character that is not seen, or steers how others are shown.
    #[error("must not contain control or invisible characters")]
    Unseen,
}

impl RealName {
    /// The text, to be sealed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for RealName {
    type Err = RealNameError;

    fn from_str(text: &str) -> Result<Self, RealNameError> {
        // Four bytes a character at most, before normal form C, which may join up to four of them.
        if text.len() > 1600 {
            return Err(RealNameError::TooLong);
        }
        let name: Zeroizing<String> = Zeroizing::new(text.nfc().collect());
        if name.chars().any(is_unseen) {
            return Err(RealNameError::Unseen);
        }
        if name.chars().all(is_blank) {
            return Err(RealNameError::Blank);
        }
        if name.chars().count() > 100 {
            return Err(RealNameError::TooLong);
        }
        Ok(Self(name.as_str().into()))
    }
}

/// White space, marks with nothing under them, and the fillers and blanks that count as letters or symbols.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || is_combining_mark(c)
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}')
}
