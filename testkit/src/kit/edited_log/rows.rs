//! The rows of the log's tables, read and written, in whichever form the log is.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row};

use super::{
    before,
    commit::{EditedCommit, EditedHead},
    commit_rows,
};
use crate::kit::connection::{connect, run};

/// In which tables the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A row for each commit and for each event, until the log is converted.
    Before,
    /// A row for each commit, its events inside.
    CommitRows,
}

impl Form {
    pub async fn of(connection: &mut PgConnection) -> Result<Self> {
        let is_before = "select relkind = 'r' from pg_class where oid = 'events'::regclass";
        let is_before: bool = sqlx::query_scalar(is_before).fetch_one(connection).await.context("there is no log")?;
        Ok(if is_before { Self::Before } else { Self::CommitRows })
    }

    /// All commits. Of the form before, an event that belongs to none stands with the commit before it.
    pub async fn commits(self, connection: &mut PgConnection) -> Result<Vec<EditedCommit>> {
        match self {
            Self::Before => before::commits(connection).await,
            Self::CommitRows => commit_rows::commits(connection).await,
        }
    }

    /// Writes what differs.
    pub async fn write(
        self,
        connection: &mut PgConnection,
        (before, after): (&[EditedCommit], &[EditedCommit]),
        unchecked: bool,
    ) -> Result<()> {
        match self {
            Self::Before => {
                if unchecked {
                    before::drop_constraints(connection).await?;
                }
                before::write(connection, before, after).await
            }
            // Nothing but the ids of commands is unique here, and a second use of one is written without.
            Self::CommitRows => commit_rows::write(connection, before, after).await,
        }
    }
}

/// The end of the log, which nobody moves until the transaction ends, and the clock of its database.
pub async fn head(connection: &mut PgConnection) -> Result<(EditedHead, DateTime<Utc>)> {
    let row = sqlx::query("select position, recorded_at, clock_timestamp() as now from log_head for update")
        .fetch_one(connection)
        .await
        .context("cannot read the head of the log")?;
    let head = EditedHead { position: row.try_get("position")?, recorded_at: row.try_get("recorded_at")? };
    Ok((head, row.try_get("now")?))
}

/// Moves the head, and says so to those who follow.
pub async fn write_head(connection: &mut PgConnection, head: &EditedHead) -> Result<()> {
    sqlx::query("update log_head set position = $1, recorded_at = $2")
        .bind(head.position)
        .bind(head.recorded_at)
        .execute(&mut *connection)
        .await
        .context("the head of the log was not moved")?;
    run(connection, "select pg_notify('log_appended', position::text) from log_head").await
}

/// Fills an empty log with so many commits of the size of a transfer, with ids in no order: the correlation id of commit `n` is `md5('n')`. The head
/// stays where it is.
pub async fn fill_with_commits(url: &str, count: i64) -> Result<()> {
    let fill = format!(
        "set session_replication_role = replica;
         insert into log_commits (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint,
             actor_role, is_followed, events)
         select n, n, '2026-03-01Z', gen_random_uuid(), gen_random_uuid(), md5(n::text)::uuid,
             decode(md5(n::text), 'hex'), 'm', false, json_build_array(repeat('x', 640))
         from generate_series(1, {count}) as n"
    );
    run(&mut connect(url).await?, &fill).await
}
