//! What remains of a hold, by when it was held, with what was counted for limits then.

use events::recorded::Counted;
use serde::{Deserialize, Serialize};

use super::uses::{Share, Shares, Slot};

/// A part of a hold that was held at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    remaining: i128,
    /// The windows in which it was counted, and how often.
    slots: Vec<(Slot, i64)>,
}

/// The parts of a hold, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Parts {
    parts: Vec<Part>,
    /// Whether anything of the hold was paid.
    pub is_paid: bool,
}

/// From which end parts are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

impl Parts {
    /// Adds what is held, and what it counted.
    pub fn add(&mut self, amount: i128, counted: &[Counted]) {
        let slots = counted.iter().map(|counted| (Slot::of(counted), counted.count.into())).collect();
        self.parts.push(Part { remaining: amount, slots });
    }

    /// Whether nothing remains.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Takes an amount away; what of it was counted. `with_count`: how often, too.
    pub fn take(&mut self, amount: i128, order: Order, with_count: bool) -> Shares {
        let (mut left, mut shares) = (amount, Shares::new());
        while left > 0 && !self.parts.is_empty() {
            let place = if order == Order::OldestFirst { 0 } else { self.parts.len() - 1 };
            let part = &mut self.parts[place];
            let taken = part.remaining.min(left);
            for (slot, count) in &part.slots {
                let count = if with_count { *count } else { 0 };
                shares.entry(slot.clone()).or_default().add(Share { amount: taken, count });
            }
            (part.remaining, left) = (part.remaining.saturating_sub(taken), left.saturating_sub(taken));
            if part.remaining <= 0 {
                self.parts.remove(place);
            }
        }
        shares
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use events::recorded::LimitWindow;
    use kernel::Minor;

    use super::*;

    fn counted(name: &str, amount: i128, count: u32) -> Counted {
        let (limit, amount) = (name.to_owned(), Minor::new(amount).expect("38 digits"));
        Counted { limit, window: LimitWindow::Day, until: DateTime::<Utc>::UNIX_EPOCH, amount, count }
    }

    /// Held 100 that counted for `a`, then 50 that counted for `b`.
    fn parts() -> Parts {
        let mut parts = Parts::default();
        parts.add(100, &[counted("a", 100, 1)]);
        parts.add(50, &[counted("b", 50, 0)]);
        parts
    }

    fn named(shares: Shares) -> Vec<(String, i128, i64)> {
        shares.into_iter().map(|(slot, share)| (slot.limit, share.amount, share.count)).collect()
    }

    #[test]
    fn captures_take_the_oldest_and_releases_the_newest() {
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let mut held = parts();
        assert_eq!(named(held.take(60, Order::OldestFirst, false)), [(a.clone(), 60, 0)]);
        assert_eq!(named(held.take(70, Order::NewestFirst, false)), [(a.clone(), 20, 0), (b.clone(), 50, 0)]);
        assert_eq!(named(held.take(99, Order::NewestFirst, true)), [(a.clone(), 20, 1)]);
        assert!(held.is_empty());
        assert_eq!(named(parts().take(150, Order::NewestFirst, true)), [(a, 100, 1), (b, 50, 0)]);
    }
}
