//! Following the log with a generation that is not live: the ordinary writer, up to a position and no further.

use std::sync::Arc;

use kernel::Position;
use log::ReadCommits;

use super::{
    Rebuilder, Reporter,
    error::{RebuildError, doing},
    progress::Rate,
    session::connect_by_key,
};
use crate::{
    Commit, Decode,
    apply::{Halt, Reloaded, Writer},
    batch::decode_all,
    checkpoint::{self, Checkpoint},
    parking::Parked,
    projection::in_zone,
    registry::run,
    status::Report,
};

/// A generation that follows the log.
pub(super) struct Tail<'w, E: Send + Sync + 'static> {
    writer: Writer<'w, E>,
    log: Arc<dyn ReadCommits>,
    decoder: Arc<dyn Decode<Event = E>>,
    rate: Rate,
    reporter: Reporter,
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Opens a generation for writing, if it is of the log's history.
    pub(super) async fn tail<'w>(&'w self, generation: i32, report: &'w Report) -> Result<Tail<'w, E>, RebuildError> {
        let view = self.projection.name();
        let mut connection = connect_by_key(&self.database).await?;
        let failed = || doing("opening the generation");
        let found = checkpoint::load_generation(&mut connection, view, generation).await.map_err(failed())?;
        let mut checkpoint = found.ok_or(RebuildError::Absent { view, generation })?;
        if checkpoint.version != self.projection.version() {
            let (found, ours) = (checkpoint.version, self.projection.version());
            return Err(RebuildError::OtherVersion { generation, found, ours });
        }
        self.open_history(&mut connection, &mut checkpoint).await?;
        run(&mut connection, format!("set search_path to {}, registry", checkpoint.schema)).await.map_err(failed())?;
        let parked = Parked::load(&mut connection, view, generation).await.map_err(failed())?;
        let projection = in_zone(&self.projection, checkpoint.zone);
        let writer = Writer { projection, settings: &self.settings, report, connection, checkpoint, parked };
        let (log, decoder) = (self.log.clone(), self.decoder.clone());
        Ok(Tail { writer, log, decoder, rate: Rate::new(self.options.rate), reporter: self.reporter.clone() })
    }
}

impl<E: Send + Sync + 'static> Tail<'_, E> {
    pub(super) fn position(&self) -> Position {
        self.writer.checkpoint.position
    }

    /// Applies everything up to the last commit that ends at or before `limit`.
    pub(super) async fn to(&mut self, limit: Position) -> Result<(), RebuildError> {
        self.go(limit, true).await
    }

    /// The same without regard to the rate: somebody holds a transaction or the live generation meanwhile.
    pub(super) async fn catch_up_to(&mut self, limit: Position) -> Result<(), RebuildError> {
        self.go(limit, false).await
    }

    async fn go(&mut self, limit: Position, at_the_rate: bool) -> Result<(), RebuildError> {
        while self.position() < limit {
            let before = self.position();
            let mut commits = self.read(limit).await?;
            if commits.is_empty() {
                return Ok(());
            }
            if at_the_rate {
                self.rate.take(commits.iter().map(|commit| commit.events.len() as i64).sum()).await;
            }
            self.writer.parked.hide(self.writer.projection.as_ref(), &mut commits);
            let commits: Vec<&Commit<E>> = commits.iter().collect();
            match self.writer.apply(&commits).await {
                Ok(()) => {}
                Err(Halt::Superseded | Halt::Paused | Halt::Recheck) => self.again().await?,
                Err(Halt::OtherHistory(reason)) => return Err(RebuildError::Interrupted(reason)),
                Err(Halt::Transient(reason)) => return Err(RebuildError::Interrupted(reason)),
                Err(Halt::Stuck(fault)) => return Err(RebuildError::Stuck(fault)),
            }
            self.reporter.add(self.position().number() - before.number());
        }
        Ok(())
    }

    async fn read(&mut self, limit: Position) -> Result<Vec<Commit<E>>, RebuildError> {
        let Checkpoint { generation, log, commit, .. } = self.writer.checkpoint;
        let log = log.ok_or(RebuildError::Lost(generation))?;
        let mut commits = self.log.read_following(log, commit, self.writer.settings.max_events).await?;
        commits.retain(|commit| commit.last() <= limit);
        Ok(decode_all(&commits, self.decoder.as_ref()))
    }

    /// Somebody parked a key, or took the generation away.
    async fn again(&mut self) -> Result<(), RebuildError> {
        let lost = RebuildError::Lost(self.writer.checkpoint.generation);
        let before = self.writer.checkpoint.clone();
        match self.writer.reload().await {
            Ok(Reloaded::Ours | Reloaded::Paused) if self.writer.checkpoint != before => Ok(()),
            Err(Halt::Transient(reason)) => Err(RebuildError::Interrupted(reason)),
            _ => Err(lost),
        }
    }
}
