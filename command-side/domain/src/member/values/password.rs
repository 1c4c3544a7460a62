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
        let password = Self::of_characters(text)?;
        password.check_against(login_id)?;
        Ok(password)
    }

    /// Reads a new password of somebody whose login id is not known yet: [`Password::check_against`] has to follow.
    pub fn parse_without_login_id(text: &SecretString) -> Result<Self, PasswordError> {
        let password = Self::of_characters(text)?;
        password.check_strength(&[])?;
        Ok(password)
    }

    /// Reads a new password of somebody who logs in with this name, which is no login id of a member.
    pub fn parse_for(text: &SecretString, name: &str) -> Result<Self, PasswordError> {
        let password = Self::of_characters(text)?;
        if !name.is_empty() && password.spellings().iter().any(|text| text.contains(name)) {
            return Err(PasswordError::ContainsLoginId);
        }
        password.check_strength(&[name])?;
        Ok(password)
    }

    /// Refuses it for a member with that login id.
    pub fn check_against(&self, login_id: &LoginId) -> Result<(), PasswordError> {
        if self.spellings().iter().any(|text| text.contains(login_id.expose())) {
            return Err(PasswordError::ContainsLoginId);
        }
        self.check_strength(&[login_id.expose()])
    }

    /// In small letters; once more with those of full width and the like as the plain ones.
    fn spellings(&self) -> [Zeroizing<String>; 2] {
        let typed = self.0.expose_secret();
        let plain: Zeroizing<String> = Zeroizing::new(typed.nfkc().collect());
        [Zeroizing::new(typed.to_lowercase()), Zeroizing::new(plain.to_lowercase())]
    }

    fn of_characters(text: &SecretString) -> Result<Self, PasswordError> {
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
        Ok(Self(typed))
    }

    fn check_strength(&self, known: &[&str]) -> Result<(), PasswordError> {
        match u8::from(zxcvbn::zxcvbn(self.0.expose_secret(), known).score()) <= 1 {
            true => Err(PasswordError::Common),
            false => Ok(()),
        }
    }

    /// The characters of it that a login id may have.
    pub fn characters(&self) -> PasswordCharacters {
        let spellings = self.spellings();
        let held = |c: &char| spellings.iter().any(|text| text.contains(*c));
        let all = ('a'..='z').chain('0'..='9').chain(['_']);
        PasswordCharacters(SecretString::from(all.filter(held).collect::<String>()))
    }

    /// The text, to be hashed.
    pub fn expose(&self) -> &SecretString {
        &self.0
    }
}

/// Which characters of login ids a password has; not where, in which order or how often. So little is kept while it is open which
/// login id the password will belong to.
#[derive(Clone, Debug)]
pub struct PasswordCharacters(SecretString);

impl PasswordCharacters {
    /// Reads what [`PasswordCharacters::expose`] gave.
    pub fn new(text: SecretString) -> Self {
        Self(text)
    }

    /// The characters, to be sealed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether the password may contain this login id. It does not if it lacks a character of it; else nothing is known, and the
    /// answer is yes.
    pub fn may_contain(&self, login_id: &LoginId) -> bool {
        login_id.expose().chars().all(|c| self.0.expose_secret().contains(c))
    }
}

/// A password as it is hashed and compared: in normal form C, because keyboards differ in how they send one and the same
/// letter. What is typed to log in goes through here too.
pub fn as_typed(text: &SecretString) -> SecretString {
    let normal: Zeroizing<String> = Zeroizing::new(text.expose_secret().nfc().collect());
    normal.as_str().into()
}
