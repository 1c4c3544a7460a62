//! Rates, quotes and exchanges, calculated again in whole numbers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::done::{Done, Side, id, time, units};

/// A rate is a whole number of these parts.
const PARTS: i128 = 10_i128.pow(18);

#[derive(Default)]
pub struct Exchange {
    /// By what is sold and what is bought.
    rates: HashMap<[String; 2], Rate>,
    quotes: HashMap<Uuid, Quote>,
    /// What the bank should have of each asset, from the quotes that were used.
    balances: HashMap<String, i128>,
}

struct Rate {
    /// Without the spread, in parts.
    price: i128,
    expires_at: DateTime<Utc>,
}

struct Quote {
    person: Option<usize>,
    accounts: [Uuid; 2],
    assets: [String; 2],
    pay: i128,
    receive: i128,
    expires_at: DateTime<Utc>,
    is_used: bool,
}

/// How many decimal digits a minor unit is below a whole one.
fn scale(asset: &str) -> u32 {
    match asset {
        "KRW" => 0,
        "USD" => 2,
        other => panic!("no asset of this test: {other}"),
    }
}

/// A decimal number in parts.
fn parts(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_else(|| panic!("no rate: {value}"));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= 18, "{text}");
    format!("{whole}{fraction:0<18}").parse().unwrap()
}

impl Exchange {
    pub fn set(&mut self, done: &Done) {
        let (asked, body) = (&done.asked, &done.answer.body);
        let pair = ["from", "to"].map(|field| body[field].as_str().unwrap().to_owned());
        assert_eq!(asked["path"], format!("/v1/rates/{}/{}", pair[0], pair[1]));
        assert_eq!((parts(&body["rate"]), &body["spread_bps"]), (parts(&asked["rate"]), &asked["spread_bps"]));
        let kept = 10_000 - i128::from(asked["spread_bps"].as_i64().unwrap());
        let price = parts(&asked["rate"]) * kept / 10_000;
        self.rates.insert(pair, Rate { price, expires_at: time(&body["expires_at"]) });
    }

    /// A quote follows from the rate in force. `now`: a time before it was made.
    pub fn quoted(&mut self, done: &Done, assets: [String; 2], now: Option<DateTime<Utc>>) {
        let (asked, body) = (&done.asked, &done.answer.body);
        let Rate { price, expires_at: counts_until } = self.rates.get(&assets).expect("a rate was set");
        assert!(now.is_none_or(|now| now < *counts_until), "quoted at a rate that counts no more: {body}");
        assert_eq!(parts(&body["rate"]), *price, "the rate in force: {body}");
        let expires_at = time(&body["expires_at"]);
        assert!(expires_at <= *counts_until, "{body}");
        let (pay, receive) = (units(&body["pay"]), units(&body["receive"]));
        assert!(pay > 0 && receive > 0, "{body}");
        // So many minor units are received for so many that are paid, exactly.
        let [from, to] = assets.each_ref().map(|asset| scale(asset));
        let gets = price * 10_i128.pow(to.saturating_sub(from));
        let costs = PARTS * 10_i128.pow(from.saturating_sub(to));
        assert!(receive * costs <= pay * gets, "rounded for the member: {body}");
        if asked.get("pay").is_some() {
            assert_eq!(pay, units(&asked["pay"]), "{body}");
            assert!((receive + 1) * costs > pay * gets, "a unit or more is kept: {body}");
        } else {
            assert_eq!(receive, units(&asked["receive"]), "{body}");
            assert!(receive * costs > (pay - 1) * gets, "a unit or more is charged: {body}");
        }
        let accounts = ["source", "destination"].map(|field| id(&asked[field]));
        let quote = Quote { person: done.person, accounts, assets, pay, receive, expires_at, is_used: false };
        assert!(self.quotes.insert(id(&body["quote_id"]), quote).is_none(), "a quote of one id twice");
    }

    /// An exchange is as it was quoted; gives the quote.
    pub fn used(&mut self, done: &Done, sides: &[Side]) -> Uuid {
        let body = &done.answer.body;
        let quote_id = id(&done.asked["quote_id"]);
        let quote = self.quotes.get_mut(&quote_id).expect("it was quoted before");
        assert!(!std::mem::replace(&mut quote.is_used, true), "a quote used twice: {body}");
        assert_eq!((done.person, &body["kind"]), (quote.person, &Value::from("exchange")));
        assert!(time(&body["recorded_at"]) < quote.expires_at, "a quote that held no more was used: {body}");
        let [pays, takes, gives, receives] = sides else { panic!("an exchange has four legs: {body}") };
        assert_eq!([pays.account, receives.account], quote.accounts, "{body}");
        assert!(!quote.accounts.contains(&takes.account) && !quote.accounts.contains(&gives.account), "{body}");
        let [from, to] = quote.assets.each_ref().map(String::as_str);
        let legs = [pays, takes, gives, receives].map(|side| (side.asset.as_str(), side.amount));
        assert_eq!(legs, [(from, -quote.pay), (from, quote.pay), (to, -quote.receive), (to, quote.receive)], "{body}");
        self.book(quote_id, 1);
        quote_id
    }

    /// What a used quote leaves in the bank's accounts, or takes back from them with a minus.
    pub fn book(&mut self, quote: Uuid, sign: i128) {
        let Quote { assets: [from, to], pay, receive, .. } = &self.quotes[&quote];
        *self.balances.entry(from.clone()).or_default() += sign * pay;
        *self.balances.entry(to.clone()).or_default() -= sign * receive;
    }

    /// What the bank's exchange accounts of an asset have in all.
    pub fn balance(&self, asset: &str) -> i128 {
        self.balances.get(asset).copied().unwrap_or_default()
    }
}
