//! Which log stands in a database, and how far it goes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{db::failed, failure::Failure};
use event_archive::Adoption;

/// The row of `log_head`.
#[derive(Clone, Debug)]
pub struct Head {
    pub log_id: Uuid,
    pub position: i64,
    /// From which time on keys give their time to the ids of commands.
    pub command_ids_ordered_from: DateTime<Utc>,
}

/// The end of the log.
pub async fn head(connection: &mut PgConnection) -> Result<Head, Failure> {
    let head = sqlx::query_as!(Head, "select log_id, position, command_ids_ordered_from from log_head")
        .fetch_optional(connection)
        .await
        .map_err(failed("reading the head of the log"))?;
    head.ok_or_else(|| Failure::Absent("log_head is empty: there is no log".into()))
}

/// Under which ids the log went on before, oldest first.
pub async fn adoptions(connection: &mut PgConnection) -> Result<Vec<Adoption>, Failure> {
    sqlx::query_as!(
        Adoption,
        "select at, who, reason, old_log_id, new_log_id, position, command_id, recorded_at from log_adoptions order by id"
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading when the log was adopted"))
}
