//! The people, what they have made so far, and what they ask for.

use std::sync::Mutex;

use kernel::ConsistencyToken;
use rand::{RngExt, rngs::SmallRng};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::done::Done;
use crate::support::{Answer, TestClient, money};

pub const PEOPLE: usize = 4;

/// The people with a client at each server, and what was made so far.
pub struct World {
    pub people: Vec<[TestClient; 2]>,
    pub operators: [TestClient; 2],
    /// Each person's account of won, and its number.
    pub won: Vec<Uuid>,
    pub numbers: Vec<String>,
    /// Each person's account of dollars.
    pub dollars: Vec<Uuid>,
    /// A zone in which no day ends while the test runs.
    pub zone: String,
    pub made: Mutex<Made>,
}

#[derive(Default)]
pub struct Made {
    pub holds: Vec<Uuid>,
    /// What charges held.
    pub charged: Vec<Uuid>,
    pub codes: Vec<String>,
    pub items: Vec<Uuid>,
    pub offers: Vec<Uuid>,
    pub transfers: Vec<Uuid>,
    /// Each with whose it is.
    pub quotes: Vec<(Uuid, Option<usize>)>,
    pub orders: Vec<(Uuid, Option<usize>)>,
    pub runs: Vec<MadeRun>,
    /// The highest number that a row of a run was given.
    pub row: u64,
    pub done: Vec<Done>,
}

/// A payout run, with what it had when rows were last added.
#[derive(Clone)]
pub struct MadeRun {
    pub id: Uuid,
    pub rows: i64,
    pub total: String,
}

/// What somebody asks for: which person, or else an operator.
pub struct Wish {
    pub what: &'static str,
    pub person: Option<usize>,
    pub method: Method,
    pub path: String,
    pub body: Value,
}

impl Wish {
    pub fn post(person: Option<usize>, what: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self { what, person, method: Method::POST, path: path.into(), body }
    }

    /// The body and its type. Rows of a payout run are sent as a table.
    fn content(&self) -> (&'static str, Vec<u8>) {
        if self.what != "rows" {
            return ("application/json", self.body.to_string().into_bytes());
        }
        let mut table = "row,destination,amount,memo\n".to_owned();
        for row in self.body["rows"].as_array().unwrap() {
            let text = |field: &str| row[field].as_str().unwrap();
            table.push_str(&format!("{},{},{},\n", row["row"], text("destination"), text("amount")));
        }
        ("text/csv", table.into_bytes())
    }
}

/// A hold or an offer: one that expires when the others have ended, or in a week.
fn ending(mut body: Value, is_soon: bool) -> Value {
    if is_soon {
        body["expires_in"] = json!(3_600);
    }
    body
}

pub fn pick<T: Clone>(random: &mut SmallRng, among: &[T]) -> Option<T> {
    (!among.is_empty()).then(|| among[random.random_range(0..among.len())].clone())
}

impl World {
    /// A random wish; none if nothing was made yet that it needs.
    pub fn wish(&self, random: &mut SmallRng, serial: &str) -> Option<Wish> {
        match random.random_range(0..33) {
            0..19 => self.payment(random, serial),
            19..24 => self.exchange(random),
            24..28 => self.order(random),
            _ => self.run(random, serial),
        }
    }

    /// A payment, a hold, a charge, a trade, or something that belongs to one.
    fn payment(&self, random: &mut SmallRng, serial: &str) -> Option<Wish> {
        let from = random.random_range(0..PEOPLE);
        let to = (from + random.random_range(1..PEOPLE)) % PEOPLE;
        let (source, destination) = (self.won[from], self.won[to]);
        let amount = money("KRW", random.random_range(1..120));
        let pay = json!({"source": source, "destination": destination, "money": amount});
        let is_final = random.random_bool(0.5);
        let made = self.made.lock().unwrap();
        let hold = |random: &mut SmallRng, verb: &str| {
            // What a charge held is not held more of: a till asks for another code.
            let charged = made.charged.iter().filter(|_| verb != "increase");
            let id = pick(random, &made.holds.iter().chain(charged).copied().collect::<Vec<_>>())?;
            Some(format!("/v1/holds/{id}/{verb}"))
        };
        let by = |person, what, path: &str, body| Some(Wish::post(person, what, path, body));
        match random.random_range(0..19) {
            0 | 1 => by(Some(from), "transfer", "/v1/transfers", pay),
            2 => {
                let (source, destination) = (self.dollars[from], self.dollars[to]);
                let dollars = json!({"source": source, "destination": destination, "money": money("USD", 5)});
                by(Some(from), "compound", "/v1/transfers/compound", json!({"postings": [pay, dollars]}))
            }
            3 | 4 => by(Some(from), "hold", "/v1/holds", ending(pay, is_final)),
            5 | 15 => by(None, "capture", &hold(random, "capture")?, json!({"money": amount, "final": is_final})),
            6 => by(None, "increase", &hold(random, "increase")?, json!({"money": amount})),
            7 => by(
                None,
                "release",
                &hold(random, "release")?,
                if is_final { json!({}) } else { json!({"money": amount}) },
            ),
            8 => by(Some(from), "code", "/v1/payment-codes", json!({"source": source})),
            9 | 10 => {
                let code = pick(random, &made.codes)?;
                let mut body = json!({"code": code, "destination": destination, "money": amount, "reference": serial});
                let what = if is_final { "charge" } else { "charge-hold" };
                body["hold"] = json!(!is_final);
                by(None, what, "/v1/charges", body)
            }
            11 => {
                let body = json!({"collection": "stamps", "serial": serial, "owner": self.numbers[from]});
                by(None, "mint", "/v1/items", body)
            }
            12 => {
                let item = pick(random, &made.items)?;
                by(Some(from), "give", &format!("/v1/items/{item}/transfer"), json!({"to": self.numbers[to]}))
            }
            13 => match pick(random, &made.offers).filter(|_| is_final) {
                Some(offer) => {
                    by(Some(from), "trade", &format!("/v1/offers/{offer}/accept"), json!({"source": source}))
                }
                None => {
                    let item = pick(random, &made.items)?;
                    let body = json!({"item_id": item, "price": amount, "destination": source});
                    by(Some(from), "offer", "/v1/offers", ending(body, random.random_bool(0.5)))
                }
            },
            16 => {
                let path = format!("/v1/offers/{}", pick(random, &made.offers)?);
                Some(Wish { what: "cancel-offer", person: Some(from), method: Method::DELETE, path, body: json!({}) })
            }
            17 | 18 => {
                let (what, path) =
                    if is_final { ("deposit", "/v1/deposits") } else { ("withdrawal", "/v1/withdrawals") };
                by(None, what, path, json!({"account_id": source, "money": amount, "reference": serial}))
            }
            _ => {
                let transfer = pick(random, &made.transfers)?;
                by(None, "reversal", &format!("/v1/transfers/{transfer}/reverse"), json!({"reason": "a test"}))
            }
        }
    }

    /// Asks until there is an answer ("not now" is none), and notes what came of it.
    pub async fn ask(&self, server: usize, key: &str, wish: Wish) -> Answer {
        let client = match wish.person {
            Some(person) => &self.people[person][server],
            None => &self.operators[server],
        };
        let url = format!("{}{}", client.command, wish.path);
        let (kind, bytes) = wish.content();
        let headers = [("content-type", kind), ("idempotency-key", key)];
        let answer = loop {
            let answer = client.send(wish.method.clone(), &url, &headers, Some(bytes.clone())).await.unwrap();
            let again = answer.status == 503 || answer.code() == "idempotency-key-in-flight";
            if !again {
                break answer;
            }
        };
        match answer.status {
            200..=202 => self.note(wish, answer.clone()),
            400..500 if !answer.code().is_empty() => check_refusal(&answer),
            _ => panic!("{}: {} {}", wish.path, answer.status, answer.body),
        }
        answer
    }

    fn note(&self, wish: Wish, answer: Answer) {
        let mut made = self.made.lock().unwrap();
        let id = |field: &str| answer.body[field].as_str().and_then(|text| text.parse::<Uuid>().ok());
        match wish.what {
            "hold" => made.holds.extend(id("hold_id")),
            "charge-hold" => made.charged.extend(id("hold_id")),
            "code" => made.codes.push(answer.text("code")),
            "mint" => made.items.extend(id("item_id")),
            "offer" => made.offers.extend(id("offer_id")),
            "quote" => made.quotes.push((answer.id("quote_id"), wish.person)),
            "order" => made.orders.push((answer.id("order_id"), wish.person)),
            "open-run" => made.runs.push(MadeRun { id: answer.id("run_id"), rows: 0, total: "0".to_owned() }),
            "rows" => {
                let (rows, total) = (answer.number("rows"), answer.text("total"));
                let is_it = |run: &&mut MadeRun| wish.body["run_id"] == run.id.to_string() && run.rows < rows;
                if let Some(run) = made.runs.iter_mut().find(is_it) {
                    *run = MadeRun { id: run.id, rows, total };
                }
            }
            _ => made.transfers.extend(id("transfer_id")),
        }
        // A code is in no event's answer but its own, and moves nothing.
        if wish.what != "code" {
            let position = answer.token().parse::<ConsistencyToken>().unwrap().position.number();
            let mut asked = wish.body;
            asked["path"] = json!(wish.path);
            made.done.push(Done { what: wish.what, person: wish.person, asked, answer, position });
        }
    }
}

/// What is asked for is right in form, and a refusal that says what is left never says less than nothing.
fn check_refusal(answer: &Answer) {
    assert_ne!(answer.status, 400, "{}", answer.body);
    for field in ["available", "remaining"] {
        let left = answer.body[field].as_str();
        assert!(left.is_none_or(|left| !left.starts_with('-')), "{}", answer.body);
    }
}
