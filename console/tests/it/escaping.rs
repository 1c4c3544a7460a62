//! What others choose is text, and stays text.

use serde_json::json;

use crate::{
    app::App,
    bank::{self, ID, screens},
};

pub const ATTACK: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\r\nSet-Cookie: a=b";

pub fn is_harmless(path: &str, html: &str) {
    for bad in ["<script>alert", "<img src=x", "onerror=alert(2)>"] {
        assert!(!html.contains(bad), "{path} holds {bad}: {html}");
    }
    // Attributes: no quote of the attack ends one.
    assert!(!html.contains("</script>\""), "{path}: {html}");
}

#[tokio::test]
async fn no_text_of_anybody_becomes_a_script() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    bank::fill(&app.stub, ATTACK);
    for path in screens() {
        let reply = browser.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        is_harmless(&path, &reply.text);
        let has_no_text_of_anybody = ["/views", "/accounts/freeze"].contains(&path.as_str());
        let shows_it = reply.text.contains("&#60;script&#62;alert");
        assert!(shows_it || has_no_text_of_anybody, "{path} shows nothing of it");
    }
}

#[tokio::test]
async fn personal_data_and_problems_are_text_too() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    bank::fill(&app.stub, ATTACK);
    let (page, action) = (format!("/members/{ID}"), format!("/members/{ID}/disclose"));
    let reply = browser.fill(&page, &action, &[("reason", ATTACK.split('\r').next().unwrap())]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    is_harmless(&action, &reply.text);
    let problem = json!({"status": 422, "code": ATTACK, "title": ATTACK, "detail": ATTACK, "request_id": ATTACK,
        "errors": [{"field": ATTACK, "message": ATTACK}]});
    app.stub.answers(&format!("GET /v1/accounts/{ID}"), 422, problem);
    let reply = browser.get(&format!("/accounts/{ID}")).await;
    assert_eq!(reply.status, 422);
    is_harmless("a problem", &reply.text);
}

#[tokio::test]
async fn what_is_typed_into_an_address_is_text() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let typed = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22'%3E";
    for path in [
        "/find?q=",
        "/accounts?owner=",
        "/transfers?reference=",
        "/members?state=",
        "/?asset=",
        "/?done=",
        "/views/",
        "/nowhere/",
    ] {
        let reply = browser.get(&format!("{path}{typed}")).await;
        assert!(reply.status < 500, "{path}: {}", reply.status);
        is_harmless(path, &reply.text);
    }
    let mut stranger = app.browser();
    is_harmless("/login", &stranger.get(&format!("/login?next=/{typed}")).await.text);
}
