//! What a freeze stops, and what passes it.

use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, money};

/// Freezes with this scope, or with none said.
async fn freeze(operator: &TestClient, account: Uuid, scope: Option<&str>) -> Answer {
    let body = scope.map_or(json!({}), |scope| json!({"scope": scope, "reason": "a test"}));
    operator.post(&format!("/v1/accounts/{account}/freeze"), body).await
}

async fn unfreeze(operator: &TestClient, account: Uuid) -> Answer {
    operator.post(&format!("/v1/accounts/{account}/unfreeze"), json!({})).await.expect(200)
}

/// Status and scope, as the view shows them no older than a token.
async fn seen(client: &TestClient, account: Uuid, token: &str) -> [Value; 2] {
    let seen = client.get_at(&format!("/v1/accounts/{account}"), token).await.expect(200);
    ["status", "freeze"].map(|field| seen.body[field].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_of_debits_lets_money_in_and_none_out() {
    let mut app = TestApp::start(&ALL).await;
    let (member, account) = app.funded_member(100).await;
    let (other, theirs) = app.funded_member(100).await;
    let (operator, service) = (app.operator(), app.service());
    let frozen = freeze(&operator, account, Some("debits")).await.expect(200);
    assert_eq!([&frozen.body["status"], &frozen.body["freeze"]], ["frozen", "debits"]);
    assert_eq!(seen(&member, account, frozen.token()).await, ["frozen", "debits"]);
    freeze(&operator, account, Some("debits")).await.expect_problem(422, "account-frozen");
    member.transfer(account, theirs, 1).await.expect_problem(422, "account-frozen");
    let out = json!({"account_id": account, "money": money("KRW", 1), "reference": "r"});
    service.post("/v1/withdrawals", out).await.expect_problem(422, "account-frozen");
    other.transfer(theirs, account, 10).await.expect(201);
    service.deposit(account, "KRW", 5).await;
    member.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect_problem(422, "account-frozen");

    // The same account, and now nothing at all.
    let all = freeze(&operator, account, None).await.expect(200);
    assert_eq!([&all.body["status"], &all.body["freeze"], &all.body["balance"]], ["frozen", "all", "115"]);
    other.transfer(theirs, account, 1).await.expect_problem(422, "account-frozen");
    freeze(&operator, account, Some("all")).await.expect_problem(422, "account-frozen");
    let open = unfreeze(&operator, account).await;
    assert_eq!(seen(&member, account, open.token()).await, [json!("open"), json!(null)]);
    member.transfer(account, theirs, 1).await.expect(201);
    let wrong = operator.post(&format!("/v1/accounts/{account}/freeze"), json!({"scope": "credits"})).await;
    wrong.expect_problem(400, "validation-failed");
    check_and_close(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_passes_a_freeze_of_either_side_and_says_so() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (payee, to) = app.funded_member(0).await;
    let operator = app.operator();
    let reverse = async |transfer: &Answer| {
        let path = format!("/v1/transfers/{}/reverse", transfer.id("transfer_id"));
        operator.post_keyed(&path, &path, json!({"reason": "fraud"})).await.expect(201)
    };
    // Who has to give it back is frozen for payments, then for everything; then who gets it back is.
    for (frozen, scope, passes) in
        [(to, "debits", true), (to, "all", true), (from, "all", true), (from, "debits", false)]
    {
        let paid = payer.transfer(from, to, 40).await.expect(201);
        freeze(&operator, frozen, Some(scope)).await.expect(200);
        let reversal = reverse(&paid).await;
        let said = reversal.body.get("despite_freeze");
        assert_eq!(said, passes.then_some(&json!(true)), "{scope}: {}", reversal.body);
        let again = reverse(&paid).await;
        assert!(again.replayed() && again.body == reversal.body, "{}", again.body);
        let path = format!("/v1/transfers/{}", reversal.id("transfer_id"));
        let read = operator.get_at(&path, reversal.token()).await.expect(200);
        assert_eq!(read.body.get("despite_freeze"), said, "{scope}: {}", read.body);
        assert_eq!(operator.balance_at(from, reversal.token()).await, "100");
        unfreeze(&operator, frozen).await;
    }
    payee.transfer(to, from, 1).await.expect_problem(422, "insufficient-funds");
    check_and_close(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_frozen_account_is_held_or_captured_and_releases_go_on() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (payee, to) = app.funded_member(0).await;
    let operator = app.operator();
    let order = json!({"source": from, "destination": to, "money": money("KRW", 300)});
    let hold = payer.post("/v1/holds", order.clone()).await.expect(201).id("hold_id");
    let path = |verb: &str| format!("/v1/holds/{hold}/{verb}");
    let one = json!({"money": money("KRW", 1), "final": false});
    let more = json!({"money": money("KRW", 1)});
    for scope in ["debits", "all"] {
        let frozen = freeze(&operator, from, Some(scope)).await.expect(200);
        let shown = ["balance", "held", "available"].map(|field| frozen.text(field));
        let released = if scope == "debits" { 0 } else { 1 };
        assert_eq!(shown, ["1000".to_owned(), (300 - released).to_string(), (700 + released).to_string()]);
        payer.post("/v1/holds", order.clone()).await.expect_problem(422, "account-frozen");
        payer.post(&path("increase"), more.clone()).await.expect_problem(422, "account-frozen");
        for who in [&payee, &operator] {
            who.post(&path("capture"), one.clone()).await.expect_problem(422, "account-frozen");
        }
        payee.post(&path("release"), more.clone()).await.expect(200);
    }
    let unfrozen = unfreeze(&operator, from).await;
    assert_eq!((unfrozen.text("held"), &unfrozen.body["freeze"]), ("298".into(), &json!(null)));

    // A payee that is frozen can still be promised funds. They arrive unless nothing may come in.
    freeze(&operator, to, Some("debits")).await.expect(200);
    payee.post(&path("capture"), one.clone()).await.expect(201);
    freeze(&operator, to, Some("all")).await.expect(200);
    payer.post("/v1/holds", order).await.expect(201);
    payee.post(&path("capture"), one).await.expect_problem(422, "account-frozen");
    check_and_close(app).await;
}

/// Log and views hold together.
async fn check_and_close(mut app: TestApp) {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}
