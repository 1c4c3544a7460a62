//! How the log is stored.

use sqlx::PgConnection;

use crate::{db::failed, failure::Failure};

/// In which tables the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A row for each commit, and a row for each event.
    Before,
    /// A row for each commit, its events inside (docs/decisions/0041).
    CommitRows,
}

/// Looks: in the format of today, `events` is a view.
pub async fn format(connection: &mut PgConnection) -> Result<Format, Failure> {
    let is_view = sqlx::query_scalar!(
        r#"select coalesce((select relkind = 'v' from pg_class where oid = to_regclass('events')), false) as "view!""#
    )
    .fetch_one(connection)
    .await
    .map_err(failed("looking how the log is stored"))?;
    Ok(if is_view { Format::CommitRows } else { Format::Before })
}
