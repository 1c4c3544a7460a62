//! A posted transfer is undone by another.

use std::sync::Arc;

use events::recorded::TransferKind;
use kernel::{StreamId, TransferId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    posting::{Particulars, PendingTransfer, post_legs, reject},
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Undo a posted transfer by another; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reverse {
    /// Which.
    pub transfer: TransferId,
    /// Why; kept as the reversal's memo.
    pub reason: String,
}

impl Command for Reverse {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let id = self.transfer;
        let transfer = work.transfer(id).ok_or(ExecuteError::TransferUnknown)?;
        let (legs, counted) = match transfer.reverse() {
            Ok((legs, counted)) => (legs, counted.to_vec()),
            Err(refusal) => {
                work.rests_on(id.into());
                work.refuse(refusal);
                return Ok(());
            }
        };
        let (kind, memo) = (TransferKind::Reversal, Some(self.reason.clone()));
        let particulars = Particulars { memo: memo.clone(), reverses: Some(id), ..Particulars::of(kind) };
        let posted = post_legs(rules, work, legs.clone(), particulars, &counted);
        let Err(refusal) = posted else { return Ok(()) };
        if let Some(pair) = legs.pair() {
            let destination = Some(pair.destination);
            let transfer = PendingTransfer::new(kind, pair.source, pair.money);
            reject(work, PendingTransfer { destination, memo, reverses: Some(id), ..transfer }, refusal);
        } else {
            // A rejected transfer is recorded with one source and one destination, which this one has not.
            legs.iter().for_each(|leg| work.rests_on(StreamId::from(leg.account)));
            work.refuse(refusal);
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        transfer_outcome(events, place, unit)
    }
}
