//! Several payments as one transfer: all of them happen, or none.

use std::sync::Arc;

use domain::Refusal;
use events::recorded::TransferKind;
use kernel::{AccountId, Money, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    posting::{NOBODY, Particulars, post_legs, rests_on_limits},
    transfer::{Destination, require_owner},
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Up to fifty payments as one transfer, of several assets if need be; by the owner of every source, a service or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompoundTransfer {
    /// In this order; at least one.
    pub payments: Vec<Payment>,
    /// The payer's words.
    pub memo: Option<String>,
    /// What the one who asks calls it.
    pub reference: Option<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Where it comes from.
    pub source: AccountId,
    /// Where it goes to.
    pub destination: Destination,
    /// How much.
    pub money: Money,
}

impl Command for CompoundTransfer {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn weight(&self) -> usize {
        self.payments.len().max(1)
    }

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        for payment in &self.payments {
            require_owner(work, payment.source)?;
        }
        let payments: Vec<_> = self.payments.iter().map(|payment| payment.sides(work)).collect();
        let particulars = Particulars {
            memo: self.memo.clone(),
            reference: self.reference.clone(),
            ..Particulars::of(TransferKind::Compound)
        };
        let posted = domain::payments(&payments).and_then(|legs| post_legs(rules, work, legs, particulars, &[]));
        if let Err(refusal) = posted {
            self.refuse(work, refusal, &payments);
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

impl CompoundTransfer {
    /// A rejected transfer is recorded with one source and one destination, which this one has not.
    fn refuse(&self, work: &mut Decision<'_>, refusal: Refusal, payments: &[(AccountId, AccountId, Money)]) {
        let accounts = payments.iter().flat_map(|(source, destination, _)| [*source, *destination]);
        accounts.filter(|account| *account != NOBODY).for_each(|account| work.rests_on(StreamId::from(account)));
        rests_on_limits(work, &refusal);
        work.refuse(refusal);
    }
}

impl Payment {
    fn sides(&self, work: &Decision<'_>) -> (AccountId, AccountId, Money) {
        (self.source, self.destination.look_up(work).unwrap_or(NOBODY), self.money)
    }
}
