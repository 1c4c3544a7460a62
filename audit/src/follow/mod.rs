//! Following the log: the same fold as `jangbu log verify`, kept in memory between commits, and what was audited is read
//! again, round after round.

mod checkpoint;
mod look_up;
mod read;
mod recheck;
mod rows;
mod segments;
mod state;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use kernel::{CommitRef, LogId, Position};
use log::{CommitBytes, Invariant, NewAlarm, ReadAudited, ReadError};

pub use self::{
    checkpoint::{CheckpointError, read_checkpoint, write_checkpoint},
    recheck::Round,
    rows::Rows,
    state::State,
};
use crate::findings::{Check, Rule};

/// Events that are read, and held, at once.
const BATCH: i64 = 2_000;
/// Alarms that wait to be raised. More of them say nothing that the first do not.
const WAITING: usize = 100;
/// Alarms that are remembered.
const KNOWN: usize = 10_000;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many events were audited; there may be more.
    Audited(u64),
    /// The end of the log is reached.
    Level,
    /// The log cannot be read any further: see what is wrong.
    Stuck,
}

/// Follows a log and holds it against every rule.
pub struct Follower {
    log: Arc<dyn ReadAudited>,
    state: State,
    round: Round,
    rows: Rows,
    /// Why the log cannot be read any further.
    stuck: Option<String>,
    alarms: VecDeque<NewAlarm>,
    /// What was found before, so that it is found once.
    known: HashSet<NewAlarm>,
}

impl Follower {
    /// Follows this log from the state of a checkpoint, or from its first commit.
    pub fn new(log: Arc<dyn ReadAudited>, state: Option<State>) -> Self {
        let state = state.unwrap_or_default();
        let (round, rows) = (Round::default(), Rows::default());
        Self { log, state, round, rows, stuck: None, alarms: VecDeque::new(), known: HashSet::new() }
    }

    /// Takes the next commits. An error is of a log that cannot be read now; what is wrong with the log is an alarm.
    pub async fn step(&mut self) -> Result<Step, ReadError> {
        let id = match self.state.log {
            Some(id) => id,
            None => *self.state.log.insert(self.log.head().await?.log),
        };
        match self.log.follow_bytes(id, self.state.standing, BATCH).await {
            Ok(commits) if commits.is_empty() => self.at_the_end().await,
            Ok(commits) => self.take(&commits).await,
            Err(ReadError::Renamed { found, .. }) => self.renamed(found).await,
            Err(ReadError::OtherHistory { expected, .. }) => {
                self.lost(expected);
                Ok(Step::Audited(0))
            }
            Err(error @ ReadError::Detached { .. }) => {
                self.stuck = Some(error.to_string());
                Ok(Step::Stuck)
            }
            Err(ReadError::Damaged { position, what }) => {
                self.broken(position.number(), Rule::Commits, format!("near position {position}: {what}"));
                self.stuck = Some(format!("the log is damaged near position {position}: {what}"));
                Ok(Step::Stuck)
            }
            Err(error) => Err(error),
        }
    }

    /// The alarm to be raised next.
    pub fn next_alarm(&self) -> Option<&NewAlarm> {
        self.alarms.front()
    }

    /// It was raised.
    pub fn alarm_raised(&mut self) {
        self.alarms.pop_front();
    }

    /// How many alarms wait to be raised.
    pub fn alarms_waiting(&self) -> usize {
        self.alarms.len()
    }

    /// The log that is followed, once it is known.
    pub fn log_id(&self) -> Option<LogId> {
        self.state.log
    }

    /// The last commit that was audited.
    pub fn standing(&self) -> Option<CommitRef> {
        self.state.standing
    }

    /// How far the log is audited.
    pub fn position(&self) -> Position {
        self.state.position()
    }

    /// Why the log cannot be read any further, if it cannot.
    pub fn stuck(&self) -> Option<&str> {
        self.stuck.as_deref()
    }

    /// How often each rule was checked, and how often broken.
    pub fn invariants(&self) -> Vec<Invariant> {
        let skipped = |rule: &str| if rule == Rule::States.as_str() { self.skipped() } else { 0 };
        let invariant = |c: &Check| Invariant {
            rule: c.rule.to_owned(),
            checked: c.checked,
            found: c.found,
            skipped: skipped(c.rule),
        };
        self.state.findings.checks().iter().map(invariant).collect()
    }

    /// What is known, to be kept.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Applies whole commits. What they undo is read first, so that an error leaves nothing half applied.
    async fn take(&mut self, commits: &[CommitBytes]) -> Result<Step, ReadError> {
        let originals = read::originals(commits, self.log.as_ref()).await?;
        self.stuck = None;
        let mut events = 0;
        for bytes in commits {
            let commit = &bytes.commit;
            events += commit.events.len() as u64;
            let broken = self.state.apply(bytes, &originals);
            for event in &commit.events {
                self.rows.touch(event.stream.uuid(), commit.first.number());
            }
            if let Some((rule, _)) = broken.first() {
                let rule = *rule;
                self.rows.hurry();
                let what: Vec<String> = broken.into_iter().map(|(_, what)| what).collect();
                self.alarm(commit.last().number(), rule, what.join("; "));
            }
            self.settle();
        }
        Ok(Step::Audited(events))
    }

    /// Nothing follows: then this is the end of the log, or its end is gone. The head is asked first, because positions are taken
    /// and commits written at once.
    async fn at_the_end(&mut self) -> Result<Step, ReadError> {
        let (head, position) = (self.log.head().await?, self.state.position());
        if self.state.log != Some(head.log) {
            return Ok(Step::Audited(0));
        }
        if head.position > position && !self.log.read_commits(position, 1).await.is_ok_and(|more| more.is_empty()) {
            // It has just grown, or is damaged: the next step reads it.
            return Ok(Step::Audited(0));
        }
        if head.position == position {
            self.state.findings.checked(Rule::Head);
            self.stuck = None;
            return Ok(Step::Level);
        }
        let what = format!("log_head is at {}, the last commit ends at {position}", head.position);
        self.broken(head.position.max(position).number(), Rule::Head, what.clone());
        self.stuck = Some(what);
        Ok(Step::Stuck)
    }

    /// The log has another id: it was adopted after a restore, and is audited from its first commit on; or someone changed it.
    async fn renamed(&mut self, found: LogId) -> Result<Step, ReadError> {
        let adoptions = self.log.adoptions().await?;
        let known = self.state.log;
        let mut id = known;
        while let Some(adoption) = adoptions.iter().find(|adoption| Some(adoption.old) == id) {
            id = Some(adoption.new);
        }
        let (position, adopted) = (self.state.position().number(), id == Some(found));
        self.restart(found);
        match adopted || position == 0 {
            true => self.state.findings.checked(Rule::Identity),
            false => {
                let known = known.map(|known| known.to_string()).unwrap_or_default();
                self.broken(
                    position,
                    Rule::Identity,
                    format!("log {known} is called {found}, and no adoption says so"),
                );
            }
        }
        Ok(Step::Audited(0))
    }

    /// The commit that was audited last is not in the log any more. What is in the log is audited from the beginning.
    fn lost(&mut self, expected: CommitRef) {
        let CommitRef { position, command_id, recorded_at } = expected;
        let what = format!(
            "the commit of command {command_id} that ends at position {position}, recorded at {}, was audited and is gone",
            recorded_at.to_rfc3339()
        );
        if let Some(id) = self.state.log {
            self.restart(id);
        }
        self.broken(position.number(), Rule::Lasting, what);
    }

    fn restart(&mut self, log: LogId) {
        self.state = State { log: Some(log), ..State::default() };
        (self.round, self.rows) = (Round::default(), Rows::default());
        self.stuck = None;
    }

    /// What breaks a rule, and was not found while a commit was applied. It may be met again and again, and is found once.
    fn broken(&mut self, position: i64, rule: Rule, what: String) {
        if self.alarm(position, rule, what.clone()) {
            self.state.findings.require(rule, false, || what);
            self.state.findings.take_news();
        }
    }

    /// Has an alarm raised; false if it is known.
    fn alarm(&mut self, position: i64, rule: Rule, what: String) -> bool {
        let alarm = NewAlarm { position: Position::new(position), rule: rule.as_str().to_owned(), what };
        let new = self.known.len() < KNOWN && self.known.insert(alarm.clone());
        if new && self.alarms.len() < WAITING {
            self.alarms.push_back(alarm);
        }
        new
    }
}
