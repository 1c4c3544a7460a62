//! How far the relay and the views are, measured against the log.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::found::{Named, holds};
use crate::{db::failed, failure::Failure};

/// The relay's row, and how far it is behind.
pub struct Relay {
    pub position: i64,
    pub lag_events: i64,
    pub lag_ms: i64,
    pub silent_ms: i64,
    pub holder: String,
    pub locked: bool,
    /// Whether the log does not hold the commit up to which it has published.
    pub other_history: bool,
}

/// The relay that holds the lock of this number, or held it last.
pub async fn relay(log: &mut PgConnection, lock: i64) -> Result<Option<Relay>, Failure> {
    let row = sqlx::query!(
        r#"select cursor.position, holder, cursor.command_id, cursor.recorded_at,
                  head.position - cursor.position as "lag_events!",
                  (extract(epoch from clock_timestamp() - renewed_at) * 1000)::int8 as "silent_ms!",
                  exists (
                      select from pg_locks
                      where locktype = 'advisory' and granted and objsubid = 1
                        and database = (select oid from pg_database where datname = current_database())
                        and (classid::int8 << 32) | objid::int8 = $1
                  ) as "locked!",
                  coalesce((
                      select greatest(0, extract(epoch from clock_timestamp() - recorded_at) * 1000)::int8
                      from commits where first_position > cursor.position order by first_position limit 1
                  ), 0) as "lag_ms!"
           from relay_cursor as cursor, log_head as head"#,
        lock
    )
    .fetch_optional(&mut *log)
    .await
    .map_err(failed("reading the relay's cursor"))?;
    let Some(row) = row else { return Ok(None) };
    let published = row.command_id.zip(row.recorded_at);
    let held = match published {
        Some((command_id, recorded_at)) => {
            holds(log, &Named { position: row.position, command_id, recorded_at }).await?
        }
        None => true,
    };
    Ok(Some(Relay {
        position: row.position,
        lag_events: row.lag_events,
        lag_ms: row.lag_ms,
        silent_ms: row.silent_ms,
        holder: row.holder,
        locked: row.locked,
        other_history: row.lag_events < 0 || !held,
    }))
}

/// Where a view stands in the log.
pub struct PlaceInLog {
    pub head: i64,
    held_command: Option<Uuid>,
    held_at: Option<DateTime<Utc>>,
    /// Whether the id of the log that it follows is one that this log has, or had.
    pub ours: bool,
    pub lag_ms: i64,
}

impl PlaceInLog {
    /// The commit that ends there.
    pub fn held(&self) -> Option<(Uuid, DateTime<Utc>)> {
        self.held_command.zip(self.held_at)
    }
}

/// These positions of logs of these ids, by the log's clock.
pub async fn places(
    connection: &mut PgConnection,
    positions: &[i64],
    logs: &[Option<Uuid>],
) -> Result<Vec<PlaceInLog>, Failure> {
    sqlx::query_as!(
        PlaceInLog,
        r#"select head.position as head, held.command_id as "held_command?", held.recorded_at as "held_at?",
                  asked.log_id is null or asked.log_id = head.log_id
                  or exists (select from log_adoptions as a where a.old_log_id = asked.log_id) as "ours!", coalesce((
                select greatest(0, extract(epoch from clock_timestamp() - recorded_at) * 1000)::int8
                from commits where first_position > asked.position order by first_position limit 1
           ), 0) as "lag_ms!"
           from unnest($1::int8[], $2::uuid[]) with ordinality as asked (position, log_id, ordinal)
           cross join log_head as head
           left join lateral (
                select last_position, command_id, recorded_at from commits
                where first_position <= asked.position order by first_position desc limit 1
           ) as held on held.last_position = asked.position
           order by asked.ordinal"#,
        positions,
        logs as &[Option<Uuid>]
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the head of the log"))
}
