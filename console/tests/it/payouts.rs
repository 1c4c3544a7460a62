//! A payout run from its opening to its start.

use reqwest::Method;
use serde_json::json;

use crate::{
    app::App,
    bank::{ID, OTHER},
    operations::run,
};

const TABLE: &str =
    "row,destination,amount,memo\r\n1,123456789189,2500000,\"November, 급여\"\r\n2,123456789189,2700000,\r\n";
const REASON: &str = "salaries of November";

fn page() -> String {
    format!("/payout-runs/{ID}")
}

/// A console that shows a run whose rows are still added.
async fn open_run() -> App {
    let app = App::start().await;
    app.stub.answers(&format!("GET /v1/payout-runs/{ID}"), 200, run("x", "open"));
    app
}

#[tokio::test]
async fn a_run_is_opened_filled_from_a_file_and_started_with_its_control_totals() {
    let app = open_run().await;
    let mut browser = app.signed_in("operator").await;
    app.stub.answers("POST /v1/payout-runs", 201, run("x", "open"));
    let fields = [("source", OTHER), ("name", " Salaries "), ("reference", "2026-11"), ("reason", REASON)];
    let reply = browser.fill("/payout-runs", "/payout-runs", &fields).await;
    assert_eq!(reply.header("location"), format!("{}?done=run-opened", page()), "{}", reply.text);
    let sent = json!({"source": OTHER, "name": "Salaries", "reference": "2026-11"});
    assert_eq!(app.stub.asked("POST /v1/payout-runs")[0].json(), sent);

    let rows = format!("POST /v1/payout-runs/{ID}/rows");
    app.stub.answers(&rows, 200, json!({"rows": 2, "total": "5200000", "added": 2, "rejected": 0, "errors": []}));
    let shown = browser.get(reply.header("location")).await;
    assert!(shown.text.contains("enctype=\"multipart/form-data\"") && shown.text.contains("The run is open."));
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let fields = [("csrf", csrf.as_str()), ("key", key.as_str()), ("reason", REASON)];
    let reply = browser.upload(&format!("{}/rows", page()), &fields, ("body", TABLE)).await;
    assert_eq!(reply.header("location"), format!("{}?done=run-rows-added", page()), "{}", reply.text);
    let asked = app.stub.asked(&rows);
    assert_eq!(asked[0].body, TABLE.as_bytes(), "byte by byte");
    assert_eq!(asked[0].header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(asked[0].header("idempotency-key"), key);
    assert_eq!(asked[0].header("jangbu-reason"), "salaries%20of%20November");

    let start = format!("POST /v1/payout-runs/{ID}/start");
    app.stub.answers(&start, 202, run("x", "running"));
    let fields = [("expected_rows", "2"), ("expected_total", "5200000"), ("reason", REASON)];
    let reply = browser.fill(&page(), &format!("{}/start", page()), &fields).await;
    assert_eq!(reply.header("location"), format!("{}?done=run-started", page()), "{}", reply.text);
    assert_eq!(app.stub.asked(&start)[0].json(), json!({"expected_rows": 2, "expected_total": "5200000"}));
}

#[tokio::test]
async fn rows_that_were_left_out_are_named() {
    let app = open_run().await;
    let mut browser = app.signed_in("operator").await;
    let errors = json!([
        {"line": 3, "row": 2, "field": "amount", "message": "<b>more than zero</b>"},
        {"line": 4, "row": null, "field": "row", "message": "no number"},
    ]);
    let answer = json!({"rows": 1, "total": "2500000", "added": 1, "rejected": 2, "errors": errors});
    app.stub.answers(&format!("POST /v1/payout-runs/{ID}/rows"), 200, answer);
    let csrf = browser.get(&page()).await.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("reason", REASON)];
    let reply = browser.upload(&format!("{}/rows", page()), &fields, ("body", TABLE)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for part in ["&#60;b&#62;more than zero", "<code>amount</code>", "no number", &format!("href=\"{}\"", page())] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
}

#[tokio::test]
async fn control_totals_that_differ_are_said_at_their_fields() {
    let app = open_run().await;
    let mut browser = app.signed_in("operator").await;
    let refused =
        json!({"status": 422, "code": "control-total-mismatch", "title": "no", "detail": "3 rows, 7000000 in all"});
    app.stub.answers(&format!("POST /v1/payout-runs/{ID}/start"), 422, refused);
    let fields = [("expected_rows", "2"), ("expected_total", "5200000"), ("reason", REASON)];
    let reply = browser.fill(&page(), &format!("{}/start", page()), &fields).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    assert_eq!(reply.text.matches("aria-invalid=\"true\"").count(), 2, "{}", reply.text);
    let typed = [reply.field("expected_rows"), reply.field("expected_total"), reply.field("reason")];
    assert_eq!(typed, ["2", "5200000", REASON]);
    assert!(reply.text.contains("3 rows, 7000000 in all"), "{}", reply.text);
}

#[tokio::test]
async fn a_form_with_a_file_is_as_strict_as_any_other() {
    let app = open_run().await;
    let mut browser = app.signed_in("operator").await;
    let (action, csrf) = (format!("{}/rows", page()), browser.get(&page()).await.field("csrf"));
    let before = app.stub.commands();
    let own = [("csrf", csrf.as_str()), ("reason", REASON)];
    for (fields, table, status, code) in [
        (&own[..], "", 400, "file-required"),
        (&[("csrf", csrf.as_str())][..], TABLE, 400, "reason-required"),
        (&[("csrf", "x"), ("reason", REASON)][..], TABLE, 403, "form-expired"),
        (&[("reason", REASON)][..], TABLE, 403, "form-expired"),
    ] {
        let reply = browser.upload(&action, fields, ("body", table)).await;
        assert_eq!(reply.status, status, "{code}: {}", reply.text);
        assert!(reply.text.contains(code), "{code}: {}", reply.text);
    }
    let cut = "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nx";
    let request = browser.request(Method::POST, &action).header("content-type", "multipart/form-data; boundary=b");
    let reply = browser.send(request.body(cut)).await;
    assert!(reply.status == 400 && reply.text.contains("form-unreadable"), "{} {}", reply.status, reply.text);
    assert_eq!(app.stub.commands(), before, "nothing was sent on");

    // Of all forms this one alone may be long.
    let long = format!("{TABLE}{}", "3,123456789189,1,\r\n".repeat(10_000));
    app.stub.answers(
        &format!("POST /v1/payout-runs/{ID}/rows"),
        200,
        json!({"rows": 10_002, "total": "1", "added": 10_002, "rejected": 0, "errors": []}),
    );
    assert_eq!(browser.upload(&action, &own, ("body", &long)).await.status, 303);
    let other = format!("{}/cancel", page());
    assert_eq!(browser.upload(&other, &own, ("body", &long)).await.status, 413);
}

#[tokio::test]
async fn a_run_offers_what_its_state_allows() {
    let app = open_run().await;
    let offers =
        |text: &str| ["rows", "start", "pause"].map(|act| text.contains(&format!("action=\"{}/{act}\"", page())));
    let mut browser = app.signed_in("operator").await;
    assert_eq!(offers(&browser.get(&page()).await.text), [true, true, false]);
    assert_eq!(offers(&app.signed_in("support").await.get(&page()).await.text), [false; 3]);
    app.stub.answers(&format!("GET /v1/payout-runs/{ID}"), 200, run("x", "running"));
    assert_eq!(offers(&browser.get(&page()).await.text), [false, false, true]);
}
