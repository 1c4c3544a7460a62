//! What one view makes of one range of the log.

use kernel::CommitRef;
use log::PositionRange;
use sqlx::{Connection, PgConnection};

use super::{
    error::{RebuildError, doing},
    lane::Lane,
    writing::Writing,
};
use crate::{
    Commit, Decode, Loader, WriteError,
    error::{chain, is_transient},
    registry::run,
};

/// One view's loader for one range.
pub(super) struct Part<'l, E: Send + Sync + 'static> {
    lane: &'l Lane<E>,
    loader: Box<dyn Loader<E>>,
}

/// Decodes what one of the views uses.
pub(super) fn decode<E: Send + Sync + 'static>(
    commits: &[log::Commit],
    decoder: &dyn Decode<Event = E>,
    parts: &[Part<'_, E>],
) -> Vec<Commit<E>> {
    let uses = |kind: &str| parts.iter().any(|part| part.lane.projection.uses(kind));
    commits.iter().map(|commit| Commit::decode_used(commit, decoder, uses)).collect()
}

/// Has those write that hold the most, until all together hold no more than so many bytes.
pub(super) async fn trim<E: Send + Sync + 'static>(
    parts: &mut [Part<'_, E>],
    most: usize,
    writing: &mut Writing<'_>,
    range: PositionRange,
) -> Result<(), RebuildError> {
    // Each once: a loader may need what it holds for the rest of the range.
    let mut by_size: Vec<&mut Part<'_, E>> = parts.iter_mut().collect();
    by_size.sort_by_key(|part| std::cmp::Reverse(part.loader.held()));
    let mut total: usize = by_size.iter().map(|part| part.loader.held()).sum();
    for part in by_size {
        if total <= most {
            break;
        }
        let before = part.loader.held();
        part.write(writing.begun().await?, range).await?;
        total -= before.saturating_sub(part.loader.held());
    }
    Ok(())
}

impl<'l, E: Send + Sync + 'static> Part<'l, E> {
    pub(super) fn of(lane: &'l Lane<E>) -> Self {
        Self { lane, loader: lane.bulk.loader() }
    }

    pub(super) fn goes_on(&self) -> bool {
        self.lane.goes_on()
    }

    /// Takes the next commits.
    pub(super) fn add(&mut self, commits: &[Commit<E>], events: i64) {
        let uses = |kind: &str| self.lane.projection.uses(kind);
        let faults = commits.iter().flat_map(|commit| commit.faults());
        let fault = faults.filter(|fault| uses(&fault.event_type)).min_by_key(|fault| fault.position);
        let added = fault.map_or_else(|| self.loader.add(commits), |fault| Err(fault.clone()));
        match added {
            Ok(()) => self.lane.reporter.add(events),
            Err(fault) => self.give_up(RebuildError::Stuck(fault)),
        }
    }

    /// Writes what is held. Rows that the database refuses are the fault of this view alone.
    pub(super) async fn write(&mut self, tx: &mut PgConnection, range: PositionRange) -> Result<(), RebuildError> {
        let failed = || doing("writing a range");
        let mut savepoint = tx.begin().await.map_err(failed())?;
        let here = format!("set local search_path to {}", self.lane.making.schema);
        run(&mut savepoint, here).await.map_err(failed())?;
        match self.loader.write(&mut savepoint).await {
            Ok(()) => savepoint.commit().await.map_err(failed()),
            Err(WriteError::Database(error)) if is_transient(&error) => {
                Err(RebuildError::Interrupted(format!("writing a range failed: {}", chain(&error))))
            }
            Err(source) => {
                savepoint.rollback().await.map_err(failed())?;
                self.give_up(RebuildError::Rows { after: range.after, to: range.to, source });
                Ok(())
            }
        }
    }

    /// Marks the range as loaded for this view, up to that commit.
    pub(super) async fn done(
        &mut self,
        tx: &mut PgConnection,
        range: PositionRange,
        reached: Option<CommitRef>,
    ) -> Result<(), RebuildError> {
        if !self.goes_on() {
            return Ok(());
        }
        let generation = self.lane.making.generation;
        let done = sqlx::query!(
            "update registry.ranges set done_at = clock_timestamp(), recorded_at = $4, command_id = $5
             where view = $1 and generation = $2 and after_position = $3 and done_at is null",
            self.lane.projection.name(),
            generation,
            range.after.number(),
            reached.map(|commit| commit.recorded_at),
            reached.map(|commit| commit.command_id.uuid())
        )
        .execute(tx)
        .await
        .map_err(doing("ending a range"))?;
        if done.rows_affected() != 1 {
            self.give_up(RebuildError::Lost(generation));
        }
        Ok(())
    }

    /// What it holds is for nothing now.
    fn give_up(&mut self, error: RebuildError) {
        self.lane.give_up(error);
        self.loader = self.lane.bulk.loader();
    }
}
