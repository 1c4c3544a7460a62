//! Going through one stream, backwards.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{db::failed, failure::Failure};

/// An event of the stream, and where it stands.
pub struct Walked {
    pub position: i64,
    pub version: i64,
    pub event_type: String,
    pub schema_version: i16,
    pub payload: String,
    pub recorded_at: DateTime<Utc>,
}

/// The newest events of a stream, newest first. Those of the types in `without` are left out, but for the first
/// and the newest of each type.
pub async fn walk(
    connection: &mut PgConnection,
    stream: Uuid,
    limit: i64,
    without: &[&str],
) -> Result<Vec<Walked>, Failure> {
    sqlx::query_file_as!(Walked, "src/log_tables/walk.sql", stream, limit, without as &[&str])
        .fetch_all(connection)
        .await
        .map_err(failed("reading a stream"))
}
