//! The balance of an account over time.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, Minor, Version};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Range, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, names},
};

const VIEWS: &[View] = &[View::Transactions, View::Accounts];

/// What was on an account at some instants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalanceHistory {
    /// Which.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The instants, oldest first and as far apart; none if the account was opened after all of them.
    #[schema(max_items = 400)]
    pub points: Vec<BalancePoint>,
}

/// What was on an account after everything recorded at an instant or earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BalancePoint {
    /// The instant.
    pub at: DateTime<Utc>,
    /// How much it held, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance: Minor,
    /// The version of the account after the last posting that counts; null if nothing had been posted.
    #[schema(value_type = Option<i64>, required)]
    pub version: Option<Version>,
}

impl Reads {
    /// The balance at so many instants of a range of time, both ends among them; none if there is no such account. The range begins with
    /// the opening of the account, if it would begin before, and ends now if it is not said. Each instant is two descents into an index, however
    /// long the account's history is.
    pub async fn balance_history(
        &self,
        account: AccountId,
        range: Range,
        points: u16,
        need: &Need,
    ) -> Result<Fresh<Option<BalanceHistory>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.balance_history_now(account, range, points)).await
    }

    async fn balance_history_now(
        &self,
        account: AccountId,
        range: Range,
        points: u16,
    ) -> Result<Seen<Option<BalanceHistory>>, ReadsError> {
        let to = range.to.unwrap_or_else(|| self.clock.now());
        let row = sqlx::query_file!(
            "src/sql/balance_history.sql",
            &names(VIEWS),
            account.uuid(),
            range.from,
            to,
            i64::from(points.max(1)),
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::whole(row.missing);
        let snapshot = Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing };
        let Some(code) = row.asset else { return snapshot.with(VIEWS, None) };
        let Json(points) = row.points;
        snapshot.with(VIEWS, Some(BalanceHistory { account_id: account, asset: asset(&code)?, points }))
    }
}
