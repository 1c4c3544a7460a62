//! Where commits stand, and whether the log holds one that somebody remembers.

use chrono::{DateTime, Utc};
use sqlx::{Acquire, PgConnection};
use uuid::Uuid;

use super::{
    format::{Format, format},
    old,
    partitions::detached_before,
    stored::damaged,
};
use crate::{config::Config, db::failed, failure::Failure};

/// A commit as somebody remembers it.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    pub position: i64,
    pub command_id: Uuid,
    pub recorded_at: DateTime<Utc>,
}

/// Whether the log holds it. It is looked for by its position: each form of the log finds it by one look into an index.
pub async fn holds(connection: &mut PgConnection, commit: &Named) -> Result<bool, Failure> {
    let found = ending_at(connection, commit.position).await?;
    if found.is_none() {
        return is_known_and_detached(connection, commit.command_id, commit.position).await;
    }
    Ok(found == Some((commit.command_id, commit.recorded_at)))
}

/// The command and the time of the commit that ends at a position, if one does.
pub async fn ending_at(connection: &mut PgConnection, position: i64) -> Result<Option<(Uuid, DateTime<Utc>)>, Failure> {
    let row = sqlx::query!(
        r#"select last_position as "last_position!", command_id as "command_id!", recorded_at as "recorded_at!" from commits
         where first_position <= $1 order by first_position desc limit 1"#,
        position
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("reading a commit"))?;
    Ok(row.filter(|row| row.last_position == position).map(|row| (row.command_id, row.recorded_at)))
}

/// The first position of the commit that holds a position.
pub async fn beginning_of(connection: &mut PgConnection, position: i64) -> Result<i64, Failure> {
    let first = sqlx::query_scalar!(
        r#"select first_position as "first_position!" from commits
           where first_position <= $1 order by first_position desc limit 1"#,
        position
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("reading a commit"))?;
    first.ok_or_else(|| damaged(position, "there is no commit"))
}

/// Where the commit of a command begins.
pub async fn of_command_id(connection: &mut PgConnection, command: Uuid) -> Result<Option<i64>, Failure> {
    let found = match format(connection).await? {
        Format::Before => {
            sqlx::query_scalar!(
                r#"select first_position as "first_position!" from commits where command_id = $1"#,
                command
            )
            .fetch_optional(connection)
            .await
        }
        Format::CommitRows => {
            sqlx::query_scalar!("select first_position from log_commands where command_id = $1", command)
                .fetch_optional(connection)
                .await
        }
    };
    found.map_err(failed("looking for the command"))
}

/// The first events of the commits under this correlation id.
///
/// The index tells in which parts of the table the id may be; Postgres estimates what that saves by the order of the ids, of
/// which clients choose some, so it is told not to read the whole table.
pub async fn by_correlation(
    config: &Config,
    connection: &mut PgConnection,
    id: Uuid,
    limit: i64,
) -> Result<Vec<i64>, Failure> {
    const LOOKING: &str = "looking for the correlation id";
    let mut transaction = connection.begin().await.map_err(failed(LOOKING))?;
    sqlx::query!(
        "select set_config(plan, 'off', true) from unnest(array['enable_seqscan', 'enable_indexscan']) as plan"
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed(LOOKING))?;
    let mut found = sqlx::query_scalar!(
        r#"select first_position as "first_position!" from commits
           where correlation = $1 order by first_position desc limit $2"#,
        id,
        limit
    )
    .fetch_all(&mut *transaction)
    .await
    .map_err(failed(LOOKING))?;
    transaction.rollback().await.map_err(failed(LOOKING))?;
    let missing = limit.saturating_sub(found.len() as i64);
    found.extend(old::by_correlation(config, connection, id, missing).await?);
    Ok(found)
}

/// Whether a commit of this command is known that begins at or before a position, and the position has left the database: what
/// somebody remembers of such a commit is of this log.
pub async fn is_known_and_detached(
    connection: &mut PgConnection,
    command: Uuid,
    position: i64,
) -> Result<bool, Failure> {
    match detached_before(connection).await? {
        Some(begin) if position < begin => {}
        _ => return Ok(false),
    }
    let first = of_command_id(connection, command).await?;
    Ok(first.is_some_and(|first| first <= position))
}
