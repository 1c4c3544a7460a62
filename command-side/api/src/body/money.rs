//! Money as clients write it.

use kernel::{Assets, Minor, Money};
use platform::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
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

/// The asset of that code; what is no code is no asset either.
pub(crate) fn known_asset(code: &str, assets: &Assets) -> Result<kernel::AssetCode, Problem> {
    let known = code.parse().ok().filter(|&code| assets.get(code).is_some());
    known.ok_or_else(|| {
        let codes: Vec<_> = assets.iter().map(|asset| asset.code.to_string()).collect();
        Problem::new(Code::AssetUnknown).detail(format!("the assets kept here are {}", codes.join(", ")))
    })
}
