//! Who moves the most.

use chrono::NaiveDate;
use kernel::{AccountId, AssetCode, Zone};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::TopMovers];

/// The most active accounts of one asset on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TopMovers {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub day: NaiveDate,
    /// Whose day: a name of the IANA database.
    #[schema(value_type = String)]
    pub zone: Zone,
    /// The asset.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The most active first.
    pub items: Vec<Mover>,
}

/// What one account did on the day, in transfers between members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

impl Reads {
    /// The most active accounts of an asset on a day of the zone that the view has, today if none is given; at most `limit` of
    /// them.
    pub async fn top_movers(
        &self,
        day: Option<NaiveDate>,
        asset: AssetCode,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<TopMovers>, ReadsError> {
        self.gate.read(VIEWS, need, || self.top_movers_now(day, asset, limit)).await
    }

    async fn top_movers_now(
        &self,
        given: Option<NaiveDate>,
        asset: AssetCode,
        limit: u16,
    ) -> Result<Seen<TopMovers>, ReadsError> {
        let day_in = |zone: Zone| given.unwrap_or_else(|| zone.day_of(self.clock.now()));
        // Which zone it is comes with the rows: of a bank that sets none, what is asked first is right.
        let mut day = day_in(Zone::SEOUL);
        let (row, zone) = loop {
            let row = sqlx::query_file!("src/sql/top_movers.sql", &names(VIEWS), asset.as_str(), day, i64::from(limit))
                .fetch_one(&self.pool)
                .await?;
            let zone: Zone = row.zone.parse().map_err(|_| ReadsError::Damaged { what: "zone" })?;
            if day == day_in(zone) {
                break (row, zone);
            }
            day = day_in(zone);
        };
        let Json(items) = row.movers;
        let movers = TopMovers { day, zone, asset, items };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, movers)
    }
}
