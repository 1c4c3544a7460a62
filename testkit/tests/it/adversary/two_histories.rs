//! A log that was restored from a backup is another history: nothing that was made of the one before is taken for it.

use std::process::Stdio;

use kernel::{Ids, RandomIds};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::{
    chaos::{Jangbu, Part},
    kit::{Database, Role},
};
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, eventually, fresh_key};

async fn on_server(database: &Database, statements: &[String]) {
    let server = database.superuser_url().replace(&format!("/{}", database.name), "/postgres");
    let mut connection = PgConnection::connect(&server).await.unwrap();
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap();
    }
}

async fn execute(database: &Database, statement: &str) -> u64 {
    let mut connection = PgConnection::connect(&database.superuser_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap().rows_affected()
}

/// A backup of a database as it is now; its clients lose their connections.
async fn back_up(database: &Database) {
    let name = &database.name;
    let part = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    let statements = [
        format!("alter database {name} allow_connections false"),
        part,
        // A session that was just terminated may still be there.
        format!(
            "do $$ begin while exists (select from pg_stat_activity where datname = '{name}') loop
               perform pg_sleep(0.01); perform pg_stat_clear_snapshot(); end loop; end $$"
        ),
        format!("create database {name}_then template {name} owner jangbu_owner"),
        format!("alter database {name} allow_connections true"),
    ];
    on_server(database, &statements).await;
}

/// Puts the backup in the place of the database.
async fn restore(database: &Database) {
    let name = &database.name;
    let statements =
        [format!("drop database {name} with (force)"), format!("alter database {name}_then rename to {name}")];
    on_server(database, &statements).await;
}

/// Moves money, whatever the servers are going through.
async fn pay(payer: &TestClient, from: Uuid, to: Uuid, amount: u64) -> Answer {
    pay_keyed(payer, &fresh_key(), from, to, amount).await
}

async fn pay_keyed(payer: &TestClient, key: &str, from: Uuid, to: Uuid, amount: u64) -> Answer {
    let body = TestClient::transfer_body(from, to, amount);
    eventually("a payment", async || match payer.try_post("/v1/transfers", key, &body).await {
        Ok(answer) if answer.status == 201 => Ok(answer),
        Ok(answer) => Err(answer.body.to_string()),
        Err(error) => Err(error.to_string()),
    })
    .await
}

/// Whether a process is ready, and what it says.
async fn readiness(app: &mut TestApp, part: Part) -> Result<(u16, String), String> {
    let address = app.bank.address(part).unwrap();
    let answer = reqwest::get(format!("http://{address}/readyz")).await.map_err(|error| error.to_string())?;
    Ok((answer.status().as_u16(), answer.text().await.map_err(|error| error.to_string())?))
}

/// Waits until a process is not ready because of a check, and has logged why.
async fn until_not_ready(app: &mut TestApp, part: Part, check: &str, because: &str) {
    let log = app.bank.log_file(part);
    eventually("a process is not ready", async || {
        let (status, text) = readiness(app, part).await?;
        let logged = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
        let failing = status == 503 && text.contains(&format!("\"{check}\":\"failing\""));
        if failing && logged.contains(because) { Ok(()) } else { Err(format!("{part:?}: {status} {text} {because}")) }
    })
    .await;
}

/// Waits until this many live views are in a state.
async fn until_views_are(app: &mut TestApp, state: &str, count: usize) {
    let operator = app.operator();
    eventually("the states of the views", async || {
        let answer = operator.send(reqwest::Method::GET, &format!("{}/v1/views", operator.query), &[], None).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let views = answer.body.as_array().ok_or_else(|| answer.body.to_string())?;
        let found = views.iter().filter(|view| view["state"] == state).count();
        if found == count { Ok(()) } else { Err(answer.body.to_string()) }
    })
    .await;
}

/// Runs `jangbu`, which may find something wrong; whether it did not, and all that it said.
async fn jangbu(app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let plan = app.bank.plan();
    let output = tokio::process::Command::new(plan.binaries.join("jangbu"))
        .args(arguments)
        .env("JANGBU_LOG_DATABASE_URL", app.pair.log.url(Role::Owner).unwrap())
        .env("JANGBU_VIEWS_DATABASE_URL", app.pair.views.url(Role::Owner).unwrap())
        .env("JANGBU_VAULT_DATABASE_URL", app.pair.vault.url(Role::Owner).unwrap())
        .env("JANGBU_NATS_URL", &plan.nats_url)
        .env("JANGBU_NATS_STREAM", &plan.stream)
        .env("JANGBU_OPERATOR", "adversary")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // Long lines are broken at spaces.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.success(), text)
}

async fn read_at(reader: &TestClient, account: Uuid, token: &str) -> Answer {
    let url = format!("{}/v1/accounts/{account}", reader.query);
    let headers = [("consistency-token", token), ("prefer", "wait=5")];
    reader.send(reqwest::Method::GET, &url, &headers, None).await.unwrap()
}

/// Waits until the query server refuses to show an account: it looks at the registry twice a second.
async fn until_refused(reader: &TestClient, account: Uuid) {
    eventually("the view is refused", async || {
        let answer = reader.get(&format!("/v1/accounts/{account}")).await;
        if (answer.status, answer.code()) == (503, "view-unavailable") { Ok(()) } else { Err(answer.body.to_string()) }
    })
    .await;
}

/// Rebuilds every view, without any flag for special cases.
async fn rebuild_all(app: &TestApp) {
    let (well, output) = jangbu(app, &["views", "rebuild", "--all", "--reason", "restored from a backup"]).await;
    assert!(well, "{output}");
}

async fn until_all_are_ready(app: &mut TestApp) {
    for part in ALL {
        app.bank.wait_until_ready(part).await.unwrap();
    }
}

/// The case that was seen: log and vault are restored under running servers, and the log grows past the views.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_that_has_grown_past_its_views() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    let kept = payer.transfer(from, to, 1).await.expect(201);
    app.wait_until_level().await;
    back_up(&app.pair.log).await;
    back_up(&app.pair.vault).await;
    let lost_key = fresh_key();
    let lost = pay_keyed(&payer, &lost_key, from, to, 5_000).await;
    for _ in 0..4 {
        pay(&payer, from, to, 5_000).await;
    }
    app.wait_until_level().await;
    app.wait_until_published().await;
    let before = app.head().await;

    restore(&app.pair.log).await;
    restore(&app.pair.vault).await;
    while app.head().await <= before {
        pay(&payer, from, to, 7).await;
    }
    for _ in 0..3 {
        pay(&payer, from, to, 7).await;
    }
    // Nothing shows the one history as the other.
    until_views_are(&mut app, "other-history", views::names().len()).await;
    until_refused(&payer, from).await;
    for path in
        [format!("/v1/accounts/{from}"), format!("/v1/accounts/{to}/transactions"), "/v1/wallet/home".to_owned()]
    {
        payer.get(&path).await.expect_problem(503, "view-unavailable");
        let url = format!("{}{path}", payer.query);
        let stale = payer.send(reqwest::Method::GET, &url, &[("prefer", "stale-ok")], None).await.unwrap();
        stale.expect_problem(503, "view-unavailable");
    }
    until_not_ready(&mut app, Part::Projector, "accounts", "another history").await;
    until_not_ready(&mut app, Part::Query, "history", "another history").await;
    until_not_ready(&mut app, Part::Relay, "relay", "jangbu log adopt").await;
    let (well, output) = jangbu(&app, &["doctor"]).await;
    assert!(
        !well && output.contains("shows another history") && output.contains("jangbu views rebuild accounts"),
        "{output}"
    );
    assert!(!output.contains("parked add"), "parking would bless it: {output}");
    let (parked, output) =
        jangbu(&app, &["views", "parked", "add", "accounts", "--key", &from.to_string(), "--reason", "to get on"])
            .await;
    assert!(!parked && output.contains("another history"), "{output}");

    adopt(&app).await;
    rebuild_all(&app).await;
    until_all_are_ready(&mut app).await;
    // What the server had answered before the restore is not in the log: it does not say it again.
    let again = pay_keyed(&payer, &lost_key, from, to, 5_000).await;
    assert_ne!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(read_at(&payer, from, again.token()).await.expect(200).status, 200);
    read_at(&payer, from, lost.token()).await.expect_problem(400, "consistency-token-foreign");
    read_at(&payer, from, kept.token()).await.expect(200);
    app.wait_until_level().await;
    let (well, output) = jangbu(&app, &["log", "verify"]).await;
    assert!(well, "{output}");
    app.close().await;
}

/// Adopts the log, which must write down who, why and where.
async fn adopt(app: &TestApp) {
    let (well, output) = jangbu(app, &["log", "adopt", "--reason", "restored"]).await;
    assert!(!well && output.contains("--yes"), "{output}");
    let (well, output) = jangbu(app, &["log", "adopt", "--yes"]).await;
    assert!(!well && output.contains("--reason"), "{output}");
    let head = app.head().await;
    let (well, output) = jangbu(app, &["log", "adopt", "--reason", "restored from the night", "--yes", "--json"]).await;
    assert!(well, "{output}");
    let adoption: Value = serde_json::from_str(&output).unwrap();
    assert!(adoption["position"].as_i64().is_some_and(|position| position >= head), "{adoption}");
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let written: (String, String, Uuid) =
        sqlx::query_as("select who, reason, new_log_id from log_adoptions order by id desc limit 1")
            .fetch_one(&mut log)
            .await
            .unwrap();
    assert_eq!((written.0.as_str(), written.1.as_str()), ("adversary", "restored from the night"));
    let id: Uuid = sqlx::query_scalar("select log_id from log_head").fetch_one(&mut log).await.unwrap();
    assert_eq!(id, written.2);
    for statement in [
        "update log_adoptions set reason = 'another'",
        "delete from log_adoptions",
        "update log_head set log_id = gen_random_uuid()",
    ] {
        let refused = sqlx::raw_sql(statement).execute(&mut log).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        assert_eq!(code, "23001", "{statement}");
    }
}

/// Everything is down while the log is restored, and the views are ahead of it when it all starts again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_that_are_ahead_of_a_restored_log() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    back_up(&app.pair.log).await;
    pay(&payer, from, to, 600).await;
    app.wait_until_level().await;
    app.wait_until_published().await;
    app.bank.end_all().await.unwrap();
    restore(&app.pair.log).await;
    for part in ALL {
        app.bank.spawn(part).unwrap();
    }
    until_views_are(&mut app, "other-history", views::names().len()).await;
    until_refused(&payer, from).await;
    until_not_ready(&mut app, Part::Projector, "accounts", "ahead of the log").await;
    until_not_ready(&mut app, Part::Relay, "relay", "ahead of the log").await;
    // A generation that was made of the lost history cannot come back either.
    rebuild_all(&app).await;
    let (well, output) = jangbu(&app, &["views", "rollback", "accounts", "--reason", "it looked better"]).await;
    assert!(!well && output.contains("another history"), "{output}");
    until_views_are(&mut app, "live", views::names().len()).await;
    let seen = payer.get(&format!("/v1/accounts/{from}")).await.expect(200);
    assert_eq!(seen.text("balance"), "1000");
    adopt(&app).await;
    until_all_are_ready(&mut app).await;
    let answer = pay(&payer, from, to, 10).await;
    assert_eq!(payer.balance_at(from, answer.token()).await, "990");
    app.close().await;
}

/// Views that stand on a commit of the adopted log are taken over, with an entry in the audit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_of_an_adopted_log_are_carried_over() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let old = payer.transfer(from, to, 1).await.expect(201);
    app.wait_until_level().await;
    adopt(&app).await;
    let answer = pay(&payer, from, to, 2).await;
    assert_ne!(old.token(), answer.token());
    assert_eq!(payer.balance_at(from, answer.token()).await, "997");
    assert_eq!(payer.balance_at(from, old.token()).await, "997");
    let mut views = PgConnection::connect(&app.pair.views.superuser_url()).await.unwrap();
    let carried: i64 = sqlx::query_scalar("select count(*) from registry.audit where what = 'follow adopted log'")
        .fetch_one(&mut views)
        .await
        .unwrap();
    assert_eq!(carried, views::names().len() as i64);
    until_all_are_ready(&mut app).await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    app.wait_until_level().await;
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

/// One view by itself; and a bank of the build before, whose checkpoints name no commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_view_of_another_history() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    pay(&payer, from, to, 1).await;
    app.wait_until_level().await;
    app.bank.kill(Part::Projector).unwrap();
    execute(&app.pair.views, "update registry.generations set command_id = null").await;
    app.bank.start(&[Part::Projector]).await.unwrap();
    eventually("the checkpoints name their commits", async || {
        let mut views = PgConnection::connect(&app.pair.views.superuser_url()).await.map_err(|e| e.to_string())?;
        let unnamed = "select count(*) from registry.generations where state = 'live' and command_id is null";
        let unnamed: i64 = sqlx::query_scalar(unnamed).fetch_one(&mut views).await.map_err(|e| e.to_string())?;
        if unnamed == 0 { Ok(()) } else { Err(format!("{unnamed} do not")) }
    })
    .await;
    app.bank.kill(Part::Projector).unwrap();
    let other = RandomIds.fresh();
    let tampered = format!("update registry.generations set command_id = '{other}' where view = 'accounts'");
    execute(&app.pair.views, &tampered).await;
    // The query server finds out by itself.
    until_views_are(&mut app, "other-history", 1).await;
    until_refused(&payer, from).await;
    app.bank.spawn(Part::Projector).unwrap();
    until_not_ready(&mut app, Part::Projector, "accounts", "another history").await;
    let (well, output) = jangbu(&app, &["views", "rebuild", "accounts", "--reason", "restored"]).await;
    assert!(well, "{output}");
    until_all_are_ready(&mut app).await;
    app.close().await;
}

/// A vault that was brought up to commits that the log does not hold is reported, and not ready.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_of_another_history() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let noted = format!(
        "update vault.message_cursor set noted_position = 1, command_id = '{}', recorded_at = now()",
        RandomIds.fresh()
    );
    assert_eq!(execute(&app.pair.vault, &noted).await, 1);
    pay(&payer, from, to, 1).await;
    until_not_ready(&mut app, Part::Command(0), "vault history", "the log does not hold").await;
    let (well, output) = jangbu(&app, &["doctor"]).await;
    assert!(!well && output.contains("the vault was brought up to a commit at position 1"), "{output}");
    adopt(&app).await;
    until_all_are_ready(&mut app).await;
    let answer = pay(&payer, from, to, 1).await;
    assert_eq!(payer.balance_at(from, answer.token()).await, "998");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_read_what_was_lost_forgets_it() {
    let mut app = TestApp::start(&[Part::Command(0), Part::Command(1)]).await;
    let (owner, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let service = app.service();
    let beside = app.client_at(1, kernel::Role::Service, service.id);
    let (stranger, owner) = (
        app.client_at(1, kernel::Role::Member, RandomIds.fresh()),
        TestClient { command: beside.command.clone(), ..owner },
    );
    back_up(&app.pair.log).await;
    let key = fresh_key();
    let deposit = serde_json::json!({
        "account_id": from, "money": {"asset": "KRW", "amount": "1000000"}, "reference": "lost"
    });
    let lost = until_answered(&service, "/v1/deposits", &key, &deposit, 201).await.id("transfer_id");
    // The second server has written nothing of it: it only knows what it read.
    until_answered(&stranger, &format!("/v1/accounts/{from}/close"), &fresh_key(), &serde_json::json!({}), 404).await;
    let replayed = until_answered(&beside, "/v1/deposits", &key, &deposit, 201).await;
    assert_eq!(replayed.id("transfer_id"), lost);
    restore(&app.pair.log).await;
    let body = TestClient::transfer_body(from, to, 900_000);
    until_answered(&owner, "/v1/transfers", &fresh_key(), &body, 422).await;
    // The money of the lost deposit comes in again, under the same id: it is that of the command.
    let again = until_answered(&beside, "/v1/deposits", &key, &deposit, 201).await;
    assert_eq!(again.id("transfer_id"), lost);
    assert!(replayed.replayed(), "it was carried out before the restore: {}", replayed.body);
    // That it was carried out shows in the money, not in the header: a first try may have lost its answer, and the second was told of it.
    until_answered(&owner, "/v1/transfers", &fresh_key(), &body, 201).await;
    let ledger = app.close().await;
    assert_eq!(ledger.members().find(|(id, _)| **id == from).unwrap().1.balance.to_string(), "101000");
}

/// An answer to a command, whatever the servers are going through; it must be of this status.
async fn until_answered(client: &TestClient, path: &str, key: &str, body: &Value, status: u16) -> Answer {
    let answer = eventually("an answer", async || match client.try_post(path, key, body).await {
        Ok(answer) if answer.status < 500 => Ok(answer),
        Ok(answer) => Err(answer.body.to_string()),
        Err(error) => Err(error.to_string()),
    })
    .await;
    answer.expect(status)
}
