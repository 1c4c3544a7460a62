//! The life of an account.

use serde_json::json;
use uuid::Uuid;

use crate::support::{ALL, TestApp, TestClient, money};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_opened_used_frozen_unfrozen_emptied_and_closed() {
    let mut app = TestApp::start(&ALL).await;
    let (operator, service) = (app.operator(), app.service());
    let (other, theirs) = app.funded_member(50).await;
    let member = app.member();
    let opened = member.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
    let account = opened.id("account_id");
    assert_eq!(
        (opened.id("owner"), opened.text("status"), opened.text("asset")),
        (member.id, "open".into(), "KRW".into())
    );
    assert_eq!((opened.text("balance"), opened.number("version")), ("0".into(), 1));
    let number = opened.text("account_number");
    assert!(number.len() == 12 && number.bytes().all(|b| b.is_ascii_digit()), "{number}");

    let deposited = service.deposit(account, "KRW", 100).await;
    assert_eq!((deposited.text("kind"), deposited.text("status")), ("deposit".into(), "posted".into()));
    // By number, as people pay.
    let body = json!({"source": theirs, "destination": number, "money": money("KRW", 20)});
    let paid = other.post("/v1/transfers", body).await.expect(201);
    assert_eq!(paid.id("destination"), account);
    let sides = paid.body["postings"].as_array().unwrap();
    assert_eq!((&sides[0]["balance_after"], &sides[0]["amount"]), (&json!("30"), &json!("-20")));
    assert_eq!(
        (&sides[1]["balance_after"], &sides[1]["version"]),
        (&json!(null), &json!(null)),
        "not the payer's to know"
    );

    let close = format!("/v1/accounts/{account}/close");
    member.post(&close, json!({})).await.expect_problem(422, "account-not-empty");
    freeze_and_unfreeze(&operator, &service, &member, account, theirs).await;

    let withdrawal = json!({"account_id": account, "money": money("KRW", 120), "reference": "all of it"});
    let withdrawn = service.post("/v1/withdrawals", withdrawal).await.expect(201);
    assert_eq!((withdrawn.text("kind"), withdrawn.text("reference")), ("withdrawal".into(), "all of it".into()));
    let closed = member.post(&close, json!({"reason": "moving"})).await.expect(200);
    assert_eq!(closed.text("status"), "closed");
    other.transfer(theirs, account, 1).await.expect_problem(422, "account-closed");
    member.transfer(account, theirs, 1).await.expect_problem(422, "account-closed");
    member.post(&close, json!({})).await.expect_problem(422, "account-closed");
    let seen = member.get_at(&format!("/v1/accounts/{account}"), closed.token()).await.expect(200);
    assert_eq!((seen.text("status"), seen.text("balance")), ("closed".into(), "0".into()));
    app.close().await;
}

/// A typing mistake in the source is refused and recorded: whoever sent it can read why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_from_no_account_is_read_by_whoever_asked_for_it() {
    let mut app = TestApp::start(&ALL).await;
    let (payee, theirs) = app.funded_member(50).await;
    let payer = app.member();
    let refused = payer.transfer(Uuid::from_u128(4), theirs, 20).await.expect_problem(422, "account-unknown");
    let path = format!("/v1/transfers/{}", refused.id("transfer_id"));
    let seen = payer.get_at(&path, refused.token()).await.expect(200);
    assert_eq!((seen.text("status"), seen.text("code")), ("rejected".into(), "account-unknown".into()));
    assert_eq!((seen.id("source"), seen.id("destination")), (Uuid::from_u128(4), theirs));
    payee.get_at(&path, refused.token()).await.expect_problem(404, "transfer-unknown");
    app.close().await;
}

async fn freeze_and_unfreeze(
    operator: &TestClient,
    service: &TestClient,
    member: &TestClient,
    account: Uuid,
    theirs: Uuid,
) {
    let (freeze, unfreeze) = (format!("/v1/accounts/{account}/freeze"), format!("/v1/accounts/{account}/unfreeze"));
    operator.post(&unfreeze, json!({})).await.expect_problem(422, "account-not-frozen");
    let frozen = operator.post(&freeze, json!({"reason": "a court order"})).await.expect(200);
    assert_eq!(frozen.text("status"), "frozen");
    operator.post(&freeze, json!({})).await.expect_problem(422, "account-frozen");
    member.transfer(account, theirs, 1).await.expect_problem(422, "account-frozen");
    let deposit = json!({"account_id": account, "money": money("KRW", 1), "reference": "r"});
    service.post("/v1/deposits", deposit).await.expect_problem(422, "account-frozen");
    let seen = member.get_at(&format!("/v1/accounts/{account}"), frozen.token()).await.expect(200);
    assert_eq!(seen.text("status"), "frozen");
    let unfrozen = operator.post(&unfreeze, json!({})).await.expect(200);
    assert_eq!(unfrozen.text("status"), "open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_cannot_be_frozen_and_drained_at_once() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    let operator = app.operator();
    let paying = async {
        let mut last = None;
        for _ in 0..200 {
            let answer = payer.transfer(from, to, 1).await;
            if answer.status == 422 {
                answer.expect_problem(422, "account-frozen");
                return last;
            }
            last = Some(answer.expect(201).number("position"));
        }
        last
    };
    let freeze = format!("/v1/accounts/{from}/freeze");
    let freezing = operator.post(&freeze, json!({}));
    let (last, frozen) = tokio::join!(paying, freezing);
    frozen.expect(200);
    payer.transfer(from, to, 1).await.expect_problem(422, "account-frozen");
    // The fold of the log refuses any posting on an account that is not open: closing checks it.
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&to].balance, 1000 - ledger.accounts[&from].balance);
    assert!(last.is_none_or(|position| position < ledger.head));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_find_payees_and_see_their_own() {
    let mut app = TestApp::start(&ALL).await;
    let (member, first) = app.funded_member(10).await;
    let second = member.post("/v1/accounts", json!({"asset": "USD"})).await.expect(201);
    let (stranger, _) = app.funded_member(10).await;
    app.wait_until_level().await;
    let own = member.get("/v1/accounts").await.expect(200);
    let mut ids: Vec<Uuid> = own.items().iter().map(|a| a["account_id"].as_str().unwrap().parse().unwrap()).collect();
    let mut ought = vec![first, second.id("account_id")];
    ids.sort();
    ought.sort();
    assert_eq!(ids, ought);
    let of_theirs = app.operator().get(&format!("/v1/accounts?owner={}", member.id)).await.expect(200);
    assert_eq!(of_theirs.items().len(), 2);
    let payee = stranger.get(&format!("/v1/payees?account_number={}", second.text("account_number"))).await.expect(200);
    assert_eq!((payee.id("account_id"), payee.text("asset")), (second.id("account_id"), "USD".into()));
    stranger.get("/v1/payees?account_number=000000000098").await.expect_problem(404, "payee-unknown");
    let home = member.get("/v1/wallet/home").await.expect(200);
    assert_eq!(home.body["accounts"].as_array().unwrap().len(), 2, "{}", home.body);
    app.close().await;
}
