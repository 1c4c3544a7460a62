//! What a run of commits does to holds, each hold once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{Event, HoldAmounts, HoldEvent, HoldPlaced};
use kernel::{HoldId, Minor, Position};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// The types whose events change something here. What holds do to accounts is in the view of accounts.
pub(super) const USED: &[&str] = HoldEvent::NAMES;

/// How a hold came out of the commits.
#[derive(Debug)]
pub(super) struct Change {
    /// How it began, and at which position, if these commits hold that.
    pub(super) placed: Option<(HoldPlaced, Position)>,
    pub(super) amounts: HoldAmounts,
    pub(super) status: &'static str,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Result<HashMap<HoldId, Change>, Fault> {
    let mut changes = HashMap::new();
    commits.iter().try_for_each(|commit| fold_commit(&mut changes, commit))?;
    Ok(changes)
}

pub(super) fn fold_commit(changes: &mut HashMap<HoldId, Change>, commit: &Commit<Event>) -> Result<(), Fault> {
    for (position, event) in commit.positioned() {
        let Some(body) = &event.body else { continue };
        let Event::Hold(hold) = body else { continue };
        let id = HoldId::new(event.stream.uuid());
        let before = changes.remove(&id);
        let placed = match hold {
            HoldEvent::Placed(_) if before.is_some() => {
                return Err(fault(position, body, "the hold has events before it was placed"));
            }
            HoldEvent::Placed(placed) => Some((placed.clone(), position)),
            _ => before.and_then(|before| before.placed),
        };
        let (amounts, status) = state(hold);
        let (position, recorded_at) = (commit.last(), commit.recorded_at);
        changes.insert(id, Change { placed, amounts, status, position, recorded_at });
    }
    Ok(())
}

/// What an event leaves of its hold.
fn state(event: &HoldEvent) -> (HoldAmounts, &'static str) {
    const ACTIVE: &str = "active";
    let (amounts, ended) = match event {
        HoldEvent::Placed(placed) => {
            (HoldAmounts { amount: placed.amount, captured: Minor::ZERO, released: Minor::ZERO }, ACTIVE)
        }
        HoldEvent::Increased(increased) => (increased.left, ACTIVE),
        HoldEvent::Captured(captured) => (captured.left, "captured"),
        HoldEvent::Released(released) => (released.left, "released"),
        HoldEvent::Expired(expired) => (expired.left, "expired"),
    };
    // It is active as long as something remains.
    let is_over = amounts.captured.plus(amounts.released) == Ok(amounts.amount);
    (amounts, if is_over { ended } else { ACTIVE })
}
