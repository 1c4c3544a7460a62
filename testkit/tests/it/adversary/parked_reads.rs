//! Rows that lack events which an operator parked: no read shows them as if they were whole.

use reqwest::Method;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::Jangbu;
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, eventually};

async fn on(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
}

async fn read(client: &TestClient, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.send(Method::GET, &format!("{}{path}", client.query), headers, None).await.unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).and_then(|value| value.to_str().ok())
}

/// The answer says that something is missing from it, and since when.
#[track_caller]
fn is_marked(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(header(answer, "consistency-status"), Some("stale"), "{path}");
    let number = |name| header(answer, name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    assert!(number("view-missing-events") > 0, "{path}: {:?}", answer.headers);
    assert!(number("view-lag-ms") > 0, "{path}: {:?}", answer.headers);
}

/// One thing that lacks events is not shown, with a token or without.
async fn is_withheld(client: &TestClient, path: &str, token: &str) {
    for headers in [&[][..], &[("consistency-token", token)], &[("prefer", "wait=0")]] {
        let answer = read(client, path, headers).await;
        assert_eq!(
            (answer.status, answer.body["code"].as_str()),
            (503, Some("view-behind")),
            "{path}: {}",
            answer.body
        );
        assert!(header(&answer, "retry-after").is_some(), "{path}");
    }
    is_marked(&read(client, path, &[("prefer", "stale-ok")]).await, path);
    is_marked(&read(client, path, &[("prefer", "stale-ok, wait=0"), ("consistency-token", token)]).await, path);
}

/// A list says that something is missing; it does not claim to be as new as a token.
async fn is_incomplete(client: &TestClient, path: &str, token: &str) {
    is_marked(&read(client, path, &[]).await, path);
    let answer = read(client, path, &[("consistency-token", token)]).await;
    assert_eq!((answer.status, answer.body["code"].as_str()), (503, Some("view-behind")), "{path}: {}", answer.body);
}

/// Nothing is missing here.
async fn is_whole(client: &TestClient, path: &str, token: &str) {
    let answer = eventually(path, async || {
        let answer = read(client, path, &[("consistency-token", token), ("prefer", "wait=5")]).await;
        if answer.status == 200 { Ok(answer) } else { Err(answer.body.to_string()) }
    })
    .await;
    assert_eq!(header(&answer, "view-missing-events"), None, "{path}");
    assert_eq!(header(&answer, "consistency-status"), None, "{path}");
}

async fn parked(jangbu: &Jangbu, arguments: &[&str], code: i32) -> Value {
    let all = [&["views", "parked"], arguments, &["--reason", "a test"]].concat();
    jangbu.ask(&all).await.unwrap().expect(code).json
}

async fn parked_keys(app: &TestApp, view: &str) -> Vec<String> {
    let mut views = PgConnection::connect(&app.pair.views.superuser_url()).await.unwrap();
    let sql = "select key from registry.parked_keys where view = $1 order by key";
    sqlx::query_scalar(sql).bind(view).fetch_all(&mut views).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_aside_is_not_shown_as_if_it_were_there() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (payee, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let key = from.to_string();
    for view in ["accounts", "transactions", "overview"] {
        parked(&jangbu, &["add", view, "--key", &key], 0).await;
    }
    let paid = payer.transfer(from, to, 30).await.expect(201);
    let token = header(&paid, "consistency-token").unwrap().to_owned();
    app.wait_until_level().await;
    let operator = app.operator();

    is_withheld(&payer, &format!("/v1/accounts/{from}"), &token).await;
    is_withheld(&payer, &format!("/v1/accounts/{from}/balance"), &token).await;
    is_withheld(&payer, &format!("/v1/accounts/{from}/transactions"), &token).await;
    is_withheld(&operator, &format!("/v1/accounts/{from}"), &token).await;
    is_incomplete(&payer, "/v1/accounts", &token).await;
    is_incomplete(&payer, "/v1/wallet/home", &token).await;
    is_incomplete(&operator, "/v1/accounts", &token).await;
    is_incomplete(&operator, "/v1/dashboard/overview", &token).await;
    let listed = operator.get("/v1/views").await.expect(200);
    assert_ne!(header(&listed, "view-lag-ms"), Some("0"));
    // It concerns nobody else, and shows strangers nothing.
    is_whole(&payee, &format!("/v1/accounts/{to}"), &token).await;
    is_whole(&payee, &format!("/v1/accounts/{to}/transactions"), &token).await;
    is_whole(&payee, "/v1/accounts", &token).await;
    is_whole(&payee, "/v1/wallet/home", &token).await;
    payee.get(&format!("/v1/accounts/{from}")).await.expect(404);

    for view in ["accounts", "transactions", "overview"] {
        parked(&jangbu, &["retry", view], 0).await;
    }
    is_whole(&payer, &format!("/v1/accounts/{from}"), &token).await;
    is_whole(&operator, "/v1/dashboard/overview", &token).await;
    jangbu.ask(&["log", "verify"]).await.unwrap().expect(0);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_fails_releases_nothing_that_comes_later() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let (_, third) = app.funded_member(0).await;
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let views = app.pair.views.superuser_url();
    on(&views, "alter table transactions_g1.entries add constraint fault check (amount <> -13) not valid").await;
    payer.transfer(from, to, 13).await.expect(201);
    let at = stuck(&app, "transactions").await;
    parked(&jangbu, &["add", "transactions", "--commit", &at.to_string()], 0).await;
    let paid = payer.transfer(from, third, 5).await.expect(201);
    let token = header(&paid, "consistency-token").unwrap().to_owned();
    app.wait_until_level().await;
    let keys = parked_keys(&app, "transactions").await;
    assert!(keys.contains(&from.to_string()), "{keys:?}");

    // The account's events wait for the facts of the transfer, which another key holds: none of them is applied.
    let retried = parked(&jangbu, &["retry", "transactions", "--key", &from.to_string()], 1).await;
    assert_eq!((&retried[0]["applied"], &retried[0]["lifted"]), (&0.into(), &false.into()), "{retried}");
    assert_eq!(parked_keys(&app, "transactions").await, keys);
    is_withheld(&payer, &format!("/v1/accounts/{from}/transactions"), &token).await;
    // Two operators at once, while more arrives.
    let (all, both) =
        (["views", "parked", "retry", "transactions", "--reason", "a test"], payer.transfer(from, third, 1));
    let (one, two, more) = tokio::join!(jangbu.ask(&all), jangbu.ask(&all), both);
    more.expect(201);
    one.unwrap().expect(1);
    two.unwrap().expect(1);
    assert!(parked_keys(&app, "transactions").await.contains(&from.to_string()));
    app.wait_until_level().await;
    assert_eq!(entries(&app, from).await, 1, "the deposit alone: what came later waits");

    on(&views, "alter table transactions_g1.entries drop constraint fault").await;
    parked(&jangbu, &["retry", "transactions"], 0).await;
    assert!(parked_keys(&app, "transactions").await.is_empty());
    jangbu.ask(&["log", "verify"]).await.unwrap().expect(0);
    // What is not in the log cannot be parked.
    let beyond = (app.head().await + 1000).to_string();
    parked(&jangbu, &["add", "transactions", "--position", &beyond], 1).await;
    parked(&jangbu, &["add", "transactions", "--commit", &beyond], 1).await;
    app.close().await;
}

/// An opening that is parked concerns its owner's lists, and nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_opening_is_missing_from_its_owners_lists_only() {
    let mut app = TestApp::start(&ALL).await;
    let (other, account) = app.funded_member(100).await;
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let views = app.pair.views.superuser_url();
    let owner = app.member();
    let check =
        format!("alter table accounts_g1.accounts add constraint fault check (owner <> '{}') not valid", owner.id);
    on(&views, &check).await;
    owner.open("KRW").await;
    let at = stuck(&app, "accounts").await;
    parked(&jangbu, &["add", "accounts", "--commit", &at.to_string()], 0).await;
    let (_, to) = app.funded_member(0).await;
    let paid = other.transfer(account, to, 1).await.expect(201);
    let token = header(&paid, "consistency-token").unwrap().to_owned();
    app.wait_until_level().await;
    for path in ["/v1/accounts", "/v1/wallet/home"] {
        is_incomplete(&owner, path, &token).await;
        is_whole(&other, path, &token).await;
    }
    is_incomplete(&app.operator(), "/v1/accounts", &token).await;
    on(&views, "alter table accounts_g1.accounts drop constraint fault").await;
    parked(&jangbu, &["retry", "accounts"], 0).await;
    is_whole(&owner, "/v1/accounts", &token).await;
    is_whole(&owner, "/v1/wallet/home", &token).await;
    app.close().await;
}

async fn stuck(app: &TestApp, view: &str) -> i64 {
    let mut views = PgConnection::connect(&app.pair.views.superuser_url()).await.unwrap();
    eventually("the view is stuck", async || {
        let sql = "select error_position from registry.live_positions where view = $1 and state = 'stuck'";
        let found: Option<i64> = sqlx::query_scalar(sql).bind(view).fetch_optional(&mut views).await.unwrap();
        found.ok_or_else(|| "it goes on".to_owned())
    })
    .await
}

async fn entries(app: &TestApp, account: Uuid) -> i64 {
    let mut views = PgConnection::connect(&app.pair.views.superuser_url()).await.unwrap();
    let sql = "select count(*) from live.entries where account_id = $1";
    sqlx::query_scalar(sql).bind(account).fetch_one(&mut views).await.unwrap()
}
