//! Holds, as operators see them and act on them.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{ID, OTHER, hold},
};

const REASON: &str = "asked for at the till";

#[tokio::test]
async fn a_hold_is_released_captured_and_increased() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    let page = format!("/holds/{ID}");
    let euro = |amount: &str| json!({"asset": "EUR", "amount": amount});
    let transfer = json!({"transfer_id": OTHER, "hold_id": ID});
    for (act, typed, answer, sent, leads_to) in [
        ("release", vec![("money", "")], json!({}), json!({"reason": REASON}), format!("{page}?done=released")),
        (
            "release",
            vec![("money", " 200 ")],
            json!({}),
            json!({"reason": REASON, "money": euro("200")}),
            format!("{page}?done=released"),
        ),
        (
            "capture",
            vec![("money", "200"), ("destination", "123456789092"), ("final", "more")],
            transfer.clone(),
            json!({"money": euro("200"), "destination": "123456789092", "final": false}),
            format!("/transfers/{OTHER}?done=captured"),
        ),
        (
            "capture",
            vec![("money", ""), ("destination", ""), ("final", "last")],
            transfer,
            json!({"final": true}),
            format!("/transfers/{OTHER}?done=captured"),
        ),
        (
            "increase",
            vec![("money", "500")],
            json!({}),
            json!({"money": euro("500")}),
            format!("{page}?done=hold-increased"),
        ),
    ] {
        let what = format!("POST /v1/holds/{ID}/{act}");
        app.stub.answers(&what, if act == "capture" { 201 } else { 200 }, answer);
        let fields: Vec<(&str, &str)> = typed.into_iter().chain([("reason", REASON)]).collect();
        let reply = browser.fill(&page, &format!("{page}/{act}"), &fields).await;
        assert_eq!(reply.header("location"), leads_to, "{act}: {}", reply.text);
        assert_eq!(app.stub.asked(&what).last().expect("asked").json(), sent, "{act}");
    }
}

#[tokio::test]
async fn what_is_more_than_remains_is_said_at_the_amount() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    let page = format!("/holds/{ID}");
    let refused = json!({"status": 422, "code": "hold-exceeded", "title": "no", "detail": "1000 remain"});
    app.stub.answers(&format!("POST /v1/holds/{ID}/release"), 422, refused);
    let reply = browser.fill(&page, &format!("{page}/release"), &[("money", "2000"), ("reason", REASON)]).await;
    assert_eq!((reply.status, reply.field("money")), (422, "2000".to_owned()), "{}", reply.text);
    assert!(reply.text.contains("hold-release-money-errors\"><li>The amount is more than remains"), "{}", reply.text);
}

#[tokio::test]
async fn a_hold_is_placed_on_the_page_of_the_holds_of_an_account() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    app.stub.answers("POST /v1/holds", 201, hold("x", "active"));
    let page = format!("/accounts/{ID}/holds");
    let typed = [
        ("money", "500"),
        ("destination", ""),
        ("expires_in", "3600"),
        ("memo", "a deposit"),
        ("reference", ""),
        ("reason", REASON),
    ];
    let reply = browser.fill(&page, &page, &typed).await;
    assert_eq!(reply.header("location"), format!("/holds/{ID}?done=hold-placed"), "{}", reply.text);
    let money = json!({"asset": "KRW", "amount": "500"});
    let sent = json!({"source": ID, "money": money, "expires_in": 3600, "memo": "a deposit"});
    assert_eq!(app.stub.asked("POST /v1/holds")[0].json(), sent, "in the asset of the account");
    let shown = browser.get(&format!("/accounts/{ID}/holds?status=released&cursor=c")).await;
    assert!(shown.text.contains("<option value=\"released\" selected>"), "{}", shown.text);
    let asked = app.stub.asked(&format!("GET /v1/accounts/{ID}/holds"));
    assert_eq!(asked.last().expect("asked").query, "status=released&cursor=c");
    assert!(browser.get(&format!("/accounts/{ID}")).await.text.contains(&format!("href=\"{page}\"")));
}

#[tokio::test]
async fn only_what_is_held_is_acted_on_and_only_by_operators() {
    let app = App::start().await;
    let (page, list) = (format!("/holds/{ID}"), format!("/accounts/{ID}/holds"));
    let is_offered = |text: &str| text.contains(&format!("action=\"{page}/release\""));
    for (role, expected) in [("viewer", false), ("support", false), ("operator", true)] {
        let mut browser = app.signed_in(role).await;
        assert_eq!(is_offered(&browser.get(&page).await.text), expected, "{role}");
        let places = browser.get(&list).await.text.contains(&format!("action=\"{list}\" method=\"post\""));
        assert_eq!(places, expected, "{role}");
    }
    app.stub.answers(&format!("GET /v1/holds/{ID}"), 200, hold("x", "released"));
    let text = app.signed_in("operator").await.get(&page).await.text;
    assert!(!is_offered(&text) && text.contains(">released<"), "{text}");
    let none: Value = json!({"status": 404, "code": "hold-unknown", "title": "no", "detail": "no"});
    app.stub.answers(&format!("GET /v1/holds/{ID}"), 404, none);
    assert_eq!(app.signed_in("operator").await.get(&page).await.status, 404);
}
