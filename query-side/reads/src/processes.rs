//! Processes with the outside world, and the gift cards that some of them buy.

use chrono::{DateTime, Utc};
use kernel::{AccountId, HoldId, MemberId, Place, Position, ProcessId, Sealed, Version};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, SealedText, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
    transfers::Money,
};

const VIEWS: &[View] = &[View::Processes];

/// A process with the outside world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Process {
    /// Which.
    #[schema(value_type = Uuid)]
    pub process_id: ProcessId,
    /// What it does.
    #[schema(pattern = "^(top-up|bank-payout|gift-card)$")]
    pub kind: String,
    /// `running`; `waiting` for the outside, or for the next try; `compensating` while what was done is taken back; `done` or
    /// `compensated` at its end; `stuck` until an operator says how it goes on.
    #[schema(pattern = "^(running|waiting|compensating|done|compensated|stuck)$")]
    pub state: String,
    /// The steps that it came to, in the order in which it came to them.
    #[schema(max_items = 9)]
    pub steps: Vec<ProcessStep>,
    /// How much.
    pub money: Money,
    /// The account that is credited, or that pays.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// The owner of the account.
    #[schema(value_type = Uuid)]
    pub owner: MemberId,
    /// The payment provider of a top-up; null of any other.
    #[schema(required)]
    pub provider: Option<String>,
    /// The kind of gift card; null of any other.
    #[schema(required)]
    pub product: Option<String>,
    /// The hold that it pays from; null of a top-up.
    #[schema(value_type = Option<Uuid>, required)]
    pub hold_id: Option<HoldId>,
    /// When it began, by the log's clock.
    pub started_at: DateTime<Utc>,
    /// When it ended; null while it has not.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
    /// The position of the last event of the command that changed it last.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
}

/// A step of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProcessStep {
    /// Which.
    #[schema(pattern = "^(hold|confirm|submit|settle|issue|credit|capture|cancel|release)$")]
    pub name: String,
    /// `running`, `waiting` for the next try, `done`; `refused` for good, `failed` if it was given up, `stuck`, or `skipped` by an operator.
    #[schema(pattern = "^(running|waiting|done|refused|failed|stuck|skipped)$")]
    pub state: String,
    /// How often it was tried.
    #[schema(minimum = 0)]
    pub tries: i64,
    /// Why the last try that failed did; null if none has.
    #[schema(required)]
    pub last_error_code: Option<String>,
    /// When it last changed, by the log's clock.
    pub at: DateTime<Utc>,
}

/// A gift card: the process that buys it, and its code, sealed, once it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftCard {
    /// The process.
    pub process: Process,
    /// The code.
    pub code: Option<SealedText>,
}

/// Which processes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessFilter<'a> {
    /// Of this kind only.
    pub kind: Option<&'a str>,
    /// In this state only.
    pub state: Option<&'a str>,
}

/// A process, with what its list is found by and what only its owner sees.
#[derive(Debug, Deserialize)]
struct ProcessRow {
    #[serde(flatten)]
    process: Process,
    started_position: i64,
    code: Option<String>,
    code_version: Option<i64>,
}

impl ProcessRow {
    fn gift_card(self) -> GiftCard {
        let stream = self.process.process_id.into();
        // The table has either both of them or none.
        let code = self.code.zip(self.code_version).map(|(code, version)| {
            let place = Place { stream, version: Version::new(version), field: "code" };
            SealedText { sealed: Sealed::new(code), place }
        });
        GiftCard { process: self.process, code }
    }
}

impl Reads {
    /// One process; none if there is none that the viewer may know of: a member must own its account.
    pub async fn process(
        &self,
        viewer: Viewer,
        process: ProcessId,
        need: &Need,
    ) -> Result<Fresh<Option<Process>>, ReadsError> {
        let fresh = self.gate.read(VIEWS, need, || self.process_now(viewer, process)).await?;
        Ok(fresh.map(|row| row.map(|row| row.process)))
    }

    /// One gift card; none if there is none of this owner.
    pub async fn gift_card(
        &self,
        owner: Viewer,
        process: ProcessId,
        need: &Need,
    ) -> Result<Fresh<Option<GiftCard>>, ReadsError> {
        let fresh = self.gate.read(VIEWS, need, || self.process_now(owner, process)).await?;
        Ok(fresh.map(|row| row.filter(|row| row.process.kind == "gift-card").map(ProcessRow::gift_card)))
    }

    async fn process_now(&self, viewer: Viewer, process: ProcessId) -> Result<Seen<Option<ProcessRow>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/process.sql", &names(VIEWS), process.uuid()).fetch_one(&self.pool).await?;
        let known = row.found.is_some();
        let found = row.found.map(|Json(found)| found);
        let visible = found.filter(|row| viewer.may_see(Some(row.process.owner.uuid())));
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !known);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, visible)
    }

    /// All processes, or those that the filter names, newest started first.
    pub async fn processes(
        &self,
        filter: ProcessFilter<'_>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Process>>, ReadsError> {
        let ProcessFilter { kind, state } = filter;
        let bound = format!("{}/{}", kind.unwrap_or_default(), state.unwrap_or_default());
        let list = List::named("processes").bound_to(bound.as_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let fresh = self.gate.read(VIEWS, need, || self.processes_now(filter, before, limit)).await?;
        let cursor = |last: &ProcessRow| list.cursor(last.started_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(|row| row.process).collect(), next_cursor }
        }))
    }

    async fn processes_now(
        &self,
        filter: ProcessFilter<'_>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<ProcessRow>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/processes.sql",
            &names(VIEWS),
            filter.kind,
            filter.state,
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, row.page.0)
    }
}
