//! The exchange: an offer of the bank with its time, and what becomes of it.

use chrono::Duration;
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};

use super::bank::{account, logged_in, start};
use crate::{
    app::App,
    bank::{ID, OTHER},
    browser::Browser,
};

const TYPED: [(&str, &str); 4] = [("source", ID), ("destination", OTHER), ("side", "pay"), ("amount", "12,500")];

fn quote(seconds: i64) -> Value {
    let ends = (SystemClock.now() + Duration::seconds(seconds)).to_rfc3339();
    json!({"quote_id": OTHER, "rate": "0.00074", "pay": "12500", "receive": "925", "expires_at": ends})
}

/// A second account, in another asset.
async fn begin() -> (App, Browser) {
    let app = start().await;
    let mut euros = account("210987654321");
    (euros["account_id"], euros["asset"]) = (json!(OTHER), json!("EUR"));
    app.stub.answers(&format!("GET /v1/accounts/{OTHER}"), 200, euros.clone());
    app.stub.answers("GET /v1/accounts", 200, json!({"items": [account("harmless"), euros], "next_cursor": null}));
    let browser = logged_in(&app).await;
    (app, browser)
}

#[tokio::test]
async fn an_offer_is_shown_with_the_time_that_it_holds_and_taken() {
    let (app, mut browser) = begin().await;
    app.stub.answers("POST /v1/exchanges/quotes", 201, quote(30));
    let shown = browser.fill("/wallet/exchange", "/wallet/exchange/quote", &TYPED).await;
    for part in ["12,500 KRW", "9.25 EUR", "1 KRW = 0.00074 EUR", "role=\"timer\"", "action=\"/wallet/exchange\""] {
        assert!(shown.status == 200 && shown.text.contains(part), "{part}: {}", shown.text);
    }
    let seconds = shown.text.split("data-seconds=\"").nth(1).and_then(|rest| rest.split('"').next());
    let seconds: i64 = seconds.and_then(|text| text.parse().ok()).expect("seconds");
    assert!((25..=30).contains(&seconds), "{seconds}");
    assert!(shown.text.contains("id=\"quote-over\" role=\"status\" hidden"), "it is not over: {}", shown.text);
    assert_eq!(
        app.stub.asked("POST /v1/exchanges/quotes")[0].json(),
        json!({"source": ID, "destination": OTHER, "pay": "12500"})
    );
    assert!(app.stub.asked("POST /v1/exchanges").is_empty(), "nothing is exchanged before it is taken");

    app.stub.answers("POST /v1/exchanges", 201, json!({"transfer_id": ID}));
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let fields = [("csrf", csrf.as_str()), ("key", key.as_str()), ("quote_id", OTHER)];
    let reply = browser.post("/wallet/exchange", &fields).await;
    assert_eq!(reply.header("location"), format!("/wallet/transfers/{ID}?done=exchanged"), "{}", reply.text);
    let asked = &app.stub.asked("POST /v1/exchanges")[0];
    assert_eq!((asked.json(), asked.header("idempotency-key")), (json!({"quote_id": OTHER}), key.as_str()));
}

#[tokio::test]
async fn the_amount_is_of_the_asset_of_the_side_that_is_fixed() {
    let (app, mut browser) = begin().await;
    app.stub.answers("POST /v1/exchanges/quotes", 201, quote(-1));
    let fields = [("source", ID), ("destination", OTHER), ("side", "receive"), ("amount", "9.25")];
    let shown = browser.fill("/wallet/exchange", "/wallet/exchange/quote", &fields).await;
    let body = app.stub.asked("POST /v1/exchanges/quotes")[0].json();
    assert_eq!(body, json!({"source": ID, "destination": OTHER, "receive": "925"}));
    assert!(shown.text.contains("data-seconds=\"0\""), "{}", shown.text);
    assert!(
        !shown.text.contains("id=\"quote-over\" role=\"status\" hidden"),
        "it says that it is over: {}",
        shown.text
    );
    let fields = [("source", ID), ("destination", OTHER), ("side", "pay"), ("amount", "9.25")];
    let reply = browser.fill("/wallet/exchange", "/wallet/exchange/quote", &fields).await;
    for part in ["This is not an amount of this asset.", "id=\"amount-wrong\"", "value=\"9.25\""] {
        assert!(reply.status == 400 && reply.text.contains(part), "{part}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_offer_that_is_over_brings_the_form_back_and_an_unknown_outcome_the_same_key() {
    let (app, mut browser) = begin().await;
    let expired = json!({"status": 422, "code": "quote-expired", "title": "no", "detail": "no"});
    app.stub.answers("POST /v1/exchanges", 422, expired);
    let fields: Vec<(&str, &str)> = [("quote_id", OTHER)].into_iter().chain(TYPED).collect();
    let reply = browser.fill("/wallet/exchange", "/wallet/exchange", &fields).await;
    for part in ["The offer has expired.", "value=\"12,500\"", "action=\"/wallet/exchange/quote\""] {
        assert!(reply.status == 422 && reply.text.contains(part), "{part}: {}", reply.text);
    }
    let unknown = json!({"status": 503, "code": "outcome-unknown", "title": "no", "detail": "no"});
    app.stub.answers("POST /v1/exchanges", 503, unknown);
    let reply = browser.fill("/wallet/exchange", "/wallet/exchange", &fields).await;
    let sent = app.stub.asked("POST /v1/exchanges").last().expect("sent").header("idempotency-key").to_owned();
    assert_eq!((reply.field("key"), reply.field("quote_id")), (sent, OTHER.to_owned()), "{}", reply.text);
    let none = json!({"status": 422, "code": "rate-unknown", "title": "no", "detail": "no"});
    app.stub.answers("POST /v1/exchanges/quotes", 422, none);
    let reply = browser.fill("/wallet/exchange", "/wallet/exchange/quote", &TYPED).await;
    assert!(reply.status == 422 && reply.text.contains("The bank has no rate"), "{}", reply.text);
}
