//! In which order parked events may be applied.

use std::collections::HashMap;

use kernel::Position;

/// An event that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) position: Position,
    pub(super) commit: Position,
    /// The key it waits behind.
    pub(super) key: String,
    /// All its keys, as far as the program knew that put it aside.
    pub(super) touches: Vec<String>,
    /// The parked keys it belongs to.
    pub(super) keys: Vec<String>,
}

/// What an event waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    pub(super) event: Position,
    pub(super) by: Position,
    pub(super) key: String,
}

/// The events, in order, up to the first before which an event of another of its keys has to be applied; and what that is.
pub(super) fn up_to_blocked(
    waiting: Vec<Waiting>,
    others: &HashMap<String, Vec<Position>>,
) -> (Vec<Waiting>, Option<Blocked>) {
    let mut free: Vec<Waiting> = Vec::new();
    for event in waiting {
        let taken = |position: &Position| free.iter().any(|before| before.position == *position);
        let before = event.keys.iter().find_map(|key| {
            let by = others.get(key)?.iter().find(|by| **by < event.position && !taken(by))?;
            Some(Blocked { event: event.position, by: *by, key: key.clone() })
        });
        if before.is_some() {
            return (free, before);
        }
        free.push(event);
    }
    (free, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: i64, keys: &[&str]) -> Waiting {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        let at = Position::new(position);
        Waiting { position: at, commit: at, key: keys[0].clone(), touches: keys.clone(), keys }
    }

    fn others(key: &str, positions: &[i64]) -> HashMap<String, Vec<Position>> {
        HashMap::from([(key.to_owned(), positions.iter().map(|p| Position::new(*p)).collect())])
    }

    #[test]
    fn an_event_waits_for_the_earlier_ones_of_all_its_keys() {
        let waiting = || vec![event(3, &["a"]), event(5, &["a", "t"]), event(8, &["a"])];
        let (free, blocked) = up_to_blocked(waiting(), &others("t", &[5]));
        assert_eq!((free.len(), blocked), (3, None));
        let (free, blocked) = up_to_blocked(waiting(), &others("t", &[4, 5]));
        let by = Blocked { event: Position::new(5), by: Position::new(4), key: "t".into() };
        assert_eq!((free.len(), blocked), (1, Some(by)));
        // What comes later in the other key is of no concern, and what is applied along is no obstacle.
        let (free, blocked) = up_to_blocked(waiting(), &others("t", &[3, 5, 9]));
        assert_eq!((free.len(), blocked), (3, None));
    }
}
