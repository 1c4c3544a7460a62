//! The partitions of the log, by position.

use event_archive::ArchiveError;
use sqlx::PgConnection;

use super::format::{Format, format};
use crate::{db::failed, failure::Failure};

/// One of them.
#[derive(Clone, Debug)]
pub struct Partition {
    pub name: String,
    /// It holds the commits that begin at this position or later,
    pub from: i64,
    /// and before this one.
    pub to: i64,
    /// The first and the last position that it does hold.
    pub holds: Option<(i64, i64)>,
}

/// Those that are attached, in the order of positions; the one of the probe left out.
pub async fn partitions(connection: &mut PgConnection) -> Result<Vec<Partition>, Failure> {
    let rows = sqlx::query!(
        r#"select relation.oid::regclass::text as "name!", bounds[1]::int8 as "from!", bounds[2]::int8 as "to!",
                  (select min(first_position) from log_commits where first_position >= bounds[1]::int8
                       and first_position < bounds[2]::int8) as first,
                  (select last_position from log_commits where first_position >= bounds[1]::int8
                       and first_position < bounds[2]::int8 order by first_position desc limit 1) as last
           from pg_inherits
           join pg_class as relation on relation.oid = inhrelid
           cross join lateral regexp_match(
               pg_get_expr(relation.relpartbound, relation.oid), 'FROM \(''?(\d+)''?\) TO \(''?(\d+)''?\)'
           ) as bounds
           where inhparent = 'log_commits'::regclass and bounds is not null and not inhdetachpending
           order by bounds[1]::int8"#
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the partitions of the log"))?;
    let partition = |name, from, to, first: Option<i64>, last| Partition { name, from, to, holds: first.zip(last) };
    Ok(rows.into_iter().map(|row| partition(row.name, row.from, row.to, row.first, row.last)).collect())
}

/// The partition of which a detachment was begun and not ended: nobody reads it any more.
pub async fn half_detached(connection: &mut PgConnection) -> Result<Option<String>, Failure> {
    sqlx::query_scalar!(
        r#"select inhrelid::regclass::text as "name!" from pg_inherits
           where inhparent = 'log_commits'::regclass and inhdetachpending"#
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("reading the partitions of the log"))
}

/// The first position of the newest commit; 0 in an empty log.
pub async fn newest_begins(connection: &mut PgConnection) -> Result<i64, Failure> {
    let first = sqlx::query_scalar!(r#"select max(first_position) as "first" from log_commits"#)
        .fetch_one(connection)
        .await
        .map_err(failed("reading the newest commit"))?;
    Ok(first.unwrap_or_default())
}

/// The position at which the log in the database begins, if commits before it are detached.
pub async fn detached_before(connection: &mut PgConnection) -> Result<Option<i64>, Failure> {
    if format(connection).await? == Format::Before {
        return Ok(None);
    }
    let all = partitions(connection).await?;
    if all.first().is_none_or(|partition| partition.from <= 1) {
        return Ok(None);
    }
    Ok(all.iter().find_map(|partition| partition.holds).map(|(first, _)| first))
}

/// Refuses to read commits that were detached, which are not missing.
pub async fn require_attached(connection: &mut PgConnection, position: i64) -> Result<(), Failure> {
    match detached_before(connection).await? {
        Some(begin) if position < begin => Err(ArchiveError::Detached(begin).into()),
        _ => Ok(()),
    }
}
