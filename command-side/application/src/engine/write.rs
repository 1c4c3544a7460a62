//! The append of a batch, and what comes of it.

use std::{error::Error, future::poll_fn, task::Poll};

use kernel::{CommitRef, ConsistencyToken, LogId, Position, StreamId, Version};
use log::{AppendError, Appended, Basis, HeldStream, NewCommit};
use tokio::time::Instant;

use super::{
    ahead::{Ahead, ENOUGH, Founded},
    decided::Batch,
    pending_event::position,
    run::Run,
    spans::BatchSpans,
    task::Job,
    unit_of_work::LayerAhead,
};
use crate::ExecuteError;

/// What became of one try to write a batch.
pub enum Tried {
    /// Durable, or nothing had to be written. With the batch that was decided on it, to be written as the very next thing.
    Done(Option<Founded>),
    /// Someone else was faster, or nobody knows: look the commands up, read on, decide again.
    Again { unknown: bool },
    /// The store refuses something in it.
    Refused(Vec<Job>),
    /// Another server leads, and nothing was written.
    NotLeader,
    /// An alarm of the auditor stops the log, and nothing was written.
    Stopped,
}

impl Run {
    /// Appends a batch. Commands that are to be tried again are given back in `jobs`.
    pub async fn write(&mut self, mut batch: Batch, jobs: &mut Vec<Job>, outcome_unknown: bool) -> Tried {
        metrics::histogram!(self.options.metrics.batch_commands)
            .record((batch.writing.len() + batch.idle.len()) as f64);
        let commits = match batch.commits.take() {
            Some(commits) => Ok(commits),
            None => batch.writing.iter().map(|(job, events)| job.commit(events)).collect(),
        };
        let held = self.unit.held_streams(self.options.state_every);
        let basis = Basis { known: self.known, within: self.unit.within(), term: self.term };
        let (started, mut ahead) = (Instant::now(), Ahead::default());
        let mut spans = BatchSpans::begin(&batch, started);
        self.unit.take_off();
        let result = match commits {
            Ok(commits) => self.append(basis, (&commits, &held), &mut ahead).await,
            Err(error) => Err(AppendError::Refused(error.into())),
        };
        if result.is_ok() {
            self.complete(&mut ahead);
        }
        spans.appended(result.is_ok());
        let mut changed_ahead = self.unit.land();
        metrics::histogram!(self.options.metrics.append_seconds).record(started.elapsed().as_secs_f64());
        let written = match result {
            Ok(written) => written,
            // What was decided ahead rested on it.
            Err(error) => {
                self.put_first(ahead.give_back());
                return self.take_back(batch, error, jobs, outcome_unknown);
            }
        };
        spans.commits(&batch, written);
        *jobs = self.answer(batch, written, &mut changed_ahead, outcome_unknown);
        if !jobs.is_empty() {
            self.put_first(ahead.give_back());
            return Tried::Again { unknown: true };
        }
        let (founded, undecided) = ahead.on(changed_ahead, &written);
        self.put_first(undecided);
        Tried::Done(founded)
    }

    /// Waits for an append. Meanwhile what the last batch wrote is answered, and the next one is decided.
    async fn append(
        &mut self,
        basis: Basis,
        (commits, held): (&[NewCommit], &[HeldStream]),
        ahead: &mut Ahead,
    ) -> Result<Appended, AppendError> {
        let (log, queue) = (self.log.clone(), self.queue.clone());
        let mut append = log.append_after(basis, commits, held);
        // Postgres has it before anything else is done.
        let begun = poll_fn(|context| Poll::Ready(append.as_mut().poll(context))).await;
        self.outbox.send();
        if let Poll::Ready(result) = begun {
            return result;
        }
        loop {
            tokio::select! {
                biased;
                result = &mut append => return result,
                are_there = queue.ready_for(ENOUGH), if self.has_room(ahead) => match are_there {
                    true => self.decide_ahead(ahead),
                    // The queue is closed.
                    false => return append.await,
                },
            }
        }
    }

    /// Nothing was written, or nobody knows.
    fn take_back(&mut self, batch: Batch, error: AppendError, jobs: &mut Vec<Job>, outcome_unknown: bool) -> Tried {
        match error {
            AppendError::Conflict => {
                jobs.extend(batch.jobs());
                Tried::Again { unknown: false }
            }
            AppendError::OtherHistory => {
                jobs.extend(batch.jobs());
                self.forget_history();
                Tried::Again { unknown: false }
            }
            AppendError::NotLeader => {
                jobs.extend(batch.jobs());
                Tried::NotLeader
            }
            AppendError::Unknown(source) => {
                tracing::warn!(
                    error = source.as_ref() as &dyn Error,
                    "the outcome of an append is unknown; looking it up"
                );
                jobs.extend(batch.jobs());
                Tried::Again { unknown: true }
            }
            // An earlier try may have come through: it is looked for, and the next append of it is stopped too.
            AppendError::Stopped { .. } if outcome_unknown => {
                jobs.extend(batch.jobs());
                Tried::Again { unknown: true }
            }
            AppendError::Stopped { alarm } => {
                self.stopped(alarm);
                jobs.extend(batch.jobs());
                Tried::Stopped
            }
            AppendError::Unavailable(source) if outcome_unknown => {
                // An earlier try may have come through, so "nothing was written" would be a guess.
                tracing::warn!(
                    error = source.as_ref() as &dyn Error,
                    "the log went away before a lost append was found"
                );
                jobs.extend(batch.jobs());
                Tried::Again { unknown: true }
            }
            AppendError::Unavailable(source) => {
                tracing::error!(
                    error = source.as_ref() as &dyn Error,
                    "the log cannot be reached; commands are turned away"
                );
                batch.jobs().for_each(|job| job.fail(ExecuteError::LogUnavailable));
                Tried::Done(None)
            }
            AppendError::Refused(source) => {
                tracing::error!(error = source.as_ref() as &dyn Error, "the log refused an append");
                Tried::Refused(batch.jobs().collect())
            }
        }
    }

    /// Nothing is appended while the alarm is open.
    pub fn stopped(&mut self, alarm: i64) {
        metrics::counter!(self.options.metrics.appends_stopped).increment(1);
        if self.stopped_by.replace(alarm) != Some(alarm) {
            tracing::error!(
                alarm,
                "an alarm of the auditor stops all commands: see `jangbu audit show`, then docs/runbooks/audit-alarm.md"
            );
        }
    }

    /// The append is durable: remember, and have the answers ready. Gives back what is not answered by it.
    fn answer(&mut self, batch: Batch, written: Appended, ahead: &mut LayerAhead, outcome_unknown: bool) -> Vec<Job> {
        let Batch { writing, mut idle, .. } = batch;
        let mut first = written.first;
        let last = writing.last().map(|(job, _)| job.meta.command_id);
        metrics::counter!(self.options.metrics.commands).increment(writing.len() as u64);
        for (mut job, events) in writing {
            let place = Appended { first, ..written };
            first = position(first, events.len());
            for event in &events {
                // The rule of the log, see `NewEvent::opens_stream_of`.
                let has_row =
                    event.version > Version::ZERO.next() || event.stream != StreamId::from(job.meta.command_id);
                self.unit.placed(event.stream, place.first, has_row);
                ahead.placed(event.stream, place.first, has_row);
            }
            let failed = job.answer(&events, place, &self.unit, false).err().map(|error| {
                tracing::error!(error = &error as &dyn Error, "a command was carried out but cannot be answered");
                ExecuteError::OutcomeUnknown
            });
            tracing::debug!(
                correlation.id = %job.meta.correlation, command.id = %job.meta.command_id,
                log.position = place.first.number(), "a command is in the log"
            );
            self.outbox.put(job, failed);
        }
        let end = last.map(|command_id| {
            let position = Position::new(first.number() - 1);
            CommitRef { position, command_id, recorded_at: written.recorded_at }
        });
        self.known = end.map(|end| (written.log, end));
        self.unit.set_clock(written.recorded_at);
        self.stopped_by = None;
        if !outcome_unknown {
            self.answer_idle(&mut idle, written.log, end);
            idle.drain(..).for_each(|job| self.outbox.put(job, None));
        }
        self.unit.keep_changed();
        idle
    }

    /// Makes the answers of commands ready that have nothing to write, unless they came to an error.
    pub fn answer_idle(&mut self, jobs: &mut [Job], log: LogId, end: Option<CommitRef>) {
        for job in jobs.iter_mut().filter(|job| !job.is_error()) {
            if let Err(error) = job.answer_idle(ConsistencyToken::of(log, end), &self.unit) {
                tracing::error!(
                    error = &error as &dyn Error, command.id = %job.meta.command_id,
                    "a command that writes nothing cannot be answered"
                );
            }
        }
    }
}
