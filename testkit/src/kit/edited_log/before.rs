//! The rows of a log of the format before: a row for each commit, and a row for each event.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::commit::{EditedCommit, EditedEvent};
use crate::kit::connection::run;

/// All commits. An event that belongs to none stands with the commit before it.
pub async fn commits(connection: &mut PgConnection) -> Result<Vec<EditedCommit>> {
    let rows = sqlx::query(
        "select first_position, last_position, recorded_at, command_id, actor_role::text as actor_role, actor_id,
             correlation, fingerprint
         from commits order by first_position",
    )
    .fetch_all(&mut *connection)
    .await
    .context("cannot read the commits")?;
    let mut commits = rows.iter().map(commit).collect::<Result<Vec<_>>>()?;
    let rows = sqlx::query(
        "select position, stream_id, version, type, schema_version, payload::text as payload
         from events order by position",
    )
    .fetch_all(connection)
    .await
    .context("cannot read the events")?;
    for row in &rows {
        let event = event(row)?;
        let following = commits.partition_point(|commit| commit.first <= event.position);
        let commit = following.checked_sub(1).and_then(|nearest| commits.get_mut(nearest));
        commit.context("the log begins with an event of no commit")?.events.push(event);
    }
    Ok(commits)
}

pub fn commit(row: &PgRow) -> Result<EditedCommit> {
    Ok(EditedCommit {
        first: row.try_get("first_position")?,
        last: row.try_get("last_position")?,
        recorded_at: row.try_get("recorded_at")?,
        command_id: row.try_get("command_id")?,
        actor_role: row.try_get("actor_role")?,
        actor_id: row.try_get("actor_id")?,
        correlation: row.try_get("correlation")?,
        fingerprint: row.try_get("fingerprint")?,
        events: Vec::new(),
    })
}

fn event(row: &PgRow) -> Result<EditedEvent> {
    Ok(EditedEvent {
        position: row.try_get("position")?,
        stream: row.try_get("stream_id")?,
        version: row.try_get("version")?,
        event_type: row.try_get("type")?,
        schema_version: row.try_get("schema_version")?,
        payload: row.try_get("payload")?,
    })
}

/// Removes what would refuse a second opening, a version that is there already, or a command that is known.
pub async fn drop_constraints(connection: &mut PgConnection) -> Result<()> {
    let drop = "alter table events drop constraint if exists events_opening_version_check;
                alter table events drop constraint if exists events_stream_id_version_key;
                alter table commits drop constraint if exists commits_command_id_key";
    run(connection, drop).await
}

/// Writes what differs.
pub async fn write(connection: &mut PgConnection, before: &[EditedCommit], after: &[EditedCommit]) -> Result<()> {
    let events = |commits: &[EditedCommit]| -> BTreeMap<i64, EditedEvent> {
        commits.iter().flat_map(|commit| commit.events.iter().map(|event| (event.position, event.clone()))).collect()
    };
    let rows = |commits: &[EditedCommit]| -> BTreeMap<i64, EditedCommit> {
        commits.iter().map(|commit| (commit.first, EditedCommit { events: Vec::new(), ..commit.clone() })).collect()
    };
    let (old, new) = (events(before), events(after));
    let (gone, made) = differing(&old, &new);
    delete(connection, "delete from events where position = any($1)", &gone).await?;
    for event in made {
        insert_event(connection, event).await?;
    }
    let (old, new) = (rows(before), rows(after));
    let (gone, made) = differing(&old, &new);
    delete(connection, "delete from commits where first_position = any($1)", &gone).await?;
    for commit in made {
        insert_commit(connection, commit).await?;
    }
    Ok(())
}

/// The keys of rows that are gone or another, and the rows that are new or another.
pub fn differing<'r, R: PartialEq>(old: &BTreeMap<i64, R>, new: &'r BTreeMap<i64, R>) -> (Vec<i64>, Vec<&'r R>) {
    let changed: BTreeSet<i64> =
        old.keys().chain(new.keys()).copied().filter(|key| old.get(key) != new.get(key)).collect();
    let gone = changed.iter().copied().filter(|key| old.contains_key(key)).collect();
    (gone, changed.iter().filter_map(|key| new.get(key)).collect())
}

pub async fn delete(connection: &mut PgConnection, sql: &'static str, keys: &[i64]) -> Result<()> {
    sqlx::query(sql).bind(keys).execute(connection).await.with_context(|| format!("refused: {sql}")).map(drop)
}

async fn insert_event(connection: &mut PgConnection, event: &EditedEvent) -> Result<()> {
    sqlx::query(
        "insert into events (position, version, stream_id, schema_version, type, payload)
         values ($1, $2, $3, $4, $5, $6::json)",
    )
    .bind(event.position)
    .bind(event.version)
    .bind(event.stream)
    .bind(event.schema_version)
    .bind(&event.event_type)
    .bind(&event.payload)
    .execute(connection)
    .await
    .with_context(|| format!("refused: {event:?}"))
    .map(drop)
}

async fn insert_commit(connection: &mut PgConnection, commit: &EditedCommit) -> Result<()> {
    sqlx::query(
        r#"insert into commits (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint,
               actor_role)
           values ($1, $2, $3, $4, $5, $6, $7, $8::"char")"#,
    )
    .bind(commit.first)
    .bind(commit.last)
    .bind(commit.recorded_at)
    .bind(commit.command_id)
    .bind(commit.actor_id)
    .bind(commit.correlation)
    .bind(&commit.fingerprint)
    .bind(&commit.actor_role)
    .execute(connection)
    .await
    .with_context(|| format!("refused: {commit:?}"))
    .map(drop)
}
