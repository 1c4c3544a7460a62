//! Events on their way to receivers that fail, through senders that die.

pub mod receiver;

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use event_store_postgres::{PoolOptions, PostgresLog, connect};
use futures::future::join_all;
use kernel::{LogId, Position};
use log::{ReadCommits, ReadHead};
use public_events::{Earlier, PublicEvent, translate};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use testkit::chaos::{Jangbu, Part};
use uuid::Uuid;

use self::receiver::{Received, Receiver, Reply, failing_at_random, well};
use crate::support::{ALL, Answer, TestApp, TestClient, eventually, rounds};

const SENDER: Part = Part::Webhooks(0);

/// A bank with these senders, which try again soon and may reach this machine.
async fn start(senders: &[Part]) -> TestApp {
    let soon = vec!["50ms"; 60].join(",");
    let settings = [
        ("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8"),
        ("JANGBU_WEBHOOK_SCHEDULE", soon.as_str()),
        ("JANGBU_WEBHOOK_TIMEOUT_MS", "500"),
    ];
    TestApp::start_with(&[&ALL[..], senders].concat(), &settings).await
}

/// A webhook of the service for a receiver.
async fn subscribe(service: &TestClient, receiver: &Receiver, events: &[&str]) -> Answer {
    let created = service.post("/v1/webhooks", json!({"url": receiver.url, "events": events})).await.expect(201);
    receiver.knows(created.text("secret"));
    created
}

fn path(webhook: &Answer, of: &str) -> String {
    format!("/v1/webhooks/{}{of}", webhook.id("webhook_id"))
}

async fn accounts(app: &mut TestApp) -> Vec<Uuid> {
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(app.funded_member(1_000).await.1);
    }
    accounts
}

/// So many transfers between all of them at once.
async fn transfers(operator: &TestClient, accounts: &[Uuid], count: usize) {
    let transfer = move |number: usize| {
        let (from, to) = (accounts[number % accounts.len()], accounts[(number + 1) % accounts.len()]);
        operator.transfer(from, to, 1)
    };
    for answer in join_all((0..count).map(transfer)).await {
        answer.expect(201);
    }
}

/// The public events of the log after a position, made of it once more.
async fn public_events(app: &TestApp, after: i64) -> Vec<PublicEvent> {
    let pool = connect(&app.pair.log.superuser_url(), &PoolOptions::log("test", 1)).unwrap();
    let log = PostgresLog::new(pool.clone());
    let id: LogId = log.head().await.unwrap().log;
    let (mut events, mut position) = (Vec::new(), Position::new(after));
    loop {
        let commits = log.read_commits(position, 1_000).await.unwrap();
        let Some(last) = commits.last() else { break };
        position = last.last();
        let earlier = Earlier::read(&log, &commits).await.unwrap();
        for commit in &commits {
            events.extend(translate(id, commit, &earlier).unwrap());
        }
    }
    pool.close().await;
    events
}

/// Waits until everything was taken that was recorded since the webhook was created, and checks that nothing else was, and that the events
/// of each account came in their order.
async fn check(app: &TestApp, receiver: &Receiver, webhook: &Answer) {
    let expected = public_events(app, webhook.number("position")).await;
    assert!(expected.len() > 10, "there is something to be sent");
    eventually("every event is taken", async || {
        let taken: HashSet<Uuid> = receiver.taken().iter().map(|taken| taken.id).collect();
        let missing = expected.iter().filter(|event| !taken.contains(&event.event.id)).count();
        if missing == 0 { Ok(()) } else { Err(format!("{missing} of {} are missing", expected.len())) }
    })
    .await;
    let mut ought: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for event in &expected {
        ought.entry(event.event.partitionkey.clone()).or_default().push(event.event.id);
    }
    let mut found: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for Received { id, event, .. } in receiver.taken() {
        found.entry(event["partitionkey"].as_str().unwrap().to_owned()).or_default().push(id);
        let recorded = expected.iter().find(|expected| expected.event.id == id).expect("of the log");
        assert_eq!(event, serde_json::to_value(&recorded.event).unwrap(), "the body is the event");
    }
    assert_eq!(found, ought);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_fails_at_random_gets_every_event_in_the_order_of_its_account() {
    let mut app = start(&[SENDER]).await;
    let receiver = Receiver::start(failing_at_random(7)).await;
    let (service, operator) = (app.service(), app.operator());
    let webhook = subscribe(&service, &receiver, &["*"]).await;
    let accounts = accounts(&mut app).await;
    for _ in 0..5 {
        transfers(&operator, &accounts, 12).await;
    }
    check(&app, &receiver, &webhook).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_that_are_killed_lose_nothing() {
    let senders = [Part::Webhooks(0), Part::Webhooks(1)];
    let mut app = start(&senders).await;
    let receiver = Receiver::start(failing_at_random(8)).await;
    let (service, operator) = (app.service(), app.operator());
    let webhook = subscribe(&service, &receiver, &["*"]).await;
    let accounts = accounts(&mut app).await;
    let mut random = SmallRng::seed_from_u64(9);
    for round in 0..rounds(3) {
        let taken = receiver.taken().len();
        transfers(&operator, &accounts, 12).await;
        eventually(
            "it sends",
            async || {
                if receiver.taken().len() > taken { Ok(()) } else { Err("nothing arrives".to_owned()) }
            },
        )
        .await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        // Now both, now one of them, whether it sends or stands by.
        let doomed = if round % 3 == 0 { &senders[..] } else { &senders[round % 2..=round % 2] };
        for part in doomed {
            app.bank.kill(*part).unwrap();
        }
        transfers(&operator, &accounts, 12).await;
        app.bank.start(doomed).await.unwrap();
    }
    check(&app, &receiver, &webhook).await;
    app.close().await;
}

/// The webhook, once the query server says so of it.
async fn seen(service: &TestClient, webhook: &Answer, what: &str, is: impl Fn(&Value) -> bool) {
    eventually(what, async || {
        let seen = service.get(&path(webhook, "")).await;
        if seen.status == 200 && is(&seen.body) { Ok(()) } else { Err(seen.body.to_string()) }
    })
    .await;
}

/// The deliveries of a webhook, once they are as they should be.
async fn deliveries(service: &TestClient, webhook: &Answer, is: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    eventually("the deliveries are as they should be", async || {
        let seen = service.get(&path(webhook, "/deliveries")).await;
        let items = seen.body["items"].as_array().cloned().unwrap_or_default();
        if is(&items) { Ok(items) } else { Err(seen.body.to_string()) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_gone_is_sent_nothing_until_it_is_enabled_and_may_recover_what_it_missed() {
    let mut app = start(&[SENDER]).await;
    let receiver = Receiver::start(|_, _| Reply::Status(410)).await;
    let (service, operator) = (app.service(), app.operator());
    let webhook = subscribe(&service, &receiver, &["*"]).await;
    let accounts = accounts(&mut app).await;
    seen(&service, &webhook, "it is gone", |body| {
        body["status"] == "disabled" && body["disabled_because"] == "gone" && body["failing_since"].is_string()
    })
    .await;
    let given_up = deliveries(&service, &webhook, |items| {
        !items.is_empty() && items.iter().all(|item| item["status"] != "pending")
    })
    .await;
    assert!(given_up.iter().all(|item| item["status"] == "failed" || item["status"] == "dropped"), "{given_up:?}");
    transfers(&operator, &accounts, 4).await;

    receiver.answers(well);
    let enabled = service.patch(&path(&webhook, ""), json!({"status": "enabled"})).await.expect(200);
    transfers(&operator, &accounts, 4).await;
    let later = public_events(&app, enabled.number("position")).await;
    eventually("what happens now is sent", async || {
        let taken: HashSet<Uuid> = receiver.taken().iter().map(|taken| taken.id).collect();
        if later.iter().all(|event| taken.contains(&event.event.id)) { Ok(()) } else { Err(format!("{taken:?}")) }
    })
    .await;
    assert_eq!(receiver.taken().len(), later.len(), "what happened meanwhile was not sent");
    seen(&service, &webhook, "it is enabled", |body| body["status"] == "enabled" && body["failing_since"].is_null())
        .await;

    let since = webhook.text("recorded_at");
    service.post(&path(&webhook, "/recover"), json!({"since": since})).await.expect(202);
    let all = public_events(&app, webhook.number("position")).await;
    eventually("what was missed is sent", async || {
        let taken: HashSet<Uuid> = receiver.taken().iter().map(|taken| taken.id).collect();
        if all.iter().all(|event| taken.contains(&event.event.id)) { Ok(()) } else { Err(format!("{taken:?}")) }
    })
    .await;
    let answered = receiver.received().iter().filter(|received| received.reply == Reply::Status(200)).count();
    assert_eq!(answered, all.len(), "and what was taken is not sent again");
    app.close().await;
}

/// Nobody can be written to: it is shown to the owner, and operators are told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_for_too_long_is_disabled_and_that_is_said_once() {
    let mut app = start(&[]).await;
    app.bank.set(SENDER, "JANGBU_WEBHOOK_DISABLE_AFTER_HOURS", "0");
    app.bank.start(&[SENDER]).await.unwrap();
    let receiver = Receiver::start(|_, _| Reply::Status(500)).await;
    let (service, operator) = (app.service(), app.operator());
    let webhook = subscribe(&service, &receiver, &["*"]).await;
    let accounts = accounts(&mut app).await;
    seen(&service, &webhook, "it is disabled", |body| {
        body["status"] == "disabled"
            && body["disabled_because"] == "failing"
            && body["disabled_at"].is_string()
            && body["failing_since"].is_string()
    })
    .await;
    let listed = service.get("/v1/webhooks").await.expect(200);
    assert_eq!(listed.items()[0]["disabled_because"], "failing");
    transfers(&operator, &accounts, 12).await;

    let url = format!("http://{}/metrics", app.bank.address(SENDER).unwrap());
    eventually("it is counted", async || {
        let page = reqwest::get(&url).await.map_err(|error| error.to_string())?;
        let page = page.text().await.map_err(|error| error.to_string())?;
        let counts =
            ["jangbu_webhooks_stopped{reason=\"failing\"} 1", "jangbu_webhooks_stopped_total{reason=\"failing\"} 1"];
        let is_counted = counts.iter().all(|count| page.lines().any(|line| line == *count));
        if is_counted { Ok(()) } else { Err(page) }
    })
    .await;
    let id = webhook.text("webhook_id");
    let log = std::fs::read_to_string(app.bank.log_file(SENDER)).unwrap();
    let said: Vec<_> = log.lines().filter(|line| line.contains("nothing more is sent to a webhook")).collect();
    assert!(matches!(said[..], [line] if line.contains("ERROR") && line.contains(&id)), "{said:?}");
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let doctor = jangbu.ask(&["doctor"]).await.unwrap();
    let findings = doctor.json["findings"].as_array().unwrap().iter();
    let found: Vec<_> = findings.filter(|finding| finding["what"] == "webhooks").collect();
    let [finding] = found[..] else { panic!("{}", doctor.all) };
    assert_eq!(finding["verdict"], "warn");
    assert!(finding["found"].as_str().unwrap().contains(&id), "{finding}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_owner_asks_for_is_sent_and_shown() {
    let mut app = start(&[SENDER]).await;
    let receiver = Receiver::start(|_, before| if before == 0 { Reply::Later(2) } else { Reply::Status(200) }).await;
    let service = app.service();
    let webhook = subscribe(&service, &receiver, &["hold.placed"]).await;
    // An example, whatever the filter says. The first answer asks for a pause.
    service.post(&path(&webhook, "/example"), json!({"event": "transfer.posted"})).await.expect(202);
    let items = deliveries(&service, &webhook, |items| items.iter().any(|item| item["status"] == "delivered")).await;
    let [example] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((&example["type"], &example["next_at"]), (&json!("transfer.posted"), &Value::Null));
    let [first, second]: [Received; 2] = receiver.received().try_into().expect("two attempts");
    assert_eq!(example["event_id"], first.id.to_string());
    assert_eq!((first.id, &first.body), (second.id, &second.body), "the same event");
    assert!(second.at - first.at >= Duration::from_secs(2), "not before it was asked for");
    assert_ne!(first.headers["webhook-timestamp"], second.headers["webhook-timestamp"], "signed again");
    assert_eq!(first.event["type"], "bank.jangbu.transfer.posted.v1");
    let attempts = example["attempts"].as_array().unwrap();
    let shown: Vec<_> = attempts.iter().map(|attempt| (&attempt["status"], &attempt["response_start"])).collect();
    assert_eq!(shown, [(&json!(503), &json!("later")), (&json!(200), &json!("said the receiver"))]);
    assert!(
        attempts.iter().all(|attempt| attempt["at"].is_string() && attempt["duration_ms"].is_u64()),
        "{attempts:?}"
    );

    // Once more, and with both secrets of a rotation.
    let rotated = service.post(&path(&webhook, "/rotate"), json!({"overlap": 3600})).await.expect(200);
    let resend = path(&webhook, &format!("/deliveries/{}/resend", example["delivery_id"].as_str().unwrap()));
    service.post(&resend, json!({})).await.expect(202);
    let items = deliveries(&service, &webhook, |items| items[0]["attempts"].as_array().unwrap().len() == 3).await;
    assert_eq!((items.len(), &items[0]["status"]), (1, &json!("delivered")));
    let again = receiver.received().pop().unwrap();
    assert_eq!((again.id, &again.body), (first.id, &first.body), "a receiver notices that it had it");
    for secret in [webhook.text("secret"), rotated.text("secret")] {
        Webhook::new(&secret).unwrap().verify(&again.body, &again.headers).unwrap();
    }
    Webhook::new(&rotated.text("secret")).unwrap().verify(&first.body, &first.headers).expect_err("signed before");
    // Another webhook's delivery is not sent.
    let other = subscribe(&service, &receiver, &["hold.placed"]).await;
    let foreign = path(&other, &format!("/deliveries/{}/resend", example["delivery_id"].as_str().unwrap()));
    service.post(&foreign, json!({})).await.expect(202);
    receiver.knows(rotated.text("secret"));
    service.post(&path(&other, "/example"), json!({"event": "item.minted"})).await.expect(202);
    deliveries(&service, &other, |items| items.iter().any(|item| item["status"] == "delivered")).await;
    assert_eq!(receiver.received().iter().filter(|received| received.id == first.id).count(), 3);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_hangs_holds_up_no_other() {
    let mut app = start(&[SENDER]).await;
    let (hanging, quick) = (Receiver::start(|_, _| Reply::Nothing).await, Receiver::start(well).await);
    let (service, operator) = (app.service(), app.operator());
    subscribe(&service, &hanging, &["*"]).await;
    let webhook = subscribe(&service, &quick, &["*"]).await;
    let accounts = accounts(&mut app).await;
    transfers(&operator, &accounts, 12).await;
    check(&app, &quick, &webhook).await;
    assert!(hanging.taken().is_empty() && !hanging.received().is_empty());
    app.close().await;
}
