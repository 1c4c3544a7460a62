//! Texts that nobody but their owner is to see: wiped from memory when dropped, and shown in no error.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// A secret or personal text, from the parser on. It is not `Serialize`: nothing can answer with it by accident.
#[derive(Clone, Debug)]
pub(crate) struct Secret(SecretString);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn into_inner(self) -> SecretString {
        self.0
    }

    pub(crate) fn inner(&self) -> &SecretString {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not as a string: the parser would then refuse what is none in its own words, and repeat it.
        deserializer.deserialize_any(Text)
    }
}

struct Text;

/// A value that is no string is refused without being repeated: a password may be all digits, and sent as a number.
macro_rules! refuse {
    ($($method:ident($type:ty)),*) => {
        $(fn $method<E: Error>(self, _: $type) -> Result<Secret, E> {
            Err(E::custom("expected a string"))
        })*
    };
}

impl<'de> Visitor<'de> for Text {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret(text.into()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Secret, E> {
        Ok(Secret(text.into()))
    }

    refuse!(visit_bool(bool), visit_i64(i64), visit_i128(i128), visit_u64(u64), visit_u128(u128), visit_f64(f64));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_to_the_letter_and_shown_nowhere() {
        let secret: Secret = serde_json::from_str(r#""p\u00e4ss\n\"word""#).expect("a string");
        assert_eq!(secret.expose(), "päss\n\"word");
        assert!(!format!("{secret:?}").contains("word"));
    }

    #[test]
    fn what_is_no_text_is_refused_and_not_repeated() {
        for (text, secret) in [("8675309", "8675309"), ("-8675309", "8675309"), ("86.75309", "75309"), ("true", "true")]
        {
            let error = serde_json::from_str::<Secret>(text).expect_err("no string").to_string();
            assert!(error.starts_with("expected a string") && !error.contains(secret), "{error}");
        }
        for text in ["null", "[\"a\"]", "{\"a\":1}"] {
            assert!(serde_json::from_str::<Secret>(text).is_err(), "{text}");
        }
    }
}
