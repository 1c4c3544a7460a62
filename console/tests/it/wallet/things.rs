//! Standing orders, items, offers.

use serde_json::json;

use super::bank::{NUMBER, item, logged_in, order, start};
use crate::bank::{ID, OTHER};

#[tokio::test]
async fn a_standing_order_is_confirmed_and_placed() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    app.stub.answers("POST /v1/standing-orders", 201, order("harmless"));
    let typed = [
        ("source", ID),
        ("number", NUMBER),
        ("amount", "700"),
        ("memo", "용돈"),
        ("every", "month"),
        ("time", "09:00"),
        ("day", "31"),
        ("weekday", "monday"),
        ("from", ""),
        ("until", "2027-12-31"),
        ("count", ""),
        ("if_refused", "stop"),
    ];
    let shown = browser.fill("/wallet/orders/new", "/wallet/orders/new/confirm", &typed).await;
    for part in ["harmless", NUMBER, "700 KRW", "every month, day 31, 09:00, until 2027-12-31"] {
        assert!(shown.status == 200 && shown.text.contains(part), "{part}: {}", shown.text);
    }
    assert!(app.stub.asked("POST /v1/standing-orders").is_empty());
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    // The page holds all that was typed.
    for (name, value) in typed {
        assert_eq!(shown.field(name), value, "{name}");
    }
    let own = [("csrf", csrf.as_str()), ("key", key.as_str())];
    let fields: Vec<(&str, &str)> = own.into_iter().chain(typed).collect();
    let reply = browser.post("/wallet/orders/new", &fields).await;
    assert_eq!(reply.header("location"), format!("/wallet/orders/{ID}?done=ordered"), "{}", reply.text);
    let asked = &app.stub.asked("POST /v1/standing-orders")[0];
    assert_eq!(asked.header("idempotency-key"), key);
    assert_eq!(
        asked.json(),
        json!({
            "source": ID, "destination": NUMBER, "money": {"asset": "KRW", "amount": "700"}, "memo": "용돈", "if_refused": "stop",
            "schedule": {"every": "month", "day": 31, "time": "09:00", "zone": "Asia/Seoul", "until": "2027-12-31"},
        })
    );
}

#[tokio::test]
async fn a_standing_order_that_is_refused_keeps_what_was_typed() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let typed = [
        ("source", ID),
        ("number", NUMBER),
        ("amount", "7.5"),
        ("every", "week"),
        ("time", "10:15"),
        ("weekday", "friday"),
        ("until", "2027-12-31"),
    ];
    let reply = browser.fill("/wallet/orders/new", "/wallet/orders/new/confirm", &typed).await;
    for part in [
        "id=\"order-amount-wrong\">This is not an amount of this asset.",
        "value=\"7.5\"",
        "value=\"10:15\"",
        "value=\"2027-12-31\"",
        "value=\"friday\" selected",
    ] {
        assert!(reply.status == 400 && reply.text.contains(part), "{part}: {}", reply.text);
    }
    let empty = json!({"status": 422, "code": "schedule-empty", "title": "no", "detail": "no"});
    app.stub.answers("POST /v1/standing-orders", 422, empty);
    let typed = typed.map(|(name, value)| (name, if name == "amount" { "700" } else { value }));
    let reply = browser.fill("/wallet/orders/new", "/wallet/orders/new", &typed).await;
    for part in ["The schedule has no run in the future.", "value=\"700\"", "value=\"week\" selected"] {
        assert!(reply.status == 422 && reply.text.contains(part), "{part}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_standing_order_is_paused_goes_on_and_ends() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let (page, path) = (format!("/wallet/orders/{ID}"), format!("/v1/standing-orders/{ID}"));
    let cases = [("active", vec!["pause", "cancel"]), ("paused", vec!["resume", "cancel"]), ("finished", vec![])];
    for (status, buttons) in cases {
        let mut answer = order("harmless");
        answer["status"] = json!(status);
        app.stub.answers(&format!("GET {path}"), 200, answer);
        let text = browser.get(&page).await.text;
        for act in ["pause", "resume", "cancel"] {
            assert_eq!(text.contains(&format!("action=\"{page}/{act}\"")), buttons.contains(&act), "{status}: {act}");
        }
    }
    let active = order("harmless");
    app.stub.answers(&format!("GET {path}"), 200, active.clone());
    for (act, what, done) in [
        ("pause", format!("POST {path}/pause"), "order-paused"),
        ("resume", format!("POST {path}/resume"), "order-resumed"),
        ("cancel", format!("DELETE {path}"), "order-cancelled"),
    ] {
        app.stub.answers(&what, 200, active.clone());
        let reply = browser.fill(&page, &format!("{page}/{act}"), &[]).await;
        assert_eq!(reply.header("location"), format!("{page}?done={done}"), "{act}: {}", reply.text);
        assert_eq!(app.stub.asked(&what).len(), 1, "{act}");
    }
    assert_eq!(browser.fill(&page, &format!("{page}/destroy"), &[]).await.status, 404);
}

#[tokio::test]
async fn an_item_is_given_offered_and_taken_back_by_its_owner() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let (page, path) = (format!("/wallet/items/{ID}"), format!("/v1/items/{ID}"));
    let shown = browser.fill(&page, &format!("{page}/confirm"), &[("number", NUMBER)]).await;
    assert!(shown.status == 200 && shown.text.contains(NUMBER), "{}", shown.text);
    app.stub.answers(&format!("POST {path}/transfer"), 200, item("harmless"));
    let reply = browser.fill(&page, &format!("{page}/give"), &[("number", NUMBER)]).await;
    assert_eq!(reply.header("location"), "/wallet/items?done=given", "{}", reply.text);
    assert_eq!(app.stub.asked(&format!("POST {path}/transfer"))[0].json(), json!({"to": NUMBER}));

    app.stub.answers("POST /v1/offers", 201, json!({"offer_id": OTHER}));
    let fields = [("price", "3,000"), ("destination", ID)];
    let reply = browser.fill(&page, &format!("{page}/offer"), &fields).await;
    assert_eq!(reply.header("location"), format!("{page}?done=offered"), "{}", reply.text);
    assert_eq!(
        app.stub.asked("POST /v1/offers")[0].json(),
        json!({"item_id": ID, "price": {"asset": "KRW", "amount": "3000"}, "destination": ID})
    );
    let mut offered = item("harmless");
    (offered["offer_id"], offered["status"]) = (json!(OTHER), json!("offered"));
    app.stub.answers(&format!("GET {path}"), 200, offered);
    app.stub.answers(&format!("DELETE /v1/offers/{OTHER}"), 200, json!({"offer_id": OTHER}));
    let shown = browser.get(&page).await;
    assert_eq!(shown.field("offer_id"), OTHER);
    let reply = browser.fill(&page, &format!("{page}/withdraw"), &[("offer_id", OTHER)]).await;
    assert_eq!(reply.header("location"), format!("{page}?done=offer-withdrawn"), "{}", reply.text);

    let mut foreign = item("harmless");
    foreign.as_object_mut().expect("fields").remove("owner");
    app.stub.answers(&format!("GET {path}"), 200, foreign);
    assert!(!browser.get(&page).await.text.contains(&format!("action=\"{page}/")), "others only look");
}

#[tokio::test]
async fn an_offer_is_bought_for_the_price_that_the_bank_says() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let typed = [("source", ID), ("offer_id", OTHER), ("collection", "harmless"), ("price", "1")];
    let shown = browser.fill("/wallet/offers", "/wallet/offers/confirm", &typed).await;
    for part in ["3,000 KRW", "12,000 KRW", "action=\"/wallet/offers/accept\""] {
        assert!(shown.status == 200 && shown.text.contains(part), "{part}: {}", shown.text);
    }
    app.stub.answers(&format!("POST /v1/offers/{OTHER}/accept"), 201, json!({"transfer_id": ID}));
    let reply = browser.fill("/wallet/offers", "/wallet/offers/accept", &typed).await;
    assert_eq!(reply.header("location"), format!("/wallet/transfers/{ID}?done=bought"), "{}", reply.text);
    assert_eq!(app.stub.asked(&format!("POST /v1/offers/{OTHER}/accept"))[0].json(), json!({"source": ID}));
    let unknown = [("source", ID), ("offer_id", ID), ("collection", "harmless")];
    let reply = browser.fill("/wallet/offers", "/wallet/offers/confirm", &unknown).await;
    assert!(reply.status == 404 && reply.text.contains("There is no such offer."), "{}", reply.text);
}
