//! Commands over HTTP, into the log.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test]
async fn what_is_answered_is_in_the_log_with_its_correlation() {
    let app = TestApp::new().await;
    let server = app.server().await;
    server.ready().await;
    let correlation = Uuid::from_u128(77);
    let answer = server
        .command("member", Uuid::from_u128(1), "first", "/v1/accounts", &json!({"asset": "KRW"}))
        .header("x-correlation-id", correlation.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["x-correlation-id"], correlation.to_string());
    let account: Value = answer.json().await.expect("JSON");
    let commits = app.commits().await;
    assert_eq!(commits.len(), 1);
    assert_eq!(commits[0].correlation.uuid(), correlation);
    assert_eq!(commits[0].events[0].stream.to_string(), account["account_id"]);
    server.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_retry_is_answered_alike_also_by_a_server_that_was_started_later() {
    let app = TestApp::new().await;
    let (payer, payee) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let first = app.server().await;
    first.ready().await;
    let (from, to) = (first.open(payer).await, first.open(payee).await);
    first.deposit(&from, "1000").await;
    let order = |amount: &str| {
        let money = json!({"asset": "KRW", "amount": amount});
        json!({"source": from["account_id"], "destination": to["account_number"], "money": money})
    };
    let mut answers = Vec::new();
    for (key, amount) in [("good", "400"), ("refused", "5000")] {
        let answer = first.command("member", payer, key, "/v1/transfers", &order(amount)).send().await.expect("answer");
        answers.push((answer.status(), answer.text().await.expect("a body")));
    }
    assert_eq!(answers.iter().map(|(status, _)| status.as_u16()).collect::<Vec<_>>(), [201, 422]);
    first.stop().await;
    let second = app.server().await;
    second.ready().await;
    for (index, (key, amount)) in [("good", "400"), ("refused", "5000")].into_iter().enumerate() {
        let answer =
            second.command("member", payer, key, "/v1/transfers", &order(amount)).send().await.expect("answer");
        assert_eq!(answer.headers()["idempotency-replayed"], "true");
        assert_eq!((answer.status(), answer.text().await.expect("a body")), answers[index], "{key}");
    }
    let other = second.command("member", payer, "good", "/v1/transfers", &order("401")).send().await.expect("answer");
    assert_eq!(other.json::<Value>().await.expect("JSON")["code"], "idempotency-key-reused");
    second.stop().await;
    app.end().await;
}

#[tokio::test]
async fn two_servers_have_names_and_cash_accounts_of_their_own() {
    let app = TestApp::new().await;
    let one = app.server().await;
    one.ready().await;
    let two = app.server().await;
    two.ready().await;
    let account = one.open(Uuid::from_u128(1)).await;
    let (first, second) = (one.deposit(&account, "10").await, two.deposit(&account, "20").await);
    assert_eq!(first["source"], second["source"], "one of them leads and executes both");
    assert_eq!(second["postings"][1]["balance_after"], "30");
    one.stop().await;
    let third = two.deposit(&account, "1").await;
    assert_ne!(first["source"], third["source"], "each has its own");
    // The name is free again, and with it the cash account: the next server goes on with both.
    let three = app.server().await;
    three.ready().await;
    assert_eq!(three.deposit(&account, "1").await["source"], third["source"], "it is executed by the one that leads");
    two.stop().await;
    assert_eq!(three.deposit(&account, "1").await["source"], first["source"]);
    three.stop().await;
    app.end().await;
}
