//! Who moves the most.

use chrono::NaiveDate;
use kernel::{AccountId, AssetCode};
use serde::Serialize;
use utoipa::ToSchema;

/// The most active accounts of one asset on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopMovers {
    /// The day, UTC.
    #[schema(value_type = String, format = Date)]
    pub day: NaiveDate,
    /// The asset.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The most active first.
    pub items: Vec<Mover>,
}

/// What one account did on the day, in transfers between members.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mover {
    /// Its place; accounts that did the same share it.
    #[schema(minimum = 1)]
    pub rank: i64,
    /// The account.
    #[schema(value_type = String, format = Uuid)]
    pub account_id: AccountId,
    /// In how many it took part, paying or paid.
    #[schema(minimum = 1)]
    pub transfers: i64,
    /// How much they moved, in minor units.
    #[schema(pattern = "^[0-9]+$")]
    pub volume: String,
}

impl From<reads::TopMovers> for TopMovers {
    fn from(top: reads::TopMovers) -> Self {
        let mover = |mover: reads::Mover| Mover {
            rank: mover.rank,
            account_id: mover.account,
            transfers: mover.transfers,
            volume: mover.volume,
        };
        Self { day: top.day, asset: top.asset, items: top.movers.into_iter().map(mover).collect() }
    }
}
