//! How much of the disk the log takes.

use anyhow::{Context, Result};
use sqlx::PgConnection;

/// The tables of the log with their indexes, in bytes.
pub(super) async fn log_size(log: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar(
        "select (pg_total_relation_size('log_commands') + pg_total_relation_size('log_streams')
             + sum(pg_total_relation_size(inhrelid)))::int8
         from pg_inherits where inhparent = 'log_commits'::regclass",
    )
    .fetch_one(log)
    .await
    .context("measuring the size of the log")
}
