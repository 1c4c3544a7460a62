//! Top-ups, payouts, gift cards.

use serde_json::json;

use super::bank::{gift_card, logged_in, start};
use crate::{app::App, bank::ID};

#[tokio::test]
async fn money_comes_from_outside_and_goes_there() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    for path in ["/v1/top-ups", "/v1/bank-payouts"] {
        app.stub.answers(&format!("POST {path}"), 202, json!({"process_id": ID, "state": "running"}));
    }
    let page = "/wallet/outside";
    let fields = [("account", ID), ("amount", "5,000"), ("provider", "toss"), ("payment_key", "ok-1")];
    let reply = browser.fill(page, "/wallet/outside/top-up", &fields).await;
    assert_eq!(reply.header("location"), format!("/wallet/processes/{ID}"), "{}", reply.text);
    let money = json!({"asset": "KRW", "amount": "5000"});
    assert_eq!(
        app.stub.asked("POST /v1/top-ups")[0].json(),
        json!({"account_id": ID, "money": money, "provider": "toss", "payment_key": "ok-1"})
    );
    let fields = [("account", ID), ("amount", "5,000"), ("bank", "004"), ("number", "110-234"), ("holder", "Kim")];
    browser.fill(page, "/wallet/outside/payout", &fields).await;
    assert_eq!(
        app.stub.asked("POST /v1/bank-payouts")[0].json(),
        json!({"account_id": ID, "money": money, "bank_account": {"bank": "004", "number": "110-234", "holder": "Kim"}})
    );
    let none = json!({"status": 422, "code": "provider-unknown", "title": "no", "detail": "no"});
    app.stub.answers("POST /v1/bank-payouts", 422, none);
    let reply = browser.fill(page, "/wallet/outside/payout", &fields).await;
    assert!(reply.status == 422 && reply.text.contains("no connection to this provider"), "{}", reply.text);
    for part in ["value=\"5,000\"", "value=\"110-234\"", "action=\"/wallet/outside/payout\""] {
        assert!(reply.text.contains(part), "the form is there again, {part}: {}", reply.text);
    }
    assert!(!browser.get(page).await.text.contains("value=\"ok-"), "keys of the local provider are drawn where it is");
    let local = App::start_with(&["--mail-url=http://127.0.0.1:1"]).await;
    super::bank::fill(&local.stub, "harmless");
    assert!(logged_in(&local).await.get(page).await.text.contains("value=\"ok-"));
}

#[tokio::test]
async fn a_gift_card_is_bought_and_its_code_is_shown_to_its_owner() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let page = format!("/wallet/gift-cards/{ID}");
    let fields = [("account", ID), ("amount", "5,000"), ("product", " coffee ")];
    app.stub.answers("POST /v1/gift-cards", 202, json!({"process_id": ID, "state": "running"}));
    let reply = browser.fill("/wallet/outside", "/wallet/outside/gift-card", &fields).await;
    assert_eq!(reply.header("location"), page, "{}", reply.text);
    let money = json!({"asset": "KRW", "amount": "5000"});
    assert_eq!(
        app.stub.asked("POST /v1/gift-cards")[0].json(),
        json!({"account_id": ID, "product": "coffee", "money": money})
    );
    app.stub.answers(&format!("GET /v1/gift-cards/{ID}"), 200, gift_card("coffee", &json!(null)));
    assert!(browser.get(&page).await.text.contains("The code is not there yet."));
    app.stub.answers(&format!("GET /v1/gift-cards/{ID}"), 200, gift_card("coffee", &json!("4711-0815-1234-5678")));
    let shown = browser.get(&page).await;
    assert!(shown.text.contains("4711-0815-1234-5678") && shown.header("cache-control") == "no-store");
    let begun = browser.get("/wallet/outside").await.text;
    assert_eq!(begun.matches(&format!("href=\"{page}\"")).count(), 1, "it is found again: {begun}");

    let funds = json!({"status": 422, "code": "insufficient-funds", "title": "no", "detail": "no", "available": "0"});
    app.stub.answers("POST /v1/gift-cards", 422, funds);
    let reply = browser.fill("/wallet/outside", "/wallet/outside/gift-card", &fields).await;
    for part in ["id=\"gift-card-amount-wrong\">There are not enough funds.", "value=\"coffee\"", "value=\"5,000\""] {
        assert!(reply.status == 422 && reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert!(!reply.text.contains("id=\"top-up-amount-wrong\""), "the other forms are as they were");
}

#[tokio::test]
async fn what_was_begun_last_is_found_again() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    for number in 0..7 {
        let id = format!("01900000-0000-7000-8000-00000000001{number}");
        app.stub.answers("POST /v1/top-ups", 202, json!({"process_id": id, "state": "running"}));
        let key = format!("ok-{number}");
        let fields = [("account", ID), ("amount", "1"), ("provider", "toss"), ("payment_key", key.as_str())];
        browser.fill("/wallet/outside", "/wallet/outside/top-up", &fields).await;
    }
    let text = browser.get("/wallet/outside").await.text;
    let at =
        |number: usize| text.find(&format!("href=\"/wallet/processes/01900000-0000-7000-8000-00000000001{number}\""));
    assert!(at(0).is_none() && at(1).is_none(), "five of them: {text}");
    assert!(at(6) < at(5) && at(5) < at(2) && at(2).is_some(), "the newest first: {text}");
}
