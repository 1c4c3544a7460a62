//! The dashboard.

use chrono::{DateTime, Duration, Utc};
use kernel::AssetCode;
use serde::Deserialize;
use sqlx::types::Json;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, names},
};

const VIEWS: &[View] = &[View::Overview, View::Members];

/// The bank at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Each asset that has an account, by code.
    pub assets: Vec<AssetTotals>,
    /// Members by state.
    pub members: MemberCounts,
    /// What happened lately, newest first.
    pub activity: Vec<Activity>,
}

/// How much of an asset there is, and on how many accounts. Sums are decimal digits without bound: many accounts
/// together may hold more than one may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetTotals {
    /// The asset.
    pub asset: AssetCode,
    /// The sum over the accounts of members.
    pub member_total: String,
    /// The sum over the accounts of the bank, which stand for the outside.
    pub system_total: String,
    /// Both together: nothing, always.
    pub sum: String,
    /// How many accounts of members are open.
    pub open: i64,
    /// How many are frozen.
    pub frozen: i64,
    /// How many are closed.
    pub closed: i64,
    /// How many accounts the bank has itself.
    pub system: i64,
}

/// How many members are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct MemberCounts {
    /// They use the bank.
    pub active: i64,
    /// They are leaving: their personal data is no longer shown, and about to be destroyed.
    pub erasing: i64,
    /// They were erased.
    pub erased: i64,
}

/// A length of time over which is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// The last 60 are told.
    Minute,
    /// The last 48 are told.
    Hour,
    /// The last 31 are told.
    Day,
}

/// What happened in one bucket with one asset in one kind of transfer; a bucket in which nothing did is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// How long.
    pub bucket: Bucket,
    /// Since when.
    pub start: DateTime<Utc>,
    /// Which asset.
    pub asset: AssetCode,
    /// Which kind of transfer.
    pub kind: String,
    /// How many were posted.
    pub posted: i64,
    /// How many were rejected.
    pub rejected: i64,
    /// How much the posted ones moved, in decimal digits without bound.
    pub volume: String,
}

#[derive(Debug, Deserialize)]
struct TotalsRow {
    asset: String,
    member_sum: String,
    system_sum: String,
    total: String,
    members_open: i64,
    members_frozen: i64,
    members_closed: i64,
    system_accounts: i64,
}

#[derive(Debug, Deserialize)]
struct ActivityRow {
    bucket: Bucket,
    bucket_start: DateTime<Utc>,
    asset: String,
    kind: String,
    posted_count: i64,
    rejected_count: i64,
    posted_volume: String,
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
        let Json(totals) = row.totals;
        let (Json(members), Json(activity)) = (row.members, row.activity);
        let overview = Overview {
            assets: totals.into_iter().map(AssetTotals::try_from).collect::<Result<_, _>>()?,
            members,
            activity: activity.into_iter().map(Activity::try_from).collect::<Result<_, _>>()?,
        };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, overview)
    }
}

impl TryFrom<TotalsRow> for AssetTotals {
    type Error = ReadsError;

    fn try_from(row: TotalsRow) -> Result<Self, ReadsError> {
        Ok(Self {
            asset: asset(&row.asset)?,
            member_total: row.member_sum,
            system_total: row.system_sum,
            sum: row.total,
            open: row.members_open,
            frozen: row.members_frozen,
            closed: row.members_closed,
            system: row.system_accounts,
        })
    }
}

impl TryFrom<ActivityRow> for Activity {
    type Error = ReadsError;

    fn try_from(row: ActivityRow) -> Result<Self, ReadsError> {
        Ok(Self {
            bucket: row.bucket,
            start: row.bucket_start,
            asset: asset(&row.asset)?,
            kind: row.kind,
            posted: row.posted_count,
            rejected: row.rejected_count,
            volume: row.posted_volume,
        })
    }
}
