//! Cutting the log into messages.

use log::Commit;

/// How large a message may become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Events, at most.
    pub events: usize,
    /// Bytes, about, at most.
    pub bytes: usize,
}

/// Cuts commits into runs within the limits, in order. A commit is never split: one that is too large alone is a run of
/// its own.
pub(crate) fn cut(commits: Vec<Commit>, limits: Limits) -> Vec<Vec<Commit>> {
    let mut runs: Vec<Vec<Commit>> = Vec::new();
    let (mut events, mut bytes) = (0, 0);
    for commit in commits {
        let size = size_of(&commit);
        let fits = events + commit.events.len() <= limits.events && bytes + size <= limits.bytes;
        match runs.last_mut() {
            Some(run) if fits => {
                events += commit.events.len();
                bytes += size;
                run.push(commit);
            }
            _ => {
                (events, bytes) = (commit.events.len(), size);
                runs.push(vec![commit]);
            }
        }
    }
    runs
}

/// About how many bytes a commit takes in a message: what varies, and a little more than what does not.
fn size_of(commit: &Commit) -> usize {
    const COMMIT: usize = 370;
    const EVENT: usize = 115;
    COMMIT + commit.events.iter().map(|e| EVENT + e.event_type.len() + e.payload.get().len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use kernel::{Actor, CommandId, CorrelationId, LogId, MemberId, Position, Role, StreamId, Version};
    use log::{Event, Fingerprint, Slice};
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use uuid::Uuid;

    use super::*;

    fn commits(sizes: &[(usize, usize)]) -> Vec<Commit> {
        let mut first = 1;
        let mut commit = |&(events, payload): &(usize, usize)| {
            let commit = Commit {
                first: Position::new(first),
                command_id: CommandId::new(Uuid::max()),
                fingerprint: Fingerprint([255; 16]),
                actor: Actor { role: Role::Operator, id: MemberId::new(Uuid::max()) },
                correlation: CorrelationId::new(Uuid::max()),
                recorded_at: "2026-11-21T12:00:00.123456Z".parse().unwrap(),
                events: (0..events).map(|_| event(payload)).collect(),
            };
            first += events as i64;
            commit
        };
        sizes.iter().map(&mut commit).collect()
    }

    fn before(commits: &[Commit]) -> Option<kernel::CommitRef> {
        let position = Position::new(commits.first()?.first.number() - 1);
        let recorded_at = commits.first()?.recorded_at;
        (position > Position::ZERO).then_some(kernel::CommitRef {
            position,
            command_id: CommandId::new(Uuid::max()),
            recorded_at,
        })
    }

    fn event(payload: usize) -> Event {
        Event {
            stream: StreamId::new(Uuid::max()),
            version: Version::new(123_456),
            event_type: "AccountCredited".to_owned(),
            schema_version: 1,
            payload: RawValue::from_string(format!("\"{}\"", "x".repeat(payload))).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_split_or_put_out_of_order(
            sizes in prop::collection::vec((1_usize..9, 0_usize..900), 0..40),
            events in 1_usize..12,
            bytes in 1_usize..9_000,
        ) {
            let whole = commits(&sizes);
            let runs = cut(whole.clone(), Limits { events, bytes });
            let firsts: Vec<_> = runs.iter().flatten().map(|c| c.first).collect();
            prop_assert_eq!(firsts, whole.iter().map(|c| c.first).collect::<Vec<_>>());
            for run in runs {
                let (alone, count) = (run.len() == 1, run.iter().map(|c| c.events.len()).sum::<usize>());
                prop_assert!(alone || count <= events);
                let encoded = Slice::new(LogId::new(Uuid::max()), before(&run), run).unwrap().encode().unwrap();
                prop_assert!(alone || encoded.len() <= bytes + 250, "{} bytes in a message of {bytes}", encoded.len());
            }
        }
    }

    #[test]
    fn a_message_is_filled() {
        let runs = cut(commits(&[(3, 10); 10]), Limits { events: 9, bytes: 1_000_000 });
        assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
    }
}
