//! What is away is said, and nothing else suffers for it.

use std::time::{Duration, Instant};

use kernel::Position;

use crate::app::{ALICE, NOWHERE, Odd, TestApp};

#[tokio::test]
async fn without_the_log_reads_go_on_and_tokens_ahead_wait() {
    let app = TestApp::start_odd(Odd { log_url: Some(NOWHERE.to_owned()), ..Odd::default() }).await;
    app.seed().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let here = app.token(Position::new(18)).await;
    let reply = app.get_with("/v1/accounts", app.member(ALICE), &[("consistency-token", &here)]).await;
    reply.ok();
    assert!(reply.header("view-lag-ms").is_some());

    let ahead = app.token(Position::new(19)).await;
    let begun = Instant::now();
    let headers = [("consistency-token", ahead.as_str()), ("prefer", "wait=1")];
    app.get_with("/v1/accounts", app.member(ALICE), &headers).await.is(503, "view-behind");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(app.get("/v1/views", app.operator()).await.ok()[0]["head"].is_null());
    app.get_open("/readyz").await.ok();
    app.finish().await;
}

#[tokio::test]
async fn without_the_views_everything_is_503_and_nothing_leaks() {
    let app = TestApp::start_odd(Odd { views_url: Some(NOWHERE.to_owned()), ..Odd::default() }).await;
    for path in ["/v1/accounts", "/v1/wallet/home"] {
        let reply = app.get(path, app.member(ALICE)).await;
        reply.is(503, "view-unavailable");
        assert!(reply.header("retry-after").is_some());
        assert!(!reply.body.to_string().contains("127.0.0.1"), "{:?}", reply.body);
    }
    assert_eq!(app.get_open("/readyz").await.status, 503);
    app.get_open("/livez").await.ok();
    app.get_open("/v1/assets").await.ok();
    app.finish().await;
}

#[tokio::test]
async fn a_stopped_view_answers_what_it_has() {
    let app = TestApp::with_bank().await;
    let token = app.token(app.database.append(1).await).await;
    app.database
        .run(
            "update registry.generations set stuck_since = clock_timestamp(), error = 'no such account',
                 error_position = 19, error_type = 'AccountCredited' where view = 'accounts'",
        )
        .await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    app.get("/v1/accounts", app.member(ALICE)).await.ok();
    let begun = Instant::now();
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5")];
    app.get_with("/v1/accounts", app.member(ALICE), &headers).await.is(503, "view-unavailable");
    assert!(begun.elapsed() < Duration::from_secs(2), "it is not waited for: {:?}", begun.elapsed());
    let stale = [("consistency-token", token.as_str()), ("prefer", "stale-ok")];
    let reply = app.get_with("/v1/accounts", app.member(ALICE), &stale).await;
    reply.ok();
    assert_eq!(reply.header("consistency-status"), Some("stale"));
    let view = app.get("/v1/views/accounts", app.operator()).await;
    assert_eq!((&view.ok()["state"], &view.body["error_position"]), (&"stuck".into(), &19.into()));

    // It applies again: nobody has to restart anything.
    app.database
        .run(
            "update registry.generations set stuck_since = null, error = null, error_position = null,
                 error_type = null where view = 'accounts'",
        )
        .await;
    app.database.reach("accounts", Position::new(19)).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    app.get_with("/v1/accounts", app.member(ALICE), &headers).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn a_view_that_is_not_live_is_503() {
    let app = TestApp::with_bank().await;
    app.database.run("update registry.generations set state = 'retired' where view = 'transactions'").await;
    let reply = app.get("/v1/wallet/home", app.member(ALICE)).await;
    reply.is(503, "view-unavailable");
    app.get("/v1/accounts", app.member(ALICE)).await.ok();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.get_open("/readyz").await.status, 503);
    app.finish().await;
}

#[tokio::test]
async fn a_lost_grant_makes_the_server_not_ready() {
    let app = TestApp::with_bank().await;
    app.get_open("/readyz").await.ok();
    for (lost, given, path) in [
        (
            "revoke select on live.accounts from jangbu_reader",
            "grant select on live.accounts to jangbu_reader",
            "/v1/accounts",
        ),
        (
            "revoke usage on schema live from jangbu_reader",
            "grant usage on schema live to jangbu_reader",
            "/v1/wallet/home",
        ),
    ] {
        app.database.run(lost).await;
        app.get(path, app.member(ALICE)).await.is(500, "internal");
        views_are(&app, "failing").await;
        app.database.run(given).await;
        app.get(path, app.member(ALICE)).await.ok();
        views_are(&app, "ok").await;
    }
    app.finish().await;
}

/// Waits until `/readyz` says this of the views: what it found is kept for a moment.
async fn views_are(app: &TestApp, word: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let ready = app.get_open("/readyz").await;
        if ready.body["checks"]["views"] == word {
            return;
        }
        assert!(Instant::now() < deadline, "not {word}: {ready:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn broken_connections_are_made_again() {
    let app = TestApp::with_bank().await;
    for _ in 0..3 {
        app.database
            .run(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = 'query-server' and datname = current_database()",
            )
            .await;
        let position = app.database.append(1).await;
        let token = app.token(position).await;
        app.database.reach_all(position).await;
        let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5")];
        let mut reply = app.get_with("/v1/accounts", app.member(ALICE), &headers).await;
        // Whoever gets a connection that was used a moment ago is the one who finds out; the next one is not.
        if reply.status == 503 {
            reply.is(503, "view-unavailable");
            assert!(reply.header("retry-after").is_some(), "{reply:?}");
            reply = app.get_with("/v1/accounts", app.member(ALICE), &headers).await;
        }
        assert!(reply.number("view-position") >= position.number(), "{reply:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_role_of_the_server_can_write_nothing() {
    let app = TestApp::start().await;
    let pool = sqlx::PgPool::connect(&app.database.reader_url()).await.expect("the reader");
    for statement in [
        "insert into accounts_g1.accounts (account_id) values (gen_random_uuid())",
        "update registry.generations set position = 1",
        "delete from live.accounts",
        "select * from events",
        "update log_head set position = 1",
        "create table t ()",
    ] {
        assert!(sqlx::query(statement).execute(&pool).await.is_err(), "{statement}");
    }
    sqlx::query("select * from log_head, commits, live.accounts").execute(&pool).await.expect("may read");
    app.finish().await;
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_given_up() {
    let app = TestApp::with_bank().await;
    let mut blocking = app.database.pool.begin().await.expect("a transaction");
    sqlx::query("lock table accounts_g1.accounts in access exclusive mode")
        .execute(&mut *blocking)
        .await
        .expect("locked");
    let reply = app.get("/v1/accounts", app.member(ALICE)).await;
    reply.is(503, "view-unavailable");
    assert!(!reply.body.to_string().contains("statement"), "{:?}", reply.body);
    blocking.rollback().await.expect("let go");
    app.get("/v1/accounts", app.member(ALICE)).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn views_of_another_log_are_not_ready() {
    let app = TestApp::with_bank().await;
    let other = TestApp::start().await;
    other.database.append(30).await;
    let mixed = TestApp::start_odd(Odd { log_url: Some(other.database.reader_url()), ..Odd::default() }).await;
    mixed.seed().await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(mixed.get_open("/readyz").await.status, 503);
    assert_eq!(app.get_open("/readyz").await.status, 200);
    // What these views show never was, as far as this log knows: no token changes that.
    for position in [18, 19] {
        let token = mixed.token(Position::new(position)).await;
        let headers = [("consistency-token", token.as_str()), ("prefer", "wait=1")];
        mixed.get_with("/v1/accounts", mixed.member(ALICE), &headers).await.is(503, "view-unavailable");
    }
}

/// No projector runs that could find it out, and reads go on all the time.
#[tokio::test]
async fn a_lost_history_is_not_shown_again_once_it_was_refused() {
    let app = TestApp::with_bank().await;
    let lost = app.database.append(1).await;
    app.database.reach_all(lost).await;
    app.until_seen(lost).await;
    let status = async || {
        let reply = app.get("/v1/accounts", app.member(ALICE)).await;
        if reply.status != 200 {
            reply.is(503, "view-unavailable");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        reply.status
    };
    let mut taken = None;
    app.database
        .edit_log(|log| {
            taken = log.commits.pop();
            log.head.position = 18;
        })
        .await;
    while status().await == 200 {}
    // As many looks at the log and at the registry as there are in three seconds.
    for _ in 0..150 {
        assert_eq!(status().await, 503);
    }
    // The log was only late: it holds the commit of the views again.
    app.database
        .edit_log(|log| {
            log.commits.extend(taken);
            log.head.position = lost.number();
        })
        .await;
    while status().await == 503 {}
    for _ in 0..50 {
        assert_eq!(status().await, 200);
    }
    app.finish().await;
}

#[tokio::test]
async fn without_nats_nobody_listens_and_reads_go_on() {
    let app = TestApp::with_bank().await;
    for bearer in [app.member(ALICE), app.operator(), app.service()] {
        let reply = app.get("/v1/events/stream?after=0.0", &bearer).await;
        reply.is(503, "events-unavailable");
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert!(!reply.body.to_string().contains("NATS"), "{:?}", reply.body);
        app.get("/v1/accounts", &bearer).await.ok();
    }
    app.until_ready(200, "public events", "degraded").await;
    app.finish().await;
}
