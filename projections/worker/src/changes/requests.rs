//! The rebuilds that were asked for, in the registry: a projector that starts anew goes on with what is not done.

use chrono::{DateTime, Utc};
use database::Pool;
use projection_engine::{Operator, Origin};
use serde::Serialize;
use sqlx::types::{Json, Uuid};

use super::report::{RebuildOutcome, RebuildProgress, RebuildStatus};

/// A rebuild to be asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewRequest {
    pub(crate) view: &'static str,
    /// Who asks, and why.
    pub(crate) operator: Operator,
    /// Whether the new generation becomes live if it equals the live one.
    pub(crate) promotes: bool,
    /// Whether what an earlier rebuild made is dropped first.
    pub(crate) restarts: bool,
}

/// A rebuild that was asked for and is not done.
#[derive(Clone, Debug)]
pub(crate) struct OpenRequest {
    pub(crate) id: i64,
    pub(crate) view: String,
    /// Who asked, and why.
    pub(crate) operator: Operator,
    pub(crate) promotes: bool,
    pub(crate) restarts: bool,
}

/// What came of asking for a rebuild.
pub(crate) enum Added {
    /// It is asked for.
    New,
    /// It was asked for by this very request before.
    Again(Box<RebuildStatus>),
    /// The key of the request is that of another one.
    KeyReused,
    /// Another one of the view is not done.
    Busy,
}

/// How a rebuild ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// This came of it.
    Made(RebuildOutcome),
    /// It was given up.
    GivenUp(String),
}

/// A request, as the registry keeps it.
struct Row {
    view: String,
    who: String,
    reason: String,
    promotes: bool,
    requested_at: DateTime<Utc>,
    tried_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    error: Option<String>,
    progress: Option<Json<RebuildProgress>>,
    outcome: Option<Json<RebuildOutcome>>,
}

/// The table of the requests.
#[derive(Clone, Debug)]
pub(crate) struct Requests(Pool);

impl Requests {
    pub(crate) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// Asks for a rebuild. One of a view at a time, and one for each key of an operator.
    pub(crate) async fn add(&self, request: &NewRequest) -> Result<Added, sqlx::Error> {
        let (operator, origin) = (&request.operator, &request.operator.origin);
        let added = sqlx::query_scalar!(
            "insert into registry.rebuild_requests
                 (view, who, reason, promotes, restarts, operator_id, session_id, address, idempotency_key)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict do nothing returning id",
            request.view,
            operator.who,
            operator.reason,
            request.promotes,
            request.restarts,
            origin.operator,
            origin.session,
            origin.address.as_deref(),
            origin.key.as_deref()
        )
        .fetch_optional(&self.0)
        .await?;
        if added.is_some() {
            return Ok(Added::New);
        }
        let Some((operator_id, key)) = origin.operator.zip(origin.key.as_deref()) else { return Ok(Added::Busy) };
        Ok(match self.of_key(operator_id, key).await? {
            Some(row) if row.is_of(request) => Added::Again(Box::new(row.into())),
            Some(_) => Added::KeyReused,
            None => Added::Busy,
        })
    }

    /// The one that the operator asked for under this key.
    async fn of_key(&self, operator: Uuid, key: &str) -> Result<Option<Row>, sqlx::Error> {
        sqlx::query_as!(
            Row,
            r#"select view, who, reason, promotes, requested_at, tried_at, ended_at, error,
                   progress as "progress?: Json<RebuildProgress>", outcome as "outcome?: Json<RebuildOutcome>"
               from registry.rebuild_requests where operator_id = $1 and idempotency_key = $2"#,
            operator,
            key
        )
        .fetch_optional(&self.0)
        .await
    }

    /// Those that are not done, the oldest first.
    pub(crate) async fn open(&self) -> Result<Vec<OpenRequest>, sqlx::Error> {
        let rows = sqlx::query!(
            "select id, view, who, reason, promotes, restarts, operator_id, session_id, address
             from registry.rebuild_requests where ended_at is null order by id"
        )
        .fetch_all(&self.0)
        .await?;
        let open = rows.into_iter().map(|row| {
            let origin = Origin { operator: row.operator_id, session: row.session_id, address: row.address, key: None };
            let operator = Operator { who: row.who, reason: row.reason, origin };
            OpenRequest { id: row.id, view: row.view, operator, promotes: row.promotes, restarts: row.restarts }
        });
        Ok(open.collect())
    }

    /// Writes down how far it is. Once there is a generation, what was to be dropped before it is dropped.
    pub(crate) async fn note(&self, id: i64, progress: &RebuildProgress) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "update registry.rebuild_requests
             set progress = $2::text::jsonb, tried_at = clock_timestamp(), restarts = restarts and not $3
             where id = $1 and ended_at is null",
            id,
            json(progress),
            progress.generation.is_some()
        )
        .execute(&self.0)
        .await
        .map(drop)
    }

    /// Writes down how it ended.
    pub(crate) async fn end(&self, id: i64, ended: &Ended) -> Result<(), sqlx::Error> {
        let (outcome, error) = match ended {
            Ended::Made(outcome) => (Some(json(outcome)), None),
            Ended::GivenUp(why) => (None, Some(why.as_str())),
        };
        sqlx::query!(
            "update registry.rebuild_requests
             set ended_at = clock_timestamp(), outcome = $2::text::jsonb, error = $3
             where id = $1 and ended_at is null",
            id,
            outcome,
            error
        )
        .execute(&self.0)
        .await
        .map(drop)
    }

    /// The newest of a view; none if nobody ever asked for one.
    pub(crate) async fn last(&self, view: &str) -> Result<Option<RebuildStatus>, sqlx::Error> {
        let row = sqlx::query_as!(
            Row,
            r#"select view, who, reason, promotes, requested_at, tried_at, ended_at, error,
                   progress as "progress?: Json<RebuildProgress>", outcome as "outcome?: Json<RebuildOutcome>"
               from registry.rebuild_requests where view = $1 order by id desc limit 1"#,
            view
        )
        .fetch_optional(&self.0)
        .await?;
        Ok(row.map(RebuildStatus::from))
    }
}

impl Row {
    /// Whether it is this request. What was to be dropped before it may be dropped by now, which the registry does not tell from never.
    fn is_of(&self, request: &NewRequest) -> bool {
        let NewRequest { view, operator, promotes, restarts: _ } = request;
        self.view == *view && self.reason == operator.reason && self.promotes == *promotes
    }
}

impl From<Row> for RebuildStatus {
    fn from(row: Row) -> Self {
        Self {
            view: row.view,
            state: match (row.ended_at, row.tried_at) {
                (Some(_), _) => "ended",
                (None, Some(_)) => "running",
                (None, None) => "pending",
            },
            requested_by: row.who,
            reason: row.reason,
            requested_at: row.requested_at,
            promote: row.promotes,
            progress: row.progress.map(|Json(progress)| progress),
            ended_at: row.ended_at,
            outcome: row.outcome.map(|Json(outcome)| outcome),
            error: row.error,
        }
    }
}

/// As the registry keeps it.
fn json(value: &impl Serialize) -> String {
    // Only maps with other keys than texts cannot be written.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
