//! A posted transfer and the debits and credits that follow it become one row, a rejected one another.

use std::collections::HashMap;

use events::recorded::{
    AccountCredited, AccountDebited, AccountEvent, Event, TransferEvent, TransferPosted, TransferRejected,
    TransferReversed,
};
use kernel::{AccountId, Actor, MemberId, Minor, Position, Role, TransferId, Version};
use projection_engine::{Commit, Fault};

use super::rows::{Asked, Booked, Row};
use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] = &[
    TransferPosted::NAME,
    TransferRejected::NAME,
    TransferReversed::NAME,
    AccountDebited::NAME,
    AccountCredited::NAME,
];

pub(super) fn fold<'c>(commits: impl ExactSizeIterator<Item = &'c Commit<Event>>) -> Result<Folding<'c>, Fault> {
    let mut folding = Folding { rows: Vec::with_capacity(commits.len()), place: HashMap::new(), reversed: Vec::new() };
    for commit in commits {
        let first = folding.rows.len();
        for (position, event) in commit.positioned() {
            if let Some(body) = &event.body {
                folding.event(commit, position, TransferId::new(event.stream.uuid()), event.version, body)?;
            }
        }
        if let Some(row) = folding.rows[first..].iter().find(|row| !row.is_whole()) {
            // Whoever parks the event at fault parks that of the transfer: it need not be the first of its commit.
            let posted = commit.positioned().find(|(_, event)| event.stream.uuid() == row.transfer.uuid());
            return Err(Fault {
                position: posted.map_or(commit.first, |(position, _)| position),
                event_type: TransferPosted::NAME.into(),
                reason: format!("a leg of the transfer {} has no debit or credit in its commit", row.transfer),
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

/// Who asked for a transfer, if it was somebody of one of these roles: who the event says, or else who sent the command.
fn asker(commit: &Commit<Event>, said: Option<Actor>, roles: [Role; 2]) -> Option<MemberId> {
    Some(said.unwrap_or(commit.actor)).filter(|actor| roles.contains(&actor.role)).map(|actor| actor.id)
}

/// Whoever sees what they were refused: that they asked.
const CUSTOMERS: [Role; 2] = [Role::Member, Role::Partner];
/// Whoever finds transfers by what they called them.
const PROGRAMS: [Role; 2] = [Role::Service, Role::Partner];

/// A debit or a credit.
struct Posting {
    account: AccountId,
    transfer: TransferId,
    /// Signed.
    amount: Minor,
    booked: Booked,
}

impl<'c> Folding<'c> {
    fn event(
        &mut self,
        commit: &'c Commit<Event>,
        position: Position,
        stream: TransferId,
        version: Version,
        body: &'c Event,
    ) -> Result<(), Fault> {
        let posting = |transfer, amount, balance| {
            let account = AccountId::new(stream.uuid());
            Posting { account, transfer, amount, booked: Booked { balance, version } }
        };
        match body {
            Event::Transfer(TransferEvent::Posted(posted)) => {
                let service = asker(commit, posted.asked_by, PROGRAMS);
                self.push(Row::posted(stream, posted, service, position, commit.recorded_at));
            }
            Event::Transfer(TransferEvent::Rejected(rejected)) => {
                let by = |roles| asker(commit, rejected.asked_by, roles);
                let asked = Asked { by: by(CUSTOMERS), service: by(PROGRAMS) };
                self.push(Row::rejected(stream, rejected, asked, position, commit.recorded_at));
            }
            Event::Transfer(TransferEvent::Reversed(reversed)) => match self.place.get(&stream) {
                Some(&place) => self.rows[place].reversed_by = Some(reversed.by),
                None => self.reversed.push((stream, reversed.by)),
            },
            Event::Account(AccountEvent::Debited(debited)) => {
                self.book(&posting(debited.transfer, debited.amount.negated(), debited.balance), position, body)?;
            }
            Event::Account(AccountEvent::Credited(credited)) => {
                self.book(&posting(credited.transfer, credited.amount, credited.balance), position, body)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, row: Row<'c>) {
        self.place.insert(row.transfer, self.rows.len());
        self.rows.push(row);
    }

    fn book(&mut self, posting: &Posting, position: Position, body: &Event) -> Result<(), Fault> {
        let Some(&place) = self.place.get(&posting.transfer) else {
            return Err(fault(position, body, "its transfer is not posted before it in the same commit"));
        };
        let row = &mut self.rows[place];
        if !row.book(posting.account, posting.amount, posting.booked) {
            return Err(fault(position, body, "its transfer has no such leg"));
        }
        // The last event of a transfer gives it its position.
        row.position = position;
        Ok(())
    }
}
