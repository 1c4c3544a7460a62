//! The oracle's own book of the exchange: a quote follows from the rate that counts, and is carried out once, in its time and as it was made.
//!
//! A quote that was used is forgotten, and one whose time is over some time later: so memory grows with those that can still be used.

mod price;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, Holder, Leg, QuoteEvent, QuoteMade, QuoteUsed, RateEvent, RateSet, TransferEvent, TransferKind,
    TransferPosted,
};
use kernel::{AccountId, AssetCode, Money};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::price::{Shifts, units, without_spread};
use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
    transfers::TransferEvents,
};

/// So many quotes are kept before those whose time is over are forgotten.
const KEPT: usize = 1024;

/// The rate that counts between two assets.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Rate {
    /// The spread taken off, in units of 10^-18; none if nothing is left.
    price: Option<u128>,
    expires_at: DateTime<Utc>,
}

/// A quote that was not used yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Quote {
    source: Uuid,
    destination: Uuid,
    pay: Money,
    receive: Money,
    expires_at: DateTime<Utc>,
}

/// All rates, and all quotes that were not used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// By their streams.
    rates: HashMap<Uuid, Rate>,
    quotes: HashMap<Uuid, Quote>,
    /// What quotes showed of the scales of two assets, by the stream of the rate of the first for the second.
    shifts: HashMap<Uuid, u64>,
    /// How many quotes there were when those whose time is over were forgotten last.
    kept: usize,
}

impl Exchange {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(
        &mut self,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
        findings: &mut Findings,
    ) {
        for event in &commit.events {
            let id = event.stream;
            let fault = match &event.recorded {
                Event::Rate(RateEvent::Set(set)) => self.set(id, set),
                Event::Quote(QuoteEvent::Made(made)) => self.make(event, made, commit.recorded_at, ledger),
                Event::Quote(QuoteEvent::Used(used)) => self.use_quote(id, used, commit.recorded_at, transfers, ledger),
                Event::Transfer(TransferEvent::Posted(posted)) if posted.kind == TransferKind::Exchange => {
                    let quotes = quotes_for(id, commit);
                    (quotes != 1).then(|| format!("is an exchange with {quotes} quotes"))
                }
                _ => continue,
            };
            findings.require(Rule::Exchange, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {id} {}", fault.unwrap_or_default())
            });
        }
        self.forget(commit.recorded_at);
    }

    /// A rate is set; what is wrong with that.
    fn set(&mut self, id: Uuid, set: &RateSet) -> Option<String> {
        let RateSet { from, to, rate, spread_bps, expires_at } = set;
        let whole = units(rate);
        let price = whole.and_then(|whole| without_spread(whole, *spread_bps));
        self.rates.insert(id, Rate { price, expires_at: *expires_at });
        if from.rate_stream(*to).uuid() != id {
            return Some(format!("is set for {from} and {to}, whose rate is on another stream"));
        }
        whole.is_none().then(|| format!("is set to `{rate}`, which is no rate"))
    }

    /// A quote is made; what is wrong with that.
    fn make(
        &mut self,
        event: &assemble::Event,
        made: &QuoteMade,
        at: DateTime<Utc>,
        ledger: &Ledger,
    ) -> Option<String> {
        let QuoteMade { owner, source, destination, pay, receive, expires_at, .. } = *made;
        let quote = Quote { source: source.uuid(), destination: destination.uuid(), pay, receive, expires_at };
        let is_known = self.quotes.insert(event.stream, quote).is_some();
        if is_known || event.version != 1 {
            return Some(format!("is made as version {}", event.version));
        }
        let is_owners = |account: AccountId, asset: AssetCode| {
            let account = ledger.accounts.get(&account.uuid()).filter(|account| account.asset == asset);
            account.is_some_and(|account| matches!(account.holder, Holder::Member { owner: of, .. } if of == owner))
        };
        if !is_owners(source, pay.asset) || !is_owners(destination, receive.asset) {
            let (from, to) = (format!("{} from {source}", pay.asset), format!("{} to {destination}", receive.asset));
            return Some(format!("of {owner} is for {from} and {to}, which are not both theirs"));
        }
        self.rate_fault(made, at)
    }

    /// What is wrong with the rate of a quote, if anything is.
    fn rate_fault(&mut self, made: &QuoteMade, at: DateTime<Utc>) -> Option<String> {
        let (from, to) = (made.pay.asset, made.receive.asset);
        let rate = self.rates.get(&from.rate_stream(to).uuid()).filter(|rate| at < rate.expires_at);
        let Some(&Rate { price, expires_at }) = rate else {
            return Some(format!("is made at {at}, when no rate for {from} and {to} counts"));
        };
        if made.expires_at > expires_at {
            return Some(format!("holds until {}, and its rate counts until {expires_at}", made.expires_at));
        }
        match price {
            Some(price) if units(&made.rate) == Some(price) => self.amounts_fault(made, price),
            _ => Some(format!("is made at the rate {}, and another counts", made.rate)),
        }
    }

    /// What is wrong with the amounts of a quote, if anything is.
    fn amounts_fault(&mut self, made: &QuoteMade, price: u128) -> Option<String> {
        let (pay, receive) = (made.pay, made.receive);
        let is_turned = pay.asset > receive.asset;
        let turn = |shifts: Shifts| if is_turned { shifts.turned() } else { shifts };
        let (first, second) = if is_turned { (receive.asset, pay.asset) } else { (pay.asset, receive.asset) };
        let known = self.shifts.entry(first.rate_stream(second).uuid()).or_insert(Shifts::ALL.bits());
        let amount = |money: Money| u128::try_from(money.amount.units()).ok().filter(|amount| *amount > 0);
        let fitting = amount(pay).zip(amount(receive));
        let fitting = fitting.map(|(pay, receive)| turn(Shifts::kept(*known)).fitting(pay, receive, price));
        match fitting.filter(|fitting| !fitting.is_none()) {
            Some(fitting) => {
                *known = turn(fitting).bits();
                None
            }
            None => Some(format!(
                "is {} {} for {} {}, which does not follow from the rate {}",
                receive.amount, receive.asset, pay.amount, pay.asset, made.rate
            )),
        }
    }

    /// A quote is used; what is wrong with that.
    fn use_quote(
        &mut self,
        id: Uuid,
        used: &QuoteUsed,
        at: DateTime<Utc>,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
    ) -> Option<String> {
        let Some(quote) = self.quotes.remove(&id) else {
            return Some("was never made, or was used before".to_owned());
        };
        if at >= quote.expires_at {
            return Some(format!("ended at {}, and is used at {at}", quote.expires_at));
        }
        let posted = transfers.get(&used.transfer.uuid()).and_then(|transfer| transfer.posted);
        match posted.filter(|posted| posted.kind == TransferKind::Exchange) {
            Some(posted) => quote.legs_fault(posted, ledger),
            None => Some(format!("is used for transfer {}, which is no exchange of its commit", used.transfer)),
        }
    }

    fn forget(&mut self, at: DateTime<Utc>) {
        if self.quotes.len() >= KEPT.max(2 * self.kept) {
            self.quotes.retain(|_, quote| at < quote.expires_at);
            self.kept = self.quotes.len();
        }
    }
}

impl Quote {
    /// What is wrong with the legs of its exchange, if anything is: the member pays the bank, and the bank pays the member.
    fn legs_fault(&self, posted: &TransferPosted, ledger: &Ledger) -> Option<String> {
        let Self { source, destination, pay, receive, .. } = self;
        let Ok([paid, taken, given, received]) = <&[Leg; 4]>::try_from(&posted.legs[..]) else {
            return Some(format!("is carried out in {} legs", posted.legs.len()));
        };
        let moves = |leg: &Leg, asset: AssetCode, amount: i128| (leg.asset, leg.amount.units()) == (asset, amount);
        let (pays, receives) = (pay.amount.units(), receive.amount.units());
        let is_quoted = moves(paid, pay.asset, -pays)
            && moves(taken, pay.asset, pays)
            && moves(given, receive.asset, -receives)
            && moves(received, receive.asset, receives)
            && (paid.account.uuid(), received.account.uuid()) == (*source, *destination);
        if !is_quoted {
            return Some(format!(
                "is {receives} {} to {destination} for {pays} {} from {source}, and is carried out as {} {} to {} for {} {} from {}",
                receive.asset,
                pay.asset,
                received.amount,
                received.asset,
                received.account,
                paid.amount.negated(),
                paid.asset,
                paid.account
            ));
        }
        let other = [taken, given].into_iter().find(|leg| !is_for_exchange(leg.account, ledger))?;
        Some(format!("is carried out with {}, which is no exchange account of the bank", other.account))
    }
}

/// Whether the bank exchanges from an account.
fn is_for_exchange(account: AccountId, ledger: &Ledger) -> bool {
    let account = ledger.accounts.get(&account.uuid());
    account.is_some_and(|account| matches!(&account.holder, Holder::System { name } if name.starts_with("exchange/")))
}

/// How many quotes a commit uses for a transfer.
fn quotes_for(transfer: Uuid, commit: &Commit) -> usize {
    let is_used = |event: &&assemble::Event| match &event.recorded {
        Event::Quote(QuoteEvent::Used(used)) => used.transfer.uuid() == transfer,
        _ => false,
    };
    commit.events.iter().filter(is_used).count()
}

#[cfg(test)]
mod tests;
