//! A rate of the exchange is set.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::exchange::Rate;
use events::recorded::{Event, RateEvent, RateSet};
use kernel::AssetCode;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::MoneyRules;
use crate::{
    ExecuteError, Outcome, RateAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Set a rate of the exchange; by an operator or a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetRate {
    /// What is sold to the bank.
    pub from: AssetCode,
    /// What the bank gives for it.
    pub to: AssetCode,
    /// How many whole units of `to` one whole unit of `from` costs.
    pub rate: Rate,
    /// What the bank keeps of it, in hundredths of a percent.
    pub spread_bps: u32,
    /// For how long it counts, in seconds.
    pub valid_for: u32,
}

impl Command for SetRate {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let Some(now) = work.log_time() else { return Ok(()) };
        let stream = self.from.rate_stream(self.to);
        let set = RateSet {
            from: self.from,
            to: self.to,
            rate: self.rate.to_string(),
            spread_bps: self.spread_bps,
            expires_at: now + TimeDelta::seconds(self.valid_for.into()),
        };
        // It is looked at, so that the event takes the next version.
        let _ = work.stream(stream);
        work.push(stream, set);
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
        let Event::Rate(RateEvent::Set(set)) = &first.recorded else { return Err(IncompleteEvents) };
        let (position, recorded_at) = (place.first, place.recorded_at);
        Ok(Arc::new(Outcome::RateSet(RateAnswer { set: set.clone(), position, recorded_at })))
    }
}
