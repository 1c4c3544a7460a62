//! Money as clients write it.

use kernel::{Assets, Minor, Money};
use platform::{
    extract::object,
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;

/// An amount of one asset, in whole minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub(crate) struct MoneyDto {
    /// The code of an asset this bank knows.
    #[schema(pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    pub(crate) asset: String,
    /// Minor units as a string: never a number, a fraction or an exponent.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("12500"))]
    pub(crate) amount: Minor,
}

impl MoneyDto {
    /// The money, if the bank knows the asset.
    pub(crate) fn known(&self, assets: &Assets) -> Result<Money, Problem> {
        Ok(Money { asset: known_asset(&self.asset, assets)?, amount: self.amount })
    }
}

/// For `#[serde(deserialize_with)]`: money that may be left out; what is there is an object.
pub(crate) fn optional_money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<MoneyDto>, D::Error> {
    #[derive(Deserialize)]
    struct There(#[serde(deserialize_with = "object")] MoneyDto);

    Ok(Option::<There>::deserialize(deserializer)?.map(|There(money)| money))
}

/// For `#[serde(deserialize_with)]`: a bound of amounts that may be left out; never below zero.
pub(crate) fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Minor>, D::Error> {
    match Option::<Minor>::deserialize(deserializer)? {
        Some(bound) if bound.is_negative() => Err(D::Error::custom("a bound of amounts is 0 or more")),
        bound => Ok(bound),
    }
}

/// The asset of that code; what is no code is no asset either.
pub(crate) fn known_asset(code: &str, assets: &Assets) -> Result<kernel::AssetCode, Problem> {
    let known = code.parse().ok().filter(|&code| assets.get(code).is_some());
    known.ok_or_else(|| {
        let codes: Vec<_> = assets.iter().map(|asset| asset.code.to_string()).collect();
        Problem::new(Code::AssetUnknown).detail(format!("the assets kept here are {}", codes.join(", ")))
    })
}
