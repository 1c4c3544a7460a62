//! Tokens that count no more, although they would hold for long.

use std::time::Duration;

use kernel::{Clock, SystemClock};
use serde_json::json;
use uuid::Uuid;

use crate::world::{ALICE, BOB, NOWHERE, Odd, World, id};

/// A member's token of a session.
fn token(world: &World, member: u128, session: Uuid) -> String {
    let exp = SystemClock.now().timestamp() + 600;
    let claims = json!({ "sub": id(member), "role": "member", "sid": session, "exp": exp });
    world.keys.sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
}

/// Waits until a token is refused; it must be within a few seconds, whoever used it a moment ago.
async fn refused(world: &World, token: &str) {
    for _ in 0..60 {
        let reply = world.get("/v1/accounts", token).await;
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
    let world = World::with_bank().await;
    let (with, without) = (token(&world, ALICE, id(1)), world.member(ALICE));
    for token in [&with, &without] {
        world.get("/v1/members/me", token).await.ok();
    }
    world.people.revoke_member(ALICE).await;
    refused(&world, &with).await;
    for path in ["/v1/members/me", "/v1/wallet/home", "/v1/accounts"] {
        world.get(path, &without).await.is(401, "unauthorized");
    }
    world.get("/v1/accounts", world.member(BOB)).await.ok();
    world.finish().await;
}

#[tokio::test]
async fn a_session_that_ended_takes_its_tokens_and_no_others() {
    let world = World::with_bank().await;
    let (ended, other) = (token(&world, ALICE, id(1)), token(&world, ALICE, id(2)));
    world.get("/v1/accounts", &ended).await.ok();
    world.people.revoke(&world.database, id(1)).await;
    refused(&world, &ended).await;
    world.get("/v1/accounts", &other).await.ok();
    world.finish().await;
}

#[tokio::test]
async fn what_was_revoked_before_the_server_started_is_refused_from_the_first_request() {
    let world = World::start_odd(Odd { revoked: Some(id(ALICE)), ..Odd::default() }).await;
    world.get("/v1/accounts", world.member(ALICE)).await.is(401, "unauthorized");
    assert_eq!(world.get("/v1/accounts", world.member(BOB)).await.status, 200);
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_never_learned_who_is_revoked_is_not_ready() {
    let world = World::start_odd(Odd { vault_url: Some(NOWHERE.to_owned()), ..Odd::default() }).await;
    world.seed().await;
    let ready = world.get_open("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["checks"]["revocations"], "failing", "{:?}", ready.body);
    world.get("/v1/accounts", world.member(ALICE)).await.ok();
    world.finish().await;
}
