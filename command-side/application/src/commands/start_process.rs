//! A process with the outside world is started.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{OutsideProcess, Refusal, hold, member::StateReader};
use events::recorded::{HoldPlaced, LimitedKind, OwnerTopUpStarted, ProcessPurpose, ProcessStarted};
use kernel::{AccountId, HoldId, MemberId, Money, ProcessId, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    own_stream::is_opened_first,
    posting::{cash, limited, rests_on_limits},
    process_outcome::process_outcome,
    transfer::require_owner,
};
use crate::{
    ExecuteError, KillMoment, KillPoint, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Start a process with the outside world; by the owner of the account. What goes out is held at once, so nothing is asked for outside that
/// the account cannot pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartProcess {
    /// Which: of a top-up it follows from the payment, so that a payment tops an account up once.
    pub process: ProcessId,
    /// The account that is credited, or that pays.
    pub account: AccountId,
    /// How much.
    pub money: Money,
    /// What it is for; sealed for version 1 of the process.
    pub purpose: ProcessPurpose,
    /// For how long it may wait for the outside, in seconds.
    pub deadline_in: u32,
}

/// The hold ends with the process, whenever that is: it must not end before, for then what was paid outside would be paid from nothing.
const HELD_FOR: TimeDelta = TimeDelta::days(3650);

impl Command for StartProcess {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.account)?;
        is_opened_first(work)?;
        let owner = work.account(self.account).and_then(domain::Account::owner);
        let has_left = owner.is_some_and(|owner| work.has_left(owner));
        // Without the time, or while a stream is missing, it is asked again.
        let Some(now) = work.log_time().filter(|_| !work.lacks_any()) else { return Ok(()) };
        if has_left {
            return Err(ExecuteError::OwnerLeft);
        }
        let start = work.savepoint();
        let begun = owner.ok_or(Refusal::AccountUnknown).and_then(|owner| {
            let deadline = now + TimeDelta::seconds(self.deadline_in.into());
            let started = ProcessStarted {
                owner,
                account: self.account,
                money: self.money,
                hold: None,
                deadline,
                purpose: self.purpose.clone(),
            };
            match self.purpose {
                ProcessPurpose::TopUp { .. } => self.top_up(work, owner, started),
                ProcessPurpose::BankPayout { .. } | ProcessPurpose::GiftCard { .. } => {
                    let placed = self.hold_of(now + HELD_FOR, rules, work);
                    self.pay_out(rules, work, started, placed)
                }
            }
        });
        match begun {
            Ok(()) => KillPoint::start(self.purpose.kind(), KillMoment::Due).pass(),
            Err(refusal) => {
                work.roll_back(start);
                work.rests_on(self.account.into());
                work.rests_on(self.process.into());
                rests_on_limits(work, &refusal);
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        if place.is_some() {
            // It is in the log, and nobody was answered.
            KillPoint::start(self.purpose.kind(), KillMoment::Recorded).pass();
        }
        process_outcome(events, place)
    }
}

impl StartProcess {
    /// The account has to be one that can be credited now; whether it can be later shows then.
    fn top_up(&self, work: &mut Decision<'_>, owner: MemberId, started: ProcessStarted) -> Result<(), Refusal> {
        if !self.money.amount.is_positive() {
            return Err(Refusal::AmountNotPositive);
        }
        let account = work.account(self.account).ok_or(Refusal::AccountUnknown)?;
        if account.asset != self.money.asset {
            return Err(Refusal::AssetMismatch);
        }
        account.creditable()?;
        if work.get::<OutsideProcess>(self.process.into()).is_some() {
            return Err(Refusal::PaymentKeyUsed);
        }
        // It is read before it is written, so that leaving conflicts with it.
        work.owner(owner);
        work.push(self.process.into(), started);
        work.push(owner.owner_stream(), OwnerTopUpStarted { owner, process: self.process });
        Ok(())
    }

    /// The hold has the id of the command, as any hold.
    fn hold_of(
        &self,
        expires_at: chrono::DateTime<chrono::Utc>,
        rules: &MoneyRules,
        work: &mut Decision<'_>,
    ) -> HoldPlaced {
        HoldPlaced {
            source: self.account,
            destination: Some(cash(rules, work, self.money.asset, self.money.amount)),
            asset: self.money.asset,
            amount: self.money.amount,
            expires_at,
            memo: None,
            reference: Some(self.process.to_string()),
            placed_by: work.actor,
            counted: Vec::new(),
        }
    }

    fn pay_out(
        &self,
        rules: &MoneyRules,
        work: &mut Decision<'_>,
        started: ProcessStarted,
        placed: HoldPlaced,
    ) -> Result<(), Refusal> {
        let id = HoldId::new(work.command_id.uuid());
        let source = work.account(placed.source).filter(|account| account.owner().is_some());
        let destination = placed.destination.and_then(|account| work.account(account));
        let limited = limited(work, LimitedKind::Withdrawal);
        let (placed, event) = hold::place(id, placed, source, destination, limited)?;
        rules.limits.check(self.money)?;
        let source = StreamId::from(placed.source);
        work.push(self.process.into(), ProcessStarted { hold: Some(id), ..started });
        work.push(id.into(), placed);
        work.push(source, event);
        Ok(())
    }
}
