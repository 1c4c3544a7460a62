//! Proving that the copy is the log: what was copied is read back and held against the format before, to the byte.

use std::collections::HashMap;

use event_archive::Commit;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{before, error::ConvertError, progress::Progress};
use crate::{
    db::failed,
    failure::Failure,
    log_tables::{Stored, chained},
};

fn differs(position: i64, what: impl Into<String>) -> Failure {
    ConvertError::Differs { position, what: what.into() }.into()
}

/// Proves the next page of what is copied: each column, each byte of each payload, where the version before each event is, and the
/// chain of digests.
pub async fn page(connection: &mut PgConnection, progress: &mut Progress, page: i64) -> Result<(), Failure> {
    let commits = before::commits(connection, progress.proven_position, progress.position, page).await?;
    let Some(last) = commits.last().map(Commit::last) else { return Ok(()) };
    let rows = sqlx::query!(
        r#"select first_position, last_position, recorded_at, command_id, actor_role::text as "actor_role!", actor_id,
                  correlation, fingerprint, events::text as "events!",
                  (select first_position from log_commands as k where k.command_id = c.command_id) as known_at
           from log_commits as c where first_position > $1 and first_position <= $2 order by first_position"#,
        progress.proven_position,
        last
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(failed("reading the copy back"))?;
    if rows.len() != commits.len() {
        let what = format!("{} commits are copied, where there are {}", rows.len(), commits.len());
        return Err(differs(progress.proven_position + 1, what));
    }
    let mut earlier = Earlier::default();
    for (commit, row) in commits.iter().zip(&rows) {
        let copied = Commit {
            first: row.first_position,
            recorded_at: row.recorded_at,
            command_id: row.command_id,
            actor_role: row.actor_role.clone(),
            actor_id: row.actor_id,
            correlation: row.correlation,
            fingerprint: row.fingerprint.clone(),
            events: commit.events.clone(),
        };
        if copied != *commit || row.last_position != commit.last() || row.known_at != Some(commit.first) {
            return Err(differs(commit.first, "a column of the commit is another"));
        }
        earlier.add(commit, &row.events)?;
        progress.proven_digest = chained(progress.proven_digest, commit, &row.events)?;
    }
    earlier.prove(connection).await?;
    progress.proven_position = last;
    if last == progress.position && progress.proven_digest != progress.digest {
        return Err(differs(last, "the chain of digests is another"));
    }
    super::progress::keep(connection, progress).await
}

/// Which commits must hold the versions before those that were read.
#[derive(Default)]
struct Earlier {
    /// The newest event of each stream that was read.
    read: HashMap<Uuid, (i64, i64)>,
    /// For each commit before, the streams and versions that it must hold.
    expected: HashMap<i64, Vec<(Uuid, i64)>>,
}

impl Earlier {
    fn add(&mut self, commit: &Commit, events: &str) -> Result<(), Failure> {
        let copied: Vec<Stored<'_>> = serde_json::from_str(events)
            .map_err(|error| differs(commit.first, format!("the events cannot be read: {error}")))?;
        if copied.len() != commit.events.len() {
            return Err(differs(commit.first, "it has another number of events"));
        }
        for ((event, copied), position) in commit.events.iter().zip(&copied).zip(commit.first..) {
            let Stored(stream, version, previous, event_type, schema_version, payload) = copied;
            let same = (*stream, *version, *schema_version) == (event.stream_id, event.version, event.schema_version)
                && *event_type == event.event_type
                && payload.get() == event.payload;
            if !same {
                return Err(differs(position, "the event is another"));
            }
            let before = self.read.insert(*stream, (*version, commit.first));
            match (before, previous) {
                (None, 0) if *version == 1 => {}
                (None, previous) if *version > 1 && *previous > 0 => {
                    self.expected.entry(*previous).or_default().push((*stream, version - 1));
                }
                (Some((last, first)), previous)
                    if last == version - 1 && *previous == if first == commit.first { 0 } else { first } => {}
                _ => return Err(differs(position, "it does not say where the version before it is")),
            }
        }
        Ok(())
    }

    /// Looks the versions up that stand before what was read.
    async fn prove(&self, connection: &mut PgConnection) -> Result<(), Failure> {
        let asked: Vec<i64> = self.expected.keys().copied().collect();
        let rows = sqlx::query!(
            r#"select first_position, events::text as "events!" from log_commits where first_position = any($1)"#,
            &asked
        )
        .fetch_all(connection)
        .await
        .map_err(failed("reading the copy back"))?;
        let mut found = 0;
        for row in &rows {
            let copied: Vec<Stored<'_>> = serde_json::from_str(&row.events)
                .map_err(|error| differs(row.first_position, format!("the events cannot be read: {error}")))?;
            for (stream, version) in self.expected.get(&row.first_position).into_iter().flatten() {
                // It is the newest of the stream there.
                let newest = copied.iter().filter(|event| event.0 == *stream).map(|event| event.1).max();
                if newest != Some(*version) {
                    return Err(differs(
                        row.first_position,
                        format!("version {version} of stream {stream} is not there"),
                    ));
                }
            }
            found += 1;
        }
        match found == asked.len() {
            true => Ok(()),
            false => Err(differs(0, "an event says that the version before it is where no commit begins")),
        }
    }
}

/// Holds counts, and where each stream stands, against the format before. All of it is copied up to `position`, and nothing more.
pub async fn totals(connection: &mut PgConnection, position: i64) -> Result<(), Failure> {
    let counted = sqlx::query!(
        r#"select (select count(*) from commits where first_position <= $1) as "commits!",
                  (select count(*) from log_commits) as "copied!", (select count(*) from log_commands) as "commands!""#,
        position
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(failed("counting the copy"))?;
    if counted.copied != counted.commits || counted.commands != counted.commits {
        let (is, due, commands) = (counted.copied, counted.commits, counted.commands);
        return Err(differs(position, format!("there are {due} commits, {is} copies and {commands} command ids")));
    }
    let other = sqlx::query_scalar!(
        r#"select coalesce(old.stream_id, s.stream_id) as "stream_id!"
           from (
               select stream_id, max(version) as version, count(*) as events, min(position) as opened, max(position) as newest
               from events where position <= $1 group by stream_id
           ) as old
           full join log_streams as s on s.stream_id = old.stream_id
           where case
               -- A stream of a command has a row from its second event on.
               when s.stream_id is null then old.version <> 1 or not exists (
                   select from log_commands as k where k.command_id = old.stream_id and k.first_position <= old.opened
               )
               when old.stream_id is null then true
               else (s.version, s.version) <> (old.version, old.events)
                   or s.first_position <> (
                       select first_position from log_commits where first_position <= old.opened
                       order by first_position desc limit 1
                   )
                   or s.newest_position <> (
                       select first_position from log_commits where first_position <= old.newest
                       order by first_position desc limit 1
                   )
           end
           limit 1"#,
        position
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("comparing where the streams stand"))?;
    match other {
        Some(stream) => Err(differs(position, format!("stream {stream} stands elsewhere in the copy"))),
        None => Ok(()),
    }
}
