//! The dashboard.

use chrono::{DateTime, Utc};
use kernel::AssetCode;
use reads::Bucket;
use serde::Serialize;
use utoipa::ToSchema;

/// The bank at a glance. Sums are strings of digits without bound: many accounts together may hold more than one may.
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
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
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct MemberCounts {
    /// Who use the bank.
    pub active: i64,
    /// Who asked to leave and are about to be erased.
    pub erasing: i64,
    /// Who were erased.
    pub erased: i64,
}

/// What happened lately, newest first. A bucket in which nothing happened is left out. Times are UTC.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Activity {
    /// In each of the last 60 minutes.
    pub minute: Vec<ActivityBucket>,
    /// In each of the last 48 hours.
    pub hour: Vec<ActivityBucket>,
    /// In each of the last 31 days.
    pub day: Vec<ActivityBucket>,
}

/// What happened in one bucket with one asset in one kind of transfer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityBucket {
    /// Since when.
    pub start: DateTime<Utc>,
    /// Which asset.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// Which kind of transfer.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal)$")]
    pub kind: String,
    /// How many were posted.
    pub transfers: i64,
    /// How much they moved, in minor units.
    #[schema(pattern = "^-?[0-9]+$")]
    pub volume: String,
    /// How many were rejected.
    pub rejected: i64,
}

impl From<reads::AssetTotals> for AssetTotals {
    fn from(totals: reads::AssetTotals) -> Self {
        Self {
            asset: totals.asset,
            member_sum: totals.member_total,
            system_sum: totals.system_total,
            sum: totals.sum,
            accounts: AccountCounts {
                open: totals.open,
                frozen: totals.frozen,
                closed: totals.closed,
                system: totals.system,
            },
        }
    }
}

impl From<reads::Overview> for Overview {
    fn from(overview: reads::Overview) -> Self {
        let totals: Vec<_> = overview.assets.into_iter().map(AssetTotals::from).collect();
        let accounts = totals.iter().map(|t| t.accounts).fold(AccountCounts::default(), |all, one| AccountCounts {
            open: all.open + one.open,
            frozen: all.frozen + one.frozen,
            closed: all.closed + one.closed,
            system: all.system + one.system,
        });
        let mut activity = Activity::default();
        for one in overview.activity {
            let bucket = match one.bucket {
                Bucket::Minute => &mut activity.minute,
                Bucket::Hour => &mut activity.hour,
                Bucket::Day => &mut activity.day,
            };
            bucket.push(ActivityBucket {
                start: one.start,
                asset: one.asset,
                kind: one.kind,
                transfers: one.posted,
                volume: one.volume,
                rejected: one.rejected,
            });
        }
        let reads::MemberCounts { active, erasing, erased } = overview.members;
        Self { totals, accounts, members: MemberCounts { active, erasing, erased }, activity }
    }
}
