//! Consistency tokens: no answer is older than what was asked for, and nothing hangs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::{ConsistencyToken, LogId, Position};
use uuid::Uuid;

use crate::app::{A1, ALICE, TestApp, id};

#[tokio::test]
async fn a_read_is_answered_as_soon_as_the_checkpoint_moves() {
    let app = Arc::new(TestApp::with_bank().await);
    // By the net alone, which looks twice a second, five of eight would be one in a hundred. A busy machine may be slow for a
    // while, so it is given three rounds.
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rounds.push(quick_of_eight(&app).await);
        if rounds.iter().any(|quick| *quick >= 5) {
            break;
        }
    }
    assert!(rounds.iter().any(|quick| *quick >= 5), "only {rounds:?} of 8 each were woken by the notification");
}

async fn quick_of_eight(app: &Arc<TestApp>) -> i32 {
    let mut quick = 0;
    for _ in 0..8 {
        let position = app.database.append(3).await;
        let token = app.token(position).await;
        let reading = tokio::spawn({
            let app = app.clone();
            async move {
                let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5")];
                (app.get_with("/v1/accounts", app.member(ALICE), &headers).await, Instant::now())
            }
        });
        tokio::time::sleep(Duration::from_millis(130)).await;
        assert!(!reading.is_finished());
        let moved = Instant::now();
        app.database.reach_all(position).await;
        let (reply, answered) = reading.await.expect("no panic");
        reply.ok();
        assert!(reply.number("view-position") >= position.number());
        assert_eq!(reply.header("consistency-status"), None);
        assert_eq!(reply.header("preference-applied"), Some("wait=5"));
        quick += i32::from(answered - moved < Duration::from_millis(100));
    }
    quick
}

#[tokio::test]
async fn without_notifications_the_net_catches_it() {
    let app = Arc::new(TestApp::with_bank().await);
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    app.database.reach_quietly("accounts", position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5")];
    app.get_with("/v1/accounts", app.member(ALICE), &headers).await.ok();
}

#[tokio::test]
async fn a_view_that_does_not_come_is_503_or_stale() {
    let app = TestApp::with_bank().await;
    let token = app.token(app.database.append(1).await).await;
    let begun = Instant::now();
    let reply = app.get_with("/v1/accounts", app.member(ALICE), &[("consistency-token", &token)]).await;
    reply.is(503, "view-behind");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!((900..3000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());

    let begun = Instant::now();
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0, stale-ok")];
    let reply = app.get_with("/v1/accounts", app.member(ALICE), &headers).await;
    reply.ok();
    assert_eq!(reply.header("consistency-status"), Some("stale"));
    assert_eq!(reply.header("preference-applied"), Some("wait=0, stale-ok"));
    assert_eq!(reply.number("view-position"), 18);
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    app.finish().await;
}

#[tokio::test]
async fn tokens_that_can_never_be_satisfied_are_400_at_once() {
    let app = TestApp::with_bank().await;
    let foreign = ConsistencyToken::untagged(LogId::new(Uuid::from_u128(1)), Position::new(1)).to_string();
    let ahead = app.token(Position::new(19)).await;
    let far_ahead = app.token(Position::new(i64::MAX)).await;
    let begun = Instant::now();
    for stale in ["wait=5", "wait=5, stale-ok", "wait=0"] {
        for (token, code) in [
            (foreign.as_str(), "consistency-token-foreign"),
            (ahead.as_str(), "consistency-token-future"),
            (far_ahead.as_str(), "consistency-token-future"),
            ("garbage", "consistency-token-invalid"),
            ("", "consistency-token-invalid"),
            ("v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "consistency-token-invalid"),
        ] {
            let headers = [("consistency-token", token), ("prefer", stale)];
            app.get_with("/v1/wallet/home", app.member(ALICE), &headers).await.is(400, code);
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    app.finish().await;
}

#[tokio::test]
async fn of_several_views_the_slowest_counts() {
    let app = TestApp::with_bank().await;
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    app.database.reach("accounts", position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=1")];
    let one = app.get_with("/v1/accounts", app.member(ALICE), &headers).await;
    assert_eq!(one.number("view-position"), position.number());
    for path in ["/v1/wallet/home".to_owned(), format!("/v1/accounts/{}/transactions", id(A1))] {
        app.get_with(&path, app.member(ALICE), &headers).await.is(503, "view-behind");
        let reply = app.get(&path, app.member(ALICE)).await;
        reply.ok();
        assert_eq!(reply.number("view-position"), 18);
    }
    app.finish().await;
}

#[tokio::test]
async fn lag_is_reported_in_time() {
    let app = TestApp::with_bank().await;
    assert_eq!(app.get("/v1/accounts", app.member(ALICE)).await.number("view-lag-ms"), 0);
    app.database.append(5).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let lag = app.get("/v1/accounts", app.member(ALICE)).await.number("view-lag-ms");
    assert!((2000..20_000).contains(&lag), "{lag}");
    let views = app.get("/v1/views", app.operator()).await;
    assert_eq!((&views.ok()[0]["lag_events"], &views.body[0]["head"]), (&5.into(), &23.into()));
    assert!(views.body[0]["lag_ms"].as_i64() >= Some(2000));
    app.database.reach_all(Position::new(23)).await;
    let token = app.token(Position::new(23)).await;
    let reply = app.get_with("/v1/accounts", app.member(ALICE), &[("consistency-token", &token)]).await;
    assert_eq!(reply.number("view-lag-ms"), 0);
    app.finish().await;
}

#[tokio::test]
async fn a_generation_swap_never_moves_a_view_backwards() {
    let app = Arc::new(TestApp::with_bank().await);
    let token = app.token(Position::new(18)).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    app.database.make_generation("accounts", 2, "ready").await;
    // A promotion that no projector would make: the new generation has got half as far.
    app.database
        .run(
            "begin;
             set local session_replication_role = replica;
             insert into accounts_g2.accounts select * from accounts_g1.accounts;
             update accounts_g2.accounts set balance = 1 where owner is not null;
             update registry.generations set state = 'retired' where view = 'accounts' and generation = 1;
             update registry.generations set state = 'live', log_id = (select log_id from log_head),
                 position = (select coalesce(max(last_position), 0) from commits where last_position < 18)
             where view = 'accounts' and generation = 2;
             create or replace view live.accounts as select * from accounts_g2.accounts;
             commit;",
        )
        .await;
    // The server does not know of it: it believes the view to be at 18, and must not be fooled.
    for _ in 0..3 {
        let reply = app.get_with("/v1/accounts", app.member(ALICE), &headers).await;
        reply.is(503, "view-behind");
    }
    let reading = tokio::spawn({
        let (app, token) = (app.clone(), token.clone());
        async move {
            let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5")];
            app.get_with("/v1/accounts", app.member(ALICE), &headers).await
        }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    app.database.run("update accounts_g2.accounts set balance = 2 where owner is not null").await;
    app.database.reach("accounts", Position::new(18)).await;
    let reply = reading.await.expect("no panic");
    assert_eq!(reply.ok()["items"][0]["balance"], "2");
}
