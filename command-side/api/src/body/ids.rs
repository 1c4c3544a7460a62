//! Ids as clients write them.

use std::{fmt, str::FromStr};

use application::Destination;
use kernel::{AccountId, AccountNumber, AccountNumberError};
use platform::problem::Problem;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use uuid::Uuid;

const FORM: &str = "an id is a UUID in the form 8-4-4-4-12";

/// A UUID in the one form answers have: 36 characters with hyphens.
fn parse(text: &str) -> Result<Uuid, &'static str> {
    match text.len() {
        36 => Uuid::try_parse(text).map_err(|_| FORM),
        _ => Err(FORM),
    }
}

/// The id in a path.
pub(crate) fn path_id(text: &str) -> Result<Uuid, Problem> {
    parse(text).map_err(|message| Problem::invalid("id", message))
}

/// For `#[serde(deserialize_with)]`: any id of a body. (What `uuid` reads itself has other forms, too.)
pub(crate) fn body_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn account_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountId, D::Error> {
    body_id(deserializer).map(AccountId::new)
}

/// For `#[serde(deserialize_with)]`: an account number as people type it.
pub(crate) fn account_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccountNumber, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// The payee: an account id, or an account number as people type it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PayeeRef(pub(crate) Destination);

impl fmt::Display for PayeeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Destination::Account(id) => id.fmt(f),
            Destination::Number(number) => number.fmt(f),
        }
    }
}

impl Serialize for PayeeRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for PayeeRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = parse(text) {
            return Ok(Self(Destination::Account(AccountId::new(id))));
        }
        text.parse().map(|number| Self(Destination::Number(number))).map_err(|error| match error {
            AccountNumberError::Form => "a destination is an account id or an account number".to_owned(),
            AccountNumberError::CheckDigits => error.to_string(),
        })
    }
}

impl<'de> Deserialize<'de> for PayeeRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<PayeeRef, serde_json::Error> {
        serde_json::from_value(serde_json::Value::from(text))
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = "01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42";
        assert!(path_id(id).is_ok());
        for bad in ["", "01980c5e2f7a7c319d0e5b1f6a3c8e42", "{01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42}", "1' or '1'='1"] {
            assert!(path_id(bad).is_err(), "{bad}");
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read(&id.to_uppercase()).expect("an id").to_string(), id, "one spelling is kept");
    }

    #[test]
    fn a_number_is_one_payee_however_it_is_typed() {
        let number = AccountNumber::from_digits(1_234_567_890).to_string();
        let typed = format!("{}-{} {}", &number[..4], &number[4..8], &number[8..]);
        assert_eq!(
            read(&typed).expect("a number").to_string(),
            number,
            "so that a retry in another spelling is the same"
        );
        let id = "01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e42";
        for bad in [id.replace('-', " "), format!(" {id}"), "1234-5678-9012".to_owned(), format!("{number}0")] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn both_kinds_of_payee_read_back(id: u128, digits in 0..10_000_000_000_u64) {
            for payee in [
                PayeeRef(Destination::Account(AccountId::new(Uuid::from_u128(id)))),
                PayeeRef(Destination::Number(AccountNumber::from_digits(digits))),
            ] {
                prop_assert_eq!(read(&payee.to_string()).expect("reads back"), payee);
            }
        }

        #[test]
        fn garbage_is_refused_without_panic(text in "\\PC{0,50}") {
            prop_assume!(text.len() != 12 && text.len() != 36);
            prop_assert!(read(&text).is_err());
        }
    }
}
