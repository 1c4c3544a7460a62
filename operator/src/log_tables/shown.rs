//! Commits as they stand in the log, to be shown: what is damaged is shown, too.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    format::{Format, format},
    found::of_command_id,
    old,
    partitions::detached_before,
    stored::decode,
    view::{CommitView, EventView},
    walk::walk,
};
use crate::{config::Config, db::failed, failure::Failure};

struct CommitRow {
    first_position: i64,
    last_position: i64,
    recorded_at: DateTime<Utc>,
    command_id: Uuid,
    actor_role: String,
    actor_id: Uuid,
    correlation: Uuid,
    fingerprint: Vec<u8>,
}

const READING: &str = "reading the commits";

/// The oldest commits after a position.
pub async fn after(
    config: &Config,
    connection: &mut PgConnection,
    position: i64,
    limit: i64,
) -> Result<Vec<CommitView>, Failure> {
    if let Some(commits) = old::after(config, connection, position, limit).await? {
        return Ok(commits);
    }
    let rows = sqlx::query_as!(
        CommitRow,
        r#"select first_position as "first_position!", last_position as "last_position!", recorded_at as "recorded_at!",
                  command_id as "command_id!", actor_role::text as "actor_role!", actor_id as "actor_id!",
                  correlation as "correlation!", fingerprint as "fingerprint!"
           from commits where first_position > $1 order by first_position limit $2"#,
        position,
        limit
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(READING))?;
    with_events(connection, rows).await
}

/// The newest commits, oldest of them first.
pub async fn newest(connection: &mut PgConnection, limit: i64) -> Result<Vec<CommitView>, Failure> {
    let mut rows = sqlx::query_as!(
        CommitRow,
        r#"select first_position as "first_position!", last_position as "last_position!", recorded_at as "recorded_at!",
                  command_id as "command_id!", actor_role::text as "actor_role!", actor_id as "actor_id!",
                  correlation as "correlation!", fingerprint as "fingerprint!"
           from commits order by first_position desc limit $1"#,
        limit
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(READING))?;
    rows.reverse();
    with_events(connection, rows).await
}

/// The commits that these positions lie in, oldest first, each once.
pub async fn covering(
    config: &Config,
    connection: &mut PgConnection,
    positions: &[i64],
) -> Result<Vec<CommitView>, Failure> {
    let (mut commits, positions) = old::covering(config, connection, positions).await?;
    let rows = sqlx::query_as!(
        CommitRow,
        r#"select distinct on (first_position) first_position as "first_position!", last_position as "last_position!",
                  recorded_at as "recorded_at!", command_id as "command_id!", actor_role::text as "actor_role!",
                  actor_id as "actor_id!", correlation as "correlation!", fingerprint as "fingerprint!"
           from unnest($1::int8[]) as asked (position)
           cross join lateral (
               select * from commits where first_position <= asked.position order by first_position desc limit 1
           ) as nearest
           where last_position >= asked.position
           order by first_position"#,
        &positions
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(READING))?;
    commits.extend(with_events(connection, rows).await?);
    Ok(commits)
}

/// The commit of a command.
pub async fn of_command(
    config: &Config,
    connection: &mut PgConnection,
    command: Uuid,
) -> Result<Vec<CommitView>, Failure> {
    match of_command_id(connection, command).await? {
        Some(first) => covering(config, connection, &[first]).await,
        None => Ok(Vec::new()),
    }
}

/// The positions of the newest events of a stream, newest first, and how many events it has.
pub async fn stream(
    config: &Config,
    connection: &mut PgConnection,
    stream: Uuid,
    limit: i64,
) -> Result<(Vec<i64>, i64), Failure> {
    if format(connection).await? == Format::CommitRows {
        let walked = walk(connection, stream, limit, &[]).await?;
        let length = walked.first().map_or(0, |event| event.version);
        let is_whole = walked.len() as i64 >= limit || walked.last().is_some_and(|oldest| oldest.version == 1);
        if !is_whole && detached_before(connection).await?.is_some() {
            let mut events = old::events_of(config, stream, (length - limit).max(0)).await?;
            let length = events.last().map_or(0, |newest| newest.event.version.number());
            events.reverse();
            events.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            return Ok((events.iter().map(|picked| picked.position.number()).collect(), length));
        }
        return Ok((walked.into_iter().map(|event| event.position).collect(), length));
    }
    let rows = sqlx::query!(
        r#"select position as "position!", max(version) over () as "length!"
           from events where stream_id = $1 order by version desc limit $2"#,
        stream,
        limit
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading a stream"))?;
    let length = rows.first().map_or(0, |row| row.length);
    Ok((rows.into_iter().map(|row| row.position).collect(), length))
}

async fn with_events(connection: &mut PgConnection, rows: Vec<CommitRow>) -> Result<Vec<CommitView>, Failure> {
    let first: Vec<i64> = rows.iter().map(|row| row.first_position).collect();
    let last: Vec<i64> = rows.iter().map(|row| row.last_position).collect();
    let mut commits: Vec<CommitView> = rows.into_iter().map(CommitRow::view).collect();
    match format(connection).await? {
        Format::Before => add_rows_of_events(connection, &first, &last, &mut commits).await?,
        Format::CommitRows => add_events(connection, &first, &mut commits).await?,
    }
    Ok(commits)
}

async fn add_events(connection: &mut PgConnection, first: &[i64], commits: &mut [CommitView]) -> Result<(), Failure> {
    let rows = sqlx::query!(
        r#"select first_position, events::text as "events!" from log_commits where first_position = any($1)"#,
        first
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the events"))?;
    for row in rows {
        let Some(commit) = commits.iter_mut().find(|commit| commit.first_position == row.first_position) else {
            continue;
        };
        let events = decode(row.first_position, &row.events)?;
        commit.events = events
            .into_iter()
            .zip(row.first_position..)
            .map(|(event, position)| EventView {
                position,
                stream_id: event.0,
                version: event.1,
                event_type: event.3.into_owned(),
                schema_version: event.4,
                payload: event.5.to_owned(),
            })
            .collect();
    }
    Ok(())
}

async fn add_rows_of_events(
    connection: &mut PgConnection,
    first: &[i64],
    last: &[i64],
    commits: &mut [CommitView],
) -> Result<(), Failure> {
    let events = sqlx::query!(
        r#"select commit.first as "first!", position as "position!", stream_id as "stream_id!", version as "version!",
                  type as "event_type!", schema_version as "schema_version!", payload::text as "payload!"
           from unnest($1::int8[], $2::int8[]) as commit (first, last)
           join events on position between commit.first and commit.last
           order by position"#,
        first,
        last
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the events"))?;
    for event in events {
        let Some(commit) = commits.iter_mut().find(|commit| commit.first_position == event.first) else { continue };
        commit.events.push(EventView {
            position: event.position,
            stream_id: event.stream_id,
            version: event.version,
            event_type: event.event_type,
            schema_version: event.schema_version,
            // Postgres has checked that it is JSON; should it not be, it is shown as the text it is.
            payload: RawValue::from_string(event.payload.clone())
                .or_else(|_| serde_json::value::to_raw_value(&event.payload))
                .unwrap_or_default(),
        });
    }
    Ok(())
}

impl CommitRow {
    fn view(self) -> CommitView {
        let role = match self.actor_role.as_str() {
            "m" => "member",
            "o" => "operator",
            "s" => "service",
            "p" => "partner",
            other => other,
        };
        CommitView {
            first_position: self.first_position,
            last_position: self.last_position,
            recorded_at: self.recorded_at,
            command_id: self.command_id,
            actor: format!("{role}:{}", self.actor_id),
            correlation: self.correlation,
            fingerprint: hex::encode(self.fingerprint),
            events: Vec::new(),
        }
    }
}
