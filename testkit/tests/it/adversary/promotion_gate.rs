//! Generations that must not become live, by none of the ways.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::{Jangbu, Part};
use url::Url;

use crate::support::{ALL, TestApp, eventually};

async fn on(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.map(drop)
}

async fn live(url: &str) -> i32 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = "select generation from registry.generations where view = 'accounts' and state = 'live'";
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

/// None of the ways makes generation 1 of the accounts live again.
async fn is_refused(jangbu: &Jangbu, views: &str) {
    for arguments in [
        &["views", "rollback", "accounts", "--reason", "a test"][..],
        &["views", "rollback", "accounts", "--generation", "1", "--reason", "a test"],
        &["views", "promote", "accounts", "--generation", "1", "--reason", "a test"],
    ] {
        let refused = jangbu.ask(arguments).await.unwrap().expect(1);
        assert!(refused.all.contains("jangbu views"), "it says what to do: {}", refused.all);
        assert_eq!(live(views).await, 2);
    }
    let by_hand = "begin; update registry.generations set state = 'retired' where view = 'accounts' and generation = 2;
        update registry.generations set state = 'live' where view = 'accounts' and generation = 1; commit";
    let refused = on(views, by_hand).await.unwrap_err().to_string();
    assert!(refused.contains("gate"), "{refused}");
    assert_eq!(live(views).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_with_parked_keys_does_not_move_a_balance_back() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let views = app.pair.views.superuser_url();
    let key = from.to_string();
    jangbu.ask(&["views", "parked", "add", "accounts", "--key", &key, "--reason", "a test"]).await.unwrap().expect(0);
    payer.transfer(from, to, 40).await.expect(201);
    app.wait_until_level().await;
    let expected = std::env::temp_dir().join(format!("expected-{from}.jsonl"));
    std::fs::write(&expected, json!({"table": "accounts", "key": key}).to_string()).unwrap();
    let file = expected.to_str().unwrap();
    let made = jangbu
        .ask(&["views", "rebuild", "accounts", "--expect-differences", file, "--reason", "a test"])
        .await
        .unwrap()
        .expect(0);
    std::fs::remove_file(&expected).unwrap();
    assert_eq!(made.json["state"], "live", "{}", made.all);
    assert!(made.json["rollback"]["refused"].is_string(), "what would be refused is not recommended: {}", made.all);
    is_refused(&jangbu, &views).await;
    let seen = payer.get(&format!("/v1/accounts/{from}")).await.expect(200);
    assert_eq!(seen.text("balance"), "60");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_ahead_of_its_log_stays_retired() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    app.bank.end_all().await.unwrap();
    let log: Url = app.pair.log.superuser_url().parse().unwrap();
    let name = log.path().trim_start_matches('/').to_owned();
    let mut server = log.clone();
    server.set_path("postgres");
    eventually("a copy of the log, once nobody is connected", async || {
        let copy = format!("create database {name}_old template {name}");
        on(server.as_str(), &copy).await.map_err(|error| error.to_string())
    })
    .await;
    app.bank.start(&ALL).await.unwrap();
    payer_again(&mut app, payer.id, from, to).await;
    app.wait_until_level().await;
    app.bank.end_all().await.unwrap();
    // The log is restored from the backup; the views have seen more.
    on(server.as_str(), &format!("drop database {name} with (force)")).await.unwrap();
    on(server.as_str(), &format!("alter database {name}_old rename to {name}")).await.unwrap();

    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let views = app.pair.views.superuser_url();
    let made =
        jangbu.ask(&["views", "rebuild", "accounts", "--abandon-live", "--reason", "a test"]).await.unwrap().expect(0);
    assert_eq!(made.json["state"], "live", "{}", made.all);
    assert!(made.json["rollback"]["refused"].is_string(), "what would be refused is not recommended: {}", made.all);
    is_refused(&jangbu, &views).await;
    // It can be dropped, and the promotion is written down.
    jangbu
        .ask(&["views", "drop", "accounts", "--generation", "1", "--yes", "--reason", "a test"])
        .await
        .unwrap()
        .expect(0);
    let mut connection = PgConnection::connect(&views).await.unwrap();
    let written: Vec<(i32, bool)> =
        sqlx::query_as("select generation, abandon_live from registry.promotions where view = 'accounts'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(written, [(2, true)]);
    app.close().await;
}

/// Pays, once the servers that were started again know the payer.
async fn payer_again(app: &mut TestApp, payer: uuid::Uuid, from: uuid::Uuid, to: uuid::Uuid) {
    assert!(app.bank.running().unwrap().iter().any(|(part, _)| *part == Part::Command(0)));
    let payer = app.client(kernel::Role::Member, payer);
    for amount in [1, 2, 3] {
        eventually("a payment", async || {
            let paid = payer.transfer(from, to, amount).await;
            if paid.status == 201 { Ok(()) } else { Err(paid.body.to_string()) }
        })
        .await;
    }
}
