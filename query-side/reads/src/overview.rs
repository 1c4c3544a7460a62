//! The dashboard.

use chrono::{DateTime, Days, Duration, Utc};
use kernel::{AssetCode, StreamId, Zone};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Overview, View::Members, View::PayoutRuns, View::Limits];
/// So many days are told, with today.
const DAYS: u64 = 31;

/// The bank at a glance. Sums are strings of digits without bound: many accounts together may hold more than one may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overview {
    /// Each asset that has an account.
    pub totals: Vec<AssetTotals>,
    /// All accounts by state.
    pub accounts: AccountCounts,
    /// Members by state.
    pub members: MemberCounts,
    /// Standing orders that are not over, by state. Null while the live view is of a version that does not count them.
    #[schema(required)]
    pub standing_orders: Option<OrderCounts>,
    /// How many items there are. Null while the live view is of a version that does not count them.
    #[schema(required, minimum = 0)]
    pub items: Option<i64>,
    /// How many offers are open. Null while the live view is of a version that does not count them.
    #[schema(required, minimum = 0)]
    pub offers_open: Option<i64>,
    /// Payout runs by state.
    pub payout_runs: PayoutRunCounts,
    /// How many limits are set.
    #[schema(minimum = 0)]
    pub limits: i64,
    /// What was refused in the last 24 hours, by code and kind. Null while the live view is of a version that does not
    /// count it.
    #[schema(required)]
    pub refusals: Option<Vec<RefusalCount>>,
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
    /// How much is held in the accounts of members, in minor units. Null while the live view is of a version that does not
    /// count it.
    #[schema(required, pattern = "^[0-9]+$")]
    pub held: Option<String>,
    /// How many holds have something left. Null while the live view is of a version that does not count them.
    #[schema(required, minimum = 0)]
    pub open_holds: Option<i64>,
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

/// Numbers of standing orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderCounts {
    /// That are carried out when they are due.
    pub active: i64,
    /// That wait to be resumed.
    pub paused: i64,
}

/// Numbers of payout runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutRunCounts {
    /// That rows are added to.
    pub open: i64,
    /// That are paid.
    pub running: i64,
    /// That wait to be resumed.
    pub paused: i64,
    /// Of which every row was paid or refused.
    pub finished: i64,
    /// That ended before.
    pub cancelled: i64,
}

/// How often something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalCount {
    /// The code of the problem.
    #[schema(pattern = "^[a-z]+(-[a-z]+)*$")]
    pub code: String,
    /// Which kind of transfer was refused; `command` if it was something else, such as a hold.
    #[schema(
        pattern = "^(transfer|deposit|withdrawal|reversal|compound|capture|exchange|charge|trade|payout|command)$"
    )]
    pub kind: String,
    /// How often.
    #[schema(minimum = 1)]
    pub count: i64,
}

/// What happened lately, newest first. A bucket in which nothing happened is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// Whose days are counted: a name of the IANA database. Minutes and hours are those of UTC.
    #[schema(value_type = String)]
    pub zone: Zone,
    /// In each of the last 60 minutes.
    pub minute: Vec<ActivityBucket>,
    /// In each of the last 48 hours.
    pub hour: Vec<ActivityBucket>,
    /// In each of the last 31 days of the zone, with today.
    pub day: Vec<ActivityBucket>,
}

/// What happened in one bucket with one asset in one kind of transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityBucket {
    /// Since when: of a day, its first moment in the zone.
    pub start: DateTime<Utc>,
    /// Which asset.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// Which kind of transfer.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal|compound|capture|exchange|charge|trade|payout)$")]
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
        let row = match self.overview_row(now).await {
            Err(error) if is_of_a_version_before(&error) => self.overview_row_before(now).await?,
            row => row?,
        };
        let (Json(totals), Json(members), Json(activity)) = (row.totals, row.members, row.activity);
        let accounts = totals.iter().map(|t| t.accounts).fold(AccountCounts::default(), |all, one| AccountCounts {
            open: all.open + one.open,
            frozen: all.frozen + one.frozen,
            closed: all.closed + one.closed,
            system: all.system + one.system,
        });
        let (Json(payout_runs), limits) = (row.payout_runs, row.limits);
        let bank = row.bank.map(|Json(bank)| bank);
        let overview = Overview {
            totals,
            accounts,
            members,
            standing_orders: bank.as_ref().map(|bank| bank.standing_orders),
            items: bank.as_ref().map(|bank| bank.items),
            offers_open: bank.as_ref().map(|bank| bank.offers_open),
            payout_runs,
            limits,
            refusals: bank.map(|bank| bank.refusals),
            activity: activity.up_to(now),
        };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, overview)
    }

    async fn overview_row(&self, now: DateTime<Utc>) -> Result<OverviewRow, sqlx::Error> {
        sqlx::query_file_as!(
            OverviewRow,
            "src/sql/overview.sql",
            &names(VIEWS),
            now - Duration::minutes(60),
            now - Duration::hours(48),
            longer_than_the_days(now),
            now - Duration::hours(24),
            StreamId::LIMITS.to_string(),
        )
        .fetch_one(&self.pool)
        .await
    }

    /// What version 1 of the view has.
    async fn overview_row_before(&self, now: DateTime<Utc>) -> Result<OverviewRow, sqlx::Error> {
        sqlx::query_file_as!(
            OverviewRow,
            "src/sql/overview_before.sql",
            &names(VIEWS),
            now - Duration::minutes(60),
            now - Duration::hours(48),
            longer_than_the_days(now),
            StreamId::LIMITS.to_string(),
        )
        .fetch_one(&self.pool)
        .await
    }
}

/// The days are told whole, and their number is the same when clocks change: the zone is known once they are read.
fn longer_than_the_days(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::days(DAYS as i64 + 2)
}

/// undefined_table, undefined_column: the live generation is of a version that does not have them. The statement that fits
/// it is asked instead, and says so again if the view has no live generation.
pub(crate) fn is_of_a_version_before(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("42P01" | "42703"))
}

impl Activity {
    /// Without days before those that are told.
    fn up_to(mut self, now: DateTime<Utc>) -> Self {
        let first = self.zone.day_of(now).checked_sub_days(Days::new(DAYS - 1));
        if let Some(since) = first.and_then(|first| self.zone.begin(first)) {
            self.day.retain(|bucket| bucket.start >= since);
        }
        self
    }
}

/// What one statement reads.
struct OverviewRow {
    position: Option<i64>,
    recorded_at: Option<DateTime<Utc>>,
    live: Option<i64>,
    totals: Json<Vec<AssetTotals>>,
    members: Json<MemberCounts>,
    /// None: the live generation is of version 1.
    bank: Option<Json<BankRow>>,
    payout_runs: Json<PayoutRunCounts>,
    limits: i64,
    activity: Json<Activity>,
    missing: Option<Json<MissingRow>>,
}

/// What is counted for the whole bank.
#[derive(Deserialize)]
struct BankRow {
    standing_orders: OrderCounts,
    items: i64,
    offers_open: i64,
    refusals: Vec<RefusalCount>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn as_many_days_are_told_when_clocks_change() {
        for (zone, now) in [
            ("UTC", "2026-11-30T12:00:00Z"),
            ("Asia/Seoul", "2026-11-30T14:59:59Z"),
            ("Europe/Berlin", "2026-10-25T22:30:00Z"),
            ("Europe/Berlin", "2026-11-10T22:59:59Z"),
            ("America/New_York", "2026-03-09T03:59:59Z"),
            ("Africa/Cairo", "2026-04-23T22:00:00Z"),
        ] {
            let zone: Zone = zone.parse().expect("a zone");
            let today = zone.day_of(at(now));
            let bucket = |ago: u64| ActivityBucket {
                start: today.checked_sub_days(Days::new(ago)).and_then(|day| zone.begin(day)).expect("a day"),
                asset: "KRW".parse().expect("an asset"),
                kind: "transfer".into(),
                transfers: 1,
                volume: "1".into(),
                rejected: 0,
            };
            let days: Vec<_> = (0..=31).map(bucket).collect();
            assert!(days[30].start > longer_than_the_days(at(now)), "{zone} {now}");
            let activity = Activity { zone, minute: Vec::new(), hour: Vec::new(), day: days.clone() };
            assert_eq!(activity.up_to(at(now)).day, days[..31], "{zone} {now}");
        }
    }
}
