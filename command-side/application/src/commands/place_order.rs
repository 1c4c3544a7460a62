//! A standing order is placed.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Refusal,
    standing_order::{first_run, place},
};
use events::recorded::{IfRefused, Schedule, StandingOrderPlaced};
use kernel::{AccountId, Money, OrderId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    order_access::record_before,
    order_outcome::order_outcome,
    own_stream::is_opened_first,
    posting::NOBODY,
    transfer::{Destination, require_owner},
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Places of a second: the tables of processes and views keep no more.
const DIGITS: u16 = 6;

/// Pay the same amount whenever a schedule says so; by the owner of the account that pays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceOrder {
    /// Which account pays.
    pub source: AccountId,
    /// Where it goes.
    pub destination: Destination,
    /// How much each time.
    pub money: Money,
    /// The payer's words.
    pub memo: Option<String>,
    /// When.
    pub schedule: Schedule,
    /// What a refused run does to the order.
    pub if_refused: IfRefused,
    /// Whether runs that an outage made late are carried out; otherwise all of them but the newest are left out.
    pub catch_up: bool,
}

impl Command for PlaceOrder {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.source)?;
        is_opened_first(work)?;
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return Ok(()) };
        let destination = self.destination.look_up(work).unwrap_or(NOBODY);
        match self.placed(work, destination, now) {
            Ok(placed) => {
                // The order has the id of its command: the log need not keep a row for it.
                work.push(OrderId::new(work.command_id.uuid()).into(), placed);
            }
            Err(refusal) => {
                let accounts = [self.source, destination].into_iter().filter(|account| *account != NOBODY);
                accounts.for_each(|account| work.rests_on(account.into()));
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
        order_outcome(events, place, unit)
    }
}

impl PlaceOrder {
    fn placed(
        &self,
        work: &Decision<'_>,
        destination: AccountId,
        now: DateTime<Utc>,
    ) -> Result<StandingOrderPlaced, Refusal> {
        let party = |id: AccountId| (id, (id != NOBODY).then(|| work.account(id)).flatten());
        let owner = place(party(self.source), party(destination), self.money)?;
        let schedule = match &self.schedule {
            Schedule::At(at) => Schedule::At(at.trunc_subsecs(DIGITS)),
            Schedule::Every(repeated) => Schedule::Every(repeated.clone()),
        };
        let next_at = first_run(&schedule, now)?;
        record_before(work, next_at);
        Ok(StandingOrderPlaced {
            owner,
            source: self.source,
            destination,
            money: self.money,
            memo: self.memo.clone(),
            schedule,
            if_refused: self.if_refused,
            catch_up: self.catch_up,
            next_at,
        })
    }
}
