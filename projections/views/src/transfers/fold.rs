//! A posted transfer and the two sides that follow it become one row, a rejected one another.

use std::collections::HashMap;

use contracts::recorded::{Recorded, TransferPosted};
use kernel::{Minor, Position, TransferId, Version};
use projection_engine::{Commit, Fault};

use super::rows::{Booked, Row};
use crate::fault::fault;

/// The types whose events change nothing here.
pub(super) const UNUSED: &[&str] = &[
    "AccountOpened",
    "AccountNumberAssigned",
    "AccountFrozen",
    "AccountUnfrozen",
    "AccountClosed",
    "CommandRefused",
    "OwnerAccountAdded",
    "OwnerLeft",
];

pub(super) fn fold<'c>(commits: impl ExactSizeIterator<Item = &'c Commit<Recorded>>) -> Result<Folding<'c>, Fault> {
    let mut folding = Folding { rows: Vec::with_capacity(commits.len()), place: HashMap::new(), reversed: Vec::new() };
    for commit in commits {
        let first = folding.rows.len();
        for (position, event) in commit.positioned() {
            if let Some(body) = &event.body {
                folding.event(commit, position, TransferId::new(event.stream.uuid()), event.version, body)?;
            }
        }
        if let Some(row) = folding.rows[first..].iter().find(|row| row.is_one_sided()) {
            return Err(Fault {
                position: commit.first,
                event_type: "TransferPosted".into(),
                reason: format!("the transfer {} has no debit or no credit in its commit", row.transfer),
            });
        }
    }
    Ok(folding)
}

/// Transfers in the making.
pub(super) struct Folding<'c> {
    pub(super) rows: Vec<Row<'c>>,
    /// Where the transfers of these commits stand in the rows.
    place: HashMap<TransferId, usize>,
    /// Transfers of earlier commits, and what reversed them.
    pub(super) reversed: Vec<(TransferId, TransferId)>,
}

/// A side of a transfer.
enum Side {
    Source,
    Destination,
}

impl<'c> Folding<'c> {
    fn event(
        &mut self,
        commit: &'c Commit<Recorded>,
        position: Position,
        stream: TransferId,
        version: Version,
        body: &'c Recorded,
    ) -> Result<(), Fault> {
        match body {
            Recorded::TransferPosted(TransferPosted(facts)) => {
                self.push(Row::new(stream, facts, None, position, commit.recorded_at));
            }
            Recorded::TransferRejected(rejected) => {
                let (facts, refusal) = (&rejected.facts, Some(&rejected.refusal));
                self.push(Row::new(stream, facts, refusal, position, commit.recorded_at));
            }
            Recorded::TransferReversed(reversed) => match self.place.get(&stream) {
                Some(&place) => self.rows[place].reversed_by = Some(reversed.by),
                None => self.reversed.push((stream, reversed.by)),
            },
            Recorded::AccountDebited(debited) => {
                self.booked(Side::Source, debited.transfer, debited.balance, version, position, body)?;
            }
            Recorded::AccountCredited(credited) => {
                self.booked(Side::Destination, credited.transfer, credited.balance, version, position, body)?;
            }
            Recorded::AccountOpened(_)
            | Recorded::AccountNumberAssigned(_)
            | Recorded::AccountFrozen(_)
            | Recorded::AccountUnfrozen(_)
            | Recorded::AccountClosed(_)
            | Recorded::CommandRefused(_)
            | Recorded::OwnerAccountAdded(_)
            | Recorded::OwnerLeft(_)
            | Recorded::Member(_) => {}
        }
        Ok(())
    }

    fn push(&mut self, row: Row<'c>) {
        self.place.insert(row.transfer, self.rows.len());
        self.rows.push(row);
    }

    fn booked(
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
        let row = &mut self.rows[place];
        let booked = match side {
            Side::Source => &mut row.debited,
            Side::Destination => &mut row.credited,
        };
        *booked = Some(Booked { balance, version });
        // The last event of a transfer gives it its position.
        row.position = position;
        Ok(())
    }
}
