//! A person's name.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::characters::{is_blank, is_clear_name, without_idle_joiners};

/// 1 to 100 characters in normal form C, shown as they were given: no script is preferred, no letter replaced by one that
/// looks like it. Joiners stay where a script needs them.
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
    #[error("must not contain control or invisible characters, nor joiners where they change nothing")]
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
        if name.chars().all(is_blank) {
            return Err(RealNameError::Blank);
        }
        let name = without_idle_joiners(&name);
        if !is_clear_name(&name) {
            return Err(RealNameError::Unseen);
        }
        if name.chars().count() > 100 {
            return Err(RealNameError::TooLong);
        }
        Ok(Self(name.as_str().into()))
    }
}
