//! What remains of a hold, by when it was held, so that what is given back goes to the windows of limits in which it was counted.

use events::recorded::{Counted, HoldEvent, HoldPlaced};
use kernel::Minor;

/// First what the hold was placed with, then each increase. A capture takes from the oldest, what is given back is of the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments(Vec<Segment>);

/// A part of what remains, and what it was counted for when it was held.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    remaining: Minor,
    counted: Vec<Counted>,
}

impl Segments {
    /// Of a hold that was just placed.
    pub fn of(placed: &HoldPlaced) -> Self {
        Self(vec![Segment { remaining: placed.amount, counted: placed.counted.clone() }])
    }

    /// What an event leaves of them.
    pub fn after(mut self, event: &HoldEvent) -> Self {
        match event {
            HoldEvent::Placed(placed) => return Self::of(placed),
            HoldEvent::Increased(increased) => {
                self.0.push(Segment { remaining: increased.by, counted: increased.counted.clone() });
            }
            HoldEvent::Captured(captured) => {
                self.capture(captured.paid);
                if captured.is_final {
                    self.0.clear();
                }
            }
            HoldEvent::Released(released) => drop(self.give_back(released.given_back, false)),
            HoldEvent::Expired(_) => self.0.clear(),
        }
        self
    }

    /// Takes what is paid, and gives what of that was counted. How often is not taken over: a hold that paid something has counted.
    pub fn capture(&mut self, paid: Minor) -> Vec<Counted> {
        let mut left = paid;
        let mut counted = Vec::new();
        while let Some(oldest) = self.0.first_mut().filter(|_| left.is_positive()) {
            left = left.minus(oldest.take(left, false, &mut counted)).unwrap_or_default();
            if !oldest.remaining.is_positive() {
                self.0.remove(0);
            }
        }
        counted
    }

    /// Takes what is given back, and gives what of that was counted. `as_if_never`: nothing was ever paid and nothing remains, so that
    /// also how often is given back.
    pub fn give_back(&mut self, amount: Minor, as_if_never: bool) -> Vec<Counted> {
        let mut left = amount;
        let mut counted = Vec::new();
        while let Some(newest) = self.0.last_mut().filter(|_| left.is_positive()) {
            left = left.minus(newest.take(left, as_if_never, &mut counted)).unwrap_or_default();
            if !newest.remaining.is_positive() {
                self.0.pop();
            }
        }
        counted
    }
}

impl Segment {
    /// Takes at most so much, and gives how much it was.
    fn take(&mut self, most: Minor, with_count: bool, counted: &mut Vec<Counted>) -> Minor {
        let taken = self.remaining.min(most);
        self.remaining = self.remaining.minus(taken).unwrap_or_default();
        let share =
            |of: &Counted| Counted { amount: taken, count: if with_count { of.count } else { 0 }, ..of.clone() };
        counted.extend(self.counted.iter().map(share));
        taken
    }
}
