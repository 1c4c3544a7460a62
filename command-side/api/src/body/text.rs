//! Words of people: kept as they are, so what could harm a reader is refused when it is parsed.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

const LONGEST: usize = 256;

/// At most 256 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note(pub(crate) String);

/// The same, and not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Label(pub(crate) String);

fn check(text: String, shortest: usize) -> Result<String, &'static str> {
    match text.chars().count() {
        n if n < shortest => Err("a text that is needed cannot be empty"),
        n if n > LONGEST => Err("a text has at most 256 characters"),
        _ if text.chars().any(char::is_control) => Err("a text has no control characters"),
        _ => Ok(text),
    }
}

impl<'de> Deserialize<'de> for Note {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        check(String::deserialize(deserializer)?, 0).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        check(String::deserialize(deserializer)?, 1).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert!(check("장".repeat(256), 0).is_ok());
        assert!(check("장".repeat(257), 0).is_err());
        assert!(check(String::new(), 0).is_ok());
        assert!(check(String::new(), 1).is_err());
    }

    #[test]
    fn what_looks_like_an_attack_is_a_text_like_any_other() {
        for text in ["'; drop table events; --", "<script>alert(1)</script>", "${jndi:ldap://x}", "\u{202e}txt.exe"] {
            assert_eq!(check(text.to_owned(), 1).as_deref(), Ok(text));
        }
        for text in ["a\r\nSet-Cookie: x", "nul\0", "bell\u{7}", "\u{85}"] {
            assert!(check(text.to_owned(), 1).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_kept_to_the_letter(text in any::<String>()) {
            let fits = text.chars().count() <= 256 && !text.chars().any(char::is_control);
            prop_assert_eq!(check(text.clone(), 0).ok(), fits.then_some(text));
        }
    }
}
