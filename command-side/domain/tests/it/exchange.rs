use domain::{
    Refusal,
    exchange::{FixedSide, Rate, RateError, Scales},
};
use ethnum::U256;
use kernel::Minor;
use proptest::prelude::*;

use crate::minor;

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

const WON: u8 = 0;
const DOLLAR: u8 = 2;
const COIN: u8 = 18;

fn scales(from: u8, to: u8) -> Scales {
    Scales { from, to }
}

#[test]
fn a_rate_is_a_decimal_number_above_zero() {
    for (text, shown) in
        [("1350.25", "1350.25"), ("0.000000000000000001", "0.000000000000000001"), ("7", "7"), ("007.50", "7.5")]
    {
        assert_eq!(rate(text).to_string(), shown);
    }
    let long = format!("{}.{}", "9".repeat(16), "9".repeat(18));
    assert_eq!(rate(&long).to_string(), long);
    for text in
        ["", "0", "0.0", "-1", "+1", "1e3", ".5", "1.", "1,5", " 1", "1.0000000000000000001", "12345678901234567"]
    {
        assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
    }
}

#[test]
fn what_is_received_is_rounded_down_and_what_is_paid_up() {
    // A dollar costs 1350.25 won.
    let dollars = rate("1350.25");
    assert_eq!(dollars.receive(minor(100), scales(DOLLAR, WON)), Ok(minor(1350)));
    assert_eq!(dollars.receive(minor(101), scales(DOLLAR, WON)), Ok(minor(1363)));
    assert_eq!(dollars.pay(minor(1350), scales(DOLLAR, WON)), Ok(minor(100)));
    assert_eq!(dollars.pay(minor(1351), scales(DOLLAR, WON)), Ok(minor(101)));
    // A won buys a thousandth of a coin.
    let coins = rate("0.001");
    assert_eq!(coins.receive(minor(7), scales(WON, COIN)), Ok(minor(7_000_000_000_000_000)));
    let won = rate("1000");
    assert_eq!(won.receive(minor(999_999_999_999_999), scales(COIN, WON)), Ok(minor(0)));
    assert_eq!(won.receive(minor(1_000_000_000_000_000), scales(COIN, WON)), Ok(minor(1)));
}

#[test]
fn the_spread_is_taken_off_the_rate() {
    assert_eq!(rate("1350.25").without_spread(50), Some(rate("1343.49875")));
    assert_eq!(rate("1350.25").without_spread(0), Some(rate("1350.25")));
    assert_eq!(rate("0.000000000000000001").without_spread(1), None);
    assert_eq!(rate("1").without_spread(10_000), None);
}

#[test]
fn what_comes_to_nothing_or_to_too_much_is_refused() {
    let won = rate("1000");
    let sides = |fixed: FixedSide| fixed.sides(won, scales(COIN, WON));
    assert_eq!(sides(FixedSide::Pay(minor(1))), Err(Refusal::AmountTooSmall));
    assert_eq!(sides(FixedSide::Pay(minor(0))), Err(Refusal::AmountNotPositive));
    assert_eq!(sides(FixedSide::Receive(minor(-1))), Err(Refusal::AmountNotPositive));
    assert_eq!(sides(FixedSide::Receive(minor(1))), Ok((minor(1_000_000_000_000_000), minor(1))));
    let most = Minor::MAX;
    assert_eq!(rate("2").receive(most, scales(WON, WON)), Err(Refusal::AmountOverflow));
    assert_eq!(rate("0.5").pay(most, scales(WON, WON)), Err(Refusal::AmountOverflow));
    assert_eq!(rate("1").receive(most, scales(WON, COIN)), Err(Refusal::AmountOverflow));
    assert_eq!(rate("1").receive(most, scales(WON, WON)), Ok(most));
}

fn rates() -> impl Strategy<Value = Rate> {
    prop_oneof!["[0-9]{1,4}\\.[0-9]{0,17}[1-9]", "[1-9][0-9]{0,15}"].prop_map(|text| rate(&text))
}

/// How many parts of 10^-18 a rate has, by how it is written.
fn parts(rate: Rate) -> U256 {
    let text = rate.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((text.as_str(), ""));
    U256::from(format!("{whole}{fraction:0<18}").parse::<u128>().expect("34 digits"))
}

/// What so many minor units are worth, over one denominator: paid ones by the rate, and received ones.
fn worth(rate: Rate, scales: Scales, pay: i128, receive: i128) -> (U256, U256) {
    let units = |units: i128| U256::from(u128::try_from(units).expect("not below zero"));
    let power = |exponent: u8| U256::from(10_u128).pow(exponent.into());
    (units(pay) * parts(rate) * power(scales.to), units(receive) * power(18) * power(scales.from))
}

proptest! {
    /// As fractions of whole numbers of any size: exactly what the rate says, rounded for the bank by less than one
    /// minor unit.
    #[test]
    fn what_is_rounded_is_the_banks_and_less_than_a_minor_unit(
        rate in rates(), units in 1..1_000_000_000_000_i128, is_paid in any::<bool>(),
        from in 0..=18_u8, to in 0..=18_u8,
    ) {
        let scales = scales(from, to);
        let fixed = if is_paid { FixedSide::Pay(minor(units)) } else { FixedSide::Receive(minor(units)) };
        let (pay, receive) = match fixed.sides(rate, scales) {
            Ok((pay, receive)) => (pay.units(), receive.units()),
            // Not even one minor unit is received.
            Err(Refusal::AmountTooSmall) => (units, 0),
            Err(refusal) => {
                prop_assert_eq!(refusal, Refusal::AmountOverflow);
                return Ok(());
            }
        };
        prop_assert_eq!(if is_paid { pay } else { receive }, units);
        let (paid, received) = worth(rate, scales, pay, receive);
        prop_assert!(received <= paid, "{} for {}", receive, pay);
        if is_paid {
            let (paid, received) = worth(rate, scales, pay, receive + 1);
            prop_assert!(received > paid, "{} for {}", receive, pay);
        } else {
            let (paid, received) = worth(rate, scales, pay - 1, receive);
            prop_assert!(received > paid, "{} for {}", receive, pay);
        }
    }

    /// What the bank keeps of a rate is the spread, and less than 10^-18 more.
    #[test]
    fn a_spread_is_taken_off_and_rounded_for_the_bank(rate in rates(), spread_bps in 0..10_000_u32) {
        let exact = parts(rate) * U256::from(u128::from(10_000 - spread_bps));
        let kept = rate.without_spread(spread_bps).map_or(U256::ZERO, parts);
        let one = U256::from(10_000_u128);
        prop_assert!(kept * one <= exact && (kept + U256::ONE) * one > exact, "{} of {}", kept, rate);
    }

    /// Whoever exchanges there and back, at rates of which none is better than the inverse of the other, never has more
    /// than before.
    #[test]
    fn there_and_back_makes_no_money(
        whole in 2..1_000_000_u64, units in 1..10_000_000_000_i128, from in 0..=6_u8, to in 0..=6_u8,
    ) {
        let there = rate(&whole.to_string());
        let back = rate(&format!("0.{:018}", 10_u64.pow(18) / whole));
        let received = there.receive(minor(units), scales(from, to)).expect("an amount");
        let again = back.receive(received, scales(to, from)).expect("an amount").units();
        prop_assert!(again <= units, "{} became {}", units, again);
    }

    /// The one side follows from the other: a quote for what is received costs no more than what was paid for it.
    #[test]
    fn no_money_is_made(rate in rates(), units in 1..10_000_000_000_000_i128, from in 0..=18_u8, to in 0..=18_u8) {
        let scales = scales(from, to);
        if let Ok(receive) = rate.receive(minor(units), scales) {
            // The inverse of it costs no more than was paid, and one unit more would cost more.
            if receive.is_positive() {
                prop_assert!(rate.pay(receive, scales).expect("an amount").units() <= units);
            }
            if let Ok(more) = rate.pay(minor(receive.units() + 1), scales) {
                prop_assert!(more.units() > units);
            }
        }
        if let Ok(pay) = rate.pay(minor(units), scales) {
            prop_assert!(rate.receive(pay, scales).map_or(true, |receive| receive.units() >= units));
            if pay.units() > 1 {
                prop_assert!(rate.receive(minor(pay.units() - 1), scales).expect("an amount").units() < units);
            }
        }
    }

    #[test]
    fn a_rate_is_read_as_it_is_written(rate in rates()) {
        prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
    }
}
