//! Operators with accounts, and what they did.

use chrono::{DateTime, Utc};
use kernel::{ApprovalId, CommandId, OperatorId, OperatorRole, Position};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::{
    ToSchema,
    openapi::schema::{ObjectBuilder, Type},
};
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Range, Reads, ReadsError, View,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Operators];

/// An operator with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operator {
    /// Which: the subject of their tokens.
    #[schema(value_type = Uuid)]
    pub operator_id: OperatorId,
    /// What they log in with.
    pub name: String,
    /// What they may do.
    #[schema(schema_with = role)]
    pub role: String,
    /// `enabled`; `disabled` operators do not log in, and their tokens count no more.
    #[schema(pattern = "^(enabled|disabled)$")]
    pub status: String,
    /// When they were added, by the log's clock.
    pub added_at: DateTime<Utc>,
    /// When role or status last changed, by the log's clock.
    pub changed_at: DateTime<Utc>,
}

fn role() -> ObjectBuilder {
    let names = OperatorRole::ALL.iter().map(|role| role.as_str());
    let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    text.description(Some("What they may do: what the roles named before it may, and more."))
}

/// Something that an operator with an account did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorAction {
    /// When, by the log's clock.
    pub at: DateTime<Utc>,
    /// Where in the log it says so: the last event of what the command did.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// Who.
    #[schema(value_type = Uuid)]
    pub operator_id: OperatorId,
    /// What they were called.
    pub name: String,
    /// The session in which they sent it.
    pub session_id: Uuid,
    /// The address that they sent it from; of IPv6 the network. If another operator approved, it is the address of that one. Null if it is
    /// not known.
    #[schema(required)]
    pub from: Option<String>,
    /// Why, in their words.
    pub reason: String,
    /// The command.
    #[schema(value_type = Uuid)]
    pub command_id: CommandId,
    /// What it did: the type of its first event.
    pub action: String,
    /// To what: the stream of its first event.
    pub subject: Uuid,
    /// Who else approved of it; null if nobody had to.
    #[schema(required)]
    pub approval: Option<ActionApproval>,
}

/// Another operator's approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActionApproval {
    /// Which.
    #[schema(value_type = Uuid)]
    pub approval_id: ApprovalId,
    /// Who approved.
    #[schema(value_type = Uuid)]
    pub approver: OperatorId,
    /// What they were called.
    pub approver_name: String,
}

#[derive(Debug, Deserialize)]
struct OperatorRow {
    operator_id: OperatorId,
    name: String,
    role: String,
    status: String,
    added_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    added_position: i64,
}

impl From<OperatorRow> for Operator {
    fn from(row: OperatorRow) -> Self {
        let OperatorRow { operator_id, name, role, status, added_at, changed_at, .. } = row;
        Self { operator_id, name, role, status, added_at, changed_at }
    }
}

impl Reads {
    /// Every operator with an account, those added last first.
    pub async fn operators(
        &self,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Operator>>, ReadsError> {
        let list = List::named("operators");
        let before = before(&list, cursor)?;
        let fresh = self.gate.read(VIEWS, need, || self.operators_now(before, limit)).await?;
        let cursor = |last: &OperatorRow| list.cursor(last.added_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(Operator::from).collect(), next_cursor }
        }))
    }

    async fn operators_now(&self, before: i64, limit: u16) -> Result<Seen<Vec<OperatorRow>>, ReadsError> {
        let (views, most) = (names(VIEWS), i64::from(limit) + 1);
        let row = sqlx::query_file!("src/sql/operators.sql", &views, before, most).fetch_one(&self.pool).await?;
        let (Json(rows), missing) = (row.page, MissingRow::partial(row.missing));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, rows)
    }

    /// What operators with accounts did, or one of them, in a range of times, the last first.
    pub async fn operator_actions(
        &self,
        operator: Option<OperatorId>,
        range: Range,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<OperatorAction>>, ReadsError> {
        let list = actions_list(operator, range);
        let before = before(&list, cursor)?;
        let fresh = self.gate.read(VIEWS, need, || self.actions_now(operator, range, before, limit)).await?;
        let cursor = |last: &OperatorAction| list.cursor(last.position.number().unsigned_abs().into());
        Ok(fresh.map(|rows| Page::of(rows, limit, cursor)))
    }

    async fn actions_now(
        &self,
        operator: Option<OperatorId>,
        range: Range,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Vec<OperatorAction>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/operator_actions.sql",
            &names(VIEWS),
            operator.map(OperatorId::uuid),
            range.from,
            range.to,
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let (Json(rows), missing) = (row.page, MissingRow::partial(row.missing));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, rows)
    }
}

/// The list of what the operator did in the range: a cursor of another one is refused.
fn actions_list(operator: Option<OperatorId>, range: Range) -> List {
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default();
    let operator = operator.map(|operator| operator.to_string()).unwrap_or_default();
    List::named("operator actions")
        .bound_to(operator.as_bytes())
        .bound_to(time(range.from).as_bytes())
        .bound_to(time(range.to).as_bytes())
}

fn before(list: &List, cursor: Option<&str>) -> Result<i64, ReadsError> {
    match cursor {
        Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor),
        None => Ok(i64::MAX),
    }
}
