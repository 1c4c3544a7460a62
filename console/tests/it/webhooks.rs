//! Webhooks are created, changed, given a new secret, and deleted.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{ID, OTHER},
    secrets::is_shown_once,
};

const SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const PUBLIC: &str = "whpk_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=";
const REASON: (&str, &str) = ("reason", "a new shop");

#[tokio::test]
async fn a_webhook_is_created_and_its_secret_shown_once() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let what = "POST /v1/webhooks";
    let created =
        json!({"webhook_id": OTHER, "secret": SECRET, "public_key": PUBLIC, "status": "enabled", "url": "https://x"});
    app.stub.answers(what, 201, created);
    let typed = [
        ("url", " https://shop.example/jangbu "),
        ("events", "transfer.posted, hold.placed\r\nhold.released"),
        ("description", ""),
        REASON,
    ];
    let reply = browser.fill("/webhooks", "/webhooks", &typed).await;
    is_shown_once(&reply, SECRET);
    assert!(
        reply.text.contains(PUBLIC) && reply.text.contains(&format!("href=\"/webhooks/{OTHER}\"")),
        "{}",
        reply.text
    );
    let events = json!(["transfer.posted", "hold.placed", "hold.released"]);
    assert_eq!(app.stub.asked(what)[0].json(), json!({"url": "https://shop.example/jangbu", "events": events}));
    assert_eq!(app.stub.asked(what)[0].header("jangbu-reason"), "a%20new%20shop");

    let refused =
        json!({"status": 422, "code": "url-not-allowed", "title": "no", "detail": "an address of this network"});
    app.stub.answers(what, 422, refused);
    let reply = browser.fill("/webhooks", "/webhooks", &typed).await;
    assert_eq!((reply.status, reply.field("url")), (422, "https://shop.example/jangbu".to_owned()), "{}", reply.text);
    assert!(reply.text.contains("webhook-create-url-errors\"><li>No event may be sent"), "{}", reply.text);
    assert!(reply.text.contains("href=\"/webhooks\""), "{}", reply.text);
}

#[tokio::test]
async fn a_secret_is_rotated_and_the_new_one_shown_once() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (page, what) = (format!("/webhooks/{ID}"), format!("POST /v1/webhooks/{ID}/rotate"));
    let until = "2026-12-02T03:00:00Z";
    let rotated = json!({"webhook_id": ID, "secret": SECRET, "public_key": PUBLIC, "overlap_until": until});
    app.stub.answers(&what, 200, rotated);
    let reply = browser.fill(&page, &format!("{page}/rotate"), &[("overlap", "3600"), REASON]).await;
    is_shown_once(&reply, SECRET);
    assert!(reply.text.contains("also signs until 2026-12-02 12:00:00"), "in the zone of the console: {}", reply.text);
    assert_eq!(app.stub.asked(&what)[0].json(), json!({"overlap": 3600}));
    assert!(!browser.get(&page).await.text.contains(SECRET));
}

#[tokio::test]
async fn a_webhook_is_changed_and_deleted() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let page = format!("/webhooks/{ID}");
    app.stub.answers(&format!("PATCH /v1/webhooks/{ID}"), 200, json!({"webhook_id": ID}));
    let typed = [("url", "https://other.example/"), ("events", "*"), REASON];
    let reply = browser.fill(&page, &format!("{page}/change"), &typed).await;
    let to = format!("{page}?done=webhook-changed");
    assert_eq!(reply.header("location"), to, "{}", reply.text);
    assert!(browser.get(&to).await.text.contains("The webhook was changed."));
    let sent = app.stub.asked(&format!("PATCH /v1/webhooks/{ID}"))[0].json();
    assert_eq!(sent, json!({"url": "https://other.example/", "events": ["*"]}));

    app.stub.answers(&format!("DELETE /v1/webhooks/{ID}"), 204, Value::Null);
    let reply = browser.fill(&page, &format!("{page}/delete"), &[REASON]).await;
    assert_eq!(reply.header("location"), "/webhooks?done=webhook-deleted", "{}", reply.text);
    assert!(app.stub.asked(&format!("DELETE /v1/webhooks/{ID}"))[0].body.is_empty());
    assert!(browser.get("/webhooks?done=webhook-deleted").await.text.contains("The webhook was deleted."));
}
