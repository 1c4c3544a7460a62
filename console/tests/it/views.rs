//! The pages of the views, of a process, and of the console itself among the processes.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    app::App,
    bank::{AT, ID},
};

const PAGE: &str = "/views/balances";

/// What a part of a form says, up to the end of the form.
fn form<'a>(html: &'a str, action: &str) -> &'a str {
    let form = html.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
    form.and_then(|form| form.split("</form>").next()).unwrap_or_default()
}

#[tokio::test]
async fn a_roll_back_and_a_promotion_name_the_generation_that_the_page_showed() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    let shown = browser.get(PAGE).await.text;
    let back = form(&shown, "/views/balances/rollback");
    assert!(back.contains("name=\"generation\" value=\"2\"") && back.contains("to generation 2<"), "{back}");
    let promote = form(&shown, "/views/balances/promote");
    assert!(promote.contains("value=\"4\"") && promote.contains("required"), "{promote}");
    // A form that names none is not sent on: the projector would take what fits best by then.
    for (act, what) in
        [("rollback", "POST /v1/views/balances/rollback"), ("promote", "POST /v1/views/balances/promote")]
    {
        let reply = browser.fill(PAGE, &format!("{PAGE}/{act}"), &[("reason", "x")]).await;
        assert_eq!(reply.status, 400, "{act}");
        assert!(app.stub.asked(what).is_empty(), "{act}");
    }
    let mut view = json!({
        "view": "balances", "generation": 3, "position": 41, "head": 42, "lag_events": 1, "lag_ms": 5, "state": "live",
        "error": null, "error_position": null, "error_type": null, "paused_since": null, "parked_events": 0, "parked_keys": 0,
        "updated_at": AT, "version": 1, "generations": [],
    });
    app.stub.answers("GET /v1/views/balances", 200, view.clone());
    assert!(!browser.get(PAGE).await.text.contains("/rollback\""), "there is nothing to go back to");
    view["generations"] =
        json!([{"generation": 1, "state": "retired", "position": 1, "created_at": AT, "promoted_at": AT}]);
    app.stub.answers("GET /v1/views/balances", 200, view);
    assert!(browser.get(PAGE).await.text.contains("to generation 1<"));
}

#[tokio::test]
async fn lag_is_a_chart_of_what_was_measured_and_renews_itself() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    for page in ["/views", PAGE] {
        let shown = browser.get(page).await.text;
        assert!(shown.contains("id=\"chart-lag\"") && shown.contains("Lag (ms)"), "{page}: {shown}");
        assert!(shown.contains("<td class=\"num\">5</td>"), "{page}: {shown}");
    }
    assert!(browser.get("/views").await.text.contains("Lag of balances"));
    // The reading is shared: both pages and the part that renews itself ask for it once within a moment.
    let request = browser.request(Method::GET, "/live/views/balances").header("accept", "text/event-stream");
    let mut response = request.send().await.expect("an answer");
    let first = timeout(Duration::from_secs(10), response.chunk()).await.expect("in time").expect("a chunk");
    assert!(String::from_utf8_lossy(&first.expect("an event")).contains("chart-lag"));
}

#[tokio::test]
async fn a_chart_without_measurements_says_so() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    app.stub.forgets("GET /v1/views");
    let shown = browser.get(PAGE).await.text;
    assert!(shown.contains("No measurements yet."), "{shown}");
}

#[tokio::test]
async fn parked_keys_are_shown_with_their_events_the_first_ten_of_them() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let key = |position: i64| json!({"generation": 3, "key": ID, "position": position, "events": 2, "reason": "x", "parked_by": "x", "parked_at": AT, "error": "no such row"});
    let keys: Vec<_> = (101..=112).map(key).collect();
    app.stub.answers("GET /v1/views/balances/parked", 200, json!({"items": keys, "next_cursor": null}));
    let actor = json!({"role": "service", "id": ID});
    for position in 101..=112 {
        let event = |at: i64, kind: &str, amount: &str| json!({"position": at, "stream_id": ID, "version": 2, "type": kind, "schema_version": 1, "data": {"amount": amount, "at": at}});
        let commit = json!({
            "first_position": position - 1, "last_position": position, "recorded_at": AT, "command_id": ID, "correlation_id": ID,
            "actor": actor, "events": [event(position - 1, "AnotherEvent", "1"), event(position, "TransferPosted", "77")],
        });
        app.stub.answers(&format!("GET /v1/log/positions/{position}"), 200, commit);
    }
    let shown = browser.get(PAGE).await.text;
    assert_eq!(shown.matches("<summary>TransferPosted</summary>").count(), 10, "{shown}");
    assert!(shown.contains("&#34;amount&#34;: &#34;77&#34;"), "{shown}");
    assert!(!shown.contains("AnotherEvent") && shown.contains("href=\"/log/positions/112\""), "{shown}");
    assert!(app.stub.asked("GET /v1/log/positions/111").is_empty(), "the others lead to theirs");
    // Where the log does not tell it, the key is there all the same.
    app.stub.forgets("GET /v1/log/positions/101");
    let shown = browser.get(PAGE).await.text;
    assert_eq!(shown.matches("<summary>TransferPosted</summary>").count(), 9, "{shown}");
    assert!(shown.contains("href=\"/log/positions/101\""), "{shown}");
}

#[tokio::test]
async fn a_process_shows_what_its_steps_were_answered() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let event = |position: i64, kind: &str, data: serde_json::Value| json!({"position": position, "version": position, "type": kind, "schema_version": 1, "recorded_at": AT, "command_id": ID, "actor": {"role": "service", "id": ID}, "data": data});
    let items = json!([
        event(11, "ProcessStarted", json!({"owner": ID})),
        event(
            12,
            "ProcessStepFailed",
            json!({"step": "confirm", "tries": 1, "failure": "refused", "code": "CARD_EXPIRED"})
        ),
        event(13, "ProcessStepTaken", json!({"step": "credit", "tries": 1, "transfer": ID, "code": {"sealed": "abc"}})),
    ]);
    let answer = json!({"stream_id": ID, "kind": "process", "version": 3, "items": items, "next_after_version": null});
    app.stub.answers(&format!("GET /v1/log/streams/{ID}"), 200, answer);
    let shown = browser.get(&format!("/processes/{ID}")).await.text;
    for part in [
        "CARD_EXPIRED",
        "<summary>ProcessStepFailed</summary>",
        "<summary>ProcessStepTaken</summary>",
        "href=\"/log/positions/12\"",
        &*format!("href=\"/transfers/{ID}\""),
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("<summary>ProcessStarted</summary>"), "it is of no step");
    app.stub.forgets(&format!("GET /v1/log/streams/{ID}"));
    assert_eq!(browser.get(&format!("/processes/{ID}")).await.status, 200, "the rest of the page stands");
}

#[tokio::test]
async fn the_console_is_one_of_the_processes() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let shown = browser.get("/health").await.text;
    assert!(shown.contains("href=\"/health/console\""), "{shown}");
    let own = browser.get("/health/console").await;
    assert_eq!(own.status, 200);
    // Metrics of this process, not of the stub that is behind every other name.
    assert!(own.text.contains("process_") && !own.text.contains("<code>told</code>"), "{}", own.text);
}
