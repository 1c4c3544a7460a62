//! Who moves the most.

use chrono::NaiveDate;
use kernel::{AccountId, AssetCode};
use serde::Deserialize;
use sqlx::types::{Json, Uuid};

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::TopMovers];

/// The most active accounts of one asset on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopMovers {
    /// The day, UTC.
    pub day: NaiveDate,
    /// The asset.
    pub asset: AssetCode,
    /// The most active first.
    pub movers: Vec<Mover>,
}

/// What one account did on the day, in transfers between members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mover {
    /// Its place; accounts that did the same share it.
    pub rank: i64,
    /// The account.
    pub account: AccountId,
    /// In how many it took part.
    pub transfers: i64,
    /// How much they moved, in decimal digits without bound.
    pub volume: String,
}

#[derive(Debug, Deserialize)]
struct MoverRow {
    rank: i64,
    account_id: Uuid,
    transfers: i64,
    volume: String,
}

impl Reads {
    /// The most active accounts of an asset on a day, today if none is given; at most `limit` of them.
    pub async fn top_movers(
        &self,
        day: Option<NaiveDate>,
        asset: AssetCode,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<TopMovers>, ReadsError> {
        let day = day.unwrap_or_else(|| self.clock.now().date_naive());
        self.gate.read(VIEWS, need, || self.top_movers_now(day, asset, limit)).await
    }

    async fn top_movers_now(
        &self,
        day: NaiveDate,
        asset: AssetCode,
        limit: u16,
    ) -> Result<Seen<TopMovers>, ReadsError> {
        let row = sqlx::query_file!("src/sql/top_movers.sql", &names(VIEWS), asset.as_str(), day, i64::from(limit))
            .fetch_one(&self.pool)
            .await?;
        let Json(movers) = row.movers;
        let movers = TopMovers { day, asset, movers: movers.into_iter().map(Mover::from).collect() };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, movers)
    }
}

impl From<MoverRow> for Mover {
    fn from(row: MoverRow) -> Self {
        Self { rank: row.rank, account: AccountId::new(row.account_id), transfers: row.transfers, volume: row.volume }
    }
}
