//! The next rows of a payout run are paid.

use std::sync::Arc;

use domain::{PayoutRun, Refusal};
use events::recorded::{PayoutDestination, PayoutRow, TransferKind};
use kernel::{Money, PayoutRunId, TransferId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    payout_outcome::payout_outcome,
    posting::{NOBODY, Particulars, PendingTransfer, movement, push_moved, reject},
    transfer::Destination,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Pay the next rows of a run; by the process that pays them. Each is a transfer, posted or refused. Nothing happens unless the run is being
/// paid and these are its next rows, to the letter: no row is paid twice or left out, whoever asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayRows {
    /// Which run.
    pub run: PayoutRunId,
    /// All of one chunk. Without any, the run is looked at, and nothing is written.
    pub rows: Vec<PayoutRow>,
}

impl Command for PayRows {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn weight(&self) -> usize {
        self.rows.len().max(1)
    }

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let run: &PayoutRun = work.get(self.run.into()).ok_or(ExecuteError::PayoutUnknown)?;
        if self.rows.is_empty() || !self.are_next(work, run) {
            work.rests_on(self.run.into());
            // The answer to a look has its time.
            let _ = work.log_time();
            return Ok(());
        }
        let run = run.clone();
        let mut outcomes = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let (transfer, refusal) = pay(rules, work, &run, row);
            outcomes.push((transfer, refusal.map(Into::into)));
        }
        let paid = run.rows_paid(self.rows.iter().zip(outcomes));
        work.push(self.run.into(), paid);
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        match events.is_empty() && !self.rows.is_empty() {
            true => Ok(Arc::new(Outcome::Idle)),
            false => payout_outcome(self.run, events, place, unit),
        }
    }
}

impl PayRows {
    /// Whether the run is being paid, and these are its next rows.
    fn are_next(&self, work: &Decision<'_>, run: &PayoutRun) -> bool {
        let Some(next) = run.next_row() else { return false };
        let chunk = work.get::<Vec<PayoutRow>>(self.run.chunk_stream(next.chunk));
        let left = chunk.and_then(|rows| rows.get(next.index..));
        left.is_some_and(|left| left.starts_with(&self.rows))
    }
}

/// Posts the transfer of a row, or records its refusal.
fn pay(rules: &MoneyRules, work: &mut Decision<'_>, run: &PayoutRun, row: &PayoutRow) -> (TransferId, Option<Refusal>) {
    let opened = &run.opened;
    let (memo, reference, asked_by) = (row.memo.clone(), Some(opened.reference.clone()), Some(opened.opened_by));
    let money = Money { asset: opened.asset, amount: row.amount };
    let destination = destination(row).look_up(work);
    // An account number that nobody bears is refused like an account that does not exist.
    let legs = domain::payment(opened.source, destination.unwrap_or(NOBODY), money);
    match legs.and_then(|legs| movement(rules, work, legs, TransferKind::Payout, None, &[])) {
        Ok(moved) => {
            let transfer = moved.transfer;
            push_moved(work, moved, Particulars { memo, reference, asked_by, ..Particulars::of(TransferKind::Payout) });
            (transfer, None)
        }
        Err(refusal) => {
            let transfer = PendingTransfer::new(TransferKind::Payout, opened.source, money);
            let transfer = PendingTransfer { destination, memo, reference, asked_by, ..transfer };
            (reject(work, transfer, refusal.clone()), Some(refusal))
        }
    }
}

fn destination(row: &PayoutRow) -> Destination {
    match row.destination {
        PayoutDestination::Account(account) => Destination::Account(account),
        PayoutDestination::Number(number) => Destination::Number(number),
    }
}
