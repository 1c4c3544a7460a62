//! The exchange of one asset for another at a rate, exact to the last minor unit.
//!
//! Products have up to 256 bits. What a member receives is rounded down and what a member pays is rounded up, by less than one minor unit:
//! the bank never gives more than the rate says.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use ethnum::U256;
use events::recorded::{QuoteEvent, QuoteMade, QuoteUsed, RateEvent, RateSet};
use kernel::{MemberId, Minor, TransferId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{EvolveError, Refusal};

/// Digits after the point that a rate can have.
const SCALE: u32 = 18;
/// Digits before the point that a rate can have.
const MOST_DIGITS: usize = 16;
/// Hundredths of a percent in one.
const BASIS: u128 = 10_000;

/// How many whole units of one asset one whole unit of another costs: more than zero, in units of 10^-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u128);

/// Not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a decimal number above 0, with at most 16 digits before the point and 18 after it")]
pub struct RateError;

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, MOST_DIGITS) || !digits(fraction, SCALE as usize) {
            return Err(RateError);
        }
        let units: u128 = format!("{whole}{fraction:0<18}").parse().map_err(|_| RateError)?;
        if units == 0 { Err(RateError) } else { Ok(Self(units)) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(SCALE);
        let fraction = format!("{:018}", self.0 % one);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / one),
            fraction => write!(f, "{}.{fraction}", self.0 / one),
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The scales of two assets: how many decimal digits a minor unit is below a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    /// Of what is paid.
    pub from: u8,
    /// Of what is received.
    pub to: u8,
}

impl Rate {
    /// The rate without the bank's spread, rounded down; none if nothing is left of it.
    pub fn without_spread(self, spread_bps: u32) -> Option<Self> {
        let kept = BASIS.checked_sub(spread_bps.into())?;
        // At most 34 digits times four.
        let units = self.0 * kept / BASIS;
        (units > 0).then_some(Self(units))
    }

    /// What is received for a payment.
    pub fn receive(self, pay: Minor, scales: Scales) -> Result<Minor, Refusal> {
        let (numerator, denominator) = self.fraction(scales)?;
        let product = units(pay)?.checked_mul(numerator).ok_or(Refusal::AmountOverflow)?;
        minor(product / denominator)
    }

    /// What must be paid to receive this.
    pub fn pay(self, receive: Minor, scales: Scales) -> Result<Minor, Refusal> {
        let (numerator, denominator) = self.fraction(scales)?;
        let product = units(receive)?.checked_mul(denominator).ok_or(Refusal::AmountOverflow)?;
        let rest = if product % numerator == 0 { 0_u128 } else { 1 };
        minor(product / numerator + U256::from(rest))
    }

    /// The minor units that are received for one minor unit, as a fraction.
    fn fraction(self, scales: Scales) -> Result<(U256, U256), Refusal> {
        let power = |exponent: u32| U256::from(10_u128).checked_pow(exponent).ok_or(Refusal::AmountOverflow);
        let (from, to) = (u32::from(scales.from), u32::from(scales.to));
        let numerator = U256::from(self.0).checked_mul(power(to.saturating_sub(from))?);
        let denominator = power(SCALE)?.checked_mul(power(from.saturating_sub(to))?);
        numerator.zip(denominator).ok_or(Refusal::AmountOverflow)
    }
}

fn units(amount: Minor) -> Result<U256, Refusal> {
    u128::try_from(amount.units()).map(U256::from).map_err(|_| Refusal::AmountNotPositive)
}

fn minor(units: U256) -> Result<Minor, Refusal> {
    let units = i128::try_from(units).map_err(|_| Refusal::AmountOverflow)?;
    Minor::new(units).map_err(|_| Refusal::AmountOverflow)
}

/// The rate that counts between two assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    /// As it was set last.
    pub set: RateSet,
}

impl ExchangeRate {
    /// The state after an event.
    pub fn evolve(_: Option<Self>, event: &RateEvent) -> Result<Self, EvolveError> {
        let RateEvent::Set(set) = event;
        Ok(Self { set: set.clone() })
    }

    /// The rate for a quote, the spread taken off.
    pub fn price(&self) -> Result<Rate, Refusal> {
        let rate: Rate = self.set.rate.parse().map_err(|RateError| Refusal::RateUnknown)?;
        rate.without_spread(self.set.spread_bps).ok_or(Refusal::AmountTooSmall)
    }
}

/// One side of an exchange that a member fixes; the other follows from the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FixedSide {
    /// So much is paid.
    Pay(Minor),
    /// So much is received.
    Receive(Minor),
}

impl FixedSide {
    /// What is paid and what is received; both more than nothing.
    pub fn sides(self, rate: Rate, scales: Scales) -> Result<(Minor, Minor), Refusal> {
        let (Self::Pay(fixed) | Self::Receive(fixed)) = self;
        if !fixed.is_positive() {
            return Err(Refusal::AmountNotPositive);
        }
        let (pay, receive) = match self {
            Self::Pay(pay) => (pay, rate.receive(pay, scales)?),
            Self::Receive(receive) => (rate.pay(receive, scales)?, receive),
        };
        if receive.is_positive() { Ok((pay, receive)) } else { Err(Refusal::AmountTooSmall) }
    }
}

/// A quote as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// As it was made.
    pub made: QuoteMade,
    /// The transfer that used it.
    pub used: Option<TransferId>,
}

impl Quote {
    /// The state after an event. A quote is used once.
    pub fn evolve(state: Option<Self>, event: &QuoteEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, QuoteEvent::Made(made)) => Ok(Self { made: made.clone(), used: None }),
            (None, QuoteEvent::Used(_)) => Err(EvolveError::NotOpened),
            (Some(_), QuoteEvent::Made(_)) => Err(EvolveError::OpenedTwice),
            (Some(Self { used: Some(_), .. }), QuoteEvent::Used(_)) => Err(EvolveError::AfterTheLast),
            (Some(quote), QuoteEvent::Used(used)) => Ok(Self { used: Some(used.transfer), ..quote }),
        }
    }

    /// Whether it belongs to this member.
    pub fn is_of(&self, member: MemberId) -> bool {
        self.made.owner == member
    }

    /// Whether it may be used. `has_expired`: by the log's clock it holds no more.
    pub fn usable(&self, has_expired: bool) -> Result<(), Refusal> {
        match self.used {
            Some(_) => Err(Refusal::QuoteUsed),
            None if has_expired => Err(Refusal::QuoteExpired),
            None => Ok(()),
        }
    }

    /// That a transfer uses it.
    pub fn used_by(transfer: TransferId) -> QuoteUsed {
        QuoteUsed { transfer }
    }
}

/// Until when a quote holds that is made now: for its time, and never longer than the rate counts.
pub fn quote_ends(now: DateTime<Utc>, lives: chrono::TimeDelta, rate: &RateSet) -> DateTime<Utc> {
    (now + lives).min(rate.expires_at)
}
