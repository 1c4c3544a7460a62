//! A member asks what an exchange would come to.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    Account, Refusal,
    exchange::{ExchangeRate, FixedSide, Scales, quote_ends},
};
use events::recorded::{Event, QuoteEvent, QuoteMade};
use kernel::{AccountId, MemberId, Money, QuoteId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, own_stream::is_opened_first, refusal_outcome::refusal_outcome, transfer::require_owner};
use crate::{
    ExecuteError, Outcome, QuoteAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// For how long a quote holds, in seconds.
const LIVES: i64 = 30;

/// Ask for a quote; by the owner of both accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuoteExchange {
    /// The account that pays.
    pub source: AccountId,
    /// The account that receives.
    pub destination: AccountId,
    /// Which side is given, in minor units; the other follows from the rate.
    pub fixed: FixedSide,
}

impl Command for QuoteExchange {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.source)?;
        require_owner(work, self.destination)?;
        is_opened_first(work)?;
        match self.quote(rules, work) {
            Ok(Some(made)) => work.push(work.command_id.into(), made),
            // Something was not in memory: it is asked again.
            Ok(None) => {}
            Err(refusal) => {
                work.rests_on(self.source.into());
                work.rests_on(self.destination.into());
                if let Some(stream) = self.rate_stream(work) {
                    work.rests_on(stream);
                }
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
        let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
        if let Some(refused) = refusal_outcome(first) {
            return Ok(refused);
        }
        let Event::Quote(QuoteEvent::Made(made)) = &first.recorded else { return Err(IncompleteEvents) };
        Ok(Arc::new(Outcome::Quoted(QuoteAnswer {
            quote_id: QuoteId::new(first.stream.uuid()),
            made: made.clone(),
            position: place.first,
            recorded_at: place.recorded_at,
        })))
    }
}

impl QuoteExchange {
    fn quote(&self, rules: &MoneyRules, work: &Decision<'_>) -> Result<Option<QuoteMade>, Refusal> {
        let (source, destination) = (member(work, self.source)?, member(work, self.destination)?);
        source.0.debitable()?;
        destination.0.creditable()?;
        let (from, to) = (source.0.asset, destination.0.asset);
        let scale = |asset| rules.scales.get(&asset).copied().ok_or(Refusal::RateUnknown);
        let scales = Scales { from: scale(from)?, to: scale(to)? };
        let rate: Option<&ExchangeRate> = work.get(from.rate_stream(to));
        let Some(now) = work.log_time() else { return Ok(None) };
        let rate = rate.filter(|rate| !work.has_passed(rate.set.expires_at)).ok_or(Refusal::RateUnknown)?;
        let price = rate.price()?;
        let (pay, receive) = self.fixed.sides(price, scales)?;
        Ok(Some(QuoteMade {
            owner: source.1,
            source: self.source,
            destination: self.destination,
            pay: Money { asset: from, amount: pay },
            receive: Money { asset: to, amount: receive },
            rate: price.to_string(),
            expires_at: quote_ends(now, TimeDelta::seconds(LIVES), &rate.set),
        }))
    }

    fn rate_stream(&self, work: &Decision<'_>) -> Option<kernel::StreamId> {
        let (from, to) = (work.account(self.source)?.asset, work.account(self.destination)?.asset);
        Some(from.rate_stream(to))
    }
}

fn member<'a>(work: &'a Decision<'_>, id: AccountId) -> Result<(&'a Account, MemberId), Refusal> {
    let account = work.account(id).ok_or(Refusal::AccountUnknown)?;
    account.owner().map(|owner| (account, owner)).ok_or(Refusal::AccountUnknown)
}
