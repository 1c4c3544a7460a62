//! The dashboard.

use chrono::{DateTime, Duration, Utc};
use kernel::AssetCode;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Overview, View::Members];

/// The bank at a glance. Sums are strings of digits without bound: many accounts together may hold more than one may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overview {
    /// Each asset that has an account.
    pub totals: Vec<AssetTotals>,
    /// All accounts by state.
    pub accounts: AccountCounts,
    /// Members by state.
    pub members: MemberCounts,
    /// What happened lately.
    pub activity: Activity,
}

/// How much of an asset there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetTotals {
    /// The asset.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The sum over the accounts of members, in minor units.
    #[schema(pattern = "^-?[0-9]+$")]
    pub member_sum: String,
    /// The sum over the accounts of the bank, which stand for the outside.
    #[schema(pattern = "^-?[0-9]+$")]
    pub system_sum: String,
    /// Both together: 0, always.
    #[schema(pattern = "^-?[0-9]+$")]
    pub sum: String,
    /// Its accounts by state.
    pub accounts: AccountCounts,
}

/// Numbers of accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountCounts {
    /// Of members, open.
    pub open: i64,
    /// Of members, frozen.
    pub frozen: i64,
    /// Of members, closed.
    pub closed: i64,
    /// Of the bank.
    pub system: i64,
}

/// Numbers of members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberCounts {
    /// Who use the bank.
    pub active: i64,
    /// Who asked to leave and are about to be erased.
    pub erasing: i64,
    /// Who were erased.
    pub erased: i64,
}

/// What happened lately, newest first. A bucket in which nothing happened is left out. Times are UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// In each of the last 60 minutes.
    pub minute: Vec<ActivityBucket>,
    /// In each of the last 48 hours.
    pub hour: Vec<ActivityBucket>,
    /// In each of the last 31 days.
    pub day: Vec<ActivityBucket>,
}

/// What happened in one bucket with one asset in one kind of transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityBucket {
    /// Since when.
    pub start: DateTime<Utc>,
    /// Which asset.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// Which kind of transfer.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal|compound)$")]
    pub kind: String,
    /// How many were posted.
    pub transfers: i64,
    /// How much they moved, in minor units.
    #[schema(pattern = "^-?[0-9]+$")]
    pub volume: String,
    /// How many were rejected.
    pub rejected: i64,
}

impl Reads {
    /// The bank at a glance.
    pub async fn overview(&self, need: &Need) -> Result<Fresh<Overview>, ReadsError> {
        self.gate.read(VIEWS, need, || self.overview_now()).await
    }

    async fn overview_now(&self) -> Result<Seen<Overview>, ReadsError> {
        let now = self.clock.now();
        let row = sqlx::query_file!(
            "src/sql/overview.sql",
            &names(VIEWS),
            now - Duration::minutes(60),
            now - Duration::hours(48),
            now - Duration::days(31),
        )
        .fetch_one(&self.pool)
        .await?;
        let (Json(totals), Json(members), Json(activity)) = (row.totals, row.members, row.activity);
        let accounts = totals.iter().map(|t| t.accounts).fold(AccountCounts::default(), |all, one| AccountCounts {
            open: all.open + one.open,
            frozen: all.frozen + one.frozen,
            closed: all.closed + one.closed,
            system: all.system + one.system,
        });
        let overview = Overview { totals, accounts, members, activity };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, overview)
    }
}
