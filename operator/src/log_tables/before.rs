//! The format before: a row for each commit, and a row for each event. A log stands in it until it is converted.

use event_archive::{Commit, Event};
use sqlx::PgConnection;

use super::stored::damaged;
use crate::{db::failed, failure::Failure};

/// Commits after a position, which is the end of one or 0, as far as they end at or before `until`: those that begin
/// within the next `page` positions, at least one. None, if the next one ends later.
pub async fn commits(connection: &mut PgConnection, after: i64, until: i64, page: i64) -> Result<Vec<Commit>, Failure> {
    let rows = sqlx::query!(
        r#"select first_position as "first_position!", last_position as "last_position!", recorded_at as "recorded_at!",
                  command_id as "command_id!", actor_role::text as "actor_role!", actor_id as "actor_id!",
                  correlation as "correlation!", fingerprint as "fingerprint!"
           from commits
           where first_position > $1 and first_position <= $1 + $2::int8
           order by first_position"#,
        after,
        page.max(1)
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed("reading the commits"))?;
    let mut end = after;
    let mut commits = Vec::with_capacity(rows.len());
    for row in rows {
        if row.first_position != end + 1 || row.last_position < row.first_position {
            return Err(damaged(end + 1, format!("the next commit is {}..{}", row.first_position, row.last_position)));
        }
        if row.last_position > until {
            break;
        }
        end = row.last_position;
        commits.push((
            row.last_position,
            Commit {
                first: row.first_position,
                recorded_at: row.recorded_at,
                command_id: row.command_id,
                actor_role: row.actor_role,
                actor_id: row.actor_id,
                correlation: row.correlation,
                fingerprint: row.fingerprint,
                events: Vec::with_capacity(usize::try_from(row.last_position - row.first_position + 1).unwrap_or(0)),
            },
        ));
    }
    if commits.is_empty() {
        return Ok(Vec::new());
    }
    with_events(connection, after, end, commits).await
}

async fn with_events(
    connection: &mut PgConnection,
    after: i64,
    until: i64,
    commits: Vec<(i64, Commit)>,
) -> Result<Vec<Commit>, Failure> {
    let rows = sqlx::query!(
        r#"select position as "position!", stream_id as "stream_id!", version as "version!", type as "event_type!",
                  schema_version as "schema_version!", payload::text as "payload!"
           from events where position > $1 and position <= $2 order by position"#,
        after,
        until
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the events"))?;
    let mut rows = rows.into_iter();
    let mut whole = Vec::with_capacity(commits.len());
    for (last, mut commit) in commits {
        for position in commit.first..=last {
            let row = rows.next().filter(|row| row.position == position);
            let row = row.ok_or_else(|| damaged(position, "an event is missing"))?;
            commit.events.push(Event {
                stream_id: row.stream_id,
                version: row.version,
                previous: None,
                event_type: row.event_type,
                schema_version: row.schema_version,
                payload: row.payload,
            });
        }
        whole.push(commit);
    }
    Ok(whole)
}
