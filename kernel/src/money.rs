//! Money: whole minor units in 128 bits, checked, never a float.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::AssetCode;

/// A signed whole number of minor units with at most 38 decimal digits.
///
/// The bound is decimal, not binary, so that the same limit holds in JSON, in Postgres `numeric(38)` and here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Minor(i128);

impl Minor {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount: 38 nines.
    pub const MAX: Self = Self(10_i128.pow(38) - 1);

    /// A number of minor units, if it has at most 38 digits.
    pub fn new(units: i128) -> Result<Self, MoneyError> {
        if units.unsigned_abs() > Self::MAX.0.unsigned_abs() {
            return Err(MoneyError::Overflow);
        }
        Ok(Self(units))
    }

    /// The number of minor units.
    pub fn units(self) -> i128 {
        self.0
    }

    /// The sum, or [`MoneyError::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        // Two 38-digit numbers cannot overflow 128 bits by more than the check in `new` sees.
        self.0.checked_add(other.0).ok_or(MoneyError::Overflow).and_then(Self::new)
    }

    /// The difference, or [`MoneyError::Overflow`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated())
    }

    /// The same amount with the other sign; the range is symmetric, so this cannot fail.
    pub fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Whether the amount is more than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether the amount is less than nothing.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl FromStr for Minor {
    type Err = MoneyError;

    /// Reads `-?[0-9]{1,38}` and nothing else.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !(1..=38).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MoneyError::Format);
        }
        text.parse().map(Self).map_err(|_| MoneyError::Format)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Minor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Minor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// What is counted.
    pub asset: AssetCode,
    /// How many minor units of it.
    pub amount: Minor,
}

/// Why an amount was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not of the form `-?[0-9]{1,38}`.
    #[error("an amount is a string of minor units: an optional minus sign and 1 to 38 digits")]
    Format,
    /// More than 38 digits.
    #[error("the amount would have more than 38 digits")]
    Overflow,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_that_are_not_amounts_are_refused() {
        let too_long = "1".repeat(39);
        for bad in ["", "-", "+1", "1.0", "1e3", " 1", "1 ", "0x1", "--1", "1-", "１", too_long.as_str()] {
            assert_eq!(bad.parse::<Minor>(), Err(MoneyError::Format), "{bad:?}");
        }
    }

    #[test]
    fn the_edges_are_kept() {
        let nines = "9".repeat(38);
        let max: Minor = nines.parse().expect("38 digits");
        assert_eq!(max, Minor::MAX);
        assert_eq!(max.plus(Minor(1)), Err(MoneyError::Overflow));
        assert_eq!(max.negated().minus(Minor(1)), Err(MoneyError::Overflow));
        assert_eq!(max.plus(max), Err(MoneyError::Overflow));
        assert_eq!(max.plus(max.negated()), Ok(Minor::ZERO));
        assert_eq!("-0".parse::<Minor>(), Ok(Minor::ZERO));
        assert_eq!("007".parse::<Minor>(), Ok(Minor(7)));
    }

    #[test]
    fn json_takes_strings_only() {
        assert!(serde_json::from_str::<Minor>("1").is_err());
        assert!(serde_json::from_str::<Minor>("1.0").is_err());
        assert_eq!(serde_json::from_str::<Minor>("\"-12\"").expect("string"), Minor(-12));
    }

    fn any_minor() -> impl Strategy<Value = Minor> {
        (-Minor::MAX.0..=Minor::MAX.0).prop_map(Minor)
    }

    proptest! {
        #[test]
        fn text_goes_there_and_back(amount in any_minor()) {
            prop_assert_eq!(amount.to_string().parse::<Minor>(), Ok(amount));
        }

        #[test]
        fn addition_is_exact_or_refused(a in any_minor(), b in any_minor()) {
            // Halves cannot overflow, so they are an independent bound on the sum.
            let exact = a.0 / 2 + b.0 / 2 + (a.0 % 2 + b.0 % 2) / 2;
            match a.plus(b) {
                Ok(sum) => prop_assert_eq!(sum.minus(b), Ok(a)),
                Err(_) => prop_assert!(exact.unsigned_abs() >= Minor::MAX.0.unsigned_abs() / 2),
            }
        }
    }
}
