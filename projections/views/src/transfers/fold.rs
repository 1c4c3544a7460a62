//! A posted transfer and the two sides that follow it become one row, a rejected one another.

use std::collections::HashMap;

use contracts::recorded::{Recorded, TransferPosted};
use kernel::{Minor, Position, TransferId, Version};
use projection_engine::{Commit, Fault};

use super::rows::{Side, TransferRows};
use crate::fault::fault;

/// The types whose events change nothing here.
pub(super) const UNUSED: &[&str] =
    &["AccountOpened", "AccountNumberAssigned", "AccountFrozen", "AccountUnfrozen", "AccountClosed", "CommandRefused"];

pub(super) fn fold(commits: &[&Commit<Recorded>]) -> Result<TransferRows, Fault> {
    let mut folding = Folding { rows: TransferRows::default(), place: HashMap::with_capacity(commits.len()) };
    for commit in commits {
        let first = folding.rows.len();
        for (position, event) in commit.positioned() {
            if let Some(body) = &event.body {
                folding.event(commit, position, TransferId::new(event.stream.uuid()), event.version, body)?;
            }
        }
        if let Some(transfer) = folding.rows.one_sided(first) {
            return Err(Fault {
                position: commit.first,
                event_type: "TransferPosted".into(),
                reason: format!("the transfer {transfer} has no debit or no credit in its commit"),
            });
        }
    }
    Ok(folding.rows)
}

struct Folding {
    rows: TransferRows,
    /// Where the transfers of this batch stand in the rows.
    place: HashMap<TransferId, usize>,
}

impl Folding {
    fn event(
        &mut self,
        commit: &Commit<Recorded>,
        position: Position,
        stream: TransferId,
        version: Version,
        body: &Recorded,
    ) -> Result<(), Fault> {
        match body {
            Recorded::TransferPosted(TransferPosted(facts)) => {
                self.place.insert(stream, self.rows.len());
                self.rows.push(stream, facts, None, position, commit.recorded_at);
            }
            Recorded::TransferRejected(rejected) => {
                self.place.insert(stream, self.rows.len());
                self.rows.push(stream, &rejected.facts, Some(&rejected.refusal), position, commit.recorded_at);
            }
            Recorded::TransferReversed(reversed) => match self.place.get(&stream) {
                Some(&place) => self.rows.reversed_by[place] = Some(reversed.by.uuid()),
                None => self.rows.reversed_before(stream, reversed.by),
            },
            Recorded::AccountDebited(debited) => {
                self.side(Side::Source, debited.transfer, debited.balance, version, position, body)?;
            }
            Recorded::AccountCredited(credited) => {
                self.side(Side::Destination, credited.transfer, credited.balance, version, position, body)?;
            }
            Recorded::AccountOpened(_)
            | Recorded::AccountNumberAssigned(_)
            | Recorded::AccountFrozen(_)
            | Recorded::AccountUnfrozen(_)
            | Recorded::AccountClosed(_)
            | Recorded::CommandRefused(_) => {}
        }
        Ok(())
    }

    fn side(
        &mut self,
        side: Side,
        transfer: TransferId,
        balance: Minor,
        version: Version,
        position: Position,
        body: &Recorded,
    ) -> Result<(), Fault> {
        let Some(&place) = self.place.get(&transfer) else {
            return Err(fault(position, body, "its transfer is not posted before it in the same commit"));
        };
        self.rows.side(place, side, balance, version, position);
        Ok(())
    }
}
