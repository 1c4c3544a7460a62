//! The balance of an account, now or then.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, Minor, Position, Version};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Reads, ReadsError, View, Viewer,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, minor, names},
};

const VIEWS: &[View] = &[View::Transactions, View::Accounts];

/// Which moment is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The newest there is.
    Now,
    /// After everything recorded at this time or earlier.
    Time(DateTime<Utc>),
    /// After this position of the log.
    Position(Position),
}

/// What was on an account at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Balance {
    /// Which.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// How much it held, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance: Minor,
    /// The version of the account after the last posting that counts; null if nothing had been posted.
    #[schema(value_type = Option<i64>, required)]
    pub version: Option<Version>,
    /// The position of the log that the moment stands for.
    #[schema(value_type = i64, minimum = 0)]
    pub position: Position,
}

impl Reads {
    /// The balance of an account at a moment; none if the viewer may not know of it or it had not been opened then.
    ///
    /// A position must have been reached by the view, so it is waited for like that of a token. A time needs no
    /// waiting: the freshness of the answer says how much of that time the view has seen.
    pub async fn balance(
        &self,
        viewer: Viewer,
        account: AccountId,
        when: When,
        need: &Need,
    ) -> Result<Fresh<Option<Balance>>, ReadsError> {
        let position = if let When::Position(position) = when { Some(position) } else { None };
        let need = Need { position: need.position.max(position), ..*need };
        self.gate.read(VIEWS, &need, || self.balance_now(viewer, account, when)).await
    }

    async fn balance_now(
        &self,
        viewer: Viewer,
        account: AccountId,
        when: When,
    ) -> Result<Seen<Option<Balance>>, ReadsError> {
        let (time, position) = match when {
            When::Now => (None, None),
            When::Time(time) => (Some(time), None),
            When::Position(position) => (None, Some(position.number())),
        };
        let row = sqlx::query_file!("src/sql/balance.sql", &names(VIEWS), account.uuid(), time, position)
            .fetch_one(&self.pool)
            .await?;
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| !row.found || viewer.may_see(row.owner));
        let snapshot = Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing };
        let existed = match when {
            When::Now => true,
            When::Time(time) => row.opened_at.is_some_and(|opened_at| opened_at <= time),
            When::Position(position) => row.unopened < position.number(),
        };
        if !(row.found && existed && viewer.may_see(row.owner)) {
            return snapshot.with(VIEWS, None);
        }
        let balance = Balance {
            account_id: account,
            asset: asset(row.asset.as_deref().unwrap_or_default())?,
            balance: row.balance.as_deref().map(minor).transpose()?.unwrap_or(Minor::ZERO),
            version: row.version.map(Version::new),
            position: Position::new(row.asked.unwrap_or_default()),
        };
        snapshot.with(VIEWS, Some(balance))
    }
}
