//! An exchange is carried out as it was quoted.

use std::sync::Arc;

use domain::{Refusal, exchange::Quote};
use events::recorded::{Leg, Legs, TransferKind};
use kernel::{AccountId, Minor, QuoteId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    posting::{Particulars, PendingTransfer, movement, push_moved, reject, system_account},
    transfer_outcome::transfer_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Exchange as quoted; by the member who was given the quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UseQuote {
    /// Which.
    pub quote: QuoteId,
}

impl Command for UseQuote {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let quote = match self.usable(work) {
            Ok(quote) => quote,
            Err(refusal) => {
                work.rests_on(self.quote.into());
                work.refuse(refusal);
                return Ok(());
            }
        };
        if let Err(refusal) = self.exchange(rules, work, &quote) {
            let made = quote.made;
            let transfer = PendingTransfer::new(TransferKind::Exchange, made.source, made.pay);
            reject(work, PendingTransfer { destination: Some(made.destination), ..transfer }, refusal);
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

impl UseQuote {
    fn usable(&self, work: &Decision<'_>) -> Result<Quote, Refusal> {
        let quote: &Quote = work.get(self.quote.into()).ok_or(Refusal::QuoteUnknown)?;
        if work.actor.role.is_customer() && !quote.is_of(work.actor.id) {
            return Err(Refusal::QuoteUnknown);
        }
        quote.usable(quote.used.is_none() && work.has_passed(quote.made.expires_at))?;
        Ok(quote.clone())
    }

    /// The member pays the bank, which pays the member.
    fn exchange(&self, rules: &MoneyRules, work: &mut Decision<'_>, quote: &Quote) -> Result<(), Refusal> {
        let (pay, receive) = (quote.made.pay, quote.made.receive);
        let exchange = |number| rules.system.exchange_name(number);
        let takes = system_account(work, exchange, pay.asset, pay.amount);
        let gives = system_account(work, exchange, receive.asset, receive.amount.negated());
        let leg = |account: AccountId, asset, amount: Minor| Leg { account, asset, amount };
        let legs = Legs::new(vec![
            leg(quote.made.source, pay.asset, pay.amount.negated()),
            leg(takes, pay.asset, pay.amount),
            leg(gives, receive.asset, receive.amount.negated()),
            leg(quote.made.destination, receive.asset, receive.amount),
        ]);
        let legs = legs.map_err(|_| Refusal::AmountNotPositive)?;
        let moved = movement(rules, work, legs, TransferKind::Exchange, None, &[])?;
        work.push(self.quote.into(), Quote::used_by(moved.transfer));
        push_moved(work, moved, Particulars::of(TransferKind::Exchange));
        Ok(())
    }
}
