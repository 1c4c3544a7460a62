//! Where to go on after the tail of the stream was read.

use kernel::{CommitRef, LogId, Position};

/// The last message of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// There is none: the stream is new, was wiped, or has outlived its messages.
    Empty,
    /// A slice of this log up to here, with the commit that ends it if the message names it.
    Slice(LogId, Position, Option<CommitRef>),
    /// Not a message of a relay: nothing in it is used.
    Strange,
}

/// Where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Right after this position, the end of a commit.
    After(Position),
    /// From about this position, at the next end of a commit before it: the stream is filled again.
    Refill(Position),
    /// Nowhere: the stream is ahead of the log, so the log has lost its end (it was restored from a backup, say), and the
    /// positions it gives from now on would mean something else to a reader of the stream.
    AheadOfLog(Position),
}

/// Decides where to go on: after the tail, if it is of this log. If the stream is empty, far enough back that a reader who
/// is a little behind finds what it needs. Behind the slices of another log, and behind what no relay has sent, the cursor
/// says how far this one came: it is in Postgres, where nobody but a relay writes it.
pub(crate) fn resume(tail: Tail, log: LogId, head: Position, cursor: Position, refill: i64) -> Resume {
    match tail {
        Tail::Slice(id, last, _) if id == log && last > head => Resume::AheadOfLog(last),
        // An old message that somebody sent again must not make the relay publish everything since.
        Tail::Slice(id, last, _) if id == log && last.number() < cursor.min(head).number() - refill.max(0) => {
            Resume::Refill(Position::new(cursor.min(head).number() - refill.max(0)))
        }
        Tail::Slice(id, last, _) if id == log => Resume::After(last),
        Tail::Slice(..) | Tail::Strange => Resume::Refill(cursor.min(head)),
        Tail::Empty => Resume::Refill(Position::new((head.number() - refill.max(0)).max(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: u128 = 1;

    fn id(number: u128) -> LogId {
        LogId::new(uuid::Uuid::from_u128(number))
    }

    fn at(position: i64) -> Position {
        Position::new(position)
    }

    fn decide(tail: Tail, head: i64, cursor: i64) -> Resume {
        resume(tail, id(OURS), at(head), at(cursor), 1_000)
    }

    #[test]
    fn the_tail_is_the_truth_whatever_the_cursor_says() {
        for cursor in [0, 50, 99] {
            assert_eq!(decide(Tail::Slice(id(OURS), at(70), None), 99, cursor), Resume::After(at(70)));
        }
        assert_eq!(decide(Tail::Slice(id(OURS), at(99), None), 99, 0), Resume::After(at(99)));
    }

    #[test]
    fn a_stream_ahead_of_the_log_stops_the_relay() {
        assert_eq!(decide(Tail::Slice(id(OURS), at(100), None), 99, 99), Resume::AheadOfLog(at(100)));
    }

    #[test]
    fn an_empty_stream_is_filled_with_the_end_of_the_log() {
        assert_eq!(decide(Tail::Empty, 5_000, 4_900), Resume::Refill(at(4_000)));
        assert_eq!(decide(Tail::Empty, 300, 300), Resume::Refill(at(0)));
        assert_eq!(decide(Tail::Empty, 0, 0), Resume::Refill(at(0)));
    }

    #[test]
    fn an_old_message_sent_again_costs_no_more_than_a_refill() {
        assert_eq!(decide(Tail::Slice(id(OURS), at(3), None), 9_000, 8_000), Resume::Refill(at(7_000)));
        assert_eq!(decide(Tail::Slice(id(OURS), at(3), None), 500, 8_000), Resume::After(at(3)));
        assert_eq!(decide(Tail::Slice(id(OURS), at(7_000), None), 9_000, 8_000), Resume::After(at(7_000)));
    }

    #[test]
    fn behind_what_is_not_ours_the_cursor_decides() {
        assert_eq!(decide(Tail::Slice(id(2), at(9_999), None), 100, 0), Resume::Refill(at(0)));
        assert_eq!(decide(Tail::Slice(id(2), at(9_999), None), 100, 40), Resume::Refill(at(40)));
        assert_eq!(decide(Tail::Strange, 100, 120), Resume::Refill(at(100)));
    }
}
