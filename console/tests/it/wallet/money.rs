//! Accounts, payments, payment codes, holds.

use serde_json::json;

use super::bank::{AT, NUMBER, account, hold, logged_in, start};
use crate::bank::{ID, OTHER};

const PAYMENT: [(&str, &str); 4] =
    [("source", ID), ("number", "2109 8765 4321"), ("amount", "1,500"), ("memo", "점심 & <b>")];

#[tokio::test]
async fn an_account_is_opened_and_closed() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    app.stub.answers("POST /v1/accounts", 201, json!({"account_id": ID}));
    let reply = browser.fill("/wallet", "/wallet/open", &[("asset", "EUR")]).await;
    assert_eq!(reply.header("location"), format!("/wallet/accounts/{ID}?done=account-opened"), "{}", reply.text);
    assert_eq!(app.stub.asked("POST /v1/accounts")[0].json(), json!({"asset": "EUR"}));
    let page = format!("/wallet/accounts/{ID}");
    app.stub.answers(&format!("POST /v1/accounts/{ID}/close"), 200, account("123456789012"));
    let reply = browser.fill(&page, &format!("{page}/close"), &[]).await;
    assert_eq!(reply.header("location"), format!("{page}?done=account-closed"));
    let empty = json!({"status": 422, "code": "account-not-empty", "title": "no", "detail": "no", "request_id": ID});
    app.stub.answers(&format!("POST /v1/accounts/{ID}/close"), 422, empty);
    let reply = browser.fill(&page, &format!("{page}/close"), &[]).await;
    for part in ["There is still money in the account.", &format!("href=\"{page}\""), ID] {
        assert!(reply.status == 422 && reply.text.contains(part), "{part}: {}", reply.text);
    }
}

#[tokio::test]
async fn the_payees_name_is_shown_before_anything_is_paid() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    app.stub.answers(
        "GET /v1/payees",
        200,
        json!({"account_id": OTHER, "account_number": NUMBER, "asset": "KRW", "masked_name": "김*지"}),
    );
    let shown = browser.fill("/wallet/pay", "/wallet/pay/confirm", &PAYMENT).await;
    assert_eq!(shown.status, 200);
    for part in ["김*지", NUMBER, "1,500 KRW", "점심 &#38; &#60;b&#62;", "12,000 KRW"] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    assert!(app.stub.asked("POST /v1/transfers").is_empty(), "nothing was paid");

    app.stub.answers("POST /v1/transfers", 201, json!({"transfer_id": ID}));
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let own = [("csrf", csrf.as_str()), ("key", key.as_str())];
    let fields: Vec<(&str, &str)> = own.into_iter().chain(PAYMENT).collect();
    for _ in 0..2 {
        let reply = browser.post("/wallet/pay", &fields).await;
        assert_eq!(reply.header("location"), format!("/wallet/transfers/{ID}?done=paid"), "{}", reply.text);
    }
    let asked = app.stub.asked("POST /v1/transfers");
    let keys: Vec<&str> = asked.iter().map(|asked| asked.header("idempotency-key")).collect();
    assert_eq!(keys, [key.as_str(), key.as_str()], "a second click pays nothing");
    assert_eq!(
        asked[0].json(),
        json!({"source": ID, "destination": NUMBER, "money": {"asset": "KRW", "amount": "1500"}, "memo": "점심 & <b>"})
    );
    assert_eq!(asked[0].header("jangbu-reason"), "", "members give none");
    let transfer = browser.get(&format!("/wallet/transfers/{ID}?done=paid")).await;
    assert!(transfer.text.contains("It was paid.") && transfer.text.contains("김*지"), "{}", transfer.text);
}

#[tokio::test]
async fn a_payment_that_is_refused_brings_the_form_back_with_what_was_typed() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let funds = json!({"status": 422, "code": "insufficient-funds", "title": "no", "detail": "no", "available": "0"});
    app.stub.answers("POST /v1/transfers", 422, funds);
    let reply = browser.fill("/wallet/pay", "/wallet/pay", &PAYMENT).await;
    assert_eq!(reply.status, 422);
    for part in
        ["There are not enough funds.", "value=\"2109 8765 4321\"", "value=\"1,500\"", "action=\"/wallet/pay/confirm\""]
    {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    let sent = app.stub.asked("POST /v1/transfers")[0].header("idempotency-key").to_owned();
    assert_ne!(reply.field("key"), sent, "a refusal is kept under its key");
    for (name, value, said) in [
        ("amount", "0", "This is not an amount of this asset."),
        ("amount", "1.5", "This is not an amount of this asset."),
        ("number", "", "Enter an account number."),
        ("source", "", "Choose an account."),
    ] {
        let fields: Vec<(&str, &str)> =
            PAYMENT.into_iter().map(|(known, typed)| (known, if known == name { value } else { typed })).collect();
        let reply = browser.fill("/wallet/pay", "/wallet/pay/confirm", &fields).await;
        assert!(reply.status == 400 && reply.text.contains(said), "{name}={value}: {} {}", reply.status, reply.text);
    }
    app.stub.answers(
        "GET /v1/payees",
        404,
        json!({"status": 404, "code": "payee-unknown", "title": "no", "detail": "no"}),
    );
    let reply = browser.fill("/wallet/pay", "/wallet/pay/confirm", &PAYMENT).await;
    assert!(reply.status == 404 && reply.text.contains("Nobody has this account number."), "{}", reply.text);
    let foreign = json!({"account_id": OTHER, "account_number": NUMBER, "asset": "EUR", "masked_name": null});
    app.stub.answers("GET /v1/payees", 200, foreign);
    let reply = browser.fill("/wallet/pay", "/wallet/pay/confirm", &PAYMENT).await;
    assert!(reply.status == 422 && reply.text.contains("The accounts hold different assets."), "{}", reply.text);
    assert_eq!(app.stub.asked("POST /v1/transfers").len(), 1);
}

#[tokio::test]
async fn a_payment_of_which_nobody_knows_is_sent_again_under_the_same_key() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    for (status, code) in [(503, "outcome-unknown"), (500, "internal"), (409, "idempotency-key-in-flight")] {
        app.stub.answers(
            "POST /v1/transfers",
            status,
            json!({"status": status, "code": code, "title": "no", "detail": "no"}),
        );
        let reply = browser.fill("/wallet/pay", "/wallet/pay", &PAYMENT).await;
        assert!(reply.status >= 409 && reply.text.contains("however often you send it"), "{code}: {}", reply.text);
        let sent = app.stub.asked("POST /v1/transfers").last().expect("sent").header("idempotency-key").to_owned();
        assert_eq!(reply.field("key"), sent, "{code}");
        assert_eq!(
            (reply.field("number").as_str(), reply.field("amount").as_str()),
            ("2109 8765 4321", "1,500"),
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_statement_is_asked_for_in_days_and_whole_units() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let page = format!("/wallet/accounts/{ID}");
    let first = browser.get(&page).await;
    assert!(first.text.contains(&format!("{page}?cursor=cursor-of-the-next-page")), "{}", first.text);
    for (query, said) in [("?from=yesterday", "This is not a day."), ("?min=x", "This is not an amount of this asset.")]
    {
        let reply = browser.get(&format!("{page}{query}")).await;
        assert!(reply.status == 200 && reply.text.contains(said), "{query}: {}", reply.text);
    }
    let asked = app.stub.asked(&format!("GET /v1/accounts/{ID}/transactions")).len();
    let reply = browser.get(&format!("{page}?kind=charge&from=2026-12-01&to=2026-12-31&min=1,000")).await;
    for part in
        ["<option value=\"charge\" selected>", "value=\"2026-12-01\"", "value=\"1,000\"", "kind=charge&#38;min=1%2C000"]
    {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert_eq!(app.stub.asked(&format!("GET /v1/accounts/{ID}/transactions")).len(), asked + 1);
}

#[tokio::test]
async fn a_payment_code_is_drawn_once_and_stands_in_no_address() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let code = "482915730264819537460214";
    app.stub.answers("POST /v1/payment-codes", 201, json!({"code": code, "expires_at": AT}));
    let fields = [("source", ID), ("max", "20,000"), ("expires_in", "120")];
    let reply = browser.fill("/wallet/code", "/wallet/code", &fields).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    for part in [
        "4829 1573 0264 8195 3746 0214",
        "20,000 KRW",
        "aria-label=\"The payment code as QR code\"",
        "aria-label=\"The payment code as barcode\"",
    ] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert_eq!(reply.text.matches("<path d=\"M").count(), 2, "both are drawn");
    assert_eq!(
        app.stub.asked("POST /v1/payment-codes")[0].json(),
        json!({"source": ID, "expires_in": 120, "max": {"asset": "KRW", "amount": "20000"}})
    );
    let reply = browser.fill("/wallet/code", "/wallet/code", &[("source", ID), ("expires_in", "9999")]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(app.stub.asked("POST /v1/payment-codes")[1].json(), json!({"source": ID, "expires_in": 60}));
    let frozen = json!({"status": 422, "code": "account-frozen", "title": "no", "detail": "no"});
    app.stub.answers("POST /v1/payment-codes", 422, frozen);
    let reply = browser.fill("/wallet/code", "/wallet/code", &fields).await;
    assert!(
        reply.status == 422 && reply.text.contains("The account is frozen.") && reply.text.contains("20,000"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn a_hold_is_released_by_those_who_may() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let page = format!("/wallet/holds/{ID}");
    let button = format!("action=\"{page}/release\"");
    // The member is OTHER; their one account is ID.
    for (changes, may) in [
        (json!({}), false),
        (json!({"placed_by": OTHER}), true),
        (json!({"destination": null}), true),
        (json!({"source": OTHER, "destination": ID}), true),
        (json!({"source": OTHER, "destination": null}), false),
        (json!({"placed_by": OTHER, "status": "expired"}), false),
    ] {
        let mut answer = hold("harmless");
        for (name, value) in changes.as_object().expect("fields") {
            answer[name] = value.clone();
        }
        app.stub.answers(&format!("GET /v1/holds/{ID}"), 200, answer);
        assert_eq!(browser.get(&page).await.text.contains(&button), may, "{changes}");
    }
    let mut own = hold("harmless");
    own["placed_by"] = json!(OTHER);
    app.stub.answers(&format!("GET /v1/holds/{ID}"), 200, own);
    app.stub.answers(&format!("POST /v1/holds/{ID}/release"), 200, hold("harmless"));
    let reply = browser.fill(&page, &format!("{page}/release"), &[]).await;
    assert_eq!(reply.header("location"), format!("{page}?done=released"), "{}", reply.text);
    assert_eq!(app.stub.asked(&format!("POST /v1/holds/{ID}/release"))[0].json(), json!({}));
}
