//! Reading again what was audited: whether it still stands there as it did.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use kernel::Position;
use log::ReadError;

use super::{
    Follower,
    segments::{Segment, Sum},
};
use crate::findings::Rule;

/// Events that are read, and held, at once.
const BATCH: i64 = 2_000;
/// The shortest time between two readings.
const PAUSE: Duration = Duration::from_millis(250);

/// Where the reading again is.
#[derive(Debug, Default)]
pub struct Round {
    /// The next run.
    next: usize,
    /// How many runs there were when the round began.
    until: usize,
    /// When the next run may be read, and the newest one besides its turn.
    due: Option<Instant>,
    newest_due: Option<Instant>,
    /// How far the last whole round went, and when it ended.
    pub(crate) done: Option<(Position, DateTime<Utc>)>,
}

impl Follower {
    /// Reads again what is due: every run in its turn at so many events per second, and the newest one besides, as fast again.
    /// It gives back how many events it read.
    pub async fn recheck(&mut self, events_per_second: u32, now: DateTime<Utc>) -> Result<u64, ReadError> {
        let started = Instant::now();
        let pause =
            |events: u64| PAUSE.max(Duration::from_secs_f64(events as f64 / f64::from(events_per_second.max(1))));
        let is_due = |due: Option<Instant>| due.is_none_or(|due| due <= started);
        let mut read = 0;
        if is_due(self.round.newest_due) && self.state.segments.len() > 1 {
            let newest = self.recheck_segment(self.state.segments.len() - 1).await?;
            self.round.newest_due = Some(started + pause(newest));
            read += newest;
        }
        if !is_due(self.round.due) {
            return Ok(read);
        }
        if self.round.next >= self.round.until {
            (self.round.next, self.round.until) = (0, self.state.segments.len());
        }
        let in_turn = self.recheck_segment(self.round.next).await?;
        self.round.due = Some(started + pause(in_turn));
        self.round.next += 1;
        if self.round.next >= self.round.until
            && let Some(last) = self.round.until.checked_sub(1).and_then(|last| self.state.segments.get(last))
        {
            self.round.done = Some((Position::new(last.end), now));
        }
        Ok(read + in_turn)
    }

    /// How far the last whole round went, and when it ended.
    pub fn rechecked(&self) -> Option<(Position, DateTime<Utc>)> {
        self.round.done
    }

    async fn recheck_segment(&mut self, number: usize) -> Result<u64, ReadError> {
        let Some(segment) = self.state.segments.get(number) else { return Ok(0) };
        // What has left the database was compared with the archive before, which is proven by itself.
        if segment.end <= self.log.detached().await?.number() {
            return Ok(0);
        }
        let wrong = match self.read_again(segment).await {
            Ok(sum) if sum == segment.sum => None,
            Ok(sum) => Some(format!("their digest is {} instead of {}", sum.text(), segment.sum.text())),
            Err(ReadError::Detached { .. } | ReadError::Archive(_)) => return Ok(0),
            Err(ReadError::Damaged { position, what }) => Some(format!("near position {position}: {what}")),
            Err(error) => return Err(error),
        };
        // A log that was given another id is audited from its beginning.
        if wrong.is_some() && Some(self.log.head().await?.log) != self.state.log {
            return Ok(0);
        }
        match wrong {
            None => self.state.findings.checked(Rule::Lasting),
            Some(wrong) => {
                let (first, end) = (segment.after + 1, segment.end);
                let what = format!("commits {first}..{end} are not what they were when they were audited; {wrong}");
                self.broken(first, Rule::Lasting, what);
            }
        }
        Ok((segment.end - segment.after).unsigned_abs())
    }

    /// The sum of a run as it is read now.
    async fn read_again(&self, segment: Segment) -> Result<Sum, ReadError> {
        let (mut after, mut sum) = (segment.after, Sum::default());
        while after < segment.end {
            let most = BATCH.min(segment.end - after);
            let commits = self.log.read_bytes(Position::new(after), most).await?;
            let Some(last) = commits.last() else {
                let position = Position::new(after + 1);
                return Err(ReadError::Damaged { position, what: "the commits from here on are missing".into() });
            };
            after = last.commit.last().number();
            commits.iter().for_each(|commit| sum.add(commit));
        }
        Ok(sum)
    }
}
