//! A commit by name: what a reader of the log stands on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{CommandId, Position};

/// Names one commit of one history of the log.
///
/// A position alone does not: after a restore the same position is taken by another commit. Two histories that hold the
/// same commit at the same position are equal up to there, so a reader that knows the reference of the last commit it has seen
/// knows that all the commits before it are the same too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CommitRef {
    /// The position of the last event of the commit.
    pub position: Position,
    /// The command that wrote it. It alone is not enough: a client that retries after a restore writes it again.
    pub command_id: CommandId,
    /// When the log recorded it, in whole microseconds.
    pub recorded_at: DateTime<Utc>,
}

/// A short digest of a [`CommitRef`], for places where the whole of it would be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommitTag(pub u64);

impl CommitRef {
    /// The digest: FNV-1a over position, command id and time. It distinguishes commits, it does not authenticate them.
    pub fn tag(&self) -> CommitTag {
        let position = self.position.number().to_be_bytes();
        let time = self.recorded_at.timestamp_micros().to_be_bytes();
        let command = self.command_id.uuid().into_bytes();
        let bytes = position.into_iter().chain(command).chain(time);
        CommitTag(
            bytes
                .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_part_of_a_reference_changes_its_tag() {
        let one = CommitRef {
            position: Position::new(7),
            command_id: CommandId::new(Uuid::from_u128(1)),
            recorded_at: DateTime::UNIX_EPOCH,
        };
        let others = [
            CommitRef { position: Position::new(8), ..one },
            CommitRef { command_id: CommandId::new(Uuid::from_u128(2)), ..one },
            CommitRef { recorded_at: one.recorded_at + chrono::TimeDelta::microseconds(1), ..one },
        ];
        for other in others {
            assert_ne!(one.tag(), other.tag(), "{other:?}");
        }
        assert_eq!(one.tag(), { one }.tag());
    }
}
