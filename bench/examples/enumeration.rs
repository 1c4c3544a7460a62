//! Whether a stranger can find out who is a member: answers, statuses and times for contacts and login ids that are known and
//! for some that are not, held against each other on servers that run.
//!
//! `cargo run --release -p bench --example enumeration -- --samples 100`, with `./justw up` running. It makes members of its own,
//! so it is for banks that are thrown away. Not a test: times on a busy machine prove nothing, and a difference found once in
//! twenty runs is what chance does.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use kernel::{Ids, RandomIds};
use rand::seq::SliceRandom;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

/// Compares answers for known and unknown people
#[derive(Parser)]
struct Arguments {
    /// The command server
    #[arg(long, env = "JANGBU_COMMAND_URL", default_value = "http://127.0.0.1:7001")]
    command_url: String,
    /// Where mail is caught
    #[arg(long, env = "JANGBU_MAIL_URL")]
    mail_url: String,
    /// How many of each kind
    #[arg(long, default_value_t = 100)]
    samples: usize,
}

/// A password that the rules take, and that is nobody's.
const PASSWORD: &str = "nobody-has-th1s-one!";
/// Wrong for everybody.
const WRONG: &str = "and-nobody-has-th1s-either!";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let client = Client::builder().timeout(Duration::from_secs(30)).no_proxy().build()?;
    let bank = Bank { client, arguments };
    let samples = bank.arguments.samples;
    eprintln!("making {samples} members");
    let mut members = Vec::new();
    for _ in 0..samples {
        members.push(bank.become_member().await?);
    }
    println!("{samples} of each kind, in random order, one after the other; times in ms\n");
    println!(
        "{:<34} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7}",
        "", "known", "unknown", "p95", "p95", "U: p", "AUC", "KS: p"
    );
    let sign_ups = bank.sign_ups(&members).await?;
    report("sign-up with a contact", &sign_ups.asked);
    report("wrong code for that sign-up", &sign_ups.tried);
    report("another code for that sign-up", &sign_ups.resent);
    let logins = bank.logins(&members).await?;
    report("log-in with a wrong password", &logins);
    report("log-in until it is too often", &bank.throttling(&members).await?);
    Ok(())
}

/// Somebody who may be a member.
#[derive(Clone)]
struct Person {
    login_id: String,
    contact: String,
}

impl Person {
    fn fresh() -> Self {
        let id = RandomIds.fresh().simple().to_string();
        Self { login_id: format!("e_{}", &id[6..32]), contact: format!("enum-{id}@example.org") }
    }
}

/// Answers to known and to unknown people.
#[derive(Default)]
struct Samples {
    known: Vec<Answer>,
    unknown: Vec<Answer>,
}

impl Samples {
    fn push(&mut self, known: bool, answer: Answer) {
        if known { self.known.push(answer) } else { self.unknown.push(answer) }
    }
}

#[derive(Default)]
struct SignUps {
    asked: Samples,
    tried: Samples,
    resent: Samples,
}

/// An answer: how long it took, and everything of it that is not an id or a time.
struct Answer {
    took: Duration,
    shape: String,
    body: Value,
}

struct Bank {
    client: Client,
    arguments: Arguments,
}

impl Bank {
    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.arguments.command_url));
        request.header("idempotency-key", RandomIds.fresh().to_string()).json(body)
    }

    /// Sends it, and waits as long as the server says when it was too often; that time is not counted.
    async fn send(&self, make: impl Fn() -> RequestBuilder, throttled: bool) -> Result<Answer> {
        loop {
            let begun = Instant::now();
            let response = make().send().await.context("the command server does not answer")?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await?;
            let took = begun.elapsed();
            if status == 429 && !throttled {
                let seconds = headers.get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(1);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                continue;
            }
            let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            let names: BTreeSet<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
            let shape = format!("{status} {}, headers {names:?}", code_or_fields(&body));
            return Ok(Answer { took, shape, body });
        }
    }

    fn sign_up_body(person: &Person) -> Value {
        json!({
            "login_id": person.login_id, "password": PASSWORD, "real_name": "Enumerated Person",
            "contact": { "channel": "email", "value": person.contact },
            "consents": [{ "document": "terms", "version": "1", "agreed": true }],
        })
    }

    async fn become_member(&self) -> Result<Person> {
        let person = Person::fresh();
        let body = Self::sign_up_body(&person);
        let asked = self.send(|| self.post("/v1/signups", &body), false).await?;
        let id = asked.body["signup_id"].as_str().with_context(|| format!("no sign-up: {}", asked.shape))?.to_owned();
        let code = self.code_for(&person.contact).await?;
        let verified =
            self.send(|| self.post(&format!("/v1/signups/{id}/verify"), &json!({ "code": code })), false).await?;
        verified.body["member_id"].as_str().with_context(|| format!("no member: {}", verified.shape))?;
        Ok(person)
    }

    /// The code in the newest message to an address.
    async fn code_for(&self, address: &str) -> Result<String> {
        for _ in 0..200 {
            let caught = self.client.get(format!("{}/messages", self.arguments.mail_url)).query(&[("to", address)]);
            let caught: Value = caught.send().await?.json().await?;
            if let Some(text) = caught["items"][0]["text"].as_str() {
                let runs = text.split(|c: char| !c.is_ascii_digit());
                return runs
                    .into_iter()
                    .find(|run| run.len() == 6)
                    .map(str::to_owned)
                    .context("no code in the message");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("no message came to {address}")
    }

    /// Sign-ups with contacts of members and with contacts of nobody, and what can be done with them.
    async fn sign_ups(&self, members: &[Person]) -> Result<SignUps> {
        let mut all: Vec<(bool, String)> = members.iter().map(|member| (true, member.contact.clone())).collect();
        all.extend((0..members.len()).map(|_| (false, Person::fresh().contact)));
        all.shuffle(&mut rand::rng());
        let (mut found, mut ids) = (SignUps::default(), Vec::new());
        for (known, contact) in all {
            let body = Self::sign_up_body(&Person { contact, ..Person::fresh() });
            let answer = self.send(|| self.post("/v1/signups", &body), false).await?;
            ids.extend(answer.body["signup_id"].as_str().map(|id| (known, id.to_owned())));
            found.asked.push(known, answer);
        }
        for (known, id) in &ids {
            let path = format!("/v1/signups/{id}/verify");
            found.tried.push(*known, self.send(|| self.post(&path, &json!({ "code": "000000" })), false).await?);
        }
        for (known, id) in &ids {
            let path = format!("/v1/signups/{id}/resend");
            // Too early for some, and just as much for the others: that is the answer.
            found.resent.push(*known, self.send(|| self.post(&path, &json!({})), true).await?);
        }
        Ok(found)
    }

    /// One log-in with a wrong password for each member, and one for each of as many who are none.
    async fn logins(&self, members: &[Person]) -> Result<Samples> {
        let mut all: Vec<(bool, String)> = members.iter().map(|member| (true, member.login_id.clone())).collect();
        all.extend((0..members.len()).map(|_| (false, Person::fresh().login_id)));
        all.shuffle(&mut rand::rng());
        let mut found = Samples::default();
        for (known, login_id) in all {
            let body = json!({ "login_id": login_id, "password": WRONG });
            found.push(known, self.send(|| self.post("/v1/sessions", &body), false).await?);
        }
        Ok(found)
    }

    /// The same login id again and again, one of a member and one of nobody.
    async fn throttling(&self, members: &[Person]) -> Result<Samples> {
        let mut found = Samples::default();
        for member in members.iter().take(5) {
            for (known, login_id) in [(true, member.login_id.clone()), (false, Person::fresh().login_id)] {
                for attempt in 0..8 {
                    // The member has failed once already.
                    if known && attempt == 0 {
                        continue;
                    }
                    let body = json!({ "login_id": login_id, "password": WRONG });
                    let answer = self.send(|| self.post("/v1/sessions", &body), true).await?;
                    if attempt > 0 {
                        found.push(known, answer);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// The code of a problem, or the names of the fields.
fn code_or_fields(body: &Value) -> String {
    match (&body["code"], body.as_object()) {
        (Value::String(code), _) => code.clone(),
        (_, Some(members)) => members.keys().cloned().collect::<Vec<_>>().join(","),
        _ => String::new(),
    }
}

fn report(what: &str, samples: &Samples) {
    let times = |answers: &[Answer]| {
        let mut times: Vec<f64> = answers.iter().map(|answer| answer.took.as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (known, unknown) = (times(&samples.known), times(&samples.unknown));
    if known.is_empty() || unknown.is_empty() {
        println!("{what:<34} nothing to compare");
        return;
    }
    let at = |times: &[f64], part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    let (u, area) = mann_whitney(&known, &unknown);
    println!(
        "{what:<34} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>7.3} {:>7.3} {:>7.3}",
        at(&known, 0.5),
        at(&unknown, 0.5),
        at(&known, 0.95),
        at(&unknown, 0.95),
        u,
        area,
        kolmogorov_smirnov(&known, &unknown)
    );
    let shapes = |answers: &[Answer]| {
        let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
        answers.iter().for_each(|answer| *shapes.entry(answer.shape.clone()).or_default() += 1);
        shapes
    };
    let (known, unknown) = (shapes(&samples.known), shapes(&samples.unknown));
    let (of_known, of_unknown): (BTreeSet<_>, BTreeSet<_>) = (known.keys().collect(), unknown.keys().collect());
    match of_known == of_unknown {
        true => println!("  the same answers: {}", summary(&known)),
        false => println!("  ANSWERS DIFFER\n    known   {known:?}\n    unknown {unknown:?}"),
    }
}

fn summary(shapes: &BTreeMap<String, usize>) -> String {
    let short =
        |(shape, times): (&String, &usize)| format!("{times} x {}", shape.split(", headers").next().unwrap_or(shape));
    shapes.iter().map(short).collect::<Vec<_>>().join("; ")
}

/// The Mann-Whitney U test with the normal approximation: the probability of so great a difference by chance, and that a
/// known one takes longer than an unknown one (0.5: nothing distinguishes them).
fn mann_whitney(a: &[f64], b: &[f64]) -> (f64, f64) {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let greater = a.iter().map(|x| {
        b.iter()
            .map(|y| {
                if x > y {
                    1.0
                } else if x < y {
                    0.0
                } else {
                    0.5
                }
            })
            .sum::<f64>()
    });
    let u: f64 = greater.sum();
    let z = (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt();
    (2.0 * (1.0 - normal(z.abs())), u / (n * m))
}

/// The two-sample Kolmogorov-Smirnov test, asymptotically: the probability of so great a distance by chance.
fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> f64 {
    let (mut i, mut j, mut distance) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let next = a[i].min(b[j]);
        i += a[i..].iter().take_while(|x| **x <= next).count();
        j += b[j..].iter().take_while(|x| **x <= next).count();
        distance = distance.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    let n = (a.len() * b.len()) as f64 / (a.len() + b.len()) as f64;
    let x = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distance;
    let term = |k: i32| f64::from(if k % 2 == 1 { 2 } else { -2 }) * (-2.0 * f64::from(k * k) * x * x).exp();
    if x < 0.2 { 1.0 } else { (1..=100).map(term).sum::<f64>().clamp(0.0, 1.0) }
}

/// The normal distribution (Abramowitz and Stegun 26.2.17; right to seven digits).
fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let tail = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    1.0 - density * tail.iter().rev().fold(0.0, |sum, c| (sum + c) * t)
}
