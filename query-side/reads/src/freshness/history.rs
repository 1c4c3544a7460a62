//! Whether the live views are of the history that the log holds: looked at by every query server for itself, for a projector
//! that would write it down may not run.

use chrono::{DateTime, Utc};
use kernel::{CommandId, CommitRef, Position};
use uuid::Uuid;

use super::Horizon;
use crate::View;

/// The state that the registry gives to a view that a projector found to be of another history.
pub const OTHER_HISTORY: &str = "other-history";
/// A checkpoint beyond the end of the log may be one of a log that is read from a replica: it counts when it is found at so
/// many looks in a row.
const AHEAD: u32 = 4;

/// What the registry says of a live generation.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint {
    pub generation: i32,
    pub position: Position,
    /// None in a row of an earlier build.
    pub command_id: Option<Uuid>,
    pub recorded_at: Option<DateTime<Utc>>,
}

/// What was found at the last look, view by view.
#[derive(Debug, Default)]
pub struct Histories([Found; View::ALL.len()]);

#[derive(Clone, Copy, Debug, Default)]
struct Found {
    generation: i32,
    other: bool,
    ahead: u32,
}

impl Histories {
    /// Whether each view is of another history than the log. While the log cannot be asked, what was found before counts.
    pub async fn check(
        &mut self,
        horizon: &Horizon,
        checkpoints: [Option<Checkpoint>; View::ALL.len()],
    ) -> [bool; View::ALL.len()] {
        let ends = checkpoints.map(|checkpoint| checkpoint.map_or(Position::ZERO, |c| c.position));
        let held = horizon.commits_at(&ends).await;
        let head = horizon.head().map(|head| head.position);
        for ((found, checkpoint), place) in self.0.iter_mut().zip(checkpoints).zip(0..) {
            let Some(checkpoint) = checkpoint else {
                *found = Found::default();
                continue;
            };
            if found.generation != checkpoint.generation {
                *found = Found { generation: checkpoint.generation, ..Found::default() };
            }
            if let Ok(held) = &held {
                found.judge(checkpoint, held.get(place).copied().flatten(), head);
            }
        }
        self.0.map(|found| found.other)
    }
}

impl Found {
    fn judge(&mut self, checkpoint: Checkpoint, held: Option<CommitRef>, head: Option<Position>) {
        let Checkpoint { position, command_id, recorded_at, .. } = checkpoint;
        let same = position == Position::ZERO
            || held.is_some_and(|held| {
                command_id.is_none_or(|command| CommandId::new(command) == held.command_id)
                    && recorded_at.is_none_or(|time| time == held.recorded_at)
            });
        let beyond = held.is_none() && head.is_none_or(|head| head < position);
        self.ahead = if beyond && !same { self.ahead + 1 } else { 0 };
        self.other = !same && (!beyond || self.ahead >= AHEAD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(position: i64, command: u128, time: i64) -> Checkpoint {
        Checkpoint {
            generation: 1,
            position: Position::new(position),
            command_id: Some(Uuid::from_u128(command)),
            recorded_at: DateTime::from_timestamp(time, 0),
        }
    }

    fn held(position: i64, command: u128, time: i64) -> Option<CommitRef> {
        let command_id = CommandId::new(Uuid::from_u128(command));
        Some(CommitRef {
            position: Position::new(position),
            command_id,
            recorded_at: DateTime::from_timestamp(time, 0)?,
        })
    }

    #[test]
    fn a_checkpoint_is_of_the_log_that_holds_its_very_commit() {
        let judged = |checkpoint, held| {
            let mut found = Found::default();
            found.judge(checkpoint, held, Some(Position::new(100)));
            found.other
        };
        assert!(!judged(checkpoint(7, 1, 5), held(7, 1, 5)));
        assert!(!judged(checkpoint(0, 1, 5), None));
        assert!(judged(checkpoint(7, 1, 5), held(7, 2, 5)), "another command");
        assert!(judged(checkpoint(7, 1, 5), held(7, 1, 6)), "the same command, written again");
        assert!(judged(checkpoint(7, 1, 5), None), "no commit ends there");
        let old = Checkpoint { command_id: None, ..checkpoint(7, 1, 5) };
        assert!(!judged(old, held(7, 3, 5)), "a row of an earlier build knows the time alone");
        assert!(judged(old, held(7, 3, 6)));
    }

    #[test]
    fn a_checkpoint_beyond_the_log_counts_when_it_stays_there() {
        let mut found = Found::default();
        for _ in 1..AHEAD {
            found.judge(checkpoint(7, 1, 5), None, Some(Position::new(6)));
            assert!(!found.other);
        }
        found.judge(checkpoint(7, 1, 5), None, Some(Position::new(6)));
        assert!(found.other);
        found.judge(checkpoint(7, 1, 5), held(7, 1, 5), Some(Position::new(7)));
        assert!(!found.other, "the log was late");
    }
}
