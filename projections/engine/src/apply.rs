//! Applying commits: a transaction for each batch, and finding the commit at fault when one is refused.

use std::sync::Arc;

use kernel::Position;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, timeout};
use traces::{OpenSpan, SpanKind, TraceContext};

use crate::{
    Commit, Fault, Projection, Rows, Settings, WriteError,
    checkpoint::{self, Checkpoint, Step},
    error::{chain, is_transient},
    parking::Parked,
    status::{Report, State},
};

/// Why a view does not go on.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Someone else moved the checkpoint, or another generation is live.
    Superseded,
    /// A database did not answer; connect and try again.
    Transient(String),
    /// An event cannot be applied.
    Stuck(Fault),
    /// Its tables are of another history than the log's; the reason.
    OtherHistory(String),
    /// It has to be checked whether its tables are of the log's history.
    Recheck,
    /// An operator wants it so.
    Paused,
}

/// How a view stands after its checkpoint was read again.
pub(crate) enum Reloaded {
    /// It can go on from there.
    Ours,
    /// An operator paused it.
    Paused,
    /// Another generation is live.
    Other,
}

/// One view's generation with the connection it is written through.
pub(crate) struct Writer<'a, E: Send + Sync + 'static> {
    /// The view in the zone of the generation.
    pub(crate) projection: Arc<dyn Projection<Event = E>>,
    pub(crate) settings: &'a Settings,
    pub(crate) report: &'a Report,
    pub(crate) connection: PgConnection,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) parked: Parked,
}

/// Why one transaction did not happen.
enum Refused {
    Halt(Halt),
    Batch(String),
}

impl<E: Send + Sync + 'static> Writer<'_, E> {
    /// Applies whole commits that follow the checkpoint: all of them, or as many as there are before one that cannot be.
    pub(crate) async fn apply(&mut self, commits: &[&Commit<E>]) -> Result<(), Halt> {
        let (mut sound, mut fault) = self.before_fault(commits)?;
        let rows = loop {
            match self.projection.fold(sound) {
                Ok(rows) => break rows,
                // The view still goes as far as it can: up to the commit before the one at fault.
                Err(found) => {
                    let before = up_to(sound, found.position);
                    if before.len() == sound.len() {
                        return Err(Halt::Stuck(found));
                    }
                    sound = before;
                    fault = Some(found);
                }
            }
        };
        self.write(sound, rows).await?;
        fault.map_or(Ok(()), |fault| Err(Halt::Stuck(fault)))
    }

    /// Reads the checkpoint again after someone else moved it.
    pub(crate) async fn reload(&mut self) -> Result<Reloaded, Halt> {
        let found = timeout(self.settings.time_limit, self.look_again())
            .await
            .map_err(|_| Halt::Transient("the views database did not answer in time".into()))?
            .map_err(|error| Halt::Transient(chain(&error)))?;
        let Some((found, parked)) = found else { return Ok(Reloaded::Other) };
        let paused = found.live && found.paused;
        self.checkpoint = found;
        self.parked = parked;
        self.report.at(self.checkpoint.position, self.checkpoint.commit);
        self.report.parked(self.parked.len());
        Ok(if paused { Reloaded::Paused } else { Reloaded::Ours })
    }

    /// This generation as it is now, if it still is what it was: live, or in the making.
    async fn look_again(&mut self) -> Result<Option<(Checkpoint, Parked)>, sqlx::Error> {
        let (view, generation) = (self.projection.name(), self.checkpoint.generation);
        let found = checkpoint::load_generation(&mut self.connection, view, generation).await?;
        let Some(found) = found.filter(|found| found.live == self.checkpoint.live) else { return Ok(None) };
        let parked = Parked::load(&mut self.connection, view, generation).await?;
        Ok(Some((found, parked)))
    }

    /// The commits before the first that holds an event this view needs and cannot read.
    fn before_fault<'c, 'e>(&self, commits: &'c [&'e Commit<E>]) -> Result<(&'c [&'e Commit<E>], Option<Fault>), Halt> {
        let mut expected = self.checkpoint.position.next();
        for commit in commits {
            if commit.first != expected {
                return Err(Halt::Stuck(out_of_line(commit.first, expected)));
            }
            expected = commit.last().next();
        }
        let fault = commits
            .iter()
            .flat_map(|commit| commit.faults())
            .find(|fault| self.projection.uses(&fault.event_type))
            .cloned();
        let sound = fault.as_ref().map_or(commits, |fault| up_to(commits, fault.position));
        Ok((sound, fault))
    }

    /// Writes commits that fold. If the database refuses them, halves them until it is known which one it refuses.
    async fn write(&mut self, commits: &[&Commit<E>], rows: Box<dyn Rows>) -> Result<(), Halt> {
        let mut todo = vec![(commits, rows)];
        while let Some((part, rows)) = todo.pop() {
            if part.is_empty() {
                continue;
            }
            match self.transaction(part, rows.as_ref()).await {
                Ok(()) => {}
                Err(Refused::Halt(halt)) => return Err(halt),
                Err(Refused::Batch(reason)) if part.len() == 1 => {
                    return Err(Halt::Stuck(Fault { position: part[0].first, event_type: String::new(), reason }));
                }
                Err(Refused::Batch(_)) => {
                    let (early, late) = part.split_at(part.len() / 2);
                    todo.push((late, self.projection.fold(late).map_err(Halt::Stuck)?));
                    todo.push((early, self.projection.fold(early).map_err(Halt::Stuck)?));
                }
            }
        }
        Ok(())
    }

    async fn transaction(&mut self, commits: &[&Commit<E>], rows: &dyn Rows) -> Result<(), Refused> {
        let Some(last) = commits.last() else { return Ok(()) };
        let step = Step { from: self.checkpoint.commit, to: last.reference() };
        let began = Instant::now();
        let moved = timeout(self.settings.time_limit, self.attempt(step, rows))
            .await
            .map_err(|_| Refused::Halt(Halt::Transient("the views database did not answer in time".into())))?;
        match moved {
            Ok(true) => {}
            Ok(false) => return Err(Refused::Halt(Halt::Superseded)),
            Err(WriteError::Database(error)) if is_transient(&error) => {
                return Err(Refused::Halt(Halt::Transient(chain(&error))));
            }
            Err(error) => return Err(Refused::Batch(chain(&error))),
        }
        (self.checkpoint.position, self.checkpoint.commit) = (step.to.position, Some(step.to));
        if std::mem::take(&mut self.checkpoint.stuck) {
            tracing::info!(view.name = self.projection.name(), "the view is no longer stuck");
        }
        self.parked.forget(step.to.position);
        self.report.at(step.to.position, Some(step.to));
        self.report.state(State::Live);
        self.report.applied(step.to.position.number() - step.after().number(), began.elapsed());
        self.trace(commits, began);
        Ok(())
    }

    async fn attempt(&mut self, step: Step, rows: &dyn Rows) -> Result<bool, WriteError> {
        // One statement is a transaction by itself: a third of the round trips.
        if rows.is_empty() && self.parked.is_empty() {
            let name = self.projection.name();
            return Ok(checkpoint::advance(&mut self.connection, name, &self.checkpoint, step).await?);
        }
        let mut tx = self.connection.begin().await?;
        if !checkpoint::advance(&mut tx, self.projection.name(), &self.checkpoint, step).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        if let Err(error) = rows.write(&mut tx).await {
            // The first error is the one to report; a connection that cannot roll back is replaced at the next try.
            let _ = tx.rollback().await;
            return Err(error);
        }
        self.parked.record(&mut tx, self.projection.name(), self.checkpoint.generation, step).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A request can be followed to here by its correlation id.
    fn trace(&self, commits: &[&Commit<E>], began: Instant) {
        // A generation in the making applies what is long done.
        if self.checkpoint.live {
            self.record(commits, began);
        }
        if tracing::enabled!(tracing::Level::DEBUG) {
            for commit in commits {
                tracing::debug!(
                    view.name = self.projection.name(),
                    correlation.id = %commit.correlation,
                    log.position = commit.last().number(),
                    "applied a commit"
                );
            }
        }
    }

    /// The span of the transaction, with a link to each commit that is recorded; and one for each of those.
    fn record(&self, commits: &[&Commit<E>], began: Instant) {
        let contexts = commits.iter().map(|commit| context(commit));
        let mut batch = OpenSpan::of_all("apply batch", began.into_std(), contexts);
        if !batch.is_recorded() {
            return;
        }
        let view = self.projection.name();
        batch.text("view.name", view);
        batch.number("batch.commits", commits.len() as i64);
        for commit in commits {
            let mut span = context(commit).begun("apply commit", began.into_std()).of_kind(SpanKind::Consumer);
            span.text("view.name", view);
            span.number("log.position", commit.last().number());
            span.link(batch.context().link());
        }
    }
}

fn context<E: Send + Sync + 'static>(commit: &Commit<E>) -> TraceContext {
    TraceContext::of_commit(commit.correlation, commit.command_id)
}

fn out_of_line(found: Position, expected: Position) -> Fault {
    Fault {
        position: found,
        event_type: String::new(),
        reason: format!("a commit begins at position {found}, but the view needs one that begins at {expected}"),
    }
}

/// The commits that end before a position.
fn up_to<'c, 'e, E: Send + Sync + 'static>(commits: &'c [&'e Commit<E>], position: Position) -> &'c [&'e Commit<E>] {
    &commits[..commits.partition_point(|commit| commit.last() < position)]
}
