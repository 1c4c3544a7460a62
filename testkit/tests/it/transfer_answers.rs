//! What was answered to the command that a transfer came of: it is what the client got, told from the log alone.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, money};

/// What an operator is shown of a transfer.
pub async fn answered(operator: &TestClient, transfer: Uuid) -> Answer {
    operator.ask(Method::GET, &format!("/v1/transfers/{transfer}/answer"), None).await
}

/// That it is what the client got.
async fn assert_same(operator: &TestClient, transfer: Uuid, (client, given): (&TestClient, &Answer)) {
    let shown = answered(operator, transfer).await.expect(200);
    assert_eq!((&shown.body["body"], &shown.body["status"]), (&given.body, &json!(given.status)), "{transfer}");
    let headers = json!({
        "consistency-token": given.token(), "content-type": given.header("content-type"), "idempotency-replayed": "true",
    });
    assert_eq!(shown.body["headers"], headers);
    assert_eq!((shown.id("transfer_id"), &shown.body["actor"]["id"]), (transfer, &json!(client.id)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_what_the_client_got() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (payee, to) = app.funded_member(0).await;
    let (operator, service) = (app.operator(), app.service());
    let viewer = app.logged_in("looks", "viewer").await;
    let paid = payer.transfer(from, to, 40).await.expect(201);
    let posting = |amount: u64| json!({"source": from, "destination": to, "money": money("KRW", amount)});
    let booking = json!({"account_id": from, "money": money("KRW", 7), "reference": "bank-17"});
    let reverse = format!("/v1/transfers/{}/reverse", paid.id("transfer_id"));
    let held = payer.post("/v1/holds", posting(100)).await.expect(201);
    let capture = format!("/v1/holds/{}/capture", held.id("hold_id"));
    let code = payer.post("/v1/payment-codes", json!({"source": from})).await.expect(201).text("code");
    let charge = json!({"code": code, "destination": to, "money": money("KRW", 5), "reference": "receipt 17"});
    let compound = json!({"postings": [posting(1), posting(2)], "memo": "dinner"});
    let given = [
        (&service, service.post("/v1/deposits", booking.clone()).await),
        (&service, service.post("/v1/withdrawals", booking).await),
        (&operator, operator.post(&reverse, json!({"reason": "a mistake"})).await),
        (&payee, payee.post(&capture, json!({})).await),
        (&service, service.post("/v1/charges", charge).await),
        (&payer, payer.post("/v1/transfers/compound", compound).await),
        (&payer, paid),
    ];
    for (client, given) in &given {
        assert_eq!(given.status, 201, "{}", given.body);
        assert_same(&viewer, given.id("transfer_id"), (*client, given)).await;
    }
    let refused = payer.transfer(from, to, 5_000).await.expect_problem(422, "insufficient-funds");
    assert_same(&viewer, refused.id("transfer_id"), (&payer, &refused)).await;
    let transfers = [9, 5_000, 11].map(|amount| TestClient::transfer_body(from, to, amount));
    let batch = service.post("/v1/transfers/batch", json!({"atomic": false, "transfers": transfers})).await.expect(200);
    for result in batch.body["results"].as_array().unwrap() {
        let id = [&result["transfer"]["transfer_id"], &result["problem"]["transfer_id"]];
        let id = id.into_iter().find_map(Value::as_str).unwrap();
        assert_same(&viewer, id.parse().unwrap(), (&service, &batch)).await;
    }
    answered(&payer, refused.id("transfer_id")).await.expect_problem(403, "forbidden");
    answered(&viewer, held.id("hold_id")).await.expect_problem(404, "transfer-unknown");
    app.close().await;
}

/// A reversal that waited is posted by the command of whoever approved it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_approved_leads_to_the_answer_to_the_approval() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = (app.logged_in("minji", "admin").await, app.logged_in("second", "admin").await);
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let paid = payer.transfer(from, to, 40).await.expect(201).id("transfer_id");
    let reverse = format!("/v1/transfers/{paid}/reverse");
    let asked = minji.post(&reverse, json!({"reason": "paid twice"})).await.expect(202);
    let approve = format!("/v1/approvals/{}/approve", asked.id("approval_id"));
    let done = second.post(&approve, json!({})).await.expect(200);
    let seen = minji.get_at(&format!("/v1/transfers/{paid}"), done.token()).await.expect(200);
    assert_same(&minji, seen.id("reversed_by"), (&second, &done)).await;
    app.close().await;
}
