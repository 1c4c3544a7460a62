//! A token that stops holding while a request is under way.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, StatusCode},
};
use chrono::DateTime;
use futures::StreamExt;
use kernel::ManualClock;
use platform::auth::Verifier;
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::support::{NOW, Reply, app_with, claims, clock, jwk, let_go, send, token};

/// A server, its list of revocations, and its clock.
fn server() -> (Router, Verifier, Arc<ManualClock>) {
    let clock = clock();
    let verifier = Verifier::from_jwks(&json!({"keys": [jwk(1, "one")]}).to_string(), clock.clone()).expect("keys");
    (app_with(verifier.clone()), verifier, clock)
}

/// Sends a request and has something happen after the first half of its body.
async fn halfway(app: &Router, path: &str, happens: impl FnOnce()) -> Reply {
    let (pieces, arriving) = mpsc::unbounded_channel::<&'static str>();
    let arriving = futures::stream::unfold(arriving, |mut arriving| async move {
        let piece = arriving.recv().await?;
        Some((Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes())), arriving))
    });
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", token(1, Some("one"), &claims("member"))))
        .body(Body::from_stream(arriving.boxed()))
        .expect("a request");
    let answer = tokio::spawn({
        let app = app.clone();
        async move { send(&app, request).await }
    });
    pieces.send("{\"word\": ").expect("the request is under way");
    // The one thread of this test is the server's for as long as it has something to do: then the head was looked at.
    tokio::task::yield_now().await;
    happens();
    pieces.send("\"a\"}").expect("the request is under way");
    drop(pieces);
    answer.await.expect("an answer")
}

#[tokio::test]
async fn a_token_revoked_while_the_body_arrives_is_refused() {
    for path in ["/command", "/optional-command"] {
        let (app, verifier, _) = server();
        assert_eq!(halfway(&app, path, || {}).await.status, StatusCode::OK);
        let revoke = || verifier.revocations().insert(Uuid::from_u128(0x7000_8000_0000_0000_0001));
        let reply = halfway(&app, path, revoke).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthorized"));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
}

#[tokio::test]
async fn a_token_that_expires_while_the_body_arrives_is_refused() {
    let (app, _, clock) = server();
    let expire = || clock.set(DateTime::from_timestamp(NOW + 60, 0).expect("a time"));
    assert_eq!(halfway(&app, "/command", expire).await.code(), "unauthorized");
}

#[tokio::test]
async fn a_read_that_waited_is_refused_if_its_token_was_revoked_meanwhile() {
    let (app, verifier, _) = server();
    let request = || {
        let authorization = format!("Bearer {}", token(1, Some("one"), &claims("member")));
        Request::get("/wait").header("authorization", authorization).body(Body::empty()).expect("a request")
    };
    let_go();
    assert_eq!(send(&app, request()).await.status, StatusCode::OK);
    let (app, request) = (app.clone(), request());
    let waiting = tokio::spawn(async move { send(&app, request).await });
    tokio::task::yield_now().await;
    verifier.revocations().insert(Uuid::from_u128(0x7000_8000_0000_0000_0001));
    let_go();
    assert_eq!(waiting.await.expect("an answer").code(), "unauthorized");
}
