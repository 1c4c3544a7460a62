//! Processes with the outside world, whatever the outside does: at the end its books and the bank's say the same.

use harness::LocalProviders;
use kernel::{Ids, RandomIds};
use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use serde_json::{Value, json};
use testkit::{chaos::Part, kit::test_variable};
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, eventually, money, rounds, verify};

/// Answers that are lost are asked for soon, and given up soon.
pub const SETTINGS: [(&str, &str); 2] = [("JANGBU_OUTSIDE_FIRST_PAUSE_MS", "50"), ("JANGBU_OUTSIDE_TRIES", "8")];

/// A bank with local providers of its own.
pub async fn start(parts: &[Part]) -> (TestApp, LocalProviders) {
    TestApp::start_with_providers(parts, &SETTINGS).await
}

/// Tells a provider (`toss`, `bank`, `gift-cards`) what to do wrong.
pub async fn control(providers: &LocalProviders, provider: &str, what: Value) {
    let url = format!("{}/{provider}/control", providers.url());
    let answer = reqwest::Client::new().post(url).json(&what).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

/// Lets a provider do everything right again.
pub async fn heal(providers: &LocalProviders, provider: &str) {
    let url = format!("{}/{provider}/control", providers.url());
    assert!(reqwest::Client::new().delete(url).send().await.unwrap().status().is_success());
}

/// What a provider has in its books in won, and how many entries.
pub async fn booked(providers: &LocalProviders, provider: &str) -> (i128, usize) {
    let url = format!("{}/{provider}/books", providers.url());
    let books: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let totals = books["totals"].as_array().unwrap().iter();
    let won = totals.filter(|total| total["asset"] == "KRW").map(|total| total["amount"].as_str().unwrap());
    (won.map(|amount| amount.parse::<i128>().unwrap()).sum(), books["items"].as_array().unwrap().len())
}

/// A payment key nobody has used.
pub fn payment_key(kind: &str) -> String {
    format!("{kind}-{}", RandomIds.fresh().simple())
}

pub fn top_up(account: Uuid, amount: u64, payment_key: &str) -> Value {
    json!({"account_id": account, "money": money("KRW", amount), "provider": "toss", "payment_key": payment_key})
}

pub fn bank_payout(account: Uuid, amount: u64, number: &str) -> Value {
    let bank_account = json!({"bank": "004", "number": number, "holder": "Hong Gildong"});
    json!({"account_id": account, "money": money("KRW", amount), "bank_account": bank_account})
}

pub fn gift_card(account: Uuid, amount: u64, product: &str) -> Value {
    json!({"account_id": account, "money": money("KRW", amount), "product": product})
}

/// The process, once it is in one of these states.
pub async fn once(client: &TestClient, started: &Answer, states: &[&str]) -> Answer {
    let path = format!("/v1/processes/{}", started.id("process_id"));
    eventually(&format!("{states:?}"), async || {
        let seen = client.get_at(&path, started.token()).await;
        let is_there = states.iter().any(|state| seen.body["state"] == *state);
        if is_there { Ok(seen) } else { Err(seen.body.to_string()) }
    })
    .await
}

/// What the steps of a process came to: the name, the state, and the code of the last error if there was one.
pub fn steps(process: &Answer) -> Vec<String> {
    let steps = process.body["steps"].as_array().unwrap().iter();
    let step = |step: &Value| {
        let texts = ["name", "state", "last_error_code"].map(|field| step[field].as_str().unwrap_or_default());
        texts.join(" ").trim_end().to_owned()
    };
    steps.map(step).collect()
}

/// What is held and what is available of an account, after everything that is level with this answer.
pub async fn held(client: &TestClient, account: Uuid, seen: &Answer) -> (String, String) {
    let path = format!("/v1/accounts/{account}");
    let position = seen.body["position"].as_i64().unwrap();
    let shown = eventually("the account is level", async || {
        let shown = client.get(&path).await;
        let view: i64 = shown.header("view-position").and_then(|text| text.parse().ok()).unwrap_or_default();
        if view >= position { Ok(shown) } else { Err(format!("{view} of {position}")) }
    })
    .await;
    (shown.text("held"), shown.text("balance"))
}

fn seed() -> u64 {
    test_variable("JANGBU_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x0f57)
}

/// Something that a provider may do wrong for a while. What forgets is no provider.
fn trouble(random: &mut SmallRng) -> Value {
    let count = random.random_range(1..4);
    match random.random_range(0..9) {
        0 => json!({"fail": count}),
        1 => json!({"broken": count}),
        2 => json!({"lost": count}),
        3 => json!({"twice": count}),
        4 => json!({"late": count, "late_ms": 300}),
        5 => json!({"wrong": 1, "wrong_how": "amount"}),
        6 => json!({"wrong": 1, "wrong_how": "key"}),
        7 => json!({"wrong": 1, "wrong_how": "refusal"}),
        _ => json!({"settle_ms": random.random_range(0..400)}),
    }
}

/// Operators see to what is stuck, until nothing is.
async fn settle_all(
    operator: &TestClient,
    owner: &TestClient,
    started: &[Answer],
    random: &mut SmallRng,
) -> Vec<Answer> {
    let mut ended = Vec::new();
    for process in started {
        loop {
            let seen = once(owner, process, &["done", "compensated", "stuck"]).await;
            if seen.body["state"] != "stuck" {
                ended.push(seen);
                break;
            }
            let verb = if random.random_bool(0.7) { "retry" } else { "compensate" };
            let path = format!("/v1/processes/{}/{verb}", process.id("process_id"));
            let directed = operator.post(&path, json!({"reason": "the provider is back"})).await;
            // What is being taken back already, or was moved on meanwhile, is only tried again.
            assert!([200, 422, 503].contains(&directed.status), "{}", directed.body);
            if directed.status == 422 {
                let path = format!("/v1/processes/{}/retry", process.id("process_id"));
                operator.post(&path, json!({"reason": "once more"})).await;
            }
        }
    }
    ended
}

/// Random processes, random trouble at every provider, and the leader killed in the middle of it: each schedule has a seed of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_end_of_any_schedule_the_books_of_both_sides_agree() {
    let parts = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query];
    let (mut app, providers) = start(&parts).await;
    let (owner, account) = app.funded_member(1_000_000).await;
    let operator = app.operator();
    let (mut topped_up, mut paid_out, mut given) = (0, 0, 0);
    for round in 0..rounds(30) as u64 {
        let seed = seed().wrapping_add(round);
        println!("schedule {round}: JANGBU_TEST_SEED={seed} JANGBU_TEST_ROUNDS=1 replays it");
        let mut random = SmallRng::seed_from_u64(seed);
        let mut started = Vec::new();
        // A server that was started again listens elsewhere.
        let owner = TestClient { command: app.operator().command, ..owner.clone() };
        for _ in 0..random.random_range(1..5) {
            let provider = *["toss", "bank", "gift-cards"].choose(&mut random).unwrap();
            if random.random_bool(0.7) {
                control(&providers, provider, trouble(&mut random)).await;
            }
            let amount = random.random_range(1..1_000);
            let (path, body) = match random.random_range(0..3) {
                0 => {
                    let kind = *["ok", "ok", "refuse", "lost", "twice"].choose(&mut random).unwrap();
                    ("/v1/top-ups", top_up(account, amount, &payment_key(kind)))
                }
                1 => {
                    let number =
                        *["110-234-567890", "110-234-567890", "0012345", "9912345"].choose(&mut random).unwrap();
                    ("/v1/bank-payouts", bank_payout(account, amount, number))
                }
                _ => {
                    let product = *["coffee", "coffee", "sold-out"].choose(&mut random).unwrap();
                    ("/v1/gift-cards", gift_card(account, amount, product))
                }
            };
            started.push(owner.post(path, body).await.expect(202));
        }
        if random.random_bool(0.3) {
            let server = Part::Command(random.random_range(0..2));
            app.bank.kill(server).unwrap();
            app.bank.start(&[server]).await.unwrap();
        }
        let operator = TestClient { command: app.operator().command, ..operator.clone() };
        let owner = TestClient { command: operator.command.clone(), ..owner.clone() };
        for process in settle_all(&operator, &owner, &started, &mut random).await {
            let amount: i128 = process.body["money"]["amount"].as_str().unwrap().parse().unwrap();
            let done = if process.body["state"] == "done" { amount } else { 0 };
            match process.text("kind").as_str() {
                "top-up" => topped_up += done,
                "bank-payout" => paid_out += done,
                _ => given += done,
            }
        }
        for provider in ["toss", "bank", "gift-cards"] {
            heal(&providers, provider).await;
        }
        for (provider, ours) in [("toss", topped_up), ("bank", paid_out), ("gift-cards", given)] {
            assert_eq!(booked(&providers, provider).await.0, ours, "{provider}, seed {seed}");
        }
    }
    let expected = 1_000_000 + topped_up - paid_out - given;
    let ledger = verify(app).await;
    let ours = &ledger.accounts[&account];
    assert_eq!((ours.balance, ours.held), (expected, 0));
}

/// The log says who asked for what an operator did, and why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stuck_goes_on_as_an_operator_says() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(0).await;
    let (stranger, operator) = (app.member(), app.operator());
    control(&providers, "toss", json!({"fail": 1_000})).await;
    let started = owner.post("/v1/top-ups", top_up(account, 500, &payment_key("ok"))).await.expect(202);
    let stuck = once(&owner, &started, &["stuck"]).await;
    assert_eq!(steps(&stuck), ["confirm stuck not-carried-out"]);
    let path = |verb: &str| format!("/v1/processes/{}{verb}", started.id("process_id"));
    stranger.get_at(&path(""), started.token()).await.expect_problem(404, "process-unknown");
    owner.post(&path("/retry"), json!({"reason": "mine"})).await.expect_problem(403, "forbidden");
    let unknown = format!("/v1/processes/{}/retry", Uuid::nil());
    operator.post(&unknown, json!({"reason": "x"})).await.expect_problem(404, "process-unknown");
    let list = operator.get_at("/v1/processes?state=stuck&kind=top-up", started.token()).await.expect(200);
    assert_eq!(list.items().len(), 1);
    owner.get("/v1/processes").await.expect_problem(403, "forbidden");
    operator.get("/v1/processes?state=lost").await.expect_problem(400, "validation-failed");

    heal(&providers, "toss").await;
    let retried = operator.post_keyed(&path("/retry"), "r", json!({"reason": "it is back"})).await.expect(200);
    let said = [retried.text("action"), retried.text("step"), retried.text("state")];
    assert_eq!(said, ["retry", "confirm", "running"]);
    let again = operator.post_keyed(&path("/retry"), "r", json!({"reason": "it is back"})).await.expect(200);
    assert!(again.replayed() && again.body == retried.body);
    once(&owner, &started, &["done"]).await;
    operator.post(&path("/compensate"), json!({"reason": "too late"})).await.expect_problem(422, "process-over");
    assert_eq!(booked(&providers, "toss").await.0, 500);
    assert_eq!(verify(app).await.accounts[&account].balance, 500);
}
