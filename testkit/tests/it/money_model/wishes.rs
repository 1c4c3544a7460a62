//! What somebody may ask of the exchange, of standing orders and of payout runs.

use chrono::{SecondsFormat, TimeDelta};
use kernel::{Clock, SystemClock};
use rand::{RngExt, rngs::SmallRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{PEOPLE, Wish, World, pick};
use crate::support::money;

/// One of the last few that were made: older ones are mostly over.
fn pick_new<T: Clone>(random: &mut SmallRng, among: &[T]) -> Option<T> {
    pick(random, &among[among.len().saturating_sub(4)..])
}

/// A rate with all digits that a rate can have.
pub fn rate(random: &mut SmallRng, from: &str, to: &str) -> Wish {
    let rate = match from {
        "USD" => {
            let (whole, fraction) = (random.random_range(900..1_500), random.random_range(0..10_u64.pow(18)));
            format!("{whole}.{fraction:018}")
        }
        _ => format!("0.000{}", random.random_range(600_000_000_000_000_u64..999_999_999_999_999)),
    };
    // Some expire before another one is set.
    let valid_for = if random.random_ratio(1, 5) { 2 } else { 3_600 };
    let body = json!({"rate": rate, "spread_bps": random.random_range(0..300), "valid_for": valid_for});
    Wish { what: "rate", person: None, method: Method::PUT, path: format!("/v1/rates/{from}/{to}"), body }
}

impl World {
    /// A rate, a quote or an exchange.
    pub fn exchange(&self, random: &mut SmallRng) -> Option<Wish> {
        let person = random.random_range(0..PEOPLE);
        let to_won = random.random_bool(0.5);
        match random.random_range(0..5) {
            0 if to_won => Some(rate(random, "USD", "KRW")),
            0 => Some(rate(random, "KRW", "USD")),
            1 | 2 => {
                let (dollars, won) = (self.dollars[person], self.won[person]);
                let (source, destination) = if to_won { (dollars, won) } else { (won, dollars) };
                let mut body = json!({"source": source, "destination": destination});
                let (side, is_won) = if random.random_bool(0.5) { ("pay", !to_won) } else { ("receive", to_won) };
                let most = if is_won { 400 } else { 40 };
                body[side] = json!(random.random_range(1..most).to_string());
                Some(Wish::post(Some(person), "quote", "/v1/exchanges/quotes", body))
            }
            _ => {
                let (quote, person) = pick_new(random, &self.made.lock().unwrap().quotes)?;
                Some(Wish::post(person, "exchange", "/v1/exchanges", json!({"quote_id": quote})))
            }
        }
    }

    /// A standing order, or a change to one.
    pub fn order(&self, random: &mut SmallRng) -> Option<Wish> {
        if random.random_ratio(2, 5) {
            return Some(self.new_order(random));
        }
        let (order, owner) = pick_new(random, &self.made.lock().unwrap().orders)?;
        let person = owner.filter(|_| random.random_bool(0.7));
        let path = format!("/v1/standing-orders/{order}");
        Some(match random.random_range(0..5) {
            0 | 1 => Wish::post(person, "pause-order", format!("{path}/pause"), json!({})),
            2 | 3 => Wish::post(person, "resume-order", format!("{path}/resume"), json!({})),
            _ => cancel_order(person, order),
        })
    }

    fn new_order(&self, random: &mut SmallRng) -> Wish {
        let from = random.random_range(0..PEOPLE);
        let to = (from + random.random_range(1..PEOPLE)) % PEOPLE;
        let schedule = if random.random_ratio(1, 5) {
            json!({"every": "day", "time": "00:00", "zone": self.zone})
        } else {
            let at = SystemClock.now() + TimeDelta::milliseconds(random.random_range(500..5_000));
            json!({"at": at.to_rfc3339_opts(SecondsFormat::Micros, true)})
        };
        let body = json!({
            "source": self.won[from], "destination": self.numbers[to],
            "money": money("KRW", random.random_range(1..120)), "schedule": schedule,
            "if_refused": if random.random_bool(0.5) { "skip" } else { "stop" },
        });
        Wish::post(Some(from), "order", "/v1/standing-orders", body)
    }

    /// A payout run, or a change to one.
    pub fn run(&self, random: &mut SmallRng, serial: &str) -> Option<Wish> {
        if random.random_ratio(1, 5) {
            let source = self.won[random.random_range(0..PEOPLE)];
            let body = json!({"source": source, "name": "a test", "reference": serial});
            return Some(Wish::post(None, "open-run", "/v1/payout-runs", body));
        }
        let run = pick_new(random, &self.made.lock().unwrap().runs)?;
        let path = format!("/v1/payout-runs/{}", run.id);
        let by = |what, verb: &str, body| Some(Wish::post(None, what, format!("{path}/{verb}"), body));
        match random.random_range(0..10) {
            0..4 => by("rows", "rows", json!({"run_id": run.id, "rows": self.rows(random)})),
            4..6 => {
                let body = json!({"expected_rows": run.rows.max(1), "expected_total": run.total});
                by("start-run", "start", body)
            }
            6 | 7 => by("pause-run", "pause", json!({})),
            8 => by("resume-run", "resume", json!({})),
            _ => by("cancel-run", "cancel", json!({})),
        }
    }

    /// Some rows: most to people, named by number or id; a few to an account that cannot be paid, or of nothing.
    fn rows(&self, random: &mut SmallRng) -> Vec<Value> {
        let count = random.random_range(2..8);
        let first = {
            let mut made = self.made.lock().unwrap();
            made.row += count;
            made.row - count + 1
        };
        let row = |number: u64| {
            let to = random.random_range(0..PEOPLE);
            let (account, destination) = match random.random_range(0..8) {
                0 => (self.dollars[to], self.dollars[to].to_string()),
                1..4 => (self.won[to], self.numbers[to].clone()),
                _ => (self.won[to], self.won[to].to_string()),
            };
            // The first is right, so that something is added.
            let is_wrong = number > first && random.random_ratio(1, 10);
            let amount = if is_wrong { 0 } else { random.random_range(1..120) };
            json!({"row": number, "destination": destination, "account": account, "amount": amount.to_string()})
        };
        (first..first + count).map(row).collect()
    }
}

/// The end of an order before its time.
pub fn cancel_order(person: Option<usize>, order: Uuid) -> Wish {
    let path = format!("/v1/standing-orders/{order}");
    Wish { what: "cancel-order", person, method: Method::DELETE, path, body: json!({}) }
}
