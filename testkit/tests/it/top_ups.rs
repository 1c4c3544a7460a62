//! Top-ups: money that a member paid at a payment provider.

use serde_json::{Value, json};

use crate::{
    outside::{booked, control, heal, held, once, payment_key, start, steps, top_up},
    outside_kinds::QUICK,
    support::{
        ALL, Answer, TestApp, fresh_key,
        people::{By, Newcomer},
        verify,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_tops_an_account_up_once() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(0).await;
    let key = payment_key("ok");
    let body = top_up(account, 12_500, &key);
    let started = owner.post_keyed("/v1/top-ups", "t", body.clone()).await.expect(202);
    assert_eq!((started.text("kind"), started.text("state")), ("top-up".into(), "running".into()));
    assert_eq!((&started.body["steps"], &started.body["ended_at"]), (&json!([]), &Value::Null));
    let done = once(&owner, &started, &["done"]).await;
    assert_eq!(steps(&done), ["confirm done", "credit done"]);
    assert!(done.body["ended_at"].is_string());
    let again = owner.post_keyed("/v1/top-ups", "t", body.clone()).await.expect(202);
    assert!(again.replayed() && again.body == started.body);
    // The payment was used: by its owner under another key, and by somebody else.
    owner.post("/v1/top-ups", body).await.expect_problem(409, "payment-key-used");
    let (other, theirs) = app.funded_member(0).await;
    other.post("/v1/top-ups", top_up(theirs, 12_500, &key)).await.expect_problem(409, "payment-key-used");
    assert_eq!(held(&owner, account, &done).await, ("0".into(), "12500".into()));
    assert_eq!(booked(&providers, "toss").await.0, 12_500);
    assert_eq!(app.count_events("TransferPosted").await, 1);
    verify(app).await;
}

/// The account is frozen while the provider thinks: the payment is cancelled there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_credited_is_cancelled_at_the_provider() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(0).await;
    let operator = app.operator();
    control(&providers, "toss", json!({"late": 1, "late_ms": 1_500})).await;
    let started = owner.post("/v1/top-ups", top_up(account, 700, &payment_key("ok"))).await.expect(202);
    operator.post(&format!("/v1/accounts/{account}/freeze"), json!({})).await.expect(200);
    let ended = once(&owner, &started, &["compensated"]).await;
    assert_eq!(steps(&ended), ["confirm done", "credit refused account-frozen", "cancel done"]);
    assert_eq!(booked(&providers, "toss").await.0, 0);
    assert_eq!(verify(app).await.accounts[&account].balance, 0);
}

/// What a top-up knows is sealed with the key of its owner: they leave, or are erased, once it is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_leaves_while_their_top_up_is_under_way() {
    let (mut app, providers) = TestApp::start_with_providers(&ALL, &QUICK).await;
    let (anonymous, operator) = (app.stranger(), app.operator());
    let person = Newcomer::new(By::Email);
    let insider = person.join(&anonymous, &app.catcher).await;
    let (owner, account) = (&insider.client, insider.client.open("KRW").await);
    // The provider confirms it, and nobody hears of that.
    control(&providers, "toss", json!({"broken": 1_000})).await;
    let started = owner.post("/v1/top-ups", top_up(account, 700, &payment_key("ok"))).await.expect(202);
    owner.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    let erase = format!("/v1/members/{}/erase", owner.id);
    insider.leave(&person.password, &fresh_key()).await.expect_problem(422, "process-running");
    operator.post(&erase, json!({"reason": "they asked"})).await.expect_problem(422, "process-running");
    once(owner, &started, &["stuck"]).await;
    // Nor while it waits for an operator.
    insider.leave(&person.password, &fresh_key()).await.expect_problem(422, "process-running");

    heal(&providers, "toss").await;
    let retry = format!("/v1/processes/{}/retry", started.id("process_id"));
    operator.post(&retry, json!({"reason": "it is back"})).await.expect(200);
    let ended = once(owner, &started, &["compensated"]).await;
    assert_eq!(steps(&ended), ["confirm done outcome-unknown", "credit refused account-closed", "cancel done"]);
    assert_eq!(booked(&providers, "toss").await.0, 0);
    let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
    app.certificate(erasure).await;
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_begin_is_refused_at_once() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(0).await;
    let (stranger, _) = app.funded_member(0).await;
    let refused = async |body: Value, status: u16, code: &str| {
        owner.post("/v1/top-ups", body).await.expect_problem(status, code);
    };
    let with = |field: &str, value: Value| {
        let mut body = top_up(account, 100, &payment_key("ok"));
        body[field] = value;
        body
    };
    refused(with("provider", json!("nobody")), 422, "provider-unknown").await;
    refused(with("money", json!({"asset": "KRW", "amount": "0"})), 422, "amount-not-positive").await;
    refused(with("money", json!({"asset": "USD", "amount": "1"})), 422, "asset-mismatch").await;
    refused(with("account_id", json!(uuid::Uuid::nil())), 422, "account-unknown").await;
    let foreign = stranger.post("/v1/top-ups", top_up(account, 100, &payment_key("ok"))).await;
    foreign.expect_problem(403, "account-not-yours");
    assert_eq!(booked(&providers, "toss").await, (0, 0));
    verify(app).await;
}

/// A server that is set for no provider says so, and nothing begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_provider_nothing_begins() {
    let mut app = TestApp::start(&ALL).await;
    let (owner, account) = app.funded_member(1_000).await;
    let answers: [(&str, Value); 3] = [
        ("/v1/top-ups", top_up(account, 1, &payment_key("ok"))),
        ("/v1/bank-payouts", crate::outside::bank_payout(account, 1, "110-234")),
        ("/v1/gift-cards", crate::outside::gift_card(account, 1, "coffee")),
    ];
    for (path, body) in answers {
        let answer: Answer = owner.post(path, body).await;
        answer.expect_problem(422, "provider-unknown");
    }
    verify(app).await;
}
