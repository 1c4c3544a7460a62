//! Forms: only those of the console itself, with a reason, once.

use reqwest::Method;
use serde_json::json;

use crate::{
    app::App,
    bank::{ID, differing_rebuild},
};

#[tokio::test]
async fn a_form_without_the_secret_of_its_browser_is_refused() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let path = format!("/accounts/{ID}/freeze");
    let own = browser.get(&format!("/accounts/{ID}")).await.field("csrf");
    let other = app.browser().get("/login").await.field("csrf");
    let before = app.stub.commands();
    for csrf in ["", "x", other.as_str(), &own[..own.len() - 1]] {
        let reply = browser.post(&path, &[("csrf", csrf), ("reason", "because")]).await;
        assert_eq!(reply.status, 403, "{csrf}");
        assert!(reply.text.contains("form-expired"), "{}", reply.text);
    }
    assert_eq!(browser.post(&path, &[("reason", "because")]).await.status, 403, "none at all");
    assert_eq!(app.stub.commands(), before, "nothing was sent on");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_though_it_has_the_secret() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (path, csrf) = (format!("/accounts/{ID}/freeze"), browser.get("/").await.field("csrf"));
    let before = app.stub.commands();
    let fields = [("csrf", csrf.as_str()), ("reason", "because")];
    for (origin, site) in [
        ("https://evil.example", "cross-site"),
        ("http://127.0.0.1:1", "same-site"),
        ("null", "cross-site"),
        (app.url.as_str(), "cross-site"),
    ] {
        let request = browser.request(Method::POST, &path).form(&fields);
        let reply = browser.send(request.header("origin", origin).header("sec-fetch-site", site)).await;
        assert_eq!(reply.status, 403, "{origin}, {site}");
    }
    assert_eq!(app.stub.commands(), before);
    for path in ["/logout", "/login", "/preferences"] {
        let request = browser.request(Method::POST, path).form(&fields).header("origin", "https://evil.example");
        assert_eq!(browser.send(request).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let path = format!("/accounts/{ID}/freeze");
    let request = browser.request(Method::POST, &path).json(&json!({"reason": "because"}));
    assert_eq!(browser.send(request).await.status, 415);
    let large = "x".repeat(100_000);
    assert_eq!(browser.post(&path, &[("reason", large.as_str())]).await.status, 413);
}

#[tokio::test]
async fn a_freeze_says_why_and_has_the_key_of_its_form() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    app.stub.answers(&format!("POST /v1/accounts/{ID}/freeze"), 200, json!({"account_id": ID}));
    let (page, action) = (format!("/accounts/{ID}"), format!("/accounts/{ID}/freeze"));
    app.stub.answers(&format!("GET /v1/accounts/{ID}"), 200, open_account());
    let reply = browser.fill(&page, &action, &[("reason", " 분실 신고 & 50% "), ("scope", "debits")]).await;
    assert_eq!((reply.status, reply.header("location")), (303, format!("/accounts/{ID}?done=frozen").as_str()));
    let asked = app.stub.asked(&format!("POST /v1/accounts/{ID}/freeze"));
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(asked.header("jangbu-reason"), "%EB%B6%84%EC%8B%A4%20%EC%8B%A0%EA%B3%A0%20%26%2050%25");
    assert_eq!(asked.json(), json!({"reason": "분실 신고 & 50%", "scope": "debits"}));
    assert!(uuid::Uuid::try_parse(asked.header("idempotency-key")).is_ok(), "{asked:?}");
    assert_eq!(asked.header("authorization"), "Bearer secret-access-token");
    assert!(!asked.header("x-correlation-id").is_empty());

    let shown = browser.get(&format!("/accounts/{ID}?done=frozen")).await;
    assert!(shown.text.contains("The account is frozen."), "{}", shown.text);
    let read = app.stub.asked(&format!("GET /v1/accounts/{ID}"));
    assert_eq!(
        read.last().expect("read").header("consistency-token"),
        "seen-by-the-operator",
        "what was done is shown"
    );
}

#[tokio::test]
async fn the_same_form_sent_twice_has_the_same_key() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    app.stub.answers(&format!("POST /v1/transfers/{ID}/reverse"), 201, json!({"transfer_id": ID}));
    let page = browser.get(&format!("/transfers/{ID}")).await;
    let (csrf, key) = (page.field("csrf"), page.field("key"));
    for _ in 0..2 {
        let fields = [("csrf", csrf.as_str()), ("key", key.as_str()), ("reason", "booked twice")];
        let reply = browser.post(&format!("/transfers/{ID}/reverse"), &fields).await;
        assert_eq!(reply.header("location"), format!("/transfers/{ID}?done=reversed"));
    }
    let asked = app.stub.asked(&format!("POST /v1/transfers/{ID}/reverse"));
    assert_eq!(
        asked.iter().map(|asked| asked.header("idempotency-key")).collect::<Vec<_>>(),
        [key.as_str(), key.as_str()]
    );
}

/// Under the key of the first look, the second one would be answered and not recorded.
#[tokio::test]
async fn each_look_at_personal_data_has_a_key_of_its_own_though_the_form_is_the_same() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    let shown = browser.get(&format!("/members/{ID}")).await;
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    for _ in 0..2 {
        let fields = [("csrf", csrf.as_str()), ("key", key.as_str()), ("reason", "ticket 4711")];
        assert_eq!(browser.post(&format!("/members/{ID}/disclose"), &fields).await.status, 200);
    }
    let asked = app.stub.asked(&format!("POST /v1/members/{ID}/disclosures"));
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    assert_ne!(first.header("idempotency-key"), second.header("idempotency-key"));
    for look in [first, second] {
        assert!(uuid::Uuid::try_parse(look.header("idempotency-key")).is_ok(), "{look:?}");
        assert_ne!(look.header("idempotency-key"), key, "the form's own may be sent again");
        assert_eq!(look.header("jangbu-reason"), "ticket%204711");
    }
}

#[tokio::test]
async fn nothing_is_done_without_a_reason() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let csrf = browser.get("/").await.field("csrf");
    let long = "x".repeat(201);
    let before = app.stub.commands();
    for path in [
        format!("/accounts/{ID}/freeze"),
        format!("/accounts/{ID}/unfreeze"),
        format!("/transfers/{ID}/reverse"),
        format!("/members/{ID}/disclose"),
        format!("/members/{ID}/erase"),
        "/views/balances/rebuild".to_owned(),
    ] {
        for reason in ["", "   ", long.as_str()] {
            let reply = browser.post(&path, &[("csrf", &csrf), ("reason", reason)]).await;
            assert_eq!(reply.status, 400, "{path}");
            assert!(reply.text.contains("reason-required"), "{path}: {}", reply.text);
        }
    }
    assert_eq!(app.stub.commands(), before);
}

#[tokio::test]
async fn an_erasure_is_confirmed_with_the_id() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    app.stub.answers(&format!("POST /v1/members/{ID}/erase"), 202, json!({"erasure_id": ID}));
    let (page, action) = (format!("/members/{ID}"), format!("/members/{ID}/erase"));
    assert_eq!(browser.fill(&page, &action, &[("reason", "asked for"), ("confirm", "yes")]).await.status, 400);
    assert!(app.stub.asked(&format!("POST /v1/members/{ID}/erase")).is_empty());
    let reply = browser.fill(&page, &action, &[("reason", "asked for"), ("confirm", ID)]).await;
    assert_eq!(reply.header("location"), format!("/members/{ID}?done=erasing"));
}

#[tokio::test]
async fn what_waits_for_a_second_operator_is_said_to_wait() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    app.stub.answers(&format!("POST /v1/transfers/{ID}/reverse"), 202, json!({"approval_id": ID, "status": "pending"}));
    let page = format!("/transfers/{ID}");
    let reply = browser.fill(&page, &format!("{page}/reverse"), &[("reason", "booked twice")]).await;
    assert_eq!(reply.header("location"), format!("/approvals/{ID}?done=pending"));
    let shown = browser.get(&format!("/approvals/{ID}?done=pending")).await;
    assert!(shown.text.contains("Another operator has to approve it."), "{}", shown.text);
}

#[tokio::test]
async fn a_refusal_is_a_page_that_leads_back() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let refused = json!({"status": 422, "code": "already-reversed", "title": "no", "detail": "reversed by another", "request_id": ID});
    app.stub.answers(&format!("POST /v1/transfers/{ID}/reverse"), 422, refused);
    let page = format!("/transfers/{ID}");
    let reply = browser.fill(&page, &format!("{page}/reverse"), &[("reason", "booked twice")]).await;
    assert_eq!(reply.status, 422);
    for part in ["The transfer was reversed already.", "reversed by another", ID, &format!("href=\"{page}\"")] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
}

#[tokio::test]
async fn each_role_is_shown_what_it_may_do() {
    let app = App::start().await;
    app.stub.answers(&format!("GET /v1/accounts/{ID}"), 200, open_account());
    for (role, freezes, reverses, rebuilds) in [
        ("viewer", false, false, false),
        ("support", true, false, false),
        ("operator", true, true, true),
        ("admin", true, true, true),
    ] {
        let mut browser = app.signed_in(role).await;
        let account = browser.get(&format!("/accounts/{ID}")).await.text;
        assert_eq!(account.contains("/freeze\""), freezes, "{role}");
        assert_eq!(browser.get(&format!("/transfers/{ID}")).await.text.contains("/reverse\""), reverses, "{role}");
        assert_eq!(browser.get("/views/balances").await.text.contains("/rebuild\""), rebuilds, "{role}");
    }
}

#[tokio::test]
async fn the_projector_is_asked_for_what_the_button_says() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    let reason = "a change of its fold";
    let (alone, of_one) = (json!({"reason": reason}), json!({"reason": reason, "generation": 4}));
    for (act, path, done, body) in [
        ("rebuild", "rebuild", "view-rebuild", json!({"reason": reason, "promote": true, "restart": false})),
        ("promote", "promote", "view-promoted", of_one.clone()),
        ("rollback", "rollback", "view-rolled-back", of_one),
        ("pause", "pause", "view-paused", alone.clone()),
        ("resume", "resume", "view-resumed", alone.clone()),
        ("retry", "retry", "view-retried", alone.clone()),
        ("parked", "parked/retry", "view-retried", alone),
    ] {
        let what = format!("POST /v1/views/balances/{path}");
        app.stub.answers(&what, 202, json!({}));
        let fields = [("reason", reason), ("generation", "4"), ("promote", "yes")];
        let reply = browser.fill("/views/balances", &format!("/views/balances/{act}"), &fields).await;
        assert_eq!(reply.header("location"), format!("/views/balances?done={done}"), "{}", reply.text);
        assert_eq!(app.stub.asked(&what)[0].json(), body, "{act}");
        assert!(!browser.get(&format!("/views/balances?done={done}")).await.text.contains(&format!("done-{done}")));
    }
    assert_eq!(browser.fill("/views/balances", "/views/balances/destroy", &[("reason", "x")]).await.status, 404);
}

/// What differs is promoted with the fingerprint of the differences that stand on the page, and leads to the approval that it waits for.
#[tokio::test]
async fn a_view_that_differs_is_promoted_as_it_was_shown() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    let button = "/views/balances/promote-differing";
    let leads = "href=\"/views/balances?differs#acts\"";
    let before = browser.get("/views/balances").await.text;
    assert!(!before.contains(button) && !before.contains(leads), "the last rebuild did not find that: {before}");
    app.stub.answers("GET /v1/views/balances/rebuild", 200, differing_rebuild());
    let what = "POST /v1/views/balances/promote";
    app.stub.answers(what, 202, json!({"approval_id": ID, "status": "pending"}));
    let shown = browser.get("/views/balances").await;
    assert!(shown.text.contains(button), "{}", shown.text);
    // Who watched the rebuild has a page without the form: the part that renews itself leads to it.
    assert!(shown.text.contains(leads), "{}", shown.text);
    let fingerprint = shown.field("fingerprint");
    let fields = [("reason", "it was wrong before"), ("generation", "4"), ("fingerprint", fingerprint.as_str())];
    let reply = browser.fill("/views/balances", button, &fields).await;
    assert_eq!(reply.header("location"), format!("/approvals/{ID}?done=pending"), "{}", reply.text);
    let body = json!({"reason": "it was wrong before", "generation": 4, "fingerprint": "cd".repeat(16)});
    assert_eq!(app.stub.asked(what)[0].json(), body);
    let mut viewer = app.signed_in("viewer").await;
    let seen = viewer.get("/views/balances").await.text;
    assert!(!seen.contains(button) && !seen.contains(leads), "{seen}");
}

fn open_account() -> serde_json::Value {
    json!({
        "account_id": ID, "account_number": "123456789012", "owner": ID, "asset": "KRW", "status": "open", "freeze": null,
        "balance": "12500", "available": "12500", "held": "0", "version": 9, "opened_at": "2026-12-01T03:00:00Z",
    })
}
