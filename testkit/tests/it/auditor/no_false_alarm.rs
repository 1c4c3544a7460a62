//! Nothing is found where nothing is wrong: under load, while auditors and servers are killed and restarted.

use std::time::{Duration, Instant};

use kernel::{Ids, RandomIds, Role};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use testkit::{chaos::Part, kit::test_variable};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Audited;
use crate::support::TestClient;

const ACCOUNTS: usize = 12;
const CLIENTS: usize = 16;

/// How long: seconds in a test run, an hour by `just soak-audit`.
fn how_long() -> Duration {
    let seconds = test_variable("JANGBU_TEST_AUDIT_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(10))
}

/// For how long each client rests after a transfer: an hour at full speed makes a log that takes as long to prove again.
fn pause() -> Duration {
    let millis = test_variable("JANGBU_TEST_AUDIT_PAUSE_MS").ok().and_then(|text| text.parse().ok());
    Duration::from_millis(millis.unwrap_or_default())
}

/// Holds funds, pays a part of them, holds more, and gives the rest back: as far as the accounts allow it. Whether any were held.
async fn hold(client: &TestClient, key: &str, mut body: Value) -> bool {
    body["expires_in"] = json!(60);
    let Ok(placed) = client.try_post("/v1/holds", &format!("{key}-hold"), &body).await else { return false };
    if placed.status != 201 {
        return false;
    }
    let path = format!("/v1/holds/{}", placed.id("hold_id"));
    let one = json!({"money": {"asset": "KRW", "amount": "1"}, "final": false});
    for (verb, body) in [("capture", &one), ("increase", &json!({"money": one["money"]})), ("release", &json!({}))] {
        let _ = client.try_post(&format!("{path}/{verb}"), &format!("{key}-{verb}"), body).await;
    }
    true
}

/// Transfers, reversals, holds and refusals until the time is over; how many were posted and placed. A server that is killed meanwhile is asked again.
async fn load(client: TestClient, number: usize, accounts: Vec<Uuid>, until: Instant) -> (u64, u64) {
    let mut random = SmallRng::seed_from_u64(number as u64);
    let (mut posted, mut holds) = (0, 0);
    for count in 0.. {
        if Instant::now() >= until {
            break;
        }
        let from = random.random_range(0..accounts.len());
        let to = (from + random.random_range(1..accounts.len())) % accounts.len();
        let body = TestClient::transfer_body(accounts[from], accounts[to], random.random_range(1..900));
        let key = format!("audit-{number}-{count}");
        let Ok(answer) = client.try_post("/v1/transfers", &key, &body).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        assert!(answer.body["code"] != "audit-alarm", "a false alarm: {}", answer.body);
        tokio::time::sleep(pause()).await;
        if answer.status == 201 {
            posted += 1;
            if count % 5 == 0 {
                holds += u64::from(hold(&client, &key, body).await);
            }
            if count % 20 == 0 {
                let path = format!("/v1/transfers/{}/reverse", answer.id("transfer_id"));
                let _ = client.try_post(&path, &format!("{key}-back"), &json!({"reason": "a test"})).await;
            }
        }
    }
    (posted, holds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_found_under_load_with_restarts_of_auditor_and_servers() {
    let parts = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query, Part::Auditor];
    let mut audited = Audited::start(&parts).await;
    let mut accounts = vec![audited.from, audited.to];
    for _ in accounts.len()..ACCOUNTS {
        accounts.push(audited.app.funded_member(3_000).await.1);
    }
    let until = Instant::now() + how_long();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client = audited.app.client_at(number % 2, Role::Operator, RandomIds.fresh());
        clients.spawn(load(client, number, accounts.clone(), until));
    }
    let (mut random, mut proven) = (SmallRng::seed_from_u64(7), None);
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(random.random_range(300..1500))).await;
        let part = [Part::Auditor, Part::Command(1), Part::Auditor][random.random_range(0..3)];
        // One that is always restarted before it has read its checkpoint proves nothing. The more accounts, the longer that takes.
        if part == Part::Auditor {
            let now = audited.proven().await;
            if now.is_some() && now == proven {
                continue;
            }
            proven = now;
        }
        match random.random_range(0..2) {
            0 => audited.app.bank.kill(part).unwrap(),
            _ => drop(audited.app.bank.end(part, Duration::from_secs(30)).await.unwrap()),
        }
        audited.app.bank.start(&[part]).await.unwrap();
    }
    let (posted, holds): (Vec<u64>, Vec<u64>) = clients.join_all().await.into_iter().unzip();
    let (posted, holds): (u64, u64) = (posted.iter().sum(), holds.iter().sum());
    assert!(posted > 20 && holds > 4, "{posted} transfers were posted, {holds} holds placed");
    audited.wait_until_proven().await;
    let shown = audited.jangbu().run(&["audit", "show"]).await.unwrap();
    assert_eq!((&shown["alarms"], &shown["stopped_by"]), (&json!([]), &json!(null)), "{shown}");
    let rules = shown["invariants"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["found"] == 0), "{shown}");
    audited.jangbu().run(&["log", "verify"]).await.unwrap();
    println!("{posted} transfers were posted and {holds} holds placed, and nothing was found");
    // A long history is not read again page by page: the proof above has compared the views.
    match how_long() > Duration::from_secs(30) {
        true => audited.end().await,
        false => drop(audited.app.close().await),
    }
}
