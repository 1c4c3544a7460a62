//! What was refused, hour by hour.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Reads, ReadsError, View,
    freshness::Seen,
    overview::is_of_a_version_before,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Overview];

/// What was refused in a range of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refusals {
    /// From when on: the beginning of the hour that holds it is where they begin.
    pub from: DateTime<Utc>,
    /// Before when.
    pub to: DateTime<Utc>,
    /// Newest first, then by code and kind. What did not happen is left out.
    pub items: Vec<RefusalHour>,
}

/// How often something was refused in an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalHour {
    /// The beginning of the hour.
    pub hour: DateTime<Utc>,
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

impl Reads {
    /// What was refused in the hours from one that holds a time up to, and without, those that begin at another time or later.
    pub async fn refusals(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        need: &Need,
    ) -> Result<Fresh<Refusals>, ReadsError> {
        self.gate.read(VIEWS, need, || self.refusals_now(from, to)).await
    }

    async fn refusals_now(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Seen<Refusals>, ReadsError> {
        let read = sqlx::query_file!("src/sql/refusals.sql", &names(VIEWS), from, to).fetch_one(&self.pool).await;
        let row = match read {
            // Version 1 of the view does not count them: the next one is not live yet.
            Err(error) if is_of_a_version_before(&error) => return Err(ReadsError::NotLive(VIEWS[0].name())),
            row => row?,
        };
        let Json(items) = row.items;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, Refusals { from, to, items })
    }

    /// The time now, by the clock of this server: where a range ends that is not said.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
