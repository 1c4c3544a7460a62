//! What a transfer counted for limits.

use std::fmt;

use chrono::{DateTime, Utc};
use kernel::{AccountId, Minor};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeSeq,
};

use super::{
    legs::Legs,
    limit::{Counted, LimitWindow},
};

/// What a transfer counted, and for which account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedFor {
    /// The account that pays.
    pub account: AccountId,
    /// What it counted.
    pub counted: Counted,
}

/// What a transfer counted in one window of a limit, as it is recorded: a list of limit, window and end of the window, such as
/// `["everyone", "month", "2026-11-30T15:00:00Z"]`. Where it is not what the first leg pays, counted once, the list goes on with the
/// account, the amount in minor units, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferCount {
    limit: String,
    window: LimitWindow,
    until: DateTime<Utc>,
    /// None: the account and the amount of the first leg, once.
    of: Option<(AccountId, Minor, u32)>,
}

/// What the first leg pays, counted once.
fn of_first_leg(legs: &Legs) -> Option<(AccountId, Minor, u32)> {
    legs.first().map(|leg| (leg.account, leg.amount.negated(), 1))
}

impl TransferCount {
    /// As it is recorded in a transfer with these legs.
    pub fn new(CountedFor { account, counted }: CountedFor, legs: &Legs) -> Self {
        let Counted { limit, window, until, amount, count } = counted;
        let of = Some((account, amount, count)).filter(|of| Some(*of) != of_first_leg(legs));
        Self { limit, window, until, of }
    }

    /// What it says in a transfer with these legs. None without legs, which no transfer is.
    pub fn read(&self, legs: &Legs) -> Option<CountedFor> {
        let (account, amount, count) = self.of.or_else(|| of_first_leg(legs))?;
        let (limit, window, until) = (self.limit.clone(), self.window, self.until);
        Some(CountedFor { account, counted: Counted { limit, window, until, amount, count } })
    }
}

impl Serialize for TransferCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(if self.of.is_some() { 6 } else { 3 }))?;
        list.serialize_element(&self.limit)?;
        list.serialize_element(&self.window)?;
        list.serialize_element(&self.until)?;
        if let Some((account, amount, count)) = &self.of {
            list.serialize_element(account)?;
            list.serialize_element(amount)?;
            list.serialize_element(count)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for TransferCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List)
    }
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = TransferCount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of 3 or 6")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TransferCount, A::Error> {
        let missing = || A::Error::custom("a list of 3 or 6 was expected");
        let limit = list.next_element()?.ok_or_else(missing)?;
        let window = list.next_element()?.ok_or_else(missing)?;
        let until = list.next_element()?.ok_or_else(missing)?;
        let of = match list.next_element()? {
            None => None,
            Some(account) => {
                let amount = list.next_element()?.ok_or_else(missing)?;
                Some((account, amount, list.next_element()?.ok_or_else(missing)?))
            }
        };
        Ok(TransferCount { limit, window, until, of })
    }
}
