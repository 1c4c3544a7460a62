//! The next batch, decided while the append of the one before is in flight.
//!
//! It rests on the states that this append leaves, so nothing of it may be answered or written unless the append is durable. The
//! types hold that: an [`Ahead`] gives out only its commands, to be decided again; a durable append makes a [`Founded`] of it, and
//! only that can be written, as the very next thing. There is one batch in flight and one ahead of it, never more.
//!
//! Nothing is read from the log for it. A command that needs the log, because a stream is not in memory, because a refusal would
//! rest on a state that may be old, or because it comes to no event, is decided when the append has ended; so are those behind it.

use log::{Appended, NewCommit};
use tokio::time::Instant;

use super::{PendingEvent, decided::Batch, queue::Waiting, run::Run, task::Job, unit_of_work::LayerAhead};

/// How many commands have to wait before they are decided ahead: to wake the engine for each of them costs more than it saves.
pub const ENOUGH: usize = 16;

/// A batch that is being decided ahead.
#[derive(Default)]
pub struct Ahead {
    decided: Vec<Decided>,
    weight: usize,
    /// The first that needs the log, and those behind it: nobody passes them.
    undecided: Vec<Job>,
    /// Of what waits nothing has room in it.
    is_full: bool,
}

/// A command with the events it comes to, and what the log is given of them.
struct Decided {
    job: Job,
    events: Vec<PendingEvent>,
    commit: NewCommit,
}

/// A batch that was decided ahead, on an append that is durable.
pub struct Founded {
    decided: Vec<Decided>,
    changed: LayerAhead,
}

impl Ahead {
    /// The append below it is durable. Gives what was decided on it, and the commands that were not.
    pub fn on(self, changed: LayerAhead, _durable: &Appended) -> (Option<Founded>, Vec<Job>) {
        let Self { decided, undecided, .. } = self;
        let founded = (!decided.is_empty()).then_some(Founded { decided, changed });
        (founded, undecided)
    }

    /// Its commands, to be decided again.
    pub fn give_back(self) -> Vec<Job> {
        self.decided.into_iter().map(|decided| decided.job).chain(self.undecided).collect()
    }
}

impl Founded {
    /// Its commands, to be decided again.
    pub fn give_back(self) -> Vec<Job> {
        self.decided.into_iter().map(|decided| decided.job).collect()
    }

    fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.decided.iter().map(|decided| &decided.job)
    }
}

impl Run {
    /// Whether more may be decided ahead.
    pub fn has_room(&self, ahead: &Ahead) -> bool {
        !ahead.is_full && ahead.undecided.is_empty() && self.undecided.is_empty()
    }

    /// Decides what waits, on the states that the batch in flight leaves.
    pub fn decide_ahead(&mut self, ahead: &mut Ahead) {
        let jobs = self.take_more(ahead.weight);
        ahead.is_full = jobs.is_empty();
        let jobs = self.admit(jobs);
        self.add(jobs, ahead);
    }

    /// The append below is durable: what came meanwhile goes along, so that nobody waits longer because others were decided ahead.
    pub fn complete(&mut self, ahead: &mut Ahead) {
        if !ahead.decided.is_empty() && ahead.undecided.is_empty() {
            self.decide_ahead(ahead);
        }
    }

    fn add(&mut self, jobs: Vec<Job>, ahead: &mut Ahead) {
        let mut jobs = jobs.into_iter();
        while let Some(mut job) = jobs.next() {
            match self.decide_from_memory(&mut job) {
                Some((events, commit)) => {
                    ahead.weight += job.weight();
                    ahead.decided.push(Decided { job, events, commit });
                }
                None => {
                    ahead.undecided =
                        [job].into_iter().chain(jobs).chain(std::mem::take(&mut ahead.undecided)).collect();
                    // What it changed before it came to its end counts for nothing: those before it are decided without it.
                    self.unit.drop_ahead();
                    ahead.weight = 0;
                    let again = std::mem::take(&mut ahead.decided).into_iter().map(|decided| decided.job).collect();
                    return self.add(again, ahead);
                }
            }
        }
    }

    /// What a command comes to, if that can be told without the log.
    fn decide_from_memory(&mut self, job: &mut Job) -> Option<(Vec<PendingEvent>, NewCommit)> {
        let decided = job.decide(&mut self.unit, self.ids.as_ref());
        let is_certain = !self.unit.lacks_any()
            && decided.defect.is_none()
            && !decided.events.is_empty()
            && self.unit.stale(decided.refused_on).is_empty();
        // What cannot be encoded is refused when it is decided again.
        let commit = if is_certain { job.commit(&decided.events).ok() } else { None };
        commit.map(|commit| (decided.events, commit))
    }

    /// The batch to write, if it still may be: its tokens hold, nobody's time is over, and nothing happened since the append
    /// below it. Else its commands, to be decided again.
    pub fn go_on(&mut self, founded: Founded) -> Result<Batch, Vec<Job>> {
        let now = Instant::now();
        if founded.jobs().any(|job| job.meta.deadline <= now) || !self.do_all_tokens_hold(founded.jobs()) {
            return Err(founded.give_back());
        }
        let Founded { decided, changed } = founded;
        let mut batch = Batch::default();
        let mut commits = Vec::with_capacity(decided.len());
        for Decided { job, events, commit } in decided {
            commits.push(commit);
            batch.writing.push((job, events));
        }
        if !self.unit.go_on(changed) {
            return Err(batch.jobs().collect());
        }
        batch.commits = Some(commits);
        Ok(batch)
    }
}
