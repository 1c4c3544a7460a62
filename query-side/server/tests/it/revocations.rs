//! Tokens that count no more, although they would hold for long.

use std::time::Duration;

use kernel::{Clock, SystemClock};
use serde_json::json;
use uuid::Uuid;

use crate::app::{ALICE, BOB, NOWHERE, Odd, TestApp, id};

/// A member's token of a session.
fn token(app: &TestApp, member: u128, session: Uuid) -> String {
    let exp = SystemClock.now().timestamp() + 600;
    let claims = json!({ "sub": id(member), "role": "member", "sid": session, "exp": exp });
    app.keys.sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
}

/// Waits until a token is refused; it must be within a few seconds, even if it was used a moment ago.
async fn refused(app: &TestApp, token: &str) {
    for _ in 0..60 {
        let reply = app.get("/v1/accounts", token).await;
        if reply.status == 401 {
            reply.is(401, "unauthorized");
            return;
        }
        reply.ok();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the token still counts");
}

#[tokio::test]
async fn a_member_who_left_is_refused_within_seconds_whatever_the_token() {
    let app = TestApp::with_bank().await;
    let (with, without) = (token(&app, ALICE, id(1)), app.member(ALICE));
    for token in [&with, &without] {
        app.get("/v1/members/me", token).await.ok();
    }
    app.people.revoke_member(ALICE).await;
    refused(&app, &with).await;
    for path in ["/v1/members/me", "/v1/wallet/home", "/v1/accounts"] {
        app.get(path, &without).await.is(401, "unauthorized");
    }
    app.get("/v1/accounts", app.member(BOB)).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn a_session_that_ended_takes_its_tokens_and_no_others() {
    let app = TestApp::with_bank().await;
    let (ended, other) = (token(&app, ALICE, id(1)), token(&app, ALICE, id(2)));
    app.get("/v1/accounts", &ended).await.ok();
    app.people.revoke(&app.database, id(1)).await;
    refused(&app, &ended).await;
    app.get("/v1/accounts", &other).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn what_was_revoked_before_the_server_started_is_refused_from_the_first_request() {
    let app = TestApp::start_odd(Odd { revoked: Some(id(ALICE)), ..Odd::default() }).await;
    app.get("/v1/accounts", app.member(ALICE)).await.is(401, "unauthorized");
    assert_eq!(app.get("/v1/accounts", app.member(BOB)).await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn a_server_that_never_learned_who_is_revoked_is_not_ready() {
    let app = TestApp::start_odd(Odd { vault_url: Some(NOWHERE.to_owned()), ..Odd::default() }).await;
    app.seed().await;
    let ready = app.get_open("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["checks"]["revocations"], "failing", "{:?}", ready.body);
    app.get("/v1/accounts", app.member(ALICE)).await.ok();
    app.finish().await;
}
