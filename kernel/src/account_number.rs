//! Account numbers: what people type.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::StreamId;

/// Twelve digits: ten of the account, two that catch typing mistakes (ISO 7064 MOD 97-10, as in an IBAN).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountNumber(u64);

/// The namespace of the streams that keep account numbers unique.
const STREAMS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f6e_756d_6265_7273_0001);

impl AccountNumber {
    /// The number with these first ten digits; larger input is reduced to its last ten.
    pub fn from_digits(digits: u64) -> Self {
        let digits = digits % 10_000_000_000;
        Self(digits * 100 + 98 - digits * 100 % 97)
    }

    /// The stream whose first event says which account has this number. A number is unique because a stream
    /// has one first event.
    pub fn stream(self) -> StreamId {
        StreamId::new(Uuid::new_v5(&STREAMS, self.to_string().as_bytes()))
    }
}

impl FromStr for AccountNumber {
    type Err = AccountNumberError;

    /// Reads a number as people type or paste it: spaces and dashes may stand anywhere.
    fn from_str(text: &str) -> Result<Self, AccountNumberError> {
        if text.len() > LONGEST {
            return Err(AccountNumberError::Form);
        }
        let digits: String = text.chars().filter(|&c| !is_separator(c)).collect();
        if digits.len() != 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AccountNumberError::Form);
        }
        let number: u64 = digits.parse().map_err(|_| AccountNumberError::Form)?;
        if Self::from_digits(number / 100).0 != number {
            return Err(AccountNumberError::CheckDigits);
        }
        Ok(Self(number))
    }
}

/// So many bytes of digits and separators are looked at.
const LONGEST: usize = 64;

/// A space or a dash, of whichever width; not a line break.
fn is_separator(c: char) -> bool {
    let dash = matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}');
    dash || (c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}'))
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl Serialize for AccountNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // In records there is one spelling.
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let number: Self = text.parse().map_err(serde::de::Error::custom)?;
        if number.to_string() != text {
            return Err(serde::de::Error::custom(AccountNumberError::Form));
        }
        Ok(number)
    }
}

/// Why a text is not an account number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountNumberError {
    /// Not twelve digits.
    #[error("an account number has twelve digits; spaces and dashes may stand between them")]
    Form,
    /// A typing mistake.
    #[error("the check digits of the account number do not fit: a digit is wrong or two are swapped")]
    CheckDigits,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_read_as_people_write_it() {
        let number = AccountNumber::from_digits(1_234_567_890);
        let digits = number.to_string();
        let (a, b, c) = (&digits[..4], &digits[4..8], &digits[8..]);
        for text in [
            format!("{a}-{b}-{c}"),
            format!("{a} {b} {c}"),
            format!(" {a}{b}{c} "),
            format!("{a}\u{a0}{b}\u{2013}{c}"),
            format!("{a}\u{ff0d}{b} - {c}"),
        ] {
            assert_eq!(text.parse(), Ok(number), "{text:?}");
            assert!(serde_json::from_value::<AccountNumber>(text.into()).is_err(), "a record has one spelling");
        }
        for text in [
            "",
            "-",
            "            ",
            &format!("{a}.{b}.{c}"),
            &format!("{a}\n{b}{c}"),
            &format!("{a}_{b}{c}"),
            &"-".repeat(100),
        ] {
            assert_eq!(text.parse::<AccountNumber>(), Err(AccountNumberError::Form), "{text:?}");
        }
        let swapped = format!("{a}-{b}-{}", c.chars().rev().collect::<String>());
        assert_eq!(swapped.parse::<AccountNumber>(), Err(AccountNumberError::CheckDigits));
    }

    proptest! {
        #[test]
        fn text_goes_there_and_back(digits in 0..10_000_000_000_u64) {
            let number = AccountNumber::from_digits(digits);
            prop_assert_eq!(number.to_string().parse::<AccountNumber>(), Ok(number));
        }

        #[test]
        fn one_wrong_digit_is_caught(digits in 0..10_000_000_000_u64, place in 0..12_usize, by in 1..10_u8) {
            let mut text = AccountNumber::from_digits(digits).to_string().into_bytes();
            text[place] = b'0' + (text[place] - b'0' + by) % 10;
            let text = String::from_utf8(text).expect("digits");
            prop_assert!(text.parse::<AccountNumber>().is_err());
        }
    }
}
