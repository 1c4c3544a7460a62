//! Ranges of the log, whole commits with every column; nothing is read over that is damaged.

use event_archive::Commit;
use sqlx::PgConnection;

use super::{
    before,
    format::{Format, format},
    partitions::require_attached,
    stored::{damaged, decode},
};
use crate::{db::failed, failure::Failure};

/// How many events are read at a time.
pub const PAGE: i64 = 20_000;

/// Commits after a position, which is the end of one or 0, as far as they end at or before `until`: those that begin
/// within the next `page` positions, at least one. None, if the next one ends later.
pub async fn commits(connection: &mut PgConnection, after: i64, until: i64, page: i64) -> Result<Vec<Commit>, Failure> {
    if format(connection).await? == Format::Before {
        return before::commits(connection, after, until, page).await;
    }
    let rows = sqlx::query!(
        r#"select first_position, last_position, recorded_at, command_id, actor_role::text as "actor_role!", actor_id,
                  correlation, fingerprint, events::text as "events!"
           from log_commits
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
            require_attached(connection, end + 1).await?;
            return Err(damaged(end + 1, format!("the next commit is {}..{}", row.first_position, row.last_position)));
        }
        if row.last_position > until {
            break;
        }
        let events: Vec<_> = decode(row.first_position, &row.events)?.into_iter().map(Into::into).collect();
        let missing = row.first_position + events.len() as i64;
        if missing <= row.last_position {
            return Err(damaged(missing, "an event is missing"));
        }
        if missing > row.last_position + 1 {
            return Err(damaged(row.last_position + 1, "a commit holds more events than positions"));
        }
        end = row.last_position;
        commits.push(Commit {
            first: row.first_position,
            recorded_at: row.recorded_at,
            command_id: row.command_id,
            actor_role: row.actor_role,
            actor_id: row.actor_id,
            correlation: row.correlation,
            fingerprint: row.fingerprint,
            events,
        });
    }
    Ok(commits)
}
