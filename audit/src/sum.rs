//! Sums over any number of accounts: they may have more digits than one amount may.

use std::fmt;

/// The base of the upper part: one more than the largest amount.
const BASE: i128 = 10_i128.pow(38);

/// A whole number of any size that can come up: `high * 10^38 + low`, where `low` has the sign of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    high: i128,
    low: i128,
}

impl Sum {
    /// Adds an amount, which has at most 38 digits.
    pub fn add(&mut self, amount: i128) {
        // Both are below 10^38, but their sum need not fit: i128 ends at 1.7 * 10^38.
        let (carry, low) = match self.low.checked_add(amount) {
            Some(low) => (low / BASE, low % BASE),
            None => (amount.signum(), self.low - amount.signum() * BASE + amount),
        };
        self.high += carry;
        self.low = low;
        self.align();
    }

    /// Adds another sum.
    pub fn add_sum(&mut self, other: Self) {
        self.high += other.high;
        self.add(other.low);
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// Gives both parts one sign.
    fn align(&mut self) {
        if self.high > 0 && self.low < 0 {
            self.high -= 1;
            self.low += BASE;
        } else if self.high < 0 && self.low > 0 {
            self.high += 1;
            self.low -= BASE;
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.high {
            0 => self.low.fmt(f),
            high => write!(f, "{high}{:038}", self.low.unsigned_abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: i128 = BASE - 1;

    fn sum(amounts: &[i128]) -> String {
        let mut sum = Sum::default();
        amounts.iter().for_each(|a| sum.add(*a));
        sum.to_string()
    }

    #[test]
    fn sums_go_beyond_128_bits_and_come_back() {
        assert_eq!(sum(&[5, -7]), "-2");
        assert_eq!(sum(&[MAX; 3]), format!("2{}7", "9".repeat(37)));
        assert_eq!(sum(&[-MAX; 3]), format!("-2{}7", "9".repeat(37)));
        assert_eq!(sum(&[MAX, MAX, MAX, -MAX, -MAX, -MAX]), "0");
        assert_eq!(sum(&[MAX, 1]), format!("1{}", "0".repeat(38)));
        assert_eq!(sum(&[MAX, 1, -1]), MAX.to_string());
        assert_eq!(sum(&[MAX, MAX, -MAX, -MAX, -MAX]), (-MAX).to_string());
    }
}
