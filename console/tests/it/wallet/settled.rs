//! What is sent is settled before it is sent: the decimals of an asset are known, and the same key has the same body.

use serde_json::{Value, json};

use super::bank::{NUMBER, account, logged_in, order, start};
use crate::{
    app::App,
    bank::{ID, OTHER},
    browser::Reply,
};

/// What is typed into any of the forms with an amount; each reads its own.
const TYPED: [(&str, &str); 15] = [
    ("source", ID),
    ("account", ID),
    ("destination", ID),
    ("number", NUMBER),
    ("amount", "10"),
    ("price", "10"),
    ("max", "10"),
    ("side", "pay"),
    ("every", "day"),
    ("time", "09:00"),
    ("product", "coffee"),
    ("provider", "toss"),
    ("payment_key", "ok-1"),
    ("bank", "004"),
    ("holder", "Kim"),
];

fn problem(status: u16, code: &str) -> Value {
    json!({"status": status, "code": code, "title": "no", "detail": "no"})
}

/// The hidden fields of the form with this action, as a browser sends them.
fn hidden(reply: &Reply, action: &str) -> Vec<(String, String)> {
    let begin = format!("action=\"{action}\"");
    let from = reply.text.find(&begin).unwrap_or_else(|| panic!("no form {action}: {}", reply.text));
    let form = reply.text[from..].split("</form>").next().expect("a form");
    let field = |text: &str| {
        let (name, rest) = text.split_once("\" value=\"").expect("a value");
        let value = rest.split('"').next().expect("an end");
        let plain = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
        let value = plain.iter().fold(value.to_owned(), |value, (escaped, letter)| value.replace(escaped, letter));
        (name.to_owned(), value)
    };
    form.split("type=\"hidden\" name=\"").skip(1).map(field).collect()
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The account, and all accounts, are in dollars, and so is the payee's.
fn in_dollars(app: &App) {
    let mut dollars = account("123456789012");
    dollars["asset"] = json!("USD");
    app.stub.answers(&format!("GET /v1/accounts/{ID}"), 200, dollars.clone());
    app.stub.answers("GET /v1/accounts", 200, json!({"items": [dollars], "next_cursor": null}));
    let payee = json!({"account_id": OTHER, "account_number": NUMBER, "asset": "USD", "masked_name": "K*m"});
    app.stub.answers("GET /v1/payees", 200, payee);
}

fn assets(codes: &[(&str, u8)]) -> Value {
    let items: Vec<Value> =
        codes.iter().map(|(code, scale)| json!({"code": code, "scale": scale, "name": code})).collect();
    json!({"items": items})
}

#[tokio::test]
async fn an_amount_of_an_asset_that_nobody_knows_is_not_sent() {
    let app = start().await;
    in_dollars(&app);
    app.stub.answers("GET /v1/assets", 503, problem(503, "views-away"));
    let mut browser = logged_in(&app).await;
    let before = app.stub.commands();
    let (item, offer) = (format!("/wallet/items/{ID}"), format!("/wallet/items/{ID}/offer"));
    let forms = [
        ("/wallet/pay", "/wallet/pay/confirm"),
        ("/wallet/pay", "/wallet/pay"),
        ("/wallet/orders/new", "/wallet/orders/new/confirm"),
        ("/wallet/orders/new", "/wallet/orders/new"),
        ("/wallet/outside", "/wallet/outside/top-up"),
        ("/wallet/outside", "/wallet/outside/payout"),
        ("/wallet/outside", "/wallet/outside/gift-card"),
        ("/wallet/exchange", "/wallet/exchange/quote"),
        ("/wallet/code", "/wallet/code"),
        (item.as_str(), offer.as_str()),
    ];
    for (page, action) in forms {
        let reply = browser.fill(page, action, &TYPED).await;
        assert!(matches!(reply.status, 502 | 503), "{action}: {} {}", reply.status, reply.text);
    }
    // The query server answers now, and does not know the asset.
    app.stub.answers("GET /v1/assets", 200, assets(&[("KRW", 0)]));
    for (page, action) in forms {
        let reply = browser.fill(page, action, &TYPED).await;
        let is_said = reply.text.contains("The bank does not say how amounts of this asset are written.");
        assert!(matches!(reply.status, 502 | 503) && is_said, "{action}: {} {}", reply.status, reply.text);
    }
    assert_eq!(app.stub.commands(), before, "nothing was sent");
    let shown = browser.get("/wallet/pay").await;
    assert!(shown.text.contains("12,000 minor units USD"), "nobody takes it for dollars: {}", shown.text);

    // An asset that is new is known at once, not after a minute.
    app.stub.answers("GET /v1/assets", 200, assets(&[("KRW", 0), ("USD", 2)]));
    let shown = browser.fill("/wallet/pay", "/wallet/pay/confirm", &TYPED).await;
    assert!(shown.status == 200 && shown.text.contains("10.00 USD"), "{}", shown.text);
    app.stub.answers("POST /v1/transfers", 201, json!({"transfer_id": ID}));
    let reply = browser.post("/wallet/pay", &pairs(&hidden(&shown, "/wallet/pay"))).await;
    assert_eq!(reply.header("location"), format!("/wallet/transfers/{ID}?done=paid"), "{}", reply.text);
    let sent = app.stub.asked("POST /v1/transfers")[0].json();
    assert_eq!(sent["money"], json!({"asset": "USD", "amount": "1000"}));
}

#[tokio::test]
async fn what_is_sent_once_more_is_the_same_under_the_same_key() {
    for (page, confirm, action, path, answer) in [
        ("/wallet/pay", "/wallet/pay/confirm", "/wallet/pay", "/v1/transfers", json!({"transfer_id": ID})),
        (
            "/wallet/orders/new",
            "/wallet/orders/new/confirm",
            "/wallet/orders/new",
            "/v1/standing-orders",
            order("harmless"),
        ),
        ("/wallet/outside", "", "/wallet/outside/top-up", "/v1/top-ups", json!({"process_id": ID})),
        ("/wallet/outside", "", "/wallet/outside/payout", "/v1/bank-payouts", json!({"process_id": ID})),
        ("/wallet/outside", "", "/wallet/outside/gift-card", "/v1/gift-cards", json!({"process_id": ID})),
    ] {
        let app = start().await;
        in_dollars(&app);
        app.stub.answers("GET /v1/assets", 200, assets(&[("USD", 2)]));
        let mut browser = logged_in(&app).await;
        let what = format!("POST {path}");
        app.stub.answers(&what, 503, problem(503, "outcome-unknown"));
        let unsure = if confirm.is_empty() {
            browser.fill(page, action, &TYPED).await
        } else {
            let shown = browser.fill(page, confirm, &TYPED).await;
            assert_eq!(shown.status, 200, "{}", shown.text);
            browser.post(action, &pairs(&hidden(&shown, action))).await
        };
        assert!(unsure.status == 502 && unsure.text.contains("Send again"), "{action}: {}", unsure.text);
        // By now the servers say something else, as they would to another console.
        app.stub.answers("GET /v1/assets", 503, problem(503, "views-away"));
        app.stub.answers("GET /v1/payees", 404, problem(404, "payee-unknown"));
        app.stub.answers(&format!("GET /v1/accounts/{ID}"), 404, problem(404, "account-unknown"));
        app.stub.answers(&what, 429, problem(429, "too-many-requests"));
        let put_off = browser.post(action, &pairs(&hidden(&unsure, action))).await;
        assert_eq!(put_off.status, 429, "{action}: {}", put_off.text);
        app.stub.answers(&what, 201, answer);
        let reply = browser.post(action, &pairs(&hidden(&put_off, action))).await;
        assert_eq!(reply.status, 303, "{action}: {}", reply.text);
        let asked = app.stub.asked(&what);
        let sent: Vec<(&str, Value)> =
            asked.iter().map(|asked| (asked.header("idempotency-key"), asked.json())).collect();
        assert_eq!(sent.len(), 3, "{action}");
        assert!(sent[0] == sent[1] && sent[1] == sent[2], "{action}: {sent:?}");
        assert_eq!(sent[0].1["money"], json!({"asset": "USD", "amount": "1000"}), "{action}");
    }
}

#[tokio::test]
async fn a_key_that_had_another_body_is_kept_and_the_member_is_told_to_look() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    for (page, action, path) in [
        ("/wallet/pay", "/wallet/pay", "/v1/transfers"),
        ("/wallet/orders/new", "/wallet/orders/new", "/v1/standing-orders"),
        ("/wallet/outside", "/wallet/outside/top-up", "/v1/top-ups"),
        ("/wallet/exchange", "/wallet/exchange", "/v1/exchanges"),
        ("/wallet", "/wallet/open", "/v1/accounts"),
    ] {
        let what = format!("POST {path}");
        app.stub.answers(&what, 422, problem(422, "idempotency-key-reused"));
        let reply = browser.fill(page, action, &TYPED).await;
        for part in
            ["What was sent before may have been carried out.", "Look at your last transactions", "href=\"/wallet\""]
        {
            assert!(reply.status == 422 && reply.text.contains(part), "{action}, {part}: {}", reply.text);
        }
        let sent = app.stub.asked(&what).last().expect("sent").header("idempotency-key").to_owned();
        assert_eq!(reply.field("key"), sent, "{action}");
        assert!(!reply.text.contains("Send again"), "{action}: it would change nothing");
    }
}

#[tokio::test]
async fn an_offer_far_down_the_list_is_read_from_where_it_stands() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let offer = json!({
        "offer_id": OTHER, "item_id": ID, "collection": "coins", "price": {"asset": "KRW", "amount": "3000"},
        "expires_at": "2026-12-01T03:00:00Z",
    });
    app.stub.answers("GET /v1/offers", 200, json!({"items": [offer], "next_cursor": "page-31"}));
    let list = browser.get("/wallet/offers?cursor=page-30").await;
    let fields = hidden(&list, "/wallet/offers/confirm");
    let typed: Vec<(&str, &str)> = pairs(&fields).into_iter().chain([("source", ID)]).collect();
    let before = app.stub.asked("GET /v1/offers").len();
    let shown = browser.post("/wallet/offers/confirm", &typed).await;
    assert!(shown.status == 200 && shown.text.contains("3,000 KRW"), "{}", shown.text);
    let asked = app.stub.asked("GET /v1/offers");
    assert_eq!(asked.len(), before + 1, "one part of the list");
    let query = &asked[before].query;
    assert!(query.contains("cursor=page-30"), "{query}");
    assert!(!query.contains("collection"), "a cursor is good for the list that it came from: {query}");

    app.stub.answers("GET /v1/offers", 200, json!({"items": [], "next_cursor": "page-31"}));
    let reply = browser.post("/wallet/offers/confirm", &typed).await;
    assert!(reply.status == 404 && reply.text.contains("There is no such offer."), "{}", reply.text);
    assert_eq!(app.stub.asked("GET /v1/offers").len(), before + 2, "no page after it is read");
}

#[tokio::test]
async fn an_account_whose_answer_was_lost_is_opened_once() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    app.stub.answers("POST /v1/accounts", 503, problem(503, "outcome-unknown"));
    let unsure = browser.fill("/wallet", "/wallet/open", &[("asset", "EUR")]).await;
    for part in ["It is not known whether it was done", "Send again", "EUR"] {
        assert!(unsure.status == 502 && unsure.text.contains(part), "{part}: {}", unsure.text);
    }
    app.stub.answers("POST /v1/accounts", 201, json!({"account_id": ID}));
    let reply = browser.post("/wallet/open", &pairs(&hidden(&unsure, "/wallet/open"))).await;
    assert_eq!(reply.header("location"), format!("/wallet/accounts/{ID}?done=account-opened"), "{}", reply.text);
    let asked = app.stub.asked("POST /v1/accounts");
    assert_eq!(asked[0].header("idempotency-key"), asked[1].header("idempotency-key"));
    assert_eq!((asked[0].json(), asked[1].json()), (json!({"asset": "EUR"}), json!({"asset": "EUR"})));

    let refused = problem(422, "asset-unknown");
    app.stub.answers("POST /v1/accounts", 422, refused);
    let reply = browser.fill("/wallet", "/wallet/open", &[("asset", "XYZ")]).await;
    assert!(reply.status == 422 && !reply.text.contains("Send again"), "{}", reply.text);
}
