//! Held funds are paid.

use std::sync::Arc;

use domain::{Account, Hold, Refusal, hold::Capture};
use events::recorded::{AccountEvent, CountedFor, TransferKind};
use kernel::{AccountId, HoldId, Money};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    hold_access::{Wish, has_expired, hold_for, refuse},
    posting::{Moved, NOBODY, Particulars, movement, push_moved},
    transfer::Destination,
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Pay from a hold; by the owner of its destination, a service or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaptureHold {
    /// Which.
    pub hold: HoldId,
    /// How much; without it all that remains.
    pub money: Option<Money>,
    /// Where it goes, if the hold does not say so.
    pub destination: Option<Destination>,
    /// Whether nothing more will be paid: the rest is given back.
    pub is_final: bool,
    /// What whoever asks calls it; without it, what the hold is called.
    pub reference: Option<String>,
}

/// A capture that may happen, with what happens to the source before money moves.
struct Allowed {
    capture: Capture,
    released: AccountEvent,
    moved: Moved,
}

impl Command for CaptureHold {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let hold = hold_for(work, self.hold, Wish::Capture)?;
        let named = self.destination.map(|destination| destination.look_up(work).unwrap_or(NOBODY));
        let source = hold.placed.source;
        match self.allowed(rules, work, &hold, named) {
            Ok(Allowed { capture, released, moved }) => {
                work.push(source.into(), released);
                work.push(self.hold.into(), hold.captured(&capture, moved.transfer));
                let particulars = Particulars {
                    memo: hold.placed.memo,
                    reference: self.reference.clone().or(hold.placed.reference),
                    hold: Some(self.hold),
                    ..Particulars::of(TransferKind::Capture)
                };
                push_moved(work, moved, particulars);
            }
            Err(refusal) => {
                let destination = hold.placed.destination.or(named).filter(|account| *account != NOBODY);
                let accounts: Vec<AccountId> = [Some(source), destination].into_iter().flatten().collect();
                refuse(work, self.hold, &accounts, refusal);
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
        transfer_outcome(events, place, unit)
    }
}

impl CaptureHold {
    fn allowed(
        &self,
        rules: &MoneyRules,
        work: &Decision<'_>,
        hold: &Hold,
        named: Option<AccountId>,
    ) -> Result<Allowed, Refusal> {
        hold.usable(has_expired(work, hold))?;
        let capture = hold.capture(self.money, named, self.is_final)?;
        let account = work.account(hold.placed.source).ok_or(Refusal::AccountUnknown)?;
        let released = account.release(self.hold, capture.freed, &capture.back)?;
        // What is held is not free for anything else in between: both happen in one commit.
        let source = Account::evolve(Some(account.clone()), &released).map_err(|_| Refusal::AccountUnknown)?;
        let money = Money { asset: hold.placed.asset, amount: capture.paid };
        let legs = domain::payment(hold.placed.source, capture.destination, money)?;
        let instead = Some((hold.placed.source, &source));
        let mut moved = movement(rules, work, legs, TransferKind::Capture, instead, &[])?;
        // It was counted when it was held.
        let counted = capture.counted.iter().cloned();
        moved.counted = counted.map(|counted| CountedFor { account: hold.placed.source, counted }).collect();
        Ok(Allowed { capture, released, moved })
    }
}
