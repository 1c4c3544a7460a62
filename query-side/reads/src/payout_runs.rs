//! Payout runs: one account pays many, row by row; and what came of each row.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, MemberId, Minor, PayoutRunId, Position, TransferId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::PayoutRuns];

/// A payout run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutRun {
    /// Which.
    #[schema(value_type = Uuid)]
    pub run_id: PayoutRunId,
    /// `open` while rows are added, `running` while they are paid, `paused` until it is resumed, `finished` once every row was
    /// paid or refused, `cancelled` if what was not paid yet never is.
    #[schema(value_type = String, pattern = "^(open|running|paused|finished|cancelled)$")]
    pub status: PayoutStatus,
    /// The account that pays.
    #[schema(value_type = Uuid)]
    pub source: AccountId,
    /// What it holds, and all rows pay.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    pub asset: AssetCode,
    /// What people call it.
    pub name: String,
    /// What whoever opened it calls it; each of its transfers has it too.
    pub reference: String,
    /// The service or operator who opened it.
    #[schema(value_type = Uuid)]
    pub opened_by: MemberId,
    /// How many rows it has.
    #[schema(minimum = 0)]
    pub rows: i64,
    /// How many of them were paid.
    #[schema(minimum = 0)]
    pub posted: i64,
    /// How many of them were refused.
    #[schema(minimum = 0)]
    pub refused: i64,
    /// What all rows come to, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("125000000"))]
    pub total: Minor,
    /// What those that were paid come to, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("62500000"))]
    pub paid: Minor,
    /// How many seconds the rest takes, if it goes on as fast as since it was started or resumed. Null while nothing was paid since,
    /// and while it is not running; 0 once it is finished.
    #[schema(minimum = 0, required)]
    #[serde(default)]
    pub eta_seconds: Option<i64>,
    /// The position of the last event of the command that changed it last.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// What a payout run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    /// Rows are added.
    Open,
    /// Rows are paid.
    Running,
    /// Nothing is paid until it is resumed.
    Paused,
    /// Every row was paid or refused.
    Finished,
    /// What was not paid yet is never paid.
    Cancelled,
}

/// A row of a payout run, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PayoutResult {
    /// Its number.
    #[schema(minimum = 1)]
    pub row: i64,
    /// Where it pays to, as the row says: the id or the number of an account.
    pub destination: String,
    /// How much, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("250000"))]
    pub amount: Minor,
    /// `pending` until it is paid or refused; for ever, if the run was cancelled before.
    #[schema(pattern = "^(posted|refused|pending)$")]
    pub status: String,
    /// The transfer, posted or rejected; null while it is pending.
    #[schema(value_type = Option<Uuid>, required)]
    pub transfer_id: Option<TransferId>,
    /// Why it was refused, a problem code; null of every other row.
    #[schema(required)]
    pub code: Option<String>,
}

/// A run, with what its list and its pace are found by.
#[derive(Debug, Deserialize)]
struct RunRow {
    #[serde(flatten)]
    run: PayoutRun,
    opened_position: i64,
    paying_since: Option<DateTime<Utc>>,
    done_before: i64,
}

impl RunRow {
    fn run(self) -> PayoutRun {
        let eta_seconds = self.eta_seconds();
        PayoutRun { eta_seconds, ..self.run }
    }

    fn eta_seconds(&self) -> Option<i64> {
        let done = self.run.posted + self.run.refused;
        let seconds = |since: DateTime<Utc>| {
            let since_then = (self.run.recorded_at - since).num_milliseconds();
            pace(self.run.rows - done, done - self.done_before, since_then)
        };
        match self.run.status {
            PayoutStatus::Running => self.paying_since.and_then(seconds),
            PayoutStatus::Finished => Some(0),
            PayoutStatus::Open | PayoutStatus::Paused | PayoutStatus::Cancelled => None,
        }
    }
}

/// How many seconds so many rows take, after so many took so many milliseconds.
fn pace(rest: i64, done: i64, milliseconds: i64) -> Option<i64> {
    if done <= 0 || milliseconds < 0 {
        return None;
    }
    Some(rest.checked_mul(milliseconds)? / done / 1000)
}

/// What is known of who looks at a run: everybody else does not know that it is there.
fn is_visible(run: &RunRow, service: Option<MemberId>) -> bool {
    service.is_none_or(|service| run.run.opened_by == service)
}

impl Reads {
    /// One run; none if there is none, or if it was opened by another service than the one that asks.
    pub async fn payout_run(
        &self,
        service: Option<MemberId>,
        run: PayoutRunId,
        need: &Need,
    ) -> Result<Fresh<Option<PayoutRun>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.payout_run_now(service, run)).await
    }

    async fn payout_run_now(
        &self,
        service: Option<MemberId>,
        run: PayoutRunId,
    ) -> Result<Seen<Option<PayoutRun>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/payout_run.sql", &names(VIEWS), run.uuid()).fetch_one(&self.pool).await?;
        let is_known = row.found.is_some();
        let visible = row.found.map(|found| found.0).filter(|found| is_visible(found, service));
        // What is not the asker's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !is_known);
        let run = visible.map(RunRow::run);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, run)
    }

    /// All runs, newest opened first; of a service, those that it opened.
    pub async fn payout_runs(
        &self,
        service: Option<MemberId>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<PayoutRun>>, ReadsError> {
        let of_service = service.map(MemberId::uuid).unwrap_or_default();
        let list = List::named("payout_runs").bound_to(of_service.as_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.payout_runs_now(service, before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &RunRow| list.cursor(last.opened_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(RunRow::run).collect(), next_cursor }
        }))
    }

    async fn payout_runs_now(
        &self,
        service: Option<MemberId>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<RunRow>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/payout_runs.sql",
            &names(VIEWS),
            service.map(MemberId::uuid),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, row.page.0)
    }

    /// The rows of a run with what came of them, in the order of their numbers; none if the asker may not know of the run.
    ///
    /// A page is one run of an index, so the last page of a million rows costs what the first does.
    pub async fn payout_results(
        &self,
        service: Option<MemberId>,
        run: PayoutRunId,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Option<Page<PayoutResult>>>, ReadsError> {
        let list = List::named("payout_results").bound_to(run.uuid().as_bytes());
        let after = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => 0,
        };
        let query = || self.payout_results_now(service, run, after, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &PayoutResult| list.cursor(last.row.unsigned_abs().into());
        Ok(fresh.map(|found| found.map(|rows| Page::of(rows, limit, cursor))))
    }

    async fn payout_results_now(
        &self,
        service: Option<MemberId>,
        run: PayoutRunId,
        after: i64,
        limit: u16,
    ) -> Result<Seen<Option<Vec<PayoutResult>>>, ReadsError> {
        let row =
            sqlx::query_file!("src/sql/payout_results.sql", &names(VIEWS), run.uuid(), after, i64::from(limit) + 1,)
                .fetch_one(&self.pool)
                .await?;
        let is_visible = row.opened_by.is_some_and(|opener| service.is_none_or(|service| service.uuid() == opener));
        let missing = match (row.opened_by.is_some(), is_visible) {
            (false, _) => MissingRow::whole(row.missing),
            (true, true) => MissingRow::partial(row.missing),
            // What is not the asker's is not there, parked or not.
            (true, false) => None,
        };
        let Json(rows) = row.page;
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, is_visible.then_some(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_for_each_row_as_what_is_done() {
        assert_eq!(pace(900, 100, 2_000), Some(18));
        assert_eq!(pace(1, 1_000, 2_000), Some(0));
        assert_eq!(pace(1_000_000, 1, i64::MAX), None, "more than can be said");
        assert_eq!((pace(10, 0, 2_000), pace(10, 5, -1)), (None, None), "nothing is known of its pace");
    }
}
