//! Where to go on after the end of the stream was read.

use kernel::{LogId, Position};
use log::Adoption;
use public_events::{CloudEvent, EventCursor};

/// The last message of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// There is none: the stream is new, was wiped, or has outlived its messages.
    Empty,
    /// A public event.
    Event {
        /// The log that it was made from.
        log: LogId,
        /// Its place.
        cursor: EventCursor,
        /// The event.
        event: Box<CloudEvent>,
    },
    /// Not a message of a publisher.
    Strange,
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// With the commit that holds this position, or the next one after it.
    From(Position),
    /// Right after this event, which the log must hold as it is: `log` is the id under which it was told.
    After { log: LogId, cursor: EventCursor, event: Box<CloudEvent> },
}

/// Why there is nowhere to go on. An operator decides: readers of the stream would be told two histories as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoResume {
    #[error(
        "the stream is at {stream}, ahead of the log at {head}: the log has lost its end. If it was restored from a backup, stop the \
         servers that still write the other one, and give this log a new id: `jangbu log adopt --reason WHY`"
    )]
    AheadOfLog { stream: Position, head: Position },
    #[error(
        "the stream tells of another log, {0}: give each bank a stream of its own (JANGBU_PUBLIC_STREAM); if that log is gone for good, \
         delete the stream, and it is filled again from JANGBU_PUBLISHER_FROM on"
    )]
    OtherLog(LogId),
    #[error(
        "the last message of the stream is not a publisher's: find out who else can publish to it; then delete the stream, and it is \
         filled again from JANGBU_PUBLISHER_FROM on (readers know an event by its id)"
    )]
    Strange,
}

/// Decides where to go on: after the last event of the stream, if it is of this log. A log that was restored and has a new id goes on after
/// the last commit that it kept, under the new id.
pub(crate) fn resume(
    tail: Tail,
    log: LogId,
    head: Position,
    adoptions: &[Adoption],
    from: Position,
) -> Result<Resume, NoResume> {
    let (told, cursor, event) = match tail {
        Tail::Empty => return Ok(Resume::From(from)),
        Tail::Strange => return Err(NoResume::Strange),
        Tail::Event { log, cursor, event } => (log, cursor, event),
    };
    if told != log {
        // From the adoption that ended the id under which the event was told, to the newest: each kept the log up to its commit.
        let since = adoptions.iter().position(|adoption| adoption.old == told).ok_or(NoResume::OtherLog(told))?;
        let end = |adoption: &Adoption| adoption.commit.map_or(Position::ZERO, |commit| commit.position);
        let kept = adoptions.iter().skip(since).map(end).min().unwrap_or(Position::ZERO);
        if cursor.position > kept {
            return Ok(Resume::From(kept.next()));
        }
    } else if cursor.position > head {
        return Err(NoResume::AheadOfLog { stream: cursor.position, head });
    }
    Ok(Resume::After { log: told, cursor, event })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{CommandId, CommitRef};
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> LogId {
        LogId::new(Uuid::from_u128(number))
    }

    fn at(position: i64) -> Position {
        Position::new(position)
    }

    fn event() -> Box<CloudEvent> {
        Box::new(CloudEvent {
            id: Uuid::nil(),
            source: "/jangbu/x".to_owned(),
            specversion: "1.0".into(),
            event_type: "x".into(),
            subject: "x".to_owned(),
            time: DateTime::UNIX_EPOCH,
            datacontenttype: "application/json".into(),
            dataschema: "x".into(),
            sequence: None,
            partitionkey: "x".to_owned(),
            correlationid: "x".to_owned(),
            data: serde_json::Value::Null,
        })
    }

    fn told(log: u128, position: i64) -> Tail {
        Tail::Event { log: id(log), cursor: EventCursor { position: at(position), number: 0 }, event: event() }
    }

    fn after(log: u128, position: i64) -> Resume {
        let cursor = EventCursor { position: at(position), number: 0 };
        Resume::After { log: id(log), cursor, event: event() }
    }

    fn adopted(old: u128, new: u128, kept: i64) -> Adoption {
        let commit = CommitRef {
            position: at(kept),
            command_id: CommandId::new(Uuid::nil()),
            recorded_at: DateTime::UNIX_EPOCH,
        };
        Adoption { old: id(old), new: id(new), commit: Some(commit) }
    }

    #[test]
    fn the_end_of_the_stream_is_the_truth() {
        assert_eq!(resume(told(1, 70), id(1), at(99), &[], at(1)), Ok(after(1, 70)));
        assert_eq!(resume(told(1, 99), id(1), at(99), &[], at(1)), Ok(after(1, 99)));
        assert_eq!(resume(Tail::Empty, id(1), at(99), &[], at(40)), Ok(Resume::From(at(40))));
    }

    #[test]
    fn nobody_is_told_two_histories_as_one() {
        let ahead = NoResume::AheadOfLog { stream: at(100), head: at(99) };
        assert_eq!(resume(told(1, 100), id(1), at(99), &[], at(1)), Err(ahead));
        assert_eq!(resume(told(2, 50), id(1), at(99), &[], at(1)), Err(NoResume::OtherLog(id(2))));
        assert_eq!(resume(Tail::Strange, id(1), at(99), &[], at(1)), Err(NoResume::Strange));
    }

    #[test]
    fn a_restored_log_goes_on_after_what_it_kept() {
        let adoptions = [adopted(1, 2, 60), adopted(2, 3, 50)];
        assert_eq!(resume(told(1, 40), id(3), at(99), &adoptions, at(1)), Ok(after(1, 40)));
        assert_eq!(resume(told(1, 55), id(3), at(99), &adoptions, at(1)), Ok(Resume::From(at(51))));
        assert_eq!(resume(told(2, 50), id(3), at(99), &adoptions, at(1)), Ok(after(2, 50)));
        assert_eq!(resume(told(3, 70), id(3), at(99), &adoptions, at(1)), Ok(after(3, 70)));
        let empty = [Adoption { commit: None, ..adopted(1, 2, 0) }];
        assert_eq!(resume(told(1, 5), id(2), at(9), &empty, at(1)), Ok(Resume::From(at(1))));
    }
}
