//! The newest events, within a limit of bytes.

use std::{collections::VecDeque, sync::Arc};

use kernel::Position;
use public_events::EventCursor;

use crate::event::Event;

/// The newest events: all that there are after its floor.
pub(crate) struct Ring {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    limit: usize,
    floor: EventCursor,
}

impl Ring {
    /// A ring that begins with this event. What was before it is not known.
    pub(crate) fn new(first: Arc<Event>, limit: usize) -> Self {
        let mut ring = Self { events: VecDeque::new(), bytes: 0, limit, floor: before(first.cursor) };
        ring.push(first);
        ring
    }

    /// Takes the next event; the oldest go where there is no room. The newest stays, however large it is.
    pub(crate) fn push(&mut self, event: Arc<Event>) {
        self.bytes += event.size();
        self.events.push_back(event);
        while self.bytes > self.limit && self.events.len() > 1 {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.size();
            self.floor = oldest.cursor;
        }
    }

    /// The place after which every event is here.
    pub(crate) fn floor(&self) -> EventCursor {
        self.floor
    }

    /// The place of the newest event.
    pub(crate) fn newest(&self) -> EventCursor {
        self.events.back().map_or(self.floor, |event| event.cursor)
    }

    /// Bytes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The event at this place, if it is here.
    pub(crate) fn get(&self, cursor: EventCursor) -> Option<&Arc<Event>> {
        let index = self.events.partition_point(|event| event.cursor < cursor);
        self.events.get(index).filter(|event| event.cursor == cursor)
    }

    /// Every event after this place; none if some of them are here no more.
    pub(crate) fn after(&self, cursor: EventCursor) -> Option<impl Iterator<Item = &Arc<Event>>> {
        if cursor < self.floor {
            return None;
        }
        Some(self.events.range(self.events.partition_point(|event| event.cursor <= cursor)..))
    }
}

/// The last place before this one, whether there is an event or not.
fn before(cursor: EventCursor) -> EventCursor {
    match cursor.number.checked_sub(1) {
        Some(number) => EventCursor { number, ..cursor },
        None => EventCursor { position: cursor.position.plus(-1).max(Position::ZERO), number: u16::MAX },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::{at, posted};

    fn ring(limit: usize, events: &[(i64, u16)]) -> Ring {
        let mut events = events.iter().map(|(position, number)| Arc::new(posted(*position, *number, 1)));
        let mut ring = Ring::new(events.next().expect("a first event"), limit);
        events.for_each(|event| ring.push(event));
        ring
    }

    fn after(ring: &Ring, cursor: EventCursor) -> Option<Vec<EventCursor>> {
        ring.after(cursor).map(|events| events.map(|event| event.cursor).collect())
    }

    #[test]
    fn it_knows_what_is_after_a_place_and_what_it_does_not_know() {
        let ring = ring(1 << 20, &[(5, 1), (7, 0), (7, 1), (9, 0)]);
        assert_eq!((ring.floor(), ring.newest()), (at(5, 0), at(9, 0)));
        assert_eq!(after(&ring, at(5, 0)), Some(vec![at(5, 1), at(7, 0), at(7, 1), at(9, 0)]));
        assert_eq!(after(&ring, at(7, 0)), Some(vec![at(7, 1), at(9, 0)]));
        assert_eq!(after(&ring, at(8, 3)), Some(vec![at(9, 0)]), "a place between two events");
        assert_eq!(after(&ring, at(9, 0)), Some(vec![]));
        assert_eq!(after(&ring, at(12, 0)), Some(vec![]));
        assert_eq!(after(&ring, at(4, 9)), None, "5.0 may have been an event");
        assert_eq!(ring.get(at(7, 1)).map(|event| event.cursor), Some(at(7, 1)));
        assert!(ring.get(at(8, 0)).is_none() && ring.get(at(10, 0)).is_none());
    }

    #[test]
    fn the_oldest_go_first_and_the_floor_rises_with_them() {
        let size = posted(100, 0, 1).size();
        let ring = ring(3 * size, &[(101, 0), (102, 0), (103, 0), (104, 0), (105, 0)]);
        assert_eq!(ring.floor(), at(102, 0));
        assert_eq!(after(&ring, at(101, 0)), None);
        assert_eq!(after(&ring, at(102, 0)), Some(vec![at(103, 0), at(104, 0), at(105, 0)]));
        assert_eq!(ring.bytes(), 3 * size);
    }

    #[test]
    fn the_newest_stays_however_large_it_is() {
        let ring = ring(1, &[(1, 0), (2, 0)]);
        assert_eq!((ring.floor(), ring.newest()), (at(1, 0), at(2, 0)));
        assert_eq!(before(at(1, 0)), at(0, u16::MAX), "after the beginning of everything");
    }
}
