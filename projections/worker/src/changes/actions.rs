//! What was done to the views, as the registry keeps it.

use chrono::{DateTime, Utc};
use database::Pool;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that was done to a view.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ViewAction {
    /// Its number. Later ones have higher numbers.
    #[schema(minimum = 1)]
    pub(crate) id: i64,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Who: `operator` and an id over HTTP, a name on the command line, a role for what a database did by itself.
    pub(crate) who: String,
    /// The operator; null for whoever works on the command line.
    #[schema(required)]
    pub(crate) operator_id: Option<Uuid>,
    /// The session in which they sent it; null on the command line, and with a token that was made with the signing key.
    #[schema(required)]
    pub(crate) session_id: Option<Uuid>,
    /// The address that they sent it from; of IPv6 the network. Null on the command line, and for a promotion that was carried out once another
    /// operator had approved it: what the log says of the approval has it.
    #[schema(required)]
    pub(crate) address: Option<String>,
    /// What: `rebuild`, `compare`, `promote`, `rollback`, `drop`, `pause`, `resume`, `retry`, `park`, `retry parked` and others.
    pub(crate) what: String,
    /// To which view; null if it was not to one.
    #[schema(required)]
    pub(crate) view: Option<String>,
    /// To which generation of it; null if it was not to one.
    #[schema(required)]
    pub(crate) generation: Option<i32>,
    /// Why, in their words.
    pub(crate) reason: String,
    /// More of it. `before` and `after`, where they are, say what it changed.
    #[schema(value_type = Object)]
    pub(crate) details: Value,
}

/// Which of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// What this operator did only.
    pub(crate) operator: Option<Uuid>,
    /// What was done to this view only.
    pub(crate) view: Option<String>,
    /// At this time or later.
    pub(crate) from: Option<DateTime<Utc>>,
    /// Earlier than this time.
    pub(crate) to: Option<DateTime<Utc>>,
}

/// The audit of the views.
#[derive(Clone, Debug)]
pub(crate) struct Actions(Pool);

impl Actions {
    pub(crate) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// Those with numbers below this one, the last first.
    pub(crate) async fn list(&self, wanted: &Wanted, below: i64, most: i64) -> Result<Vec<ViewAction>, sqlx::Error> {
        sqlx::query_as!(
            ViewAction,
            "select id, at, who, operator_id, session_id, address, what, view, generation, reason, details
             from registry.audit
             where id < $1 and ($2::uuid is null or operator_id = $2) and ($3::text is null or view = $3)
                 and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)
             order by id desc limit $6",
            below,
            wanted.operator,
            wanted.view.as_deref(),
            wanted.from,
            wanted.to,
            most
        )
        .fetch_all(&self.0)
        .await
    }
}
