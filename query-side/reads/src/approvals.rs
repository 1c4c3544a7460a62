//! Approvals: what operators asked for that a second one has to approve.

use chrono::{DateTime, Utc};
use kernel::{ApprovalId, ApprovalKind, OperatorId};
use serde::{Deserialize, Serialize};
use sqlx::types::{Json, JsonValue};
use utoipa::{
    ToSchema,
    openapi::schema::{ObjectBuilder, Type},
};
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Approvals];

/// What an operator asked for that a second one has to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Which.
    #[schema(value_type = Uuid)]
    pub approval_id: ApprovalId,
    /// `pending`; `approved` and done (see `carried_out` for promotions); `refused` by a rule after it was approved; `rejected`; `withdrawn` by whoever asked; `expired`: nobody
    /// decided in time.
    #[schema(pattern = "^(pending|approved|refused|rejected|withdrawn|expired)$")]
    pub status: String,
    /// What is asked for.
    #[schema(schema_with = action)]
    pub action: String,
    /// The same as the log has it: `kind`, and what belongs to it.
    #[schema(value_type = Object)]
    pub details: JsonValue,
    /// Who asked.
    #[schema(value_type = Uuid)]
    pub requested_by: OperatorId,
    /// What they were called.
    pub requested_by_name: String,
    /// The session in which they asked.
    pub session_id: Uuid,
    /// Why, in their words.
    pub reason: String,
    /// When, by the log's clock.
    pub requested_at: DateTime<Utc>,
    /// From then on nobody can approve it.
    pub expires_at: DateTime<Utc>,
    /// Who approved or rejected it; null if nobody did.
    #[schema(value_type = Option<Uuid>, required)]
    pub decided_by: Option<OperatorId>,
    /// What they were called.
    #[schema(required)]
    pub decided_by_name: Option<String>,
    /// Why they did, or why it was withdrawn; null if nobody decided.
    #[schema(required)]
    pub decision_reason: Option<String>,
    /// When, by the log's clock; null if nobody decided.
    #[schema(required)]
    pub decided_at: Option<DateTime<Utc>>,
    /// The problem code of the rule that refused it after it was approved; null if none did.
    #[schema(required)]
    pub refusal: Option<String>,
    /// What came of a promotion that was approved, which the projector carries out after that; null of all others.
    #[schema(required)]
    pub carried_out: Option<CarriedOut>,
}

/// What came of a promotion after it was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CarriedOut {
    /// `waiting` for the projector; `promoted`; `refused`: the generation did not become live.
    #[schema(pattern = "^(waiting|promoted|refused)$")]
    pub state: String,
    /// When it was promoted or refused; null while it waits.
    #[schema(required)]
    pub at: Option<DateTime<Utc>>,
    /// Why it was refused; null if it was not.
    #[schema(required)]
    pub error: Option<String>,
}

fn action() -> ObjectBuilder {
    let names = ApprovalKind::ALL.iter().map(|kind| kind.as_str());
    let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    text.description(Some("What is asked for."))
}

/// Which approvals.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApprovalFilter<'a> {
    /// With this status only.
    pub status: Option<&'a str>,
    /// For this only.
    pub action: Option<ApprovalKind>,
}

/// An approval, with what its list is found by.
#[derive(Debug, Deserialize)]
struct ApprovalRow {
    #[serde(flatten)]
    approval: Approval,
    requested_position: i64,
}

impl Reads {
    /// Approvals, those asked for last first.
    pub async fn approvals(
        &self,
        filter: ApprovalFilter<'_>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Approval>>, ReadsError> {
        let ApprovalFilter { status, action } = filter;
        let bound = format!("{}/{}", status.unwrap_or_default(), action.map_or("", ApprovalKind::as_str));
        let list = List::named("approvals").bound_to(bound.as_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let fresh = self.gate.read(VIEWS, need, || self.approvals_now(filter, before, limit)).await?;
        let cursor = |last: &ApprovalRow| list.cursor(last.requested_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(|row| row.approval).collect(), next_cursor }
        }))
    }

    async fn approvals_now(
        &self,
        filter: ApprovalFilter<'_>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<ApprovalRow>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/approvals.sql",
            &names(VIEWS),
            filter.status,
            filter.action.map(ApprovalKind::as_str),
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let (Json(rows), missing) = (row.page, MissingRow::partial(row.missing));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, rows)
    }

    /// One approval.
    pub async fn approval(&self, approval: ApprovalId, need: &Need) -> Result<Fresh<Option<Approval>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.approval_now(approval)).await
    }

    async fn approval_now(&self, approval: ApprovalId) -> Result<Seen<Option<Approval>>, ReadsError> {
        let row =
            sqlx::query_file!("src/sql/approval.sql", &names(VIEWS), approval.uuid()).fetch_one(&self.pool).await?;
        let (found, missing) = (row.found.map(|Json(found)| found), MissingRow::whole(row.missing));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, found)
    }
}
