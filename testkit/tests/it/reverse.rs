//! Reversals.

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{ALL, TestApp, TestClient};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_is_undone_once() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let operator = app.operator();
    let posted = payer.transfer(from, to, 40).await.expect(201);
    let path = format!("/v1/transfers/{}/reverse", posted.id("transfer_id"));
    let mut at_once = JoinSet::new();
    for _ in 0..10 {
        let (operator, path) = (operator.clone(), path.clone());
        at_once.spawn(async move { operator.post(&path, json!({"reason": "a mistake"})).await });
    }
    let (done, refused): (Vec<_>, Vec<_>) =
        at_once.join_all().await.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(done.len(), 1, "{refused:?}");
    refused.into_iter().for_each(|answer| drop(answer.expect_problem(422, "already-reversed")));
    let reversal = &done[0];
    assert_eq!((reversal.text("kind"), reversal.id("reverses")), ("reversal".into(), posted.id("transfer_id")));
    assert_eq!((reversal.id("source"), reversal.id("destination")), (to, from));
    assert_eq!(operator.balance_at(from, reversal.token()).await, "100");
    let seen =
        operator.get_at(&format!("/v1/transfers/{}", reversal.id("transfer_id")), reversal.token()).await.expect(200);
    assert_eq!(seen.id("reverses"), posted.id("transfer_id"));
    let history = payer.get_at(&format!("/v1/accounts/{from}/transactions"), reversal.token()).await.expect(200);
    let undone: Vec<_> = history.items().iter().map(|item| item["reverses"].as_str().map(str::to_owned)).collect();
    assert_eq!(undone, [Some(posted.text("transfer_id")), None, None]);
    let home = payer.get_at("/v1/wallet/home", reversal.token()).await.expect(200);
    assert_eq!(home.body["transactions"][0]["reverses"], posted.text("transfer_id"));
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&to].balance), (100, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_undone_is_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (payee, to) = app.funded_member(0).await;
    let operator = app.operator();
    let reverse = async |id| operator.post(&format!("/v1/transfers/{id}/reverse"), json!({"reason": "r"})).await;
    let posted = payer.transfer(from, to, 40).await.expect(201).id("transfer_id");
    payee.transfer(to, from, 1).await.expect(201);
    reverse(posted).await.expect_problem(422, "insufficient-funds");
    payer.transfer(from, to, 1).await.expect(201);
    reverse(posted).await.expect(201);
    // A refused transfer moved nothing, so there is nothing to undo.
    payer
        .post("/v1/transfers", TestClient::transfer_body(from, to, 5000))
        .await
        .expect_problem(422, "insufficient-funds");
    let ledger = app.ledger().await;
    let (refused, code) = ledger.rejected.first_key_value().expect("the refusal is recorded");
    assert!(code == "insufficient-funds" && ledger.rejected.len() >= 2, "{:?}", ledger.rejected);
    reverse(*refused).await.expect_problem(422, "transfer-not-posted");
    let deposit = app.service().deposit(from, "KRW", 11).await.id("transfer_id");
    reverse(deposit).await.expect(201);
    let no_reason = operator.post(&format!("/v1/transfers/{deposit}/reverse"), json!({})).await;
    no_reason.expect_problem(400, "validation-failed");
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&to].balance), (100, 0));
}
