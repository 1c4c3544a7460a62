//! Prices, and the amounts that follow from them, in whole numbers that are as long as they have to be.

use std::array;

/// How many digits a rate has after the point at most.
const PLACES: u32 = 18;
/// Hundredths of a percent in one.
const WHOLE: u128 = 10_000;
/// The scales of two assets are at most so far apart.
const FARTHEST: i32 = 30;

/// A decimal number above zero in units of 10^-18; none if the text is not one, or has more digits than a rate.
pub fn units(text: &str) -> Option<u128> {
    let (mut units, mut places) = (0_u128, None);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                units = units.checked_mul(10)?.checked_add(u128::from(byte - b'0'))?;
                places = places.map(|places: u32| places + 1);
            }
            b'.' if places.is_none() => places = Some(0),
            _ => return None,
        }
    }
    let missing = PLACES.checked_sub(places.unwrap_or(0))?;
    units.checked_mul(10_u128.pow(missing)).filter(|units| *units > 0)
}

/// What is left of a rate without the spread, rounded down; none if nothing is.
pub fn without_spread(units: u128, spread_bps: u32) -> Option<u128> {
    let kept = WHOLE.checked_sub(spread_bps.into())?;
    units.checked_mul(kept).map(|product| product / WHOLE).filter(|price| *price > 0)
}

/// By how many digits the scale of what is received may be above that of what is paid: a bit for each possibility.
///
/// The scales of assets are a setting, and not in the log. But amounts, and the price, show how far two of them are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shifts(u64);

impl Shifts {
    /// Everything is possible.
    pub const ALL: Self = Self((1 << (2 * FARTHEST + 1)) - 1);

    /// As they were kept.
    pub fn kept(bits: u64) -> Self {
        Self(bits)
    }

    /// To be kept.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The same for an exchange the other way round.
    pub fn turned(self) -> Self {
        Self(self.0.reverse_bits() >> (63 - 2 * FARTHEST))
    }

    /// Those with which so much is received for a payment at a price.
    pub fn fitting(self, pay: u128, receive: u128, price: u128) -> Self {
        let bit = |shift: i32| 1_u64 << (shift + FARTHEST);
        let fits = |shift: &i32| self.0 & bit(*shift) != 0 && follows(pay, receive, price, *shift);
        Self((-FARTHEST..=FARTHEST).filter(fits).fold(0, |bits, shift| bits | bit(shift)))
    }

    /// Whether nothing is possible.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Whether an amount that is received is what a payment comes to, rounded down, or a payment is what that amount costs, rounded up. Both
/// amounts are above zero.
fn follows(pay: u128, receive: u128, price: u128, shift: i32) -> bool {
    let power = |exponent: i32| 10_u128.pow(exponent.max(0).unsigned_abs());
    // Without fractions: for `pay` times `numerator` one gets `receive` times `denominator`.
    let value_of = |pay: u128| product([pay, price, power(shift)]);
    let cost_of = |receive: u128| product([receive, power(18), power(-shift)]);
    let (value, cost) = (value_of(pay), cost_of(receive));
    cost <= value && (value < cost_of(receive + 1) || value_of(pay - 1) < cost)
}

/// Digits of 32 bits, the highest first, so that the order of arrays is that of numbers. A product of three numbers of 128 bits has no more.
type Wide = [u64; 12];

fn product(factors: [u128; 3]) -> Wide {
    let one = array::from_fn(|place| u64::from(place == 11));
    factors.into_iter().fold(one, times)
}

/// As on paper, one digit of the factor after the other.
fn times(number: Wide, factor: u128) -> Wide {
    let mut product: Wide = [0; 12];
    for bytes in factor.to_be_bytes().chunks_exact(4) {
        let digit = bytes.iter().fold(0_u64, |digit, byte| (digit << 8) | u64::from(*byte));
        // The highest digit is 0: what has been multiplied so far has one digit less than the whole.
        product.rotate_left(1);
        let mut carry = 0;
        for (sum, of_number) in product.iter_mut().zip(number).rev() {
            let all = *sum + of_number * digit + carry;
            *sum = all & u64::from(u32::MAX);
            carry = all >> 32;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;
    const ONE: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn rates_are_read_to_the_last_digit() {
        assert_eq!(units("1350.25"), Some(1350 * ONE + ONE / 4));
        assert_eq!(units("0.000000000000000001"), Some(1));
        assert_eq!(units("9999999999999999.999999999999999999"), Some(10_000_000_000_000_000 * ONE - 1));
        for wrong in ["", ".", "0", "0.0", "1.5.2", "-1", "+1", "1e3", " 1", "1,5", "0.0000000000000000001"] {
            assert_eq!(units(wrong), None, "{wrong}");
        }
        assert_eq!(units(&"9".repeat(39)), None);
        assert_eq!(without_spread(1350 * ONE + ONE / 4, 50), units("1343.49875"));
        assert_eq!(
            (without_spread(1, 50), without_spread(ONE, 10_000), without_spread(ONE, 10_001)),
            (None, None, None)
        );
        assert_eq!(without_spread(3, 5_000), Some(1));
    }

    #[test]
    fn products_are_whole() {
        let low = |wide: Wide| wide[8..].iter().fold(0_u128, |number, digit| (number << 32) | u128::from(*digit));
        for (one, other) in [(0, 7), (1, u128::from(u64::MAX)), (0xffff_ffff, 0x1_0000_0001), (MOST >> 64, 1 << 60)] {
            assert_eq!(low(product([one, other, 1])), one * other);
            assert_eq!(product([one, other, 1]), product([1, other, one]));
        }
        // (2^128 - 1)^3 = 2^384 - 3 * 2^256 + 3 * 2^128 - 1
        let all = product([u128::MAX; 3]);
        let full = u64::from(u32::MAX);
        assert_eq!(all, [full, full, full, full - 2, 0, 0, 0, 2, full, full, full, full]);
        assert!(product([MOST, MOST, 2]) < product([MOST, 2, MOST + 1]));
    }

    /// By how many digits it may be.
    fn shifts(pay: u128, receive: u128, price: &str) -> Vec<i32> {
        let bits = Shifts::ALL.fitting(pay, receive, units(price).expect("a price")).bits();
        (-FARTHEST..=FARTHEST).filter(|shift| bits & (1_u64 << (shift + FARTHEST)) != 0).collect()
    }

    #[test]
    fn an_amount_follows_from_the_price_to_the_last_unit() {
        // Cents for won: so much for 100 dollars, and so many cents for 134350 won. What the member fixed is not recorded, so that somewhat less
        // won for 100 dollars are right, too: they cost as many cents.
        assert_eq!(shifts(10_000, 134_349, "1343.49875"), [-2]);
        assert_eq!(shifts(10_001, 134_350, "1343.49875"), [-2]);
        assert_eq!(shifts(10_000, 134_337, "1343.49875"), [-2]);
        for (pay, receive) in [(10_000, 134_350), (10_000, 134_336), (10_002, 134_350), (9_999, 134_349)] {
            assert_eq!(shifts(pay, receive, "1343.49875"), [0; 0], "{receive} for {pay}");
        }
        // Won for a coin of 18 digits, and back.
        assert_eq!(shifts(3, 1_999_999_999_999_999_998, "0.666666666666666666"), [18]);
        assert_eq!(shifts(1_500_000_000_000_000_001, 2, "1.333333333333333333"), [-18]);
        assert_eq!(shifts(MOST, MOST, "1"), [0]);
        assert_eq!(shifts(MOST, MOST - 1, "1"), [0; 0]);
        // So little that the digits say nothing: a unit is received for a payment of less than two.
        assert!(shifts(1, 1, "1.5").contains(&0));
    }

    #[test]
    fn what_is_possible_one_way_is_possible_the_other_way_round() {
        let there = Shifts::ALL.fitting(10_000, 134_349, units("1343.49875").expect("a price"));
        let back = Shifts::ALL.fitting(135_000, 9_990, units("0.00074").expect("a price"));
        assert_eq!((there.turned(), there.turned().turned()), (back, there));
        assert_eq!(Shifts::ALL.turned(), Shifts::ALL);
        assert!(back.fitting(135_000, 9_991, units("0.00074").expect("a price")).is_none());
    }
}
