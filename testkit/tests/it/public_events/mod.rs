//! Public events: the stream against the log, whatever happens to the publisher and to NATS.

mod fold;
pub mod reader;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use testkit::{
    chaos::{Bank, Part},
    kit::NatsRole,
    search::Words,
};
use uuid::Uuid;

use self::{
    fold::{Told, ought},
    reader::{Message, context, read},
};
use crate::{
    kill::people,
    runbooks::{page as runbook, variables},
    support::{
        ALL, Crowd, Page, TestApp, TestClient, eventually, fresh_key, money,
        payout::PayoutRun,
        people::{By, Newcomer, code_after},
    },
};

/// What people write, in every field that takes words.
const CANARY: &str = "a-word-like-no-other";

/// A bank with a publisher.
async fn start() -> TestApp {
    TestApp::start(&[&ALL[..], &[Part::Publisher]].concat()).await
}

/// Waits until the stream holds as many events as the log ought to have told: none is missing, none is invented. Compares all of them.
async fn check(app: &TestApp) -> Vec<Message> {
    let (expected, messages) = eventually("the log is told", async || {
        let expected = ought(&app.pair.log.superuser_url()).await;
        let messages = read(app.bank.plan()).await;
        let count = (messages.len(), expected.len());
        if count.0 == count.1 { Ok((expected, messages)) } else { Err(format!("{} events of {}", count.0, count.1)) }
    })
    .await;
    for (message, expected) in messages.iter().zip(&expected) {
        assert_eq!(told(message, expected), *expected, "{}", message.body);
        check_envelope(message);
    }
    check_order(&messages);
    messages
}

/// What a message says of what is expected.
fn told(message: &Message, expected: &Told) -> Told {
    let body = &message.body;
    let id = |header: &str| message.header(header).map(|text| text.parse::<Uuid>().unwrap());
    let kind = body["type"].as_str().unwrap();
    Told {
        position: message.place().0,
        kind: kind.strip_prefix("bank.jangbu.").and_then(|kind| kind.strip_suffix(".v1")).unwrap_or(kind).to_owned(),
        account: id("Jangbu-Account"),
        owner: id("Jangbu-Owner"),
        sequence: body["sequence"].as_str().map(|text| text.parse().unwrap()),
        says: expected.says.iter().map(|(field, _)| (*field, body["data"][field].clone())).collect(),
    }
}

fn check_envelope(message: &Message) {
    let body = &message.body;
    assert_eq!(message.header("content-type"), Some("application/cloudevents+json"));
    assert_eq!(message.header("Nats-Msg-Id"), body["id"].as_str());
    assert_eq!((&body["specversion"], &body["datacontenttype"]), (&json!("1.0"), &json!("application/json")));
    let (key, kind) = (body["partitionkey"].as_str().unwrap(), body["type"].as_str().unwrap());
    let short = kind.trim_start_matches("bank.jangbu.").trim_end_matches(".v1");
    assert!(message.subject.ends_with(&format!(".public.{short}.{}", &key[key.len() - 1..])), "{}", message.subject);
    if let Some(account) = message.header("Jangbu-Account") {
        assert_eq!(key, account, "an account's events are kept in order");
    }
}

/// In the order of their places, each once; those of an account in the order of its versions.
fn check_order(messages: &[Message]) {
    assert!(messages.is_sorted_by(|one, next| one.place() < next.place()));
    let ids: HashSet<&str> = messages.iter().filter_map(|message| message.body["id"].as_str()).collect();
    assert_eq!(ids.len(), messages.len(), "each event has an id of its own");
    let mut newest: HashMap<&str, &str> = HashMap::new();
    for message in messages {
        let Some(sequence) = message.body["sequence"].as_str() else { continue };
        let before = newest.insert(message.header("Jangbu-Account").unwrap(), sequence);
        assert!(before.is_none_or(|before| before < sequence), "texts sort as the versions do: {}", message.body);
    }
}

fn ids(messages: &[Message]) -> Vec<Value> {
    messages.iter().map(|message| message.body["id"].clone()).collect()
}

/// Does a little of everything, with the canary in every field that takes words.
async fn do_everything(app: &mut TestApp) {
    let (operator, service) = (app.operator(), app.service());
    let (payer, from) = app.funded_member(10_000).await;
    let (payee, to) = app.funded_member(0).await;
    let body = json!({"source": from, "destination": to, "money": money("KRW", 100), "memo": CANARY});
    let transfer = payer.post("/v1/transfers", body).await.expect(201);
    payer.transfer(from, to, 99_999).await.expect_problem(422, "insufficient-funds");
    let reverse = format!("/v1/transfers/{}/reverse", transfer.id("transfer_id"));
    operator.post(&reverse, json!({"reason": CANARY})).await.expect(201);
    let body = json!({"account_id": from, "money": money("KRW", 50), "reference": CANARY});
    service.post("/v1/withdrawals", body).await.expect(201);
    holds(&payer, &payee, from, to).await;
    freezes(app, &payee).await;
    items(app, &payer, from, &payee, to).await;
    limits(app).await;
    let (_, source) = app.funded_member(1_000).await;
    PayoutRun::start(&service, source, CANARY, &[(to, 10), (from, 20)]).await.finished().await;
}

async fn holds(payer: &TestClient, payee: &TestClient, from: Uuid, to: Uuid) {
    for amount in [300, 200] {
        let body = json!({
            "source": from, "destination": to, "money": money("KRW", amount), "memo": CANARY, "reference": CANARY,
        });
        let hold = payer.post("/v1/holds", body).await.expect(201).id("hold_id");
        let path = |verb: &str| format!("/v1/holds/{hold}/{verb}");
        payer.post(&path("increase"), json!({"money": money("KRW", 10)})).await.expect(200);
        let part = json!({"money": money("KRW", 50), "final": false, "reference": CANARY});
        payee.post(&path("capture"), part).await.expect(201);
        payee.post(&path("release"), json!({"money": money("KRW", 20), "reason": CANARY})).await.expect(200);
        payee.post(&path("capture"), json!({})).await.expect(201);
    }
}

async fn freezes(app: &mut TestApp, member: &TestClient) {
    let operator = app.operator();
    let account = member.open("KRW").await;
    for (verb, body) in
        [("freeze", json!({"reason": CANARY, "scope": "debits"})), ("unfreeze", json!({"reason": CANARY}))]
    {
        operator.post(&format!("/v1/accounts/{account}/{verb}"), body).await.expect(200);
    }
    member.post(&format!("/v1/accounts/{account}/close"), json!({"reason": CANARY})).await.expect(200);
}

async fn items(app: &mut TestApp, seller: &TestClient, to: Uuid, buyer: &TestClient, from: Uuid) {
    let number = seller.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number");
    let mint = json!({"collection": "Seoul Skyline", "serial": fresh_key(), "owner": number});
    let item = app.service().post("/v1/items", mint).await.expect(201).id("item_id");
    let offer = json!({"item_id": item, "price": money("KRW", 5), "destination": to});
    let first = seller.post("/v1/offers", offer.clone()).await.expect(201).id("offer_id");
    seller.delete(&format!("/v1/offers/{first}")).await.expect(200);
    let second = seller.post("/v1/offers", offer).await.expect(201).id("offer_id");
    buyer.post(&format!("/v1/offers/{second}/accept"), json!({"source": from})).await.expect(201);
}

async fn limits(app: &mut TestApp) {
    let operator = app.operator();
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let limit = json!({"asset": "KRW", "kinds": ["transfer", "hold"], "everyone": false, "per_transfer": "100"});
    operator.put("/v1/limits/small", limit).await.expect(200);
    operator.put(&format!("/v1/accounts/{from}/limits"), json!({"names": ["small"]})).await.expect(200);
    payer.transfer(from, to, 101).await.expect_problem(422, "limit-exceeded");
    let hold = json!({"source": from, "destination": to, "money": money("KRW", 102)});
    payer.post("/v1/holds", hold).await.expect_problem(422, "limit-exceeded");
}

/// Somebody joins and leaves.
async fn come_and_go(app: &mut TestApp) -> Newcomer {
    let newcomer = Newcomer::new(By::Email);
    let anonymous = app.stranger();
    let sign_up = newcomer.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &newcomer.contact, 0).await;
    let member = newcomer.verify(&anonymous, sign_up, &code).await.expect(201).id("member_id");
    let insider = newcomer.enter(&anonymous, member).await;
    let erasure = insider.leave(&newcomer.password, &fresh_key()).await.expect(202).id("erasure_id");
    app.certificate(erasure).await;
    eventually("the erasure is recorded", async || match app.count_events("MemberErased").await {
        0 => Err("it is not".to_owned()),
        _ => Ok(()),
    })
    .await;
    newcomer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_tells_what_the_log_holds_and_nothing_else() {
    let mut app = start().await;
    do_everything(&mut app).await;
    let newcomer = come_and_go(&mut app).await;
    let messages = check(&app).await;
    let kinds: HashSet<&str> = messages.iter().filter_map(|message| message.body["type"].as_str()).collect();
    assert!(kinds.len() >= 18, "much of what can be told was told: {kinds:?}");
    let all: String = messages.iter().map(|message| format!("{:?} {}", message.headers, message.body)).collect();
    let personal = [CANARY, &newcomer.real_name, &newcomer.login_id, &newcomer.contact, &newcomer.password];
    assert_eq!(Words::new(personal).unwrap().in_text(&all).unwrap().found, Vec::<String>::new());
    assert_eq!(Words::new(["Seoul Skyline"]).unwrap().in_text(&all).unwrap().found, ["Seoul Skyline"]);

    // NATS is wiped under the publisher: the same events are told again, under the same ids.
    let tester = context(app.bank.plan(), NatsRole::Tester, "_INBOX.tester").await;
    tester.delete_stream(app.bank.plan().public_stream()).await.unwrap();
    assert_eq!(ids(&check(&app).await), ids(&messages));
    // It is emptied while no publisher runs.
    assert!(app.bank.end(Part::Publisher, std::time::Duration::from_secs(30)).await.unwrap());
    tester.get_stream(app.bank.plan().public_stream()).await.unwrap().purge().await.unwrap();
    app.bank.start(&[Part::Publisher]).await.unwrap();
    assert_eq!(ids(&check(&app).await), ids(&messages));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_stream_is_filled_from_any_position() {
    let mut app = TestApp::start(&[Part::Command(0), Part::Query]).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    for _ in 0..5 {
        payer.transfer(from, to, 1).await.expect(201);
    }
    let all = ought(&app.pair.log.superuser_url()).await;
    // Within a commit: it is told from its beginning.
    let position = all[all.len() - 3].position;
    app.bank.set(Part::Publisher, "JANGBU_PUBLISHER_FROM", position.to_string());
    app.bank.start(&[Part::Publisher]).await.unwrap();
    let messages = eventually("the end of the log is told", async || {
        let messages = read(app.bank.plan()).await;
        let is_told = messages.last().is_some_and(|message| message.place().0 == all[all.len() - 1].position);
        if is_told { Ok(messages) } else { Err(format!("{} events", messages.len())) }
    })
    .await;
    let begin = all.len() - messages.len();
    assert!(all[begin].position <= position && (3..=4).contains(&messages.len()), "{} events", messages.len());
    for (message, expected) in messages.iter().zip(&all[begin..]) {
        assert_eq!(told(message, expected), *expected);
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_killed_under_load_loses_nothing_and_doubles_nothing() {
    let mut app = start().await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(8, clients, accounts, false);
    for _ in 0..crate::support::rounds(6) {
        crowd.journal.wait_for_more(30).await;
        app.bank.kill(Part::Publisher).unwrap();
        crowd.journal.wait_for_more(10).await;
        app.bank.start(&[Part::Publisher]).await.unwrap();
    }
    let journal = crowd.stop().await;
    check(&app).await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0));
}

/// Whether a publisher is the active one.
async fn is_active(bank: &mut Bank) -> bool {
    let url = format!("http://{}/metrics", bank.address(Part::Publisher).unwrap());
    let page = reqwest::get(url).await.unwrap().text().await.unwrap();
    page.lines().any(|line| line == "publisher_active 1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_publishers_one_publishes_and_the_other_takes_over() {
    let mut app = start().await;
    let mut second = app.second_workers();
    second.start(&[Part::Publisher]).await.unwrap();
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(8, clients, accounts, false);
    crowd.journal.wait_for_more(60).await;
    assert!(is_active(&mut app.bank).await && !is_active(&mut second).await);
    app.bank.kill(Part::Publisher).unwrap();
    eventually("the second takes over", async || {
        if is_active(&mut second).await { Ok(()) } else { Err("it stands by".to_owned()) }
    })
    .await;
    crowd.journal.wait_for_more(30).await;
    crowd.stop().await;
    check(&app).await;
    second.end_all().await.unwrap();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_changes_nothing() {
    let mut app = start().await;
    app.funded_member(5).await;
    check(&app).await;
    let (plan, stream) = (app.bank.plan().clone(), app.bank.plan().public_stream());
    let reader = context(&plan, NatsRole::Public, "_INBOX.public").await;
    let subject = format!("{}.transfer.posted.0", stream.to_lowercase().replace('_', "."));
    let sent = reader.publish(subject, "an invented event".into()).await.expect("sent");
    let answered = tokio::time::timeout(std::time::Duration::from_secs(2), sent.into_future()).await;
    assert!(!matches!(answered, Ok(Ok(_))), "a reader publishes nothing");
    assert!(reader.delete_stream(&stream).await.is_err(), "a reader deletes nothing");
    check(&app).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runbook_brings_it_back() {
    let mut app = start().await;
    app.funded_member(5).await;
    check(&app).await;
    app.bank.kill(Part::Publisher).unwrap();
    let mut page = runbook(&mut app, "publisher-down").await;
    page.set("JANGBU_PUBLISHER_ADDR", app.bank.address(Part::Publisher).unwrap());
    let out = page.next().await;
    assert!(out.stdout.contains("it does not answer") && out.stdout.contains("publisher's probe"), "{}", out.stdout);
    app.funded_member(7).await;
    app.bank.start(&[Part::Publisher]).await.unwrap();
    check(&app).await;
    page.next().await;
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = start().await;
    let mut variables = variables(&mut app.bank);
    let plan = app.bank.plan();
    let follow = plan.binaries.join("examples/follow_public_events");
    variables.insert("FOLLOW".to_owned(), follow.display().to_string());
    let url = testkit::kit::nats_login(&plan.nats_url, NatsRole::Public).unwrap();
    variables.insert("JANGBU_NATS_PUBLIC_URL".to_owned(), url);
    variables.insert("JANGBU_PUBLIC_STREAM".to_owned(), plan.public_stream());
    let mut page = Page::open_in(".", "public-events", variables);
    let out = page.next().await;
    let lines: Vec<&str> = out.stdout.lines().collect();
    let [deposit, paid, received, version] = lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    let event = |line: &str| serde_json::from_str::<Value>(line.split_once(' ').unwrap().1).unwrap();
    let amounts = [paid, received].map(|line| event(line)["data"]["amount"].clone());
    assert_eq!(amounts, [json!("-2500"), json!("2500")]);
    assert_eq!(event(deposit)["data"]["kind"], "deposit");
    assert_eq!(version, "3.0.0");
    page.end();
    check(&app).await;
    app.close().await;
}
