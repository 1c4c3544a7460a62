//! What was done to views, on the page of the audit.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{AT, ID, OTHER},
    operations::page,
};

fn act(what: &str, changed: Value) -> Value {
    let mut act = json!({
        "id": 9, "at": AT, "who": format!("operator {ID}"), "operator_id": ID, "session_id": OTHER, "address": "192.0.2.7", "what": what,
        "view": "balances", "generation": 2, "reason": "compared and found equal", "details": {},
    });
    for (name, value) in changed.as_object().expect("an object") {
        act[name] = value.clone();
    }
    act
}

fn minji() -> Value {
    let minji = json!({
        "operator_id": ID, "name": "minji.kim", "role": "operator", "status": "enabled", "added_at": AT, "changed_at": AT,
    });
    json!({"items": [minji], "next_cursor": null})
}

#[tokio::test]
async fn what_was_done_to_views_is_told_with_who_from_where_before_and_after() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    app.stub.answers("GET /v1/operators", 200, minji());
    let promoted = json!({"details": {"instead_of": 1, "before": {"live": 1}, "after": {"live": 2}}});
    let by_hand = json!({
        "who": "somebody", "operator_id": null, "session_id": null, "address": null,
        "details": {"key": "k1", "before": {"parked": true, "events": 3}, "after": {"parked": false, "events": 0}},
    });
    app.stub.answers(
        "GET /v1/views/actions",
        200,
        page(json!([act("promote", promoted), act("retry parked", by_hand)])),
    );
    let shown = browser.get("/audit").await.text;
    let (_, part) = shown.split_once("id=\"view-actions\"").expect("the part");
    let who = format!("<a href=\"/operators/{ID}\">minji.kim</a>");
    for told in [
        who.as_str(),
        "<a href=\"/views/balances\">balances</a>",
        "<td class=\"text\">live generation: 1</td>",
        "<td class=\"text\">live generation: 2</td>",
        "<td>192.0.2.7</td>",
        "compared and found equal",
        "<td class=\"text\">somebody</td>",
        "<td>retry parked events</td>",
        "events waiting: 3",
        "parked: no",
        "key: k1",
    ] {
        assert!(part.contains(told), "{told}: {part}");
    }
    assert!(!part.contains("instead_of"), "it is told already: {part}");
}

#[tokio::test]
async fn both_lists_are_asked_for_what_was_chosen_and_go_on_by_themselves() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let chosen = format!("operator={ID}&from=2026-12-01T12%3A00");
    let shown = browser.get(&format!("/audit?{chosen}&cursor=a&views_cursor=v")).await.text;
    let since = format!("operator={ID}&from=2026-12-01T03%3A00%3A00Z");
    let query = |what: &str| app.stub.asked(what).last().expect("asked").query.clone();
    assert_eq!(query("GET /v1/audit/actions"), format!("{since}&cursor=a"));
    assert_eq!(query("GET /v1/views/actions"), format!("{since}&limit=20&cursor=v"));
    let chosen = chosen.replace('&', "&#38;");
    for more in [
        format!("href=\"/audit?{chosen}&#38;views_cursor=v&#38;cursor=cursor-of-the-next-page#actions\""),
        format!("href=\"/audit?{chosen}&#38;cursor=a&#38;views_cursor=cursor-of-the-next-page#view-actions\""),
    ] {
        assert!(shown.contains(&more), "{more}: {shown}");
    }
}

/// One page of the list has 200 operators.
#[tokio::test]
async fn operators_of_all_pages_can_be_chosen_and_of_those_of_a_page_that_is_away_none() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let mut first = minji();
    first["next_cursor"] = json!("two");
    let mut second = minji();
    second["items"][0]["operator_id"] = json!(OTHER);
    second["items"][0]["name"] = json!("somebody.else");
    app.stub.answers("GET /v1/operators?limit=200", 200, first);
    app.stub.answers("GET /v1/operators?limit=200&cursor=two", 200, second.clone());
    let shown = browser.get("/audit").await.text;
    for name in [">minji.kim</option>", ">somebody.else</option>"] {
        assert_eq!(shown.matches(name).count(), 1, "{name}: {shown}");
    }
    second["next_cursor"] = json!("two");
    app.stub.answers("GET /v1/operators?limit=200&cursor=two", 200, second);
    assert!(browser.get("/audit").await.text.contains(">somebody.else</option>"), "it ends all the same");
    let away = json!({"status": 503, "code": "overloaded"});
    app.stub.answers("GET /v1/operators?limit=200&cursor=two", 503, away);
    let shown = browser.get("/audit").await.text;
    assert!(shown.contains(">minji.kim</option>") && !shown.contains(">somebody.else</option>"), "{shown}");
}

#[tokio::test]
async fn the_projector_is_told_where_the_browser_is() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    browser.fill("/views/balances", "/views/balances/retry", &[("reason", "a look")]).await;
    let asked = app.stub.asked("POST /v1/views/balances/retry");
    assert_eq!(asked.last().expect("asked").header("x-forwarded-for"), "127.0.0.1");
}
