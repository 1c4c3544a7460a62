//! One batch, from the queue to the append.

use std::{collections::HashMap, error::Error, time::Duration};

use kernel::CommandId;
use log::{Appended, Commit, ReadError, Wanted};
use tokio::time::{Instant, sleep};

use super::{
    Log, PendingEvent,
    ahead::Founded,
    decided::Batch,
    decision::{Decided, Defect},
    outbox::answer,
    read_error::answer_to,
    run::Run,
    task::Job,
    write::Tried,
};
use crate::ExecuteError;

/// How often a lost append is looked for on behalf of commands that come to nothing, and how long before each look.
const LOOKS: usize = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// What is to be carried out.
pub enum Work {
    Undecided(Vec<Job>),
    /// Decided on the append before, which nothing may have followed.
    Ahead(Founded),
}

/// How a batch ended.
enum Ended {
    /// Each command is answered. With the batch that was decided on what it wrote.
    Done(Option<Founded>),
    /// These commands are to be tried alone.
    Refused {
        jobs: Vec<Job>,
        /// Whether an append of them may have come through.
        outcome_unknown: bool,
    },
}

impl Run {
    /// Carries out a batch; each job is answered in the end, whatever happens. Gives the batch that was decided ahead, on what
    /// this one wrote.
    pub async fn carry_out(&mut self, work: Work) -> Option<Founded> {
        let (jobs, outcome_unknown) = match self.carry_out_together(work, false).await {
            Ended::Done(founded) => return founded,
            Ended::Refused { jobs, outcome_unknown } => (jobs, outcome_unknown),
        };
        // One bad command never fails its neighbours: alone, each gets its own outcome.
        for job in jobs {
            match self.carry_out_together(Work::Undecided(vec![job]), outcome_unknown).await {
                // The next one alone comes in between.
                Ended::Done(founded) => self.put_first(founded.map(Founded::give_back).unwrap_or_default()),
                Ended::Refused { jobs, outcome_unknown } => {
                    // An append of it before the one that was refused may have come through, or still may.
                    let error = if outcome_unknown { ExecuteError::OutcomeUnknown } else { ExecuteError::Internal };
                    jobs.into_iter().for_each(|job| job.fail(error.clone()));
                }
            }
        }
        None
    }

    /// Gives back what the log refuses, or what cannot be read for it. `outcome_unknown`: an earlier append of these commands may
    /// have come through.
    async fn carry_out_together(&mut self, work: Work, mut outcome_unknown: bool) -> Ended {
        let is_new_term = self.begin_term();
        let (mut jobs, mut decided) = match work {
            Work::Undecided(jobs) => (jobs, None),
            // It was decided on what was kept of the term before.
            Work::Ahead(founded) if is_new_term => {
                self.put_first(founded.give_back());
                return Ended::Done(None);
            }
            Work::Ahead(founded) => match self.go_on(founded) {
                Ok(batch) => (Vec::new(), Some(batch)),
                Err(jobs) => {
                    self.put_first(jobs);
                    return Ended::Done(None);
                }
            },
        };
        if decided.is_none() {
            self.unit.begin_batch();
        }
        for attempt in 0..=self.options.attempts {
            if attempt > 0 {
                metrics::counter!(self.options.metrics.conflicts).increment(1);
                // A first conflict is mostly a command that was carried out before. Two servers that keep colliding step out of each
                // other's way by different amounts.
                let jitter = self.ids.digits() % 4;
                sleep(Duration::from_millis(u64::from(attempt.min(10) - 1) * jitter)).await;
                match self.reconcile(&mut jobs).await {
                    Ok(()) => {}
                    Err(ReadError::Unavailable(_)) if outcome_unknown => {
                        // The answer is in the log, and the log may be back in a moment.
                        sleep(Duration::from_millis(200)).await;
                        continue;
                    }
                    Err(error) => return self.fail_all(jobs, outcome_unknown, &error).await,
                }
            }
            let tried = match decided.take() {
                Some(batch) => Ok(self.write(batch, &mut jobs, outcome_unknown).await),
                None => {
                    // An append whose outcome is unknown may have been carried out: its command is looked up, whoever sent it.
                    if !outcome_unknown {
                        jobs = self.with_tokens_that_hold(jobs);
                    }
                    if jobs.is_empty() {
                        return Ended::Done(None);
                    }
                    self.begin_term();
                    self.try_once(&mut jobs, outcome_unknown).await
                }
            };
            match tried {
                Ok(Tried::Done(founded)) => return Ended::Done(founded),
                Ok(Tried::Again { unknown }) => outcome_unknown |= unknown,
                Ok(Tried::Refused(jobs)) => return Ended::Refused { jobs, outcome_unknown },
                Ok(Tried::NotLeader) => {
                    metrics::counter!(self.options.metrics.not_leading).increment(1);
                    self.give_back(jobs, outcome_unknown, ExecuteError::NotLeader).await;
                    return Ended::Done(None);
                }
                Ok(Tried::Stopped) => {
                    self.give_back(jobs, outcome_unknown, ExecuteError::Stopped).await;
                    return Ended::Done(None);
                }
                Err(error) => return self.fail_all(jobs, outcome_unknown, &error).await,
            }
            if jobs.iter().all(|job| job.meta.deadline + self.options.grace <= Instant::now()) {
                break;
            }
        }
        let error = if outcome_unknown { ExecuteError::OutcomeUnknown } else { ExecuteError::Contended };
        jobs.into_iter().for_each(|job| job.fail(error.clone()));
        Ended::Done(None)
    }

    /// After a conflict or an unknown outcome: forget what was decided, read on in every stream, and answer the commands
    /// that turn out to be in the log. The rest is decided again under the same command ids: should a lost append still
    /// come through, the second conflicts with it instead of doubling it.
    async fn reconcile(&mut self, jobs: &mut Vec<Job>) -> Result<(), ReadError> {
        self.unit.refresh_all(self.log.as_ref()).await?;
        let commands: Vec<CommandId> = jobs.iter().map(|job| job.meta.command_id).collect();
        let found = self.find(&commands, jobs).await?;
        self.replay_found(jobs, found).await;
        if !self.saw_the_log().await? {
            self.forget_history();
        }
        Ok(())
    }

    /// The log took nothing from this server, because another one leads or because an alarm stops it. No append of this server can come
    /// through any more: what the log holds now is answered, and the rest was not written by it and gets the error.
    async fn give_back(&mut self, mut jobs: Vec<Job>, outcome_unknown: bool, error: ExecuteError) {
        let looked = self.reconcile(&mut jobs).await;
        let error = match looked {
            Err(_) if outcome_unknown => ExecuteError::OutcomeUnknown,
            Ok(()) | Err(_) => error,
        };
        jobs.into_iter().for_each(|job| job.fail(error.clone()));
    }

    /// Answers all of them with an error of the log; gives back those to be tried alone, since the damage is of one of them.
    async fn fail_all(&mut self, jobs: Vec<Job>, outcome_unknown: bool, error: &ReadError) -> Ended {
        if matches!(error, ReadError::Damaged { .. }) && jobs.len() > 1 {
            return Ended::Refused { jobs, outcome_unknown };
        }
        tracing::error!(error = error as &dyn Error, commands = jobs.len(), "a batch could not be carried out");
        let answer = match answer_to(error) {
            _ if outcome_unknown => ExecuteError::OutcomeUnknown,
            ExecuteError::Internal => self.alarm_or_internal().await,
            known => known,
        };
        jobs.into_iter().for_each(|job| job.fail(answer.clone()));
        Ended::Done(None)
    }

    /// What a command is answered with that does not fit the log: if the auditor has raised an alarm for that, the alarm.
    async fn alarm_or_internal(&mut self) -> ExecuteError {
        match self.log.stopped_by().await {
            Ok(Some(alarm)) => {
                self.stopped(alarm);
                ExecuteError::Stopped
            }
            Ok(None) | Err(_) => ExecuteError::Internal,
        }
    }

    /// What these commands wrote. Those of which it must be fetched from the archive are taken out and wait for that.
    async fn find(
        &mut self,
        commands: &[CommandId],
        jobs: &mut Vec<Job>,
    ) -> Result<HashMap<CommandId, Commit>, ReadError> {
        let (found, not_fetched) = find(self.log.as_ref(), commands).await?;
        for job in std::mem::take(jobs) {
            match not_fetched.get(&job.meta.command_id) {
                Some(wanted) => self.parking.park(job, *wanted),
                None => jobs.push(job),
            }
        }
        Ok(found)
    }

    /// Answers the commands whose commits were found; the others stay.
    async fn replay_found(&mut self, jobs: &mut Vec<Job>, mut found: HashMap<CommandId, Commit>) {
        for job in std::mem::take(jobs) {
            match found.remove(&job.meta.command_id) {
                Some(commit) => self.replay(job, &commit).await,
                None => jobs.push(job),
            }
        }
    }

    /// Answers a command from its commit.
    async fn replay(&mut self, mut job: Job, commit: &Commit) {
        match self.make_replay(&mut job, commit).await {
            Ok(None) => {
                metrics::counter!(self.options.metrics.replays).increment(1);
                answer(job, &self.recent);
            }
            Ok(Some(wanted)) => self.parking.park(job, wanted),
            Err(error) => job.fail(error),
        }
    }

    /// Makes the answer ready; or tells what must be fetched from the archive for it.
    async fn make_replay(&mut self, job: &mut Job, commit: &Commit) -> Result<Option<Wanted>, ExecuteError> {
        if commit.fingerprint != job.meta.fingerprint {
            return Err(ExecuteError::KeyReused);
        }
        let internal = |error: &(dyn Error + 'static)| {
            tracing::error!(error, position = commit.first.number(), "a commit cannot be read again");
            ExecuteError::Internal
        };
        let events = PendingEvent::of_commit(commit).map_err(|error| internal(&error))?;
        // It is carried out, and only cannot be answered now: a retry with the same key can.
        let unanswered = |error: ReadError| match error {
            ReadError::Unavailable(_) | ReadError::Archive(_) | ReadError::Detached { .. } => {
                let error = &error as &(dyn Error + 'static);
                tracing::error!(error, position = commit.first.number(), "a commit cannot be read again now");
                ExecuteError::OutcomeUnknown
            }
            defect => internal(&defect),
        };
        let log = self.log_id().await.map_err(unanswered)?;
        let place = Appended { log, first: commit.first, recorded_at: commit.recorded_at };
        loop {
            self.unit.begin_command();
            let answered = job.answer(&events, place, &self.unit, true);
            if let Some(wanted) = self.unit.met_not_fetched() {
                return Ok(Some(wanted));
            }
            if !self.unit.lacks_any() {
                return answered.map(|()| None).map_err(|error| internal(&error));
            }
            self.unit.read_missing(self.log.as_ref()).await.map_err(unanswered)?;
        }
    }

    async fn try_once(&mut self, jobs: &mut Vec<Job>, outcome_unknown: bool) -> Result<Tried, ReadError> {
        let Some(mut decided) = self.decide_fresh(jobs, outcome_unknown).await? else {
            self.forget_history();
            return Ok(Tried::Again { unknown: false });
        };
        self.answer_used_keys(jobs, &mut decided).await?;
        let mut batch = Batch::default();
        for (job, decided) in std::mem::take(jobs).into_iter().zip(decided) {
            match decided.events.is_empty() {
                true => batch.idle.push(job),
                false => batch.writing.push((job, decided.events)),
            }
        }
        if !batch.writing.is_empty() {
            return Ok(self.write(batch, jobs, outcome_unknown).await);
        }
        *jobs = batch.idle;
        self.finish_idle(jobs, outcome_unknown).await
    }

    /// Decides all of them on streams as fresh as their refusals need, with tokens that hold after that. `None` if the log is
    /// another history than what was kept.
    async fn decide_fresh(
        &mut self,
        jobs: &mut Vec<Job>,
        outcome_unknown: bool,
    ) -> Result<Option<Vec<Decided>>, ReadError> {
        loop {
            let Some(decided) = self.decide(jobs, outcome_unknown).await? else { return Ok(None) };
            // A refusal must not rest on what another server has changed since: read on, and decide again if it has.
            let doubted = self.unit.stale(decided.iter().flat_map(|decided| decided.refused_on.iter().copied()));
            if !doubted.is_empty() {
                self.unit.roll_back_all();
                self.outbox.send();
                self.unit.refresh(doubted, self.log.as_ref()).await?;
                if !self.saw_the_log().await? {
                    return Ok(None);
                }
            } else if outcome_unknown || self.do_all_tokens_hold(jobs.iter()) {
                return Ok(Some(decided));
            } else {
                // Revoked while the streams were read. Without these commands the others may be decided otherwise.
                self.unit.roll_back_all();
                *jobs = self.with_tokens_that_hold(std::mem::take(jobs));
            }
        }
    }

    /// Decides all of them, in order, each on what the ones before left. Streams that are missing are read in one round trip
    /// for all, and all are decided again. A command that does not fit the log is answered here, and the others are decided
    /// without it. `None` if the log is another history than what was kept.
    async fn decide(&mut self, jobs: &mut Vec<Job>, outcome_unknown: bool) -> Result<Option<Vec<Decided>>, ReadError> {
        loop {
            let decided: Vec<_> = jobs.iter_mut().map(|job| job.decide(&mut self.unit, self.ids.as_ref())).collect();
            if self.unit.lacks_any() {
                self.unit.roll_back_all();
                self.outbox.send();
                self.unit.read_missing(self.log.as_ref()).await?;
                if !self.saw_the_log().await? {
                    return Ok(None);
                }
                continue;
            }
            if !decided.iter().any(|decided| decided.defect.is_some()) {
                return Ok(Some(decided));
            }
            self.unit.roll_back_all();
            let internal = match outcome_unknown {
                true => ExecuteError::OutcomeUnknown,
                false => self.alarm_or_internal().await,
            };
            for (job, decided) in std::mem::take(jobs).into_iter().zip(decided) {
                let Some(defect) = decided.defect else {
                    jobs.push(job);
                    continue;
                };
                if let Defect::NotFetched(wanted) = defect {
                    match outcome_unknown {
                        true => job.fail(ExecuteError::OutcomeUnknown),
                        false => self.parking.park(job, wanted),
                    }
                    continue;
                }
                let error = &defect as &dyn Error;
                tracing::error!(error, command.id = %job.meta.command_id, "a command does not fit the log");
                job.fail(internal.clone());
            }
        }
    }

    /// What comes to no event cannot conflict with its own commit, if there is one: its key is looked up before anything is told.
    async fn answer_used_keys(&mut self, jobs: &mut Vec<Job>, decided: &mut Vec<Decided>) -> Result<(), ReadError> {
        let idle = jobs.iter().zip(decided.iter()).filter(|(_, decided)| decided.events.is_empty());
        let idle: Vec<CommandId> = idle.map(|(job, _)| job.meta.command_id).collect();
        if idle.is_empty() {
            return Ok(());
        }
        let (mut found, not_fetched) = find(self.log.as_ref(), &idle).await?;
        if found.is_empty() && not_fetched.is_empty() {
            return Ok(());
        }
        for (job, one) in std::mem::take(jobs).into_iter().zip(std::mem::take(decided)) {
            if let Some(wanted) = not_fetched.get(&job.meta.command_id) {
                self.parking.park(job, *wanted);
                continue;
            }
            match found.remove(&job.meta.command_id) {
                // It may have been written since: then nothing of what is decided here counts.
                Some(commit) if one.events.is_empty() => self.replay(job, &commit).await,
                _ => {
                    jobs.push(job);
                    decided.push(one);
                }
            }
        }
        Ok(())
    }

    /// Answers a batch that has nothing to write.
    async fn finish_idle(&mut self, jobs: &mut Vec<Job>, outcome_unknown: bool) -> Result<Tried, ReadError> {
        if outcome_unknown {
            self.look_for_lost(jobs).await;
            return Ok(Tried::Done(None));
        }
        if jobs.iter().any(|job| !job.is_error()) {
            let head = self.log.head().await?;
            self.answer_idle(jobs, head.log, head.commit);
        }
        jobs.drain(..).for_each(Job::finish);
        Ok(Tried::Done(None))
    }

    /// Commands that come to nothing now, though an append of theirs may have been carried out. It may still come through, so
    /// nobody is answered that nothing was written; and nobody behind them waits for long.
    async fn look_for_lost(&mut self, jobs: &mut Vec<Job>) {
        for _ in 0..LOOKS {
            if jobs.is_empty() {
                return;
            }
            sleep(PAUSE).await;
            let commands: Vec<CommandId> = jobs.iter().map(|job| job.meta.command_id).collect();
            // A log that is away may be back for the next look.
            let found = self.find(&commands, jobs).await.unwrap_or_default();
            self.replay_found(jobs, found).await;
        }
        jobs.drain(..).for_each(|job| job.fail(ExecuteError::OutcomeUnknown));
    }
}

/// What these commands wrote, and what must be fetched from the archive to know it.
type Found = (HashMap<CommandId, Commit>, HashMap<CommandId, Wanted>);

async fn find(log: &dyn Log, commands: &[CommandId]) -> Result<Found, ReadError> {
    let (commits, not_fetched) = match log.find_commits(commands).await {
        Err(ReadError::NotFetched(wanted)) => {
            let wanted = wanted.into_iter().filter_map(|wanted| match wanted {
                Wanted::Command(command) => Some((command, wanted)),
                Wanted::Stream(..) => None,
            });
            let not_fetched: HashMap<CommandId, Wanted> = wanted.collect();
            let others: Vec<CommandId> =
                commands.iter().copied().filter(|command| !not_fetched.contains_key(command)).collect();
            (log.find_commits(&others).await?, not_fetched)
        }
        found => (found?, HashMap::new()),
    };
    Ok((commits.into_iter().map(|commit| (commit.command_id, commit)).collect(), not_fetched))
}
