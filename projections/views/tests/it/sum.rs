//! Sums of the oracle's own: two halves, carried only when they are written.

use std::fmt;

const HALF: i128 = 10_i128.pow(20);

#[derive(Clone, Copy, Default)]
pub struct Sum {
    high: i128,
    low: i128,
}

impl Sum {
    pub fn add(&mut self, amount: i128) {
        self.high += amount / HALF;
        self.low += amount % HALF;
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut high, mut low) = (self.high + self.low / HALF, self.low % HALF);
        if high > 0 && low < 0 {
            (high, low) = (high - 1, low + HALF);
        } else if high < 0 && low > 0 {
            (high, low) = (high + 1, low - HALF);
        }
        if high == 0 { write!(f, "{low}") } else { write!(f, "{high}{:020}", low.abs()) }
    }
}
