//! Limits: how much may be moved at once.

use std::{collections::BTreeMap, str::FromStr};

use kernel::{AssetCode, Minor, Money};

use crate::Refusal;

/// The most that one transfer may move, for each asset that has a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(BTreeMap<AssetCode, Minor>);

impl Limits {
    /// No limits.
    pub const NONE: Self = Self(BTreeMap::new());

    /// Refuses what is above the limit.
    pub fn check(&self, money: Money) -> Result<(), Refusal> {
        match self.0.get(&money.asset) {
            Some(limit) if money.amount > *limit => Err(Refusal::LimitExceeded),
            _ => Ok(()),
        }
    }

    /// Whether the asset has a limit, and this is not above it.
    pub fn covers(&self, money: Money) -> bool {
        self.0.get(&money.asset).is_some_and(|limit| money.amount <= *limit)
    }
}

/// Not a list of limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not ASSET:MINOR_UNITS")]
pub struct LimitsError(String);

impl FromStr for Limits {
    type Err = LimitsError;

    /// Reads `ASSET:MINOR_UNITS` entries separated by commas; an empty text is no limits.
    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let entry = |part: &str| {
            let (asset, amount) = part.trim().split_once(':')?;
            Some((asset.parse().ok()?, amount.parse().ok()?))
        };
        text.split(',')
            .filter(|part| !part.trim().is_empty())
            .map(|part| entry(part).ok_or_else(|| LimitsError(part.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}
