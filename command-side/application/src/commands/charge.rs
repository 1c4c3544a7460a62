//! A payment code is used: money is paid, or held.
//!
//! A code that is unknown, has expired or was used is refused alike, and takes the same way. What is wrong with the account that pays is
//! for the till to know: that is refused as any transfer is, and the code stays usable.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{PaymentCode, Refusal};
use events::recorded::{HoldPlaced, LimitedKind, PaymentCodeUsed, TransferKind, UsedFor};
use kernel::{AccountId, HoldId, Money, PaymentCodeId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    booking::{FreeReference, free_reference, post_booking},
    hold_outcome::hold_outcome,
    own_stream::is_opened_first,
    place_hold::{place, rests_on_accounts},
    posting::{NOBODY, PendingTransfer, reject},
    transfer::{Destination, require_own_destination},
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// For how long funds are held, in seconds: seven days, as for a hold that does not say.
const HELD_FOR: i64 = 604_800;

/// Pay, or hold, with a payment code; by a service, an operator, or a partner for an account of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Charge {
    /// The keyed hash of the code.
    pub code: PaymentCodeId,
    /// Where the money goes.
    pub destination: Destination,
    /// How much.
    pub money: Money,
    /// What whoever asks calls it.
    pub reference: String,
    /// Whether it is refused if the actor used the reference before, in a booking that asked for the same. A hold is no booking: it is
    /// refused too, and does not use the reference.
    pub unique_reference: bool,
    /// Whether the money is held for the destination, instead of paid.
    pub hold: bool,
}

impl Command for Charge {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        if self.hold {
            is_opened_first(work)?;
        }
        let Some(reference) = free_reference(work, &self.reference, self.unique_reference) else { return Ok(()) };
        let destination = self.destination.look_up(work);
        // It is read for a code that pays nothing too.
        let _ = destination.and_then(|account| work.account(account));
        require_own_destination(work, destination)?;
        match self.usable(work) {
            Ok(code) if self.hold => self.hold_funds(rules, work, &code, destination),
            Ok(code) => self.pay(rules, work, &code, (destination, reference)),
            Err(refusal) => {
                // A code that nobody was given is looked for in the log, and one that was used may be in memory. So that both take as long,
                // something is looked for that is never in memory: the stream of a command that is not carried out yet. The refusal rests on
                // nothing else: what was used or has expired stays so.
                let _ = work.stream(work.command_id.into());
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        if self.hold { hold_outcome(events, place, unit) } else { transfer_outcome(events, place, unit) }
    }
}

impl Charge {
    fn usable(&self, work: &Decision<'_>) -> Result<PaymentCode, Refusal> {
        let code: &PaymentCode = work.get(self.code.into()).ok_or(Refusal::PaymentCodeInvalid)?;
        code.usable(code.used_for.is_none() && work.has_passed(code.issued.expires_at))?;
        Ok(code.clone())
    }

    fn pay(
        &self,
        rules: &MoneyRules,
        work: &mut Decision<'_>,
        code: &PaymentCode,
        (destination, reference): (Option<AccountId>, FreeReference),
    ) {
        let transfer = PendingTransfer {
            destination,
            reference: Some(self.reference.clone()),
            ..PendingTransfer::new(TransferKind::Charge, code.issued.source, self.money)
        };
        let posted = match code.covers(self.money) {
            Ok(()) => post_booking(rules, work, transfer, reference),
            Err(refusal) => {
                reject(work, transfer, refusal);
                None
            }
        };
        match posted {
            Some(transfer) => self.mark_used(work, UsedFor::Transfer(transfer)),
            None => work.rests_on(self.code.into()),
        }
    }

    fn hold_funds(
        &self,
        rules: &MoneyRules,
        work: &mut Decision<'_>,
        code: &PaymentCode,
        destination: Option<AccountId>,
    ) {
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return };
        let placed = HoldPlaced {
            source: code.issued.source,
            destination: Some(destination.unwrap_or(NOBODY)),
            asset: self.money.asset,
            amount: self.money.amount,
            expires_at: now + TimeDelta::seconds(HELD_FOR),
            memo: None,
            reference: Some(self.reference.clone()),
            placed_by: work.actor,
            counted: Vec::new(),
        };
        let covered = code.covers(self.money);
        match covered.and_then(|()| place(rules, work, placed.clone(), LimitedKind::Charge)) {
            Ok(()) => self.mark_used(work, UsedFor::Hold(HoldId::new(work.command_id.uuid()))),
            Err(refusal) => {
                rests_on_accounts(work, &placed, &refusal);
                work.rests_on(self.code.into());
                work.refuse(refusal);
            }
        }
    }

    fn mark_used(&self, work: &mut Decision<'_>, used_for: UsedFor) {
        work.push(self.code.into(), PaymentCodeUsed { used_for });
    }
}
