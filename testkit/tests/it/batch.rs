//! Batches.

use serde_json::{Value, json};

use crate::support::{ALL, TestApp, TestClient};

fn statuses(results: &Value) -> Vec<&str> {
    results["results"].as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect()
}

fn codes(results: &Value) -> Vec<Option<&str>> {
    results["results"].as_array().unwrap().iter().map(|r| r["problem"]["code"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_not_atomic_posts_what_it_can_in_order() {
    let mut app = TestApp::start(&ALL).await;
    let (_, a) = app.funded_member(100).await;
    let (_, b) = app.funded_member(0).await;
    let service = app.service();
    let transfers = json!([
        TestClient::transfer_body(b, a, 1), // nothing there yet
        TestClient::transfer_body(a, b, 60),
        TestClient::transfer_body(a, b, 60), // no longer enough
        TestClient::transfer_body(b, a, 50), // of what has just come
        TestClient::transfer_body(a, a, 1),
    ]);
    let body = json!({"atomic": false, "transfers": transfers});
    let answer = service.post_keyed("/v1/transfers/batch", "b", body.clone()).await.expect(200);
    assert_eq!(statuses(&answer.body), ["rejected", "posted", "rejected", "posted", "rejected"]);
    let insufficient = Some("insufficient-funds");
    assert_eq!(codes(&answer.body), [insufficient, None, insufficient, None, Some("same-account")]);
    assert_eq!(app.operator().balance_at(a, answer.token()).await, "90");
    let again = service.post_keyed("/v1/transfers/batch", "b", body).await.expect(200);
    assert!(again.replayed());
    assert_eq!(again.body, answer.body);
    let ledger = app.close().await;
    assert_eq!((ledger.accounts[&a].balance, ledger.accounts[&b].balance), (90, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_atomic_batch_is_all_or_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let (_, a) = app.funded_member(100).await;
    let (_, b) = app.funded_member(0).await;
    let operator = app.operator();
    let batch = |amounts: &[i64]| {
        let transfers: Vec<_> = amounts.iter().map(|amount| TestClient::transfer_body(a, b, amount)).collect();
        json!({"atomic": true, "transfers": transfers})
    };
    let refused = operator.post_keyed("/v1/transfers/batch", "no", batch(&[10, 1000, 10])).await.expect(200);
    assert_eq!(statuses(&refused.body), ["rejected"; 3]);
    let aborted = Some("batch-aborted");
    assert_eq!(codes(&refused.body), [aborted, Some("insufficient-funds"), aborted]);
    let again = operator.post_keyed("/v1/transfers/batch", "no", batch(&[10, 1000, 10])).await.expect(200);
    assert!(again.replayed() && again.body == refused.body);
    let commits = app.ledger().await.commits;
    let posted = operator.post("/v1/transfers/batch", batch(&[10, 20, 30])).await.expect(200);
    assert_eq!(statuses(&posted.body), ["posted"; 3]);
    assert_eq!(operator.balance_at(b, posted.token()).await, "60");
    let ledger = app.close().await;
    assert_eq!((ledger.commits - commits, ledger.accounts[&a].balance), (1, 40), "one commit, all of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_has_one_to_a_thousand_transfers() {
    let mut app = TestApp::start(&ALL).await;
    let (_, a) = app.funded_member(2000).await;
    let (_, b) = app.funded_member(0).await;
    let service = app.service();
    let batch = |count: usize| json!({"atomic": true, "transfers": vec![TestClient::transfer_body(a, b, 1); count]});
    let head = app.head().await;
    for count in [0, 1001] {
        service.post("/v1/transfers/batch", batch(count)).await.expect_problem(400, "validation-failed");
    }
    let mut one_bad = batch(3);
    one_bad["transfers"][1]["money"]["amount"] = json!(1);
    service.post("/v1/transfers/batch", one_bad).await.expect_problem(400, "validation-failed");
    assert_eq!(app.head().await, head, "nothing was written");
    let answer = service.post("/v1/transfers/batch", batch(1000)).await.expect(200);
    assert!(statuses(&answer.body).iter().all(|status| *status == "posted"));
    assert_eq!(app.operator().balance_at(b, answer.token()).await, "1000");
    app.close().await;
}
