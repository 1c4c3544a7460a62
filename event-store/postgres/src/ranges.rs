//! Reading much of the log at once, by COPY: several times as fast as prepared statements.

use async_trait::async_trait;
use database::PooledConnection;
use kernel::Position;
use log::{Commit, CommitRanges, PositionRange, RangeReader, ReadError};

use crate::{
    copy_out::{Fields, copy_out},
    rows::{StoredCommit, damaged, following},
    store::PostgresLog,
};

/// Positions of the commits that are read, and held, at once.
const CHUNK: i64 = 10_000;

#[async_trait]
impl CommitRanges for PostgresLog {
    async fn plan(&self, after: Position, to: Position, parts: usize) -> Result<Vec<PositionRange>, ReadError> {
        if let Some(end) = self.detached_at(after.next().number()).await? {
            let archive = self.archive(end)?.ranges(self.log_id().await?).await?;
            let mut ranges = archive.plan(after, to.min(end), parts).await?;
            if to > end {
                ranges.extend(self.plan_stored(end, to, parts).await?);
            }
            return Ok(ranges);
        }
        self.plan_stored(after, to, parts).await
    }

    async fn read(&self, range: PositionRange) -> Result<Box<dyn RangeReader>, ReadError> {
        let connection = self.connection().await?;
        let (after, to) = (range.after.number(), range.to.number());
        Ok(Box::new(Reader { log: self.clone(), connection, archived: None, after, to }))
    }
}

impl PostgresLog {
    async fn plan_stored(&self, after: Position, to: Position, parts: usize) -> Result<Vec<PositionRange>, ReadError> {
        let to = self.commit_end(to).await?;
        let all = PositionRange { after, to };
        let parts = i64::try_from(parts.max(1)).unwrap_or(1);
        let mut ranges = Vec::new();
        let mut begin = after;
        for part in 1..=parts {
            // Products of positions may not fit into 64 bits.
            let share = i128::from(all.events()) * i128::from(part) / i128::from(parts);
            let wanted = after.plus(i64::try_from(share).unwrap_or_default());
            let end = if part == parts { to } else { self.commit_end(wanted).await? };
            if end > begin {
                ranges.push(PositionRange { after: begin, to: end });
                begin = end;
            }
        }
        Ok(ranges)
    }
}

/// Reads one run, chunk by chunk, each by a statement that walks along the primary key. What has left the database, also while the run
/// is read, is read from the archive.
struct Reader {
    log: PostgresLog,
    connection: PooledConnection,
    archived: Option<Box<dyn RangeReader>>,
    after: i64,
    to: i64,
}

#[async_trait]
impl RangeReader for Reader {
    async fn next(&mut self) -> Result<Option<Vec<Commit>>, ReadError> {
        if self.after >= self.to {
            return Ok(None);
        }
        if let Some(commits) = self.next_archived().await? {
            return Ok(Some(commits));
        }
        let commits = self.commits().await?;
        if commits.first().is_none_or(|first| first.first_position != self.after + 1)
            && let Some(end) = self.log.detached_at(self.after + 1).await?
        {
            let archive = self.log.archive(end)?.ranges(self.log.log_id().await?).await?;
            let range = PositionRange { after: Position::new(self.after), to: Position::new(self.to).min(end) };
            self.archived = Some(archive.read(range).await?);
            return self.next().await;
        }
        let last = match (commits.first(), commits.last()) {
            (Some(first), Some(last)) if first.first_position == self.after + 1 => last.last_position,
            _ => return Err(damaged(self.after + 1, "no commit begins here")),
        };
        if last > self.to {
            return Err(damaged(self.to, "no commit ends here"));
        }
        let commits = following(commits, self.after)?;
        self.after = last;
        Ok(Some(commits))
    }
}

impl Reader {
    async fn next_archived(&mut self) -> Result<Option<Vec<Commit>>, ReadError> {
        let Some(archived) = &mut self.archived else { return Ok(None) };
        let commits = archived.next().await?;
        match commits.as_ref().and_then(|commits| commits.last()) {
            Some(last) => self.after = last.last().number(),
            None => self.archived = None,
        }
        Ok(commits)
    }

    /// The commits that begin in the next chunk; the last of them may end beyond it.
    async fn commits(&mut self) -> Result<Vec<StoredCommit>, ReadError> {
        let (after, to) = (self.after, self.to.min(self.after + CHUNK));
        let statement = format!(
            "copy (select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint,
                actor_role, events from log_commits where first_position > {after} and first_position <= {to}
                order by first_position) to stdout (format binary)"
        );
        let mut rows = Vec::new();
        copy_out(&mut self.connection, &statement, |fields| {
            rows.push(stored_commit(fields)?);
            Some(())
        })
        .await?;
        Ok(rows)
    }
}

fn stored_commit(fields: &mut Fields<'_>) -> Option<StoredCommit> {
    Some(StoredCommit {
        first_position: fields.int8()?,
        last_position: fields.int8()?,
        recorded_at: fields.time()?,
        command_id: fields.uuid()?,
        actor_id: fields.uuid()?,
        correlation: fields.uuid()?,
        fingerprint: fields.bytes()?.to_vec(),
        actor_role: fields.char()?,
        events: fields.text()?,
    })
}
