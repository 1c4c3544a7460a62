//! One batch, from the unit of work to the answers.

use std::{collections::HashMap, error::Error, time::Duration};

use kernel::{CommandId, CommitRef, Position};
use log::{AppendError, Appended, Commit, NewCommit, ReadError};
use tokio::time::Instant;

use super::{
    Job,
    decide::{Decider, Decision},
    needs,
    pending_events::PendingEvents,
    replay,
    run::Run,
    unit_of_work::UnitOfWork,
};
use crate::{ExecuteError, Submission};

/// What became of one try to write a batch.
enum Tried {
    /// Durable, or nothing had to be written.
    Done,
    /// Someone else was faster, or nobody knows: look the commands up, read on, decide again.
    Again { unknown: bool },
    /// The store refuses something in it.
    Refused(Vec<Job>),
}

impl Run {
    /// Carries out a batch; each job is answered in the end, whatever happens.
    pub async fn carry_out(&mut self, batch: Vec<Job>) {
        let refused = self.carry_out_together(batch).await;
        // One bad command never fails its neighbours: alone, each gets its own outcome.
        for job in refused {
            for refused in self.carry_out_together(vec![job]).await {
                refused.finish(Err(ExecuteError::Internal));
            }
        }
    }

    async fn carry_out_together(&mut self, mut jobs: Vec<Job>) -> Vec<Job> {
        let mut unit = UnitOfWork::default();
        let mut outcome_unknown = false;
        for attempt in 0..=self.options.attempts {
            if attempt > 0 {
                metrics::counter!("executor_conflicts").increment(1);
                // Two servers that keep colliding step out of each other's way by different amounts.
                let jitter = self.ids.digits() % 4;
                tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(10)) * jitter)).await;
                match self.reconcile(&mut unit, &mut jobs).await {
                    Ok(()) => {}
                    Err(ReadError::Unavailable(_)) if outcome_unknown => {
                        // The answer is in the log, and the log may be back in a moment.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        continue;
                    }
                    Err(error) => {
                        return fail_all(jobs, outcome_unknown, &error);
                    }
                }
            }
            // An append whose outcome is unknown may have been carried out: its command is looked up, whoever sent it.
            if !outcome_unknown {
                jobs = self.with_tokens_that_hold(jobs);
            }
            if jobs.is_empty() {
                return Vec::new();
            }
            match self.try_once(&mut unit, &mut jobs, outcome_unknown).await {
                Ok(Tried::Done) => return Vec::new(),
                Ok(Tried::Again { unknown }) => outcome_unknown |= unknown,
                Ok(Tried::Refused(jobs)) => return jobs,
                Err(error) => {
                    return fail_all(jobs, outcome_unknown, &error);
                }
            }
            if jobs.iter().all(|job| job.submission.deadline + self.options.grace <= Instant::now()) {
                break;
            }
        }
        let error = if outcome_unknown { ExecuteError::OutcomeUnknown } else { ExecuteError::Contended };
        jobs.into_iter().for_each(|job| job.finish(Err(error.clone())));
        Vec::new()
    }

    /// After a conflict or an unknown outcome: forget what was decided, read on in every stream, and answer the commands
    /// that turn out to be in the log. The rest is decided again under the same command ids: should a lost append still
    /// come through, the second conflicts with it instead of doubling it.
    async fn reconcile(&mut self, unit: &mut UnitOfWork, jobs: &mut Vec<Job>) -> Result<(), ReadError> {
        unit.roll_back(HashMap::new());
        for id in unit.everything() {
            self.cache.pop(&id);
        }
        unit.refresh(unit.everything(), self.log.as_ref()).await?;
        let commands: Vec<CommandId> = jobs.iter().map(|job| job.submission.command_id).collect();
        let found = self.log.find_commits(&commands).await?;
        let mut found: HashMap<CommandId, Commit> = found.into_iter().map(|c| (c.command_id, c)).collect();
        for job in std::mem::take(jobs) {
            match found.remove(&job.submission.command_id) {
                Some(commit) => {
                    let answer = self.replay(unit, &job.submission, &commit).await;
                    job.finish(answer);
                }
                None => jobs.push(job),
            }
        }
        if !self.saw_the_log().await? {
            self.begin_anew(unit);
        }
        Ok(())
    }

    /// The log is another history than what was kept and read.
    fn begin_anew(&mut self, unit: &mut UnitOfWork) {
        *unit = UnitOfWork::default();
        self.forget_history();
    }

    async fn replay(
        &mut self,
        unit: &mut UnitOfWork,
        submission: &Submission,
        commit: &Commit,
    ) -> Result<crate::Answer, ExecuteError> {
        if commit.fingerprint != submission.fingerprint {
            return Err(ExecuteError::KeyReused);
        }
        let internal = |error: &(dyn Error + 'static)| {
            tracing::error!(error, position = commit.first.number(), "a commit cannot be told again");
            ExecuteError::Internal
        };
        let pending = PendingEvents::from_commit(commit).map_err(|error| internal(&error))?;
        // It is carried out, and only cannot be told now: the same key will.
        let untold = |error: ReadError| match error {
            ReadError::Unavailable(_) => {
                let error = &error as &(dyn Error + 'static);
                tracing::error!(error, position = commit.first.number(), "a commit cannot be told again now");
                ExecuteError::OutcomeUnknown
            }
            defect => internal(&defect),
        };
        let log = self.log_id().await.map_err(untold)?;
        let missing = unit.take_cached(replay::accounts(&pending), &mut self.cache);
        unit.read(missing, &mut self.cache, self.log.as_ref()).await.map_err(untold)?;
        let written = Appended { log, first: commit.first, recorded_at: commit.recorded_at };
        let answer = replay::answer((submission.command_id, &submission.command), &pending, written, unit, true)
            .map_err(|error| internal(&error))?;
        metrics::counter!("executor_replays").increment(1);
        self.recent.keep(submission, &answer);
        Ok(answer)
    }

    async fn try_once(
        &mut self,
        unit: &mut UnitOfWork,
        jobs: &mut Vec<Job>,
        outcome_unknown: bool,
    ) -> Result<Tried, ReadError> {
        if !self.load(unit, jobs).await? {
            self.begin_anew(unit);
            return Ok(Tried::Again { unknown: false });
        }
        let mut decided = self.decide(unit, jobs);
        // A refusal must not rest on what another server has changed since: read on, and decide again if it has.
        loop {
            let doubted = unit.stale(decided.iter().flat_map(|decision| decision.refused_on.iter().copied()));
            if !doubted.is_empty() {
                unit.roll_back(HashMap::new());
                self.outbox.send();
                unit.refresh(doubted, self.log.as_ref()).await?;
                if !self.saw_the_log().await? {
                    self.begin_anew(unit);
                    return Ok(Tried::Again { unknown: false });
                }
            } else if outcome_unknown || self.do_all_tokens_hold(jobs) {
                break;
            } else {
                // Revoked while the streams were read. Without these commands the others may be decided otherwise.
                unit.roll_back(HashMap::new());
                *jobs = self.with_tokens_that_hold(std::mem::take(jobs));
            }
            decided = self.decide(unit, jobs);
        }
        let mut writing: Vec<(Job, PendingEvents)> = Vec::with_capacity(jobs.len());
        for (job, decision) in std::mem::take(jobs).into_iter().zip(decided) {
            match decision.pending {
                Ok(pending) => writing.push((job, pending)),
                Err(error) => job.finish(Err(error)),
            }
        }
        if writing.is_empty() {
            return Ok(Tried::Done);
        }
        Ok(self.write(unit, writing, jobs, outcome_unknown).await)
    }

    /// Brings the streams that the commands need into the unit of work. `false` if the log is another history than what was kept.
    async fn load(&mut self, unit: &mut UnitOfWork, jobs: &[Job]) -> Result<bool, ReadError> {
        loop {
            let missing: Vec<_> =
                jobs.iter().flat_map(|job| needs::missing(&job.submission, unit, &self.system)).collect();
            if missing.is_empty() {
                return Ok(true);
            }
            let missing = unit.take_cached(missing, &mut self.cache);
            if !missing.is_empty() {
                self.outbox.send();
                unit.read(missing, &mut self.cache, self.log.as_ref()).await?;
                if !self.saw_the_log().await? {
                    return Ok(false);
                }
            }
        }
    }

    /// Decides all of them. A command that does not fit the log is answered here, and the others are decided without it.
    fn decide(&self, unit: &mut UnitOfWork, jobs: &mut Vec<Job>) -> Vec<Decision> {
        loop {
            let mut decider = Decider { unit, options: &self.options, system: &self.system, ids: self.ids.as_ref() };
            let decided: Vec<_> = jobs.iter().map(|job| decider.decide(&job.submission)).collect();
            if !decided.iter().any(|decision| decision.is_defect) {
                return decided;
            }
            unit.roll_back(HashMap::new());
            for (job, decision) in std::mem::take(jobs).into_iter().zip(decided) {
                match decision.pending {
                    Err(error) if decision.is_defect => job.finish(Err(error)),
                    _ => jobs.push(job),
                }
            }
        }
    }

    async fn write(
        &mut self,
        unit: &mut UnitOfWork,
        writing: Vec<(Job, PendingEvents)>,
        jobs: &mut Vec<Job>,
        outcome_unknown: bool,
    ) -> Tried {
        let commits: Result<Vec<NewCommit>, _> =
            writing.iter().map(|(job, pending)| pending.commit(&job.submission)).collect();
        let started = Instant::now();
        let result = match commits {
            // What the last batch wrote is told while Postgres works on this one.
            Ok(commits) => {
                tokio::join!(biased; self.log.append_after(self.known, &commits), async { self.outbox.send() }).0
            }
            Err(error) => Err(AppendError::Refused(error.into())),
        };
        metrics::histogram!("executor_append_seconds").record(started.elapsed().as_secs_f64());
        let error = match result {
            Ok(written) => {
                self.answer(unit, writing, written);
                return Tried::Done;
            }
            Err(error) => error,
        };
        let back = writing.into_iter().map(|(job, _)| job);
        match error {
            AppendError::Conflict => {
                jobs.extend(back);
                Tried::Again { unknown: false }
            }
            AppendError::OtherHistory => {
                jobs.extend(back);
                self.begin_anew(unit);
                Tried::Again { unknown: false }
            }
            AppendError::Unknown(source) => {
                tracing::warn!(
                    error = source.as_ref() as &dyn Error,
                    "the outcome of an append is unknown; looking it up"
                );
                jobs.extend(back);
                Tried::Again { unknown: true }
            }
            AppendError::Unavailable(source) if outcome_unknown => {
                // An earlier try may have come through, so "nothing was written" would be a guess.
                tracing::warn!(
                    error = source.as_ref() as &dyn Error,
                    "the log went away before a lost append was found"
                );
                jobs.extend(back);
                Tried::Again { unknown: true }
            }
            AppendError::Unavailable(source) => {
                tracing::error!(
                    error = source.as_ref() as &dyn Error,
                    "the log cannot be reached; commands are turned away"
                );
                jobs.extend(back);
                jobs.drain(..).for_each(|job| job.finish(Err(ExecuteError::LogUnavailable)));
                Tried::Done
            }
            AppendError::Refused(source) => {
                tracing::error!(error = source.as_ref() as &dyn Error, "the log refused an append");
                Tried::Refused(back.collect())
            }
        }
    }

    /// The append is durable: remember, and have the answers ready.
    fn answer(&mut self, unit: &mut UnitOfWork, writing: Vec<(Job, PendingEvents)>, written: Appended) {
        let mut first = written.first;
        let last = writing.last().map(|(job, _)| job.submission.command_id);
        metrics::counter!("executor_commands").increment(writing.len() as u64);
        for (job, pending) in writing {
            let place = Appended { first, ..written };
            first = PendingEvents::position(first, pending.0.len());
            let answer =
                replay::answer((job.submission.command_id, &job.submission.command), &pending, place, unit, false)
                    .map_err(|error| {
                        tracing::error!(error = &error as &dyn Error, "a command was carried out but cannot be told");
                        ExecuteError::OutcomeUnknown
                    });
            tracing::debug!(
                correlation.id = %job.submission.correlation, command.id = %job.submission.command_id,
                log.position = place.first.number(), "a command is in the log"
            );
            self.outbox.put(job, answer);
        }
        self.known = last.map(|command_id| {
            let position = Position::new(first.number() - 1);
            (written.log, CommitRef { position, command_id, recorded_at: written.recorded_at })
        });
        for (id, before, stream) in std::mem::take(unit).changed() {
            if stream.passed(before, self.options.snapshot_every)
                && let Some(snapshot) = stream.snapshot(id)
            {
                self.snapshots.offer(snapshot);
            }
            if stream.is_worth_keeping() {
                self.cache.put(id, stream);
            }
        }
    }
}

/// Answers all of them with an error of the log; gives back those to be tried alone, since the damage is of one of them.
fn fail_all(jobs: Vec<Job>, outcome_unknown: bool, error: &ReadError) -> Vec<Job> {
    if matches!(error, ReadError::Damaged { .. }) && !outcome_unknown && jobs.len() > 1 {
        return jobs;
    }
    tracing::error!(error = error as &dyn Error, commands = jobs.len(), "a batch could not be carried out");
    let answer = match error {
        _ if outcome_unknown => ExecuteError::OutcomeUnknown,
        ReadError::Unavailable(_) => ExecuteError::LogUnavailable,
        ReadError::Damaged { .. } | ReadError::OtherHistory { .. } | ReadError::Renamed { .. } | ReadError::NoLog => {
            ExecuteError::Internal
        }
    };
    jobs.into_iter().for_each(|job| job.finish(Err(answer.clone())));
    Vec::new()
}
