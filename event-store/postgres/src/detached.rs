//! What has left the database: it is read from the archive, or the reader is told where it is.

use std::{collections::HashMap, sync::Arc};

use kernel::{CommitRef, LogId, Position, StreamId};
use log::{ArchivedCommit, Commit, CommitBytes, DetachedCommit, DetachedCommits, ReadError, Wanted};

use crate::{
    archive::Archive,
    classify::read_error,
    encode::{EventsEncoder, PreviousVersion},
    store::PostgresLog,
};

impl PostgresLog {
    /// The same log, going on in the archive where commits have left the database.
    pub fn with_archive(self, archive: Option<Arc<dyn DetachedCommits>>) -> Self {
        Self { archive: archive.map(|commits| Archive { commits, waits: true }), ..self }
    }

    /// The same log. What has to be fetched from the archive is [`ReadError::NotFetched`] at once, for who serves others meanwhile.
    pub fn without_waiting(self) -> Self {
        Self { archive: self.archive.map(|archive| Archive { waits: false, ..archive }), ..self }
    }

    /// The same log, which waits.
    pub(crate) fn waiting(&self) -> Self {
        let mut waiting = self.clone();
        if let Some(archive) = &mut waiting.archive {
            archive.waits = true;
        }
        waiting
    }

    /// The last position of the commits that have left the database; zero if none have. A partition that is being detached is not
    /// read any more.
    pub(crate) async fn detached_end(&self) -> Result<Position, ReadError> {
        let end = sqlx::query_scalar!(
            r#"select first_position - 1 as "end!" from log_commits
               where first_position > 0 and exists (
                   select from pg_inherits
                   where inhparent = 'log_commits'::regclass and not inhdetachpending
                   having min((
                       select (regexp_match(pg_get_expr(relpartbound, oid), 'FROM \(''?(\d+)''?\)'))[1]::int8
                       from pg_class where oid = inhrelid
                   )) > 1
               )
               order by first_position limit 1"#
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        Ok(Position::new(end.unwrap_or_default()))
    }

    /// Whether the commit that begins there, or would, has left the database. Only asked for what was not found.
    pub(crate) async fn detached_at(&self, first: i64) -> Result<Option<Position>, ReadError> {
        let end = self.detached_end().await?;
        Ok((first <= end.number()).then_some(end))
    }

    pub(crate) fn archive(&self, end: Position) -> Result<&Archive, ReadError> {
        self.archive.as_ref().ok_or(ReadError::Detached { end })
    }

    pub(crate) async fn log_id(&self) -> Result<LogId, ReadError> {
        let id = sqlx::query_scalar!("select log_id from log_head")
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        id.map(LogId::new).ok_or(ReadError::NoLog)
    }

    /// The commits that begin at these positions, which have left the database. `streams` are what is read, and `wanted` says for each what
    /// it is wanted for.
    pub(crate) async fn detached_commits(
        &self,
        end: Position,
        firsts: &[Position],
        streams: &[StreamId],
        wanted: &[Wanted],
    ) -> Result<Vec<Arc<DetachedCommit>>, ReadError> {
        let archive = self.archive(end)?;
        let log = self.log_id().await?;
        let found = match archive.waits {
            true => archive.commits.holding(log, firsts, streams).await?,
            false => {
                let kept: Vec<_> = firsts.iter().map(|first| archive.commits.kept(log, *first)).collect();
                let missing = kept.iter().zip(wanted).filter(|(kept, _)| kept.is_none());
                let missing: Vec<Wanted> = missing.map(|(_, wanted)| *wanted).collect();
                if !missing.is_empty() {
                    return Err(ReadError::NotFetched(missing));
                }
                kept.into_iter().flatten().collect()
            }
        };
        for (found, first) in found.iter().zip(firsts) {
            if found.commit.first != *first {
                return Err(wrong(*first, "no commit begins there"));
            }
        }
        Ok(found)
    }

    /// Whole commits after a position that have left the database.
    pub(crate) async fn detached_after(
        &self,
        end: Position,
        after: Position,
        max_events: i64,
    ) -> Result<Vec<Commit>, ReadError> {
        let archived = self.archived_after(end, after, max_events).await?;
        Ok(archived.into_iter().map(|archived| archived.commit).collect())
    }

    /// The same, with the text of their events as it stood in the database.
    pub(crate) async fn detached_bytes(
        &self,
        end: Position,
        after: Position,
        max_events: i64,
    ) -> Result<Vec<CommitBytes>, ReadError> {
        self.archived_after(end, after, max_events).await?.into_iter().map(bytes).collect()
    }

    /// The first of them must be one of this log: its command is known to have written there.
    async fn archived_after(
        &self,
        end: Position,
        after: Position,
        max_events: i64,
    ) -> Result<Vec<ArchivedCommit>, ReadError> {
        let log = self.log_id().await?;
        let commits = self.archive(end)?.commits.following(log, after, end, max_events).await?;
        let Some(first) = commits.first() else {
            return Err(wrong(after.next(), "it is not there"));
        };
        self.require_command(&first.commit).await?;
        Ok(commits)
    }

    /// The commits that end at these positions, of those that have left the database.
    pub(crate) async fn detached_refs(
        &self,
        end: Position,
        ends: &[Position],
    ) -> Result<HashMap<Position, CommitRef>, ReadError> {
        let log = self.log_id().await?;
        let held = self.archive(end)?.commits.holding(log, ends, &[]).await?;
        for commit in &held {
            self.require_command(&commit.commit).await?;
        }
        let references = held.iter().map(|held| held.commit.reference());
        let at_end = references.zip(ends).filter(|(reference, end)| reference.position == **end);
        Ok(at_end.map(|(reference, end)| (*end, reference)).collect())
    }

    /// The end of the commit that holds a position; 0 for 0.
    pub(crate) async fn detached_last(&self, end: Position, position: Position) -> Result<Position, ReadError> {
        if position == Position::ZERO {
            return Ok(position);
        }
        let log = self.log_id().await?;
        let held = self.archive(end)?.commits.holding(log, &[position], &[]).await?;
        held.first().map(|held| held.commit.last()).ok_or_else(|| wrong(position, "it is not there"))
    }

    /// Where to read on in the archive for who has seen everything up to a position: the end of the last whole commit up to there.
    pub(crate) async fn detached_begin(&self, end: Position, position: Position) -> Result<Position, ReadError> {
        let log = self.log_id().await?;
        let held = self.archive(end)?.commits.holding(log, &[position], &[]).await?;
        let begin = held.first().map(|held| match held.commit.last() == position {
            true => position,
            false => Position::new(held.commit.first.number() - 1),
        });
        begin.ok_or_else(|| wrong(position, "it is not there"))
    }

    /// The commits that hold these positions, of those that have left the database; each once, in order.
    pub async fn detached_holding(&self, positions: &[Position]) -> Result<Vec<Commit>, ReadError> {
        let end = self.detached_end().await?;
        let log = self.log_id().await?;
        let held = self.archive(end)?.commits.holding(log, positions, &[]).await?;
        let mut commits: Vec<Commit> = held.iter().map(|held| held.commit.clone()).collect();
        commits.sort_by_key(|commit| commit.first);
        commits.dedup_by_key(|commit| commit.first);
        for commit in &commits {
            self.require_command(commit).await?;
        }
        Ok(commits)
    }

    /// An archive of another history under the same id is not read instead of this log.
    async fn require_command(&self, commit: &Commit) -> Result<(), ReadError> {
        let known = sqlx::query_scalar!(
            "select first_position from log_commands where command_id = $1",
            commit.command_id.uuid()
        )
        .fetch_optional(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        match known == Some(commit.first.number()) {
            true => Ok(()),
            false => Err(wrong(commit.first, "the commit there is not one of this log")),
        }
    }
}

/// The commit with the text that the column `events` held.
fn bytes(ArchivedCommit { commit, previous }: ArchivedCommit) -> Result<CommitBytes, ReadError> {
    let previous = previous.ok_or_else(|| {
        wrong(commit.first, "it was archived by an earlier build, without the places of earlier versions")
    })?;
    let mut encoder = EventsEncoder::new();
    for (event, previous) in commit.events.iter().zip(previous) {
        let version = (event.version, PreviousVersion::of_number(previous));
        encoder
            .push(event.stream, version, (&event.event_type, event.schema_version), event.payload.get())
            .map_err(|error| ReadError::Archive(error.into()))?;
    }
    Ok(CommitBytes { commit, events: encoder.finish() })
}

/// The archive is not what it should be.
pub(crate) fn wrong(position: Position, what: &str) -> ReadError {
    ReadError::Archive(format!("position {position}: {what}").into())
}
