//! What the log writes down of an adoption.

use chrono::{DateTime, Utc};
use projection_engine::Operator;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{db::failed, failure::Failure};

/// An adoption, as the log has written it down.
pub struct Adoption {
    pub old_log_id: Uuid,
    pub new_log_id: Uuid,
    pub position: i64,
    pub at: DateTime<Utc>,
    pub command_id: Option<Uuid>,
    pub recorded_at: Option<DateTime<Utc>>,
}

/// Gives the log a new id.
pub async fn adopt_now(log: &mut PgConnection, operator: &Operator) -> Result<Adoption, Failure> {
    sqlx::query_as!(
        Adoption,
        r#"select old_log_id as "old_log_id!", new_log_id as "new_log_id!", position as "position!", at as "at!",
               command_id, recorded_at
           from adopt_log($1, $2)"#,
        operator.who,
        operator.reason
    )
    .fetch_one(log)
    .await
    .map_err(failed("giving the log a new id"))
}

/// The last adoption, if nothing was appended since.
pub async fn at_the_end(log: &mut PgConnection) -> Result<Option<Adoption>, Failure> {
    sqlx::query_as!(
        Adoption,
        "select a.old_log_id, a.new_log_id, a.position, a.at, a.command_id, a.recorded_at
         from log_adoptions as a join log_head as h on h.log_id = a.new_log_id and h.position = a.position"
    )
    .fetch_optional(log)
    .await
    .map_err(failed("looking whether the log was adopted"))
}
