//! What the servers say to a member in tests.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{ID, OTHER},
    browser::Browser,
    stub::Stub,
};

pub const TOKEN: &str = "secret-member-token";
pub const REFRESH: &str = "secret-member-refresh";
pub const NUMBER: &str = "210987654321";
pub const AT: &str = "2026-12-01T03:00:00Z";

/// Every screen that is shown with GET to a member who is logged in.
pub fn screens() -> Vec<String> {
    let plain = [
        "/wallet",
        "/wallet/pay",
        "/wallet/code",
        "/wallet/holds",
        "/wallet/orders",
        "/wallet/orders/new",
        "/wallet/items",
        "/wallet/offers",
        "/wallet/outside",
        "/wallet/exchange",
        "/wallet/profile",
        "/wallet/leave",
    ];
    let of_id = ["accounts", "transfers", "holds", "orders", "items", "processes", "gift-cards"];
    let of_id = of_id.map(|folder| format!("/wallet/{folder}/{ID}"));
    plain.map(str::to_owned).into_iter().chain(of_id).collect()
}

/// A console with a bank behind it whose texts are harmless.
pub async fn start() -> App {
    let app = App::start().await;
    fill(&app.stub, "harmless");
    app
}

/// A browser of a member.
pub async fn logged_in(app: &App) -> Browser {
    let mut browser = app.browser();
    let reply = log_in(&mut browser, "/wallet").await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    browser
}

pub async fn log_in(browser: &mut Browser, next: &str) -> crate::browser::Reply {
    let fields = [("login_id", "minji_kim"), ("password", "a password"), ("next", next)];
    browser.fill("/wallet/login", "/wallet/login", &fields).await
}

pub fn tokens(expires_in: i64) -> Value {
    json!({"access_token": TOKEN, "refresh_token": REFRESH, "token_type": "Bearer", "expires_in": expires_in})
}

pub fn account(number: &str) -> Value {
    json!({
        "account_id": ID, "account_number": number, "owner": OTHER, "asset": "KRW", "status": "open", "freeze": null,
        "balance": "12500", "available": "12000", "held": "500", "version": 9, "opened_at": AT,
    })
}

/// Answers of every read that a screen makes; `text` stands wherever somebody outside may choose what stands there.
pub fn fill(stub: &Stub, text: &str) {
    stub.answers("POST /v1/sessions", 201, tokens(600));
    stub.answers("POST /v1/sessions/refresh", 201, tokens(600));
    stub.answers("DELETE /v1/sessions/current", 204, Value::Null);
    let page = |item: Value| json!({"items": [item], "next_cursor": "cursor-of-the-next-page"});
    // The number is the servers'; a hostile one shows that even that is text.
    let own = account(text);
    stub.answers("GET /v1/accounts", 200, page(own.clone()));
    stub.answers(&format!("GET /v1/accounts/{ID}"), 200, own.clone());
    let entry = json!({
        "transfer_id": ID, "kind": text, "amount": "-500", "balance_after": "12500", "counterparty": OTHER,
        "counterparty_number": NUMBER, "counterparty_name": text, "memo": text, "reference": text, "recorded_at": AT,
        "account_id": ID, "asset": "KRW",
    });
    stub.answers(&format!("GET /v1/accounts/{ID}/transactions"), 200, page(entry.clone()));
    stub.answers(&format!("GET /v1/accounts/{ID}/holds"), 200, page(hold(text)));
    stub.answers(&format!("GET /v1/holds/{ID}"), 200, hold(text));
    stub.answers(
        "GET /v1/payees",
        200,
        json!({"account_id": OTHER, "account_number": NUMBER, "asset": "KRW", "masked_name": text}),
    );
    stub.answers("GET /v1/wallet/home", 200, home(text, &own, &entry));
    stub.answers(
        &format!("GET /v1/transfers/{ID}"),
        200,
        json!({
            "transfer_id": ID, "kind": "transfer", "status": "posted", "code": text, "source": ID, "destination": OTHER,
            "money": {"asset": "KRW", "amount": "500"}, "memo": text, "reference": text, "reverses": null,
            "order_id": text, "recorded_at": AT,
            "postings": [
                {"account_id": ID, "asset": "KRW", "amount": "-500", "balance_after": "12500"},
                {"account_id": OTHER, "asset": "KRW", "amount": "500", "balance_after": null},
            ],
        }),
    );
    things(stub, text);
    people(stub, text);
}

fn home(text: &str, account: &Value, entry: &Value) -> Value {
    json!({
        "member": {"member_id": OTHER, "real_name": text}, "accounts": [account], "accounts_next_cursor": null,
        "transactions": [entry], "holds": [hold(text)],
        "standing_orders": [{
            "order_id": ID, "source": ID, "destination": OTHER, "money": {"asset": "KRW", "amount": "700"}, "memo": text, "next_at": AT,
        }],
        "items": [{"item_id": ID, "collection": text, "serial": text, "status": "free", "recorded_at": AT}],
        "limits": [{
            "account_id": ID, "name": text, "window": "day", "amount": {"limit": "1000", "used": "5", "remaining": "995"},
        }],
    })
}

pub fn hold(text: &str) -> Value {
    json!({
        "hold_id": ID, "source": ID, "destination": OTHER, "money": {"asset": "KRW", "amount": "900"}, "captured": "100",
        "released": "300", "remaining": "500", "expires_at": AT, "memo": text, "reference": text, "placed_by": ID,
        "status": "active", "position": 7, "recorded_at": AT,
    })
}

pub fn item(text: &str) -> Value {
    json!({
        "item_id": ID, "collection": text, "serial": text, "owner": OTHER, "status": "free", "offer_id": null,
        "metadata_url": text, "digest": text, "position": 7, "recorded_at": AT,
        "owners": [{"how": "minted", "masked_name": text, "since": AT}],
    })
}

pub fn order(text: &str) -> Value {
    json!({
        "order_id": ID, "owner": OTHER, "source": ID, "destination": OTHER, "money": {"asset": "KRW", "amount": "700"},
        "memo": text, "schedule": {"every": "month", "day": 31, "time": "09:00", "zone": "Asia/Seoul", "until": text},
        "if_refused": "skip", "catch_up": true, "next_at": AT, "status": "active", "runs_done": 1, "position": 7, "recorded_at": AT,
        "runs": [{"due_at": AT, "status": "refused", "transfer_id": ID, "code": text}],
    })
}

fn things(stub: &Stub, text: &str) {
    let page = |item: Value| json!({"items": [item], "next_cursor": "cursor-of-the-next-page"});
    stub.answers("GET /v1/items", 200, page(item(text)));
    stub.answers(&format!("GET /v1/items/{ID}"), 200, item(text));
    let offer = json!({
        "offer_id": OTHER, "item_id": ID, "collection": text, "price": {"asset": "KRW", "amount": "3000"}, "expires_at": AT,
        "status": "open", "position": 7, "recorded_at": AT,
    });
    stub.answers("GET /v1/offers", 200, json!({"items": [offer], "next_cursor": null}));
    stub.answers("GET /v1/standing-orders", 200, page(order(text)));
    stub.answers(&format!("GET /v1/standing-orders/{ID}"), 200, order(text));
    stub.answers(
        &format!("GET /v1/processes/{ID}"),
        200,
        json!({
            "process_id": ID, "kind": "top-up", "state": "running", "money": {"asset": "KRW", "amount": "5000"}, "account_id": ID,
            "steps": [{"name": "confirm", "state": "waiting", "tries": 2, "last_error_code": text, "at": AT}],
            "started_at": AT, "ended_at": null, "owner": OTHER, "position": 7,
        }),
    );
    stub.answers(&format!("GET /v1/gift-cards/{ID}"), 200, gift_card(text, &json!(text)));
}

pub fn gift_card(text: &str, code: &Value) -> Value {
    json!({
        "gift_card_id": ID, "state": "done", "product": text, "money": {"asset": "KRW", "amount": "5000"}, "account_id": ID,
        "code": code, "started_at": AT, "ended_at": AT,
    })
}

fn people(stub: &Stub, text: &str) {
    stub.answers(
        "GET /v1/members/me",
        200,
        json!({
            "member_id": OTHER, "login_id": text, "real_name": text, "contact": {"channel": "email", "value": text},
            "status": "active", "joined_at": AT,
        }),
    );
    stub.answers(
        "GET /v1/members/me/sessions",
        200,
        json!({"items": [
            {"session_id": ID, "began_at": AT, "expires_at": AT, "current": true},
            {"session_id": OTHER, "began_at": null, "expires_at": AT, "current": false},
        ], "next_cursor": null}),
    );
    stub.answers(
        "GET /v1/members/me/devices",
        200,
        json!({"items": [{
            "device_id": text, "platform": text, "token": "****1234", "locale": "ko", "zone": "Asia/Seoul", "registered_at": AT,
            "changed_at": AT,
        }], "next_cursor": null}),
    );
    stub.answers(
        "GET /v1/members/me/notifications",
        200,
        json!({"push": ["money.received"], "email": [], "quiet": {"from": "22:00", "until": "07:00"}}),
    );
    stub.answers(
        &format!("GET /v1/erasures/{ID}"),
        200,
        json!({
            "erasure_id": ID, "member_id": OTHER, "requested_at": AT, "erased_at": AT, "requested_by": "member", "key_epochs": [1],
            "copies_unreadable_planned": AT, "copies_unreadable_from": null, "destroyed": [{"what": text, "count": 3}], "digest": text,
        }),
    );
}
