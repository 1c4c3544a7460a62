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
    /// The first checkpoint that the log did not hold. A view that moves on does not replace it: a replica that is always a
    /// little late holds it sooner or later.
    awaited: Option<Checkpoint>,
}

impl Histories {
    /// Whether each view is of another history than the log. While the log cannot be asked, what was found before counts.
    pub async fn check(
        &mut self,
        horizon: &Horizon,
        checkpoints: [Option<Checkpoint>; View::ALL.len()],
    ) -> [bool; View::ALL.len()] {
        for (found, checkpoint) in self.0.iter_mut().zip(checkpoints) {
            let generation = checkpoint.map_or(0, |checkpoint| checkpoint.generation);
            if checkpoint.is_none() || found.generation != generation {
                *found = Found { generation, ..Found::default() };
            }
        }
        // Read before the commits: a log that had reached a position then holds a commit there now, or has lost it.
        let seen = horizon.seen();
        let end = |checkpoint: Option<Checkpoint>| checkpoint.map_or(Position::ZERO, |c| c.position);
        let mut ends = checkpoints.map(end).to_vec();
        ends.extend(self.0.iter().map(|found| end(found.awaited)));
        if let Ok(held) = horizon.commits_at(&ends).await {
            let at = |place: usize| held.get(place).copied().flatten();
            for ((found, checkpoint), place) in self.0.iter_mut().zip(checkpoints).zip(0..) {
                if let Some(checkpoint) = checkpoint {
                    found.judge(checkpoint, at(place), at(View::ALL.len() + place), seen);
                }
            }
        }
        self.0.map(|found| found.other)
    }
}

impl Checkpoint {
    /// Whether it stands on this commit.
    fn is_on(&self, held: Option<CommitRef>) -> bool {
        self.position == Position::ZERO
            || held.is_some_and(|held| {
                self.command_id.is_none_or(|command| CommandId::new(command) == held.command_id)
                    && self.recorded_at.is_none_or(|time| time == held.recorded_at)
            })
    }
}

impl Found {
    /// `held` and `awaited` are the commits that the log holds at the checkpoint and at the awaited one; `seen` is where the
    /// last look at the log found its end. What a view claims does not count as such a look: the view is what is judged.
    ///
    /// A view that was found to be of another history stays so until the log holds its commit.
    fn judge(
        &mut self,
        checkpoint: Checkpoint,
        held: Option<CommitRef>,
        awaited: Option<CommitRef>,
        seen: Option<Position>,
    ) {
        let same = checkpoint.is_on(held);
        if same || self.awaited.is_some_and(|checkpoint| checkpoint.is_on(awaited)) {
            *self = Self { generation: self.generation, ..Self::default() };
        }
        if same {
            return;
        }
        let beyond = held.is_none() && seen.is_none_or(|seen| seen < checkpoint.position);
        self.awaited = self.awaited.filter(|_| beyond).or(Some(checkpoint));
        self.ahead = self.ahead.saturating_add(1);
        self.other |= !beyond || self.ahead >= AHEAD;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use kernel::ManualClock;

    use super::{
        super::horizon::tests::{HeadOnly, commit_at, time},
        *,
    };

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

    /// A log that was seen to end at `seen` and holds these commits at the checkpoint and at the awaited one.
    fn judge(
        found: &mut Found,
        checkpoint: Checkpoint,
        held: Option<CommitRef>,
        awaited: Option<CommitRef>,
        seen: i64,
    ) -> bool {
        found.judge(checkpoint, held, awaited, Some(Position::new(seen)));
        found.other
    }

    #[test]
    fn a_checkpoint_is_of_the_log_that_holds_its_very_commit() {
        let judged = |checkpoint, held| judge(&mut Found::default(), checkpoint, held, None, 100);
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
        let (mut found, ahead) = (Found::default(), checkpoint(7, 1, 5));
        for _ in 1..AHEAD {
            assert!(!judge(&mut found, ahead, None, None, 6));
        }
        assert!(judge(&mut found, ahead, None, None, 6));
        assert!(!judge(&mut found, ahead, held(7, 1, 5), held(7, 1, 5), 7), "the log was late");
    }

    #[test]
    fn a_view_that_moves_on_ahead_of_a_late_replica_is_none_of_another_history() {
        let mut found = Found::default();
        assert!(!judge(&mut found, checkpoint(2, 2, 2), None, None, 1));
        for position in 3..30 {
            let command = u128::try_from(position).expect("small");
            let before = held(position - 1, command - 1, position - 1);
            assert!(!judge(&mut found, checkpoint(position, command, position), None, before, position - 1));
        }
    }

    #[test]
    fn what_was_found_to_be_of_another_history_stays_so_until_the_log_holds_it() {
        let (mut found, lost) = (Found::default(), checkpoint(100, 1, 5));
        // The last look was before the log lost its end; the next looks find how short it is now, and see it grow.
        assert!(judge(&mut found, lost, None, None, 100));
        for seen in [85, 85, 99, 100, 120, 85] {
            assert!(judge(&mut found, lost, None, None, seen), "{seen}");
        }
        assert!(judge(&mut found, lost, held(100, 2, 5), held(100, 2, 5), 120));
        assert!(!judge(&mut found, lost, held(100, 1, 5), held(100, 1, 5), 120));
        let next = Checkpoint { generation: 2, ..checkpoint(120, 3, 6) };
        assert!(!judge(&mut found, next, held(120, 3, 6), None, 120));
    }

    #[tokio::test]
    async fn what_a_view_claims_is_no_look_at_the_log() {
        let log = Arc::new(HeadOnly { position: AtomicI64::new(100), ..HeadOnly::default() });
        let horizon = Horizon::new(log.clone(), Arc::new(ManualClock::new(time(0))));
        let end = commit_at(Position::new(100));
        let mut checkpoints = [None; View::ALL.len()];
        checkpoints[0] = Some(Checkpoint {
            generation: 1,
            position: end.position,
            command_id: Some(end.command_id.uuid()),
            recorded_at: Some(end.recorded_at),
        });
        let mut histories = Histories::default();
        horizon.look().await.expect("reachable");
        assert!(!histories.check(&horizon, checkpoints).await[0]);

        // The log is restored, and the view does not know. Reads of it say where it is, before and after each look.
        log.position.store(85, Ordering::SeqCst);
        horizon.look().await.expect("reachable");
        let mut looks = 0;
        while !histories.check(&horizon, checkpoints).await[0] {
            looks += 1;
            assert!(looks < AHEAD, "it is found");
            horizon.at_least(end.position);
        }
        for _ in 0..10 {
            horizon.look().await.expect("reachable");
            assert!(histories.check(&horizon, checkpoints).await[0]);
            horizon.at_least(end.position);
            assert!(histories.check(&horizon, checkpoints).await[0]);
        }
        log.position.store(100, Ordering::SeqCst);
        assert!(!histories.check(&horizon, checkpoints).await[0], "the log holds it again");
    }
}
