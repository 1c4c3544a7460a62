//! The balance then.

use serde_json::json;

use crate::app::{A1, A2, ALICE, TestApp, id};

#[tokio::test]
async fn the_balance_at_a_time() {
    let app = TestApp::with_bank().await;
    let at = async |time: &str| {
        let path = format!("/v1/accounts/{}/balance?at=2026-11-21T{time}", id(A1));
        let reply = app.get(&path, app.member(ALICE)).await;
        if reply.status == 200 {
            (reply.body["balance"].clone(), reply.body["position"].clone())
        } else {
            reply.is(404, "account-unknown");
            (json!(null), json!(null))
        }
    };
    assert_eq!(at("09:00:59.999999Z").await, (json!(null), json!(null)), "it had not been opened");
    assert_eq!(at("09:01:00Z").await, (json!("0"), json!(2)));
    assert_eq!(at("09:03:59.999999Z").await, (json!("0"), json!(5)));
    assert_eq!(at("09:04:00Z").await, (json!("100000"), json!(8)));
    assert_eq!(at("09:04:59Z").await, (json!("100000"), json!(8)));
    assert_eq!(at("18:05:00%2B09:00").await, (json!("70000"), json!(11)));
    assert_eq!(at("09:06:30Z").await, (json!("70000"), json!(12)));
    assert_eq!(at("09:07:00Z").await, (json!("100000"), json!(16)));
    assert_eq!(at("23:59:59Z").await, (json!("100000"), json!(18)), "later than all there is");
    app.finish().await;
}

#[tokio::test]
async fn the_balance_at_a_position() {
    let app = TestApp::with_bank().await;
    let at = async |account: u128, position: i64| {
        let path = format!("/v1/accounts/{}/balance?position={position}", id(account));
        let reply = app.get(&path, app.member(ALICE)).await;
        (reply.status, reply.body["balance"].clone(), reply.body["version"].clone())
    };
    assert_eq!(at(A1, 0).await.0, 404, "it had not been opened");
    assert_eq!(at(A1, 2).await, (200, json!("0"), json!(null)));
    assert_eq!(at(A1, 7).await, (200, json!("0"), json!(null)));
    assert_eq!(at(A1, 8).await, (200, json!("100000"), json!(2)));
    assert_eq!(at(A1, 10).await, (200, json!("70000"), json!(3)));
    assert_eq!(at(A1, 14).await, (200, json!("70000"), json!(3)));
    assert_eq!(at(A1, 15).await, (200, json!("100000"), json!(4)));
    assert_eq!(at(A1, 18).await, (200, json!("100000"), json!(4)));
    assert_eq!(at(A2, 16).await.0, 404);
    assert_eq!(at(A2, 18).await, (200, json!("0"), json!(null)));
    app.finish().await;
}

#[tokio::test]
async fn a_position_is_waited_for_and_one_the_log_has_not_reached_is_refused() {
    let app = TestApp::with_bank().await;
    let path = |position: i64| format!("/v1/accounts/{}/balance?position={position}", id(A1));
    let reply = app.get(&path(19), app.member(ALICE)).await;
    reply.is(400, "validation-failed");
    assert_eq!(reply.body["errors"][0]["field"], "position");

    let position = app.database.append(1).await;
    let quick = [("prefer", "wait=0")];
    app.get_with(&path(19), app.member(ALICE), &quick).await.is(503, "view-behind");
    app.database.reach_all(position).await;
    assert_eq!(app.get(&path(19), app.member(ALICE)).await.ok()["position"], 19);
    app.finish().await;
}

#[tokio::test]
async fn without_a_moment_it_is_the_newest() {
    let app = TestApp::with_bank().await;
    let reply = app.get(&format!("/v1/accounts/{}/balance", id(A1)), app.member(ALICE)).await;
    let expected = json!({ "account_id": id(A1), "asset": "KRW", "balance": "100000", "version": 4, "position": 18 });
    assert_eq!(*reply.ok(), expected);
    app.finish().await;
}
