//! Words of people: kept as they are, so what could harm a reader is refused when it is parsed.

use std::str::FromStr;

use domain::characters::is_clear_note;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

const LONGEST: usize = 256;

/// At most 256 characters. All of them are seen, and none turns the direction of writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Note(pub(crate) String);

/// The same, and not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Label(pub(crate) String);

/// A designation, such as that of a collection: 1 to 80 characters, without space around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Designation(pub(crate) String);

const LONGEST_DESIGNATION: usize = 80;

fn check(text: String, shortest: usize) -> Result<String, &'static str> {
    match text.chars().count() {
        n if n < shortest => Err("a text that is needed cannot be empty"),
        n if n > LONGEST => Err("a text has at most 256 characters"),
        _ if !is_clear_note(&text) => {
            Err("a text has no control or invisible characters, and none that turn the direction of writing")
        }
        _ => Ok(text),
    }
}

impl FromStr for Note {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        check(text.to_owned(), 0).map(Self)
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

impl<'de> Deserialize<'de> for Designation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = check(String::deserialize(deserializer)?, 1).map_err(D::Error::custom)?;
        match text.chars().count() {
            1..=LONGEST_DESIGNATION if text.trim() == text => Ok(Self(text)),
            _ => Err(D::Error::custom("a designation has 1 to 80 characters, and no space around it")),
        }
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
        for text in ["'; drop table events; --", "<script>alert(1)</script>", "${jndi:ldap://x}", "../../etc/passwd"] {
            assert_eq!(check(text.to_owned(), 1).as_deref(), Ok(text));
        }
        for text in ["a\r\nSet-Cookie: x", "nul\0", "bell\u{7}", "\u{85}", "\u{202e}txt.exe", "5\u{2066}000\u{2069}"] {
            assert!(check(text.to_owned(), 1).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_kept_to_the_letter(text in any::<String>()) {
            let fits = text.chars().count() <= 256 && is_clear_note(&text);
            prop_assert_eq!(check(text.clone(), 0).ok(), fits.then_some(text));
        }
    }
}
