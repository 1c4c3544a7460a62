//! Sums that may have more digits than one amount.

use std::fmt;

use kernel::Minor;

/// The sum of any number of amounts, exact.
///
/// One amount has up to 38 digits; a day's volume, or all accounts together, may have more than 128 bits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wide {
    /// Multiples of [`BASE`].
    high: i64,
    /// The rest, of either sign.
    low: i128,
}

/// Small enough that an amount and a rest never overflow 128 bits together.
const BASE: i128 = 10_i128.pow(37);

impl Wide {
    pub(crate) fn add(&mut self, amount: Minor) {
        self.carry(amount.units());
    }

    pub(crate) fn subtract(&mut self, amount: Minor) {
        self.carry(amount.negated().units());
    }

    pub(crate) fn add_wide(&mut self, other: Self) {
        self.high += other.high;
        self.carry(other.low);
    }

    pub(crate) fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    fn carry(&mut self, units: i128) {
        let sum = self.low + units;
        self.high += (sum / BASE) as i64;
        self.low = sum % BASE;
        // Both parts have one sign, so that there is one way to write each sum.
        if self.high > 0 && self.low < 0 {
            self.high -= 1;
            self.low += BASE;
        } else if self.high < 0 && self.low > 0 {
            self.high += 1;
            self.low -= BASE;
        }
    }
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.high == 0 {
            return self.low.fmt(f);
        }
        write!(f, "{}{:037}", self.high, self.low.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(amounts: &[i128]) -> String {
        let mut wide = Wide::default();
        for &amount in amounts {
            wide.add(Minor::new(amount).expect("amount"));
        }
        wide.to_string()
    }

    #[test]
    fn sums_beyond_128_bits_are_exact() {
        let max = Minor::MAX.units();
        assert_eq!(sum(&[max, max, max]), "299999999999999999999999999999999999997");
        assert_eq!(sum(&[-max, -max, -max]), "-299999999999999999999999999999999999997");
        assert_eq!(sum(&[max; 1000]), format!("{}000", max - 1).replace("8000", "9000"));
        assert_eq!(sum(&[max, 1]), "1".to_owned() + &"0".repeat(38));
        assert_eq!(sum(&[max, 1, -1]), max.to_string());
    }

    #[test]
    fn the_order_of_signs_does_not_matter() {
        let max = Minor::MAX.units();
        for amounts in [[max, -5, -max, 7], [-max, max, 7, -5], [7, -5, max, -max], [-5, -max, 7, max]] {
            assert_eq!(sum(&amounts), "2");
        }
        let mut wide = Wide::default();
        wide.add(Minor::MAX);
        let mut other = Wide::default();
        other.subtract(Minor::MAX);
        assert!(!other.is_zero());
        wide.add_wide(other);
        assert!(wide.is_zero());
        assert_eq!(wide, Wide::default());
    }

    #[test]
    fn small_sums_look_like_numbers() {
        assert_eq!(sum(&[]), "0");
        assert_eq!(sum(&[-12, 5]), "-7");
        assert_eq!(sum(&[BASE, -1]), (BASE - 1).to_string());
        assert_eq!(sum(&[-BASE, 1]), (1 - BASE).to_string());
    }
}
