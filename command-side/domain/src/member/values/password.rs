//! What only the member knows.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::LoginId;

/// A password that is good enough to be kept. What is typed to log in is not checked by these rules.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// Not a password that protects anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("must be 10 to 128 characters long")]
    Length,
    /// A character that cannot be typed everywhere, or ends a text somewhere.
    #[error("must not contain control characters")]
    Control,
    /// Not of all three kinds.
    #[error("must contain a letter, a digit and a special character")]
    Kinds,
    /// The login id is no secret.
    #[error("must not contain the login id")]
    ContainsLoginId,
    /// Among the first that are tried.
    #[error("is too easy to guess")]
    Common,
}

impl Password {
    /// Reads a new password of the member with that login id.
    pub fn parse(text: &SecretString, login_id: &LoginId) -> Result<Self, PasswordError> {
        // Long before it is looked at closely: each of the 128 characters has four bytes at most.
        if text.expose_secret().len() > 4 * 128 {
            return Err(PasswordError::Length);
        }
        let typed = as_typed(text);
        let password = typed.expose_secret();
        if !(10..=128).contains(&password.chars().count()) {
            return Err(PasswordError::Length);
        }
        if password.chars().any(char::is_control) {
            return Err(PasswordError::Control);
        }
        let letter = password.chars().any(char::is_alphabetic);
        let digit = password.chars().any(char::is_numeric);
        let special = password.chars().any(|c| !c.is_alphanumeric());
        if !(letter && digit && special) {
            return Err(PasswordError::Kinds);
        }
        if Zeroizing::new(password.to_lowercase()).contains(login_id.expose()) {
            return Err(PasswordError::ContainsLoginId);
        }
        if u8::from(zxcvbn::zxcvbn(password, &[login_id.expose()]).score()) <= 1 {
            return Err(PasswordError::Common);
        }
        Ok(Self(typed))
    }

    /// The text, to be hashed.
    pub fn expose(&self) -> &SecretString {
        &self.0
    }
}

/// A password as it is hashed and compared: in normal form C, because keyboards differ in how they send one and the same
/// letter. What is typed to log in goes through here too.
pub fn as_typed(text: &SecretString) -> SecretString {
    let normal: Zeroizing<String> = Zeroizing::new(text.expose_secret().nfc().collect());
    normal.as_str().into()
}
