//! One transfer, as operators see it: what was answered to its command.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{ID, transfer_answer},
};

/// The part of the page that says what was answered.
fn section(html: &str) -> &str {
    let part = html.split("<section aria-labelledby=\"answer\">").nth(1).expect("a section");
    part.split("</section>").next().expect("its end")
}

#[tokio::test]
async fn what_was_answered_is_folded_away_and_is_there_with_status_headers_and_body() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let what = format!("GET /v1/transfers/{ID}/answer");
    app.stub.answers(&what, 200, transfer_answer("lunch"));
    let page = browser.get(&format!("/transfers/{ID}")).await.text;
    let shown = section(&page);
    assert!(shown.contains("<details>\n<summary>Status 201</summary>"), "{shown}");
    for part in ["idempotency-replayed", "<code>true</code>", "consistency-token", "<code>a-token</code>", "member "] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let body = shown.split("<pre tabindex=\"0\">").nth(1).and_then(|rest| rest.split("</pre>").next()).expect("a body");
    let body: Value = serde_json::from_str(&body.replace("&#34;", "\"")).expect("JSON");
    assert_eq!(body, json!({"transfer_id": ID, "memo": "lunch"}));
    assert_eq!(app.stub.asked(&what).len(), 1);
}

#[tokio::test]
async fn why_no_answer_is_shown_is_said_and_the_transfer_is_there() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let what = format!("GET /v1/transfers/{ID}/answer");
    let problem = |status: u16, code: &str, detail: &str| json!({"status": status, "code": code, "title": "no", "detail": detail});
    for (status, code, detail, said) in [
        (404, "not-found", "a step of a process of the bank", "a process of the bank made this transfer"),
        (404, "not-found", "there is nothing at /v1/transfers", ""),
        (503, "log-unavailable", "the log cannot be reached", ""),
    ] {
        app.stub.answers(&what, status, problem(status, code, detail));
        let reply = browser.get(&format!("/transfers/{ID}")).await;
        assert_eq!(reply.status, 200, "{detail}: {}", reply.text);
        let shown = section(&reply.text);
        assert!(!shown.contains("<details>") && shown.contains("<p class=\"quiet\">"), "{detail}: {shown}");
        assert!(shown.contains(said), "{detail}: {shown}");
        let by_process = shown.contains("a process of the bank made this transfer");
        assert_eq!(by_process, !said.is_empty(), "{detail}: {shown}");
    }
}
