//! Notifications: money, holds, charges and log-ins, told on the devices of members.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use kernel::{Clock, Ids, RandomIds, SystemClock};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::{
    chaos::Part,
    mail::{CaughtPush, Fault, Side},
};
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{
        ALL, Answer, Page, TestApp, TestClient, eventually, fresh_key, money,
        people::{By, Insider, Newcomer, post, texts_to},
    },
};

fn token_of(name: &str) -> String {
    format!("{name}-{}", RandomIds.fresh().simple())
}

fn device_path(device: Uuid) -> String {
    format!("/v1/members/me/devices/{device}")
}

fn device(token: &str) -> Value {
    json!({"platform": "android", "token": token, "locale": "en", "zone": "UTC"})
}

/// The member registers a device with this token.
async fn register(insider: &Insider, token: &str) -> Uuid {
    let id = RandomIds.fresh();
    insider.client.put(&device_path(id), device(token)).await.expect(204);
    id
}

async fn put_keyed(client: &TestClient, path: &str, key: &str, body: Value) -> Answer {
    let url = format!("{}{path}", client.command);
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    client.send(Method::PUT, &url, &headers, Some(body.to_string().into_bytes())).await.unwrap()
}

/// Somebody who signed up, with an account.
async fn member(app: &mut TestApp) -> (Newcomer, Insider, Uuid) {
    let (stranger, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&stranger, &app.catcher).await;
    let account = insider.client.open("KRW").await;
    (person, insider, account)
}

fn pushes(app: &TestApp, token: &str) -> Vec<CaughtPush> {
    app.catcher.caught.pushes(Some(token), usize::MAX)
}

/// Waits until the whole log was followed and nothing waits to be pushed, but for what quiet hours hold back.
async fn settled(app: &TestApp) {
    let head = app.head().await;
    let mut vault = PgConnection::connect(&app.pair.vault.superuser_url()).await.unwrap();
    eventually("all pushes are settled", async || {
        let (cursor, waiting): (Option<i64>, i64) = sqlx::query_as(
            "select (select position from vault.notification_cursor),
                    (select count(*) from vault.pushes where reason is distinct from 'quiet hours')",
        )
        .fetch_one(&mut vault)
        .await
        .map_err(|error| error.to_string())?;
        let is_done = cursor.is_some_and(|cursor| cursor >= head) && waiting == 0;
        if is_done { Ok(()) } else { Err(format!("at {cursor:?} of {head}, {waiting} wait")) }
    })
    .await;
}

async fn held_back(app: &TestApp) -> i64 {
    let mut vault = PgConnection::connect(&app.pair.vault.superuser_url()).await.unwrap();
    let held = "select count(*) from vault.pushes where reason = 'quiet hours'";
    sqlx::query_scalar(held).fetch_one(&mut vault).await.unwrap()
}

fn bodies(pushes: &[CaughtPush]) -> BTreeSet<&str> {
    pushes.iter().map(|push| push.body.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_do_to_your_money_is_pushed_once_to_each_device() {
    let mut app = TestApp::start(&ALL).await;
    let (_, insider, account) = member(&mut app).await;
    let (friend, at_friends) = app.funded_member(1_000).await;
    let service = app.service();
    service.deposit(account, "KRW", 50_000).await;
    let (one, two) = (token_of("one"), token_of("two"));
    register(&insider, &one).await;
    let korean = json!({"platform": "ios", "token": two, "locale": "ko-KR"});
    insider.client.put(&device_path(RandomIds.fresh()), korean).await.expect(204);

    service.deposit(account, "KRW", 12_500).await;
    friend.transfer(at_friends, account, 400).await.expect(201);
    let hold = json!({"source": account, "money": money("KRW", 700)});
    service.post("/v1/holds", hold).await.expect(201);
    let code = insider.client.post("/v1/payment-codes", json!({"source": account})).await.expect(201).text("code");
    let charge =
        json!({"code": code, "destination": at_friends, "money": money("KRW", 4_500), "reference": "receipt 1"});
    service.post("/v1/charges", charge).await.expect(201);
    // What the member does is no news to them.
    insider.client.transfer(account, at_friends, 1).await.expect(201);
    let other = insider.client.open("KRW").await;
    insider.client.transfer(account, other, 2).await.expect(201);
    settled(&app).await;

    let caught = pushes(&app, &one);
    let expected = [
        "12,500 KRW came to your account.",
        "4,500 KRW was paid with your payment code.",
        "400 KRW came to your account.",
        "700 KRW of your account is held.",
    ];
    assert_eq!(bodies(&caught), BTreeSet::from(expected));
    assert_eq!(caught.len(), expected.len(), "each once, and nothing of before the device was registered: {caught:?}");
    let kinds: BTreeSet<_> = caught.iter().map(|push| push.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["charge.posted", "hold.placed", "money.received"]));
    let in_korean = pushes(&app, &two);
    assert_eq!(in_korean.len(), expected.len());
    assert!(bodies(&in_korean).contains("400 KRW 입금되었습니다."), "{in_korean:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_no_push_and_repeats_one_under_its_id_at_most() {
    const PAYMENTS: u64 = 24;
    let mut app = TestApp::start(&ALL).await;
    let (_, insider, account) = member(&mut app).await;
    let token = token_of("phone");
    register(&insider, &token).await;
    let service = app.service();
    let paying = join_all((1..=PAYMENTS).map(async |amount| {
        let body = json!({"account_id": account, "money": money("KRW", amount), "reference": "a test"});
        tokio::time::sleep(Duration::from_millis(amount * 40)).await;
        post(&service, "/v1/deposits", &fresh_key(), &body).await.expect(201);
    }));
    let bank = &mut app.bank;
    let killing = async {
        let mut random = SmallRng::seed_from_u64(15);
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(random.random_range(20..500))).await;
            bank.kill(Part::Command(0)).unwrap();
            bank.start(&[Part::Command(0)]).await.unwrap();
        }
    };
    tokio::join!(paying, killing);
    settled(&app).await;
    let mut by_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for push in pushes(&app, &token) {
        by_id.entry(push.id).or_default().insert(push.body);
    }
    let told: BTreeSet<String> = by_id.values().flatten().cloned().collect();
    let expected: BTreeSet<String> =
        (1..=PAYMENTS).map(|amount| format!("{amount} KRW came to your account.")).collect();
    assert_eq!(told, expected);
    assert_eq!(by_id.len() as u64, PAYMENTS, "one id for each payment: {by_id:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quiet_hours_hold_back_all_but_log_ins_and_preferences_count_at_once() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_TRUST_FORWARDED_FOR", "true")]).await;
    let (person, insider, account) = member(&mut app).await;
    let token = token_of("phone");
    register(&insider, &token).await;
    let now = SystemClock.now();
    let time = |at: chrono::DateTime<Utc>| at.format("%H:%M").to_string();
    let quiet = json!({"from": time(now - TimeDelta::hours(1)), "until": time(now + TimeDelta::hours(2))});
    let set = |body: Value| insider.client.put("/v1/members/me/notifications", body);
    let answer = set(json!({"quiet": quiet})).await.expect(200);
    assert_eq!((&answer.body["quiet"], answer.body["push"].as_array().unwrap().len()), (&quiet, 4));
    let service = app.service();
    service.deposit(account, "KRW", 10).await;
    log_in_from(&app.stranger(), &person, "192.0.2.7").await;
    eventually("the log-in is pushed, and the money waits", async || {
        let kinds: Vec<_> = pushes(&app, &token).into_iter().map(|push| push.kind).collect();
        let is_so = kinds == ["login.new_device"] && held_back(&app).await == 1;
        if is_so { Ok(()) } else { Err(format!("{kinds:?}")) }
    })
    .await;
    set(json!({"quiet": null})).await.expect(200);
    eventually("what waited is pushed", async || {
        let caught = pushes(&app, &token);
        if caught.len() == 2 { Ok(()) } else { Err(format!("{caught:?}")) }
    })
    .await;
    let chosen = set(json!({"push": ["hold.placed"], "email": []})).await.expect(200);
    assert_eq!(chosen.body, json!({"push": ["hold.placed"], "email": [], "quiet": null}));
    let seen = insider.client.get_at("/v1/members/me/notifications", chosen.token()).await.expect(200);
    assert_eq!(seen.body, chosen.body);
    service.deposit(account, "KRW", 20).await;
    settled(&app).await;
    assert_eq!(pushes(&app, &token).len(), 2, "money is not wanted any more");
    app.close().await;
}

/// Logs in as if from this address; the proxy before the bank says so.
async fn log_in_from(stranger: &TestClient, person: &Newcomer, from: &str) {
    let url = format!("{}/v1/sessions", stranger.command);
    let body = json!({"login_id": person.login_id, "password": person.password}).to_string().into_bytes();
    let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
    stranger.send(Method::POST, &url, &headers, Some(body)).await.unwrap().expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_from_a_new_network_is_told_once_on_all_devices_and_by_mail() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_TRUST_FORWARDED_FOR", "true")]).await;
    let (person, insider, _) = member(&mut app).await;
    let (one, two) = (token_of("one"), token_of("two"));
    register(&insider, &one).await;
    register(&insider, &two).await;
    let wanted = json!({"email": ["login.new_device"]});
    insider.client.put("/v1/members/me/notifications", wanted).await.expect(200);
    let mails = texts_to(&app.catcher, &person.contact).len();
    let stranger = app.stranger();
    for from in ["192.0.2.7", "192.0.2.7", "2001:db8:7::1", "2001:db8:7:1::2"] {
        log_in_from(&stranger, &person, from).await;
    }
    settled(&app).await;
    for token in [&one, &two] {
        let caught = pushes(&app, token);
        assert_eq!(caught.len(), 2, "one for each network: {caught:?}");
        assert!(caught.iter().all(|push| push.kind == "login.new_device"));
    }
    eventually("two mails", async || {
        let texts = texts_to(&app.catcher, &person.contact);
        if texts.len() == mails + 2 { Ok(()) } else { Err(format!("{texts:?}")) }
    })
    .await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_tells_of_money_as_often_as_the_budget_allows_and_codes_go_on() {
    let mut app = TestApp::start(&ALL).await;
    let (person, insider, account) = member(&mut app).await;
    insider.client.put("/v1/members/me/notifications", json!({"email": ["money.received"]})).await.expect(200);
    let (service, stranger) = (app.service(), app.stranger());
    let mails = || app.catcher.caught.messages(Some(&person.contact), usize::MAX);
    let of_money = || mails().iter().filter(|mail| mail.subject.contains("Money")).count();
    for amount in 1..=8_u64 {
        service.deposit(account, "KRW", amount).await;
    }
    settled(&app).await;
    eventually("five mails", async || if of_money() == 5 { Ok(()) } else { Err(format!("{}", of_money())) }).await;
    let before = mails().len();
    let body = json!({"login_id": person.login_id});
    post(&stranger, "/v1/password-resets", &fresh_key(), &body).await.expect(202);
    eventually("the code of a reset", async || if mails().len() > before { Ok(()) } else { Err("nothing".to_owned()) })
        .await;
    assert_eq!(of_money(), 5, "those that are held back never come");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_away_is_asked_again_and_a_device_without_the_app_is_forgotten() {
    let mut app = TestApp::start(&ALL).await;
    let (_, insider, account) = member(&mut app).await;
    let (gone, here) = (token_of("unregistered"), token_of("phone"));
    register(&insider, &gone).await;
    let kept = register(&insider, &here).await;
    app.catcher.faults.add(Fault { side: Side::Push, code: Some(503), delay_ms: 0, times: 3 });
    let paid = app.service().deposit(account, "KRW", 10).await;
    settled(&app).await;
    assert_eq!((pushes(&app, &here).len(), pushes(&app, &gone).len()), (1, 0));
    let devices = insider.client.get_at("/v1/members/me/devices", paid.token()).await.expect(200);
    let ids: Vec<_> = devices.items().iter().map(|device| device["device_id"].clone()).collect();
    assert_eq!(ids, [json!(kept)]);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_are_commands_like_all_others_and_tokens_are_not_shown() {
    let mut app = TestApp::start(&ALL).await;
    let (_, insider, _) = member(&mut app).await;
    let (client, token, id) = (&insider.client, token_of("phone"), RandomIds.fresh());
    let first = put_keyed(client, &device_path(id), "first", device(&token)).await.expect(204);
    assert!(!first.replayed());
    let again = put_keyed(client, &device_path(id), "first", device(&token)).await.expect(204);
    assert!(again.replayed());
    let other = device(&token_of("other"));
    put_keyed(client, &device_path(id), "first", other.clone()).await.expect_problem(422, "idempotency-key-reused");
    let url = format!("{}{}", client.command, device_path(id));
    let headers = [("content-type", "application/json")];
    let keyless = client.send(Method::PUT, &url, &headers, Some(other.to_string().into_bytes())).await.unwrap();
    keyless.expect_problem(400, "idempotency-key-missing");
    // A key that the log knows is not free either.
    let open = json!({"asset": "KRW"});
    client.post_keyed("/v1/accounts", "opened", open).await.expect(201);
    put_keyed(client, &device_path(id), "opened", other.clone()).await.expect_problem(422, "idempotency-key-reused");

    let shown = client.get_at("/v1/members/me/devices", first.token()).await.expect(200);
    let text = shown.body.to_string();
    assert!(!text.contains(&token) && shown.body["next_cursor"].is_null(), "{text}");
    assert_eq!(shown.items()[0]["token"], format!("****{}", &token[token.len() - 4..]));
    assert_eq!((&shown.items()[0]["device_id"], shown.items().len()), (&json!(id), 1));

    for number in 1..10 {
        register(&insider, &token_of(&format!("more-{number}"))).await;
    }
    let eleventh = device_path(RandomIds.fresh());
    let refused = put_keyed(client, &eleventh, "eleventh", other.clone()).await.expect_problem(422, "too-many-devices");
    client.delete_keyed(&device_path(id), "removed").await.expect(204);
    let repeated =
        put_keyed(client, &eleventh, "eleventh", other.clone()).await.expect_problem(422, "too-many-devices");
    assert!(repeated.replayed() && repeated.body == refused.body, "a refusal stays");
    put_keyed(client, &eleventh, "twelfth", other).await.expect(204);
    client.delete(&device_path(id)).await.expect_problem(404, "device-unknown");
    assert!(client.delete_keyed(&device_path(id), "removed").await.expect(204).replayed());

    app.member().put(&device_path(id), device(&token)).await.expect_problem(404, "member-unknown");
    app.operator().put(&device_path(id), device(&token)).await.expect_problem(403, "forbidden");
    // The token is another member's now, and so are its pushes.
    let (_, second, at_seconds) = member(&mut app).await;
    let (_, third, _) = member(&mut app).await;
    let shared = token_of("shared");
    register(&second, &shared).await;
    register(&third, &shared).await;
    app.service().deposit(at_seconds, "KRW", 10).await;
    settled(&app).await;
    assert!(pushes(&app, &shared).is_empty(), "the first owner is not told on it");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut variables = variables(&mut app.bank);
    variables.insert("JANGBU_MAIL_URL".to_owned(), app.catcher.url());
    let mut page = Page::open_in(".", "notifications", variables);
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [devices, pushes] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!(devices["items"].as_array().unwrap().len(), 1);
    assert_eq!(pushes["items"][0]["body"], "12,500 KRW came to your account.");
    page.end();
    app.close().await;
}
