//! Commits as they stand in the log, to be shown: what is damaged is shown, too.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{db::failed, failure::Failure};

/// A commit with its events.
#[derive(Debug, Serialize)]
pub struct CommitView {
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Uuid,
    pub actor: String,
    pub correlation: Uuid,
    pub fingerprint: String,
    pub events: Vec<EventView>,
}

/// An event.
#[derive(Debug, Serialize)]
pub struct EventView {
    pub position: i64,
    pub stream_id: Uuid,
    pub version: i64,
    #[serde(rename = "type")]
    pub event_type: String,
    pub schema_version: i16,
    pub payload: Box<RawValue>,
}

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
pub async fn after(connection: &mut PgConnection, position: i64, limit: i64) -> Result<Vec<CommitView>, Failure> {
    let rows = sqlx::query_as!(
        CommitRow,
        r#"select first_position, last_position, recorded_at, command_id, actor_role::text as "actor_role!", actor_id,
                  correlation, fingerprint
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
        r#"select first_position, last_position, recorded_at, command_id, actor_role::text as "actor_role!", actor_id,
                  correlation, fingerprint
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
pub async fn covering(connection: &mut PgConnection, positions: &[i64]) -> Result<Vec<CommitView>, Failure> {
    let rows = sqlx::query_as!(
        CommitRow,
        r#"select distinct on (first_position) first_position, last_position, recorded_at, command_id,
                  actor_role::text as "actor_role!", actor_id, correlation, fingerprint
           from unnest($1::int8[]) as asked (position)
           cross join lateral (
               select * from commits where first_position <= asked.position order by first_position desc limit 1
           ) as nearest
           where last_position >= asked.position
           order by first_position"#,
        positions
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(READING))?;
    with_events(connection, rows).await
}

/// The commit of a command.
pub async fn of_command(connection: &mut PgConnection, command: Uuid) -> Result<Vec<CommitView>, Failure> {
    let rows = sqlx::query_as!(
        CommitRow,
        r#"select first_position, last_position, recorded_at, command_id, actor_role::text as "actor_role!", actor_id,
                  correlation, fingerprint
           from commits where command_id = $1"#,
        command
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed(READING))?;
    with_events(connection, rows).await
}

/// The positions of the newest events of a stream, newest first, and how many events it has.
pub async fn stream(connection: &mut PgConnection, stream: Uuid, limit: i64) -> Result<(Vec<i64>, i64), Failure> {
    let rows = sqlx::query!(
        r#"select position, max(version) over () as "length!"
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
    let events = sqlx::query!(
        r#"select commit.first as "first!", position, stream_id, version, type as event_type, schema_version,
                  payload::text as "payload!"
           from unnest($1::int8[], $2::int8[]) as commit (first, last)
           join events on position between commit.first and commit.last
           order by position"#,
        &first,
        &last
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the events"))?;
    let mut commits: Vec<CommitView> = rows.into_iter().map(CommitRow::view).collect();
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
    Ok(commits)
}

impl CommitRow {
    fn view(self) -> CommitView {
        let role = match self.actor_role.as_str() {
            "m" => "member",
            "o" => "operator",
            "s" => "service",
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
