//! Secrets that are shown once, and one's own password.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{ID, OTHER},
    browser::Reply,
    operations::approval,
};

const PASSWORD: &str = "abcde-fghij-klmno-pqrst";
const TOTP: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY: &str = "a-secret-of-a-key";

fn credentials() -> Value {
    json!({
        "operator_id": OTHER, "name": "minji.kim", "role": "support", "password": PASSWORD, "totp_secret": TOTP,
        "otpauth_url": format!("otpauth://totp/Jangbu:minji.kim?secret={TOTP}&issuer=Jangbu"),
    })
}

/// The page is the answer: nothing carries it elsewhere, and nobody keeps it.
pub fn is_shown_once(reply: &Reply, secret: &str) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains(secret), "{}", reply.text);
    assert_eq!((reply.header("cache-control"), reply.header("location")), ("no-store", ""));
    assert!(!format!("{:?}", reply.headers).contains(secret));
}

#[tokio::test]
async fn an_operator_who_is_added_or_reset_is_shown_with_secrets_once() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    app.stub.answers("POST /v1/operators", 201, credentials());
    app.stub.answers(&format!("POST /v1/operators/{ID}/reset"), 200, credentials());
    let fields = [("name", " minji.kim "), ("role", "support"), ("reason", "hired")];
    let added = browser.fill("/operators", "/operators", &fields).await;
    is_shown_once(&added, PASSWORD);
    assert!(added.text.contains(TOTP) && added.text.contains("href=\"otpauth://totp/"), "{}", added.text);
    assert!(added.text.contains(&format!("href=\"/operators/{OTHER}\"")), "{}", added.text);
    assert_eq!(
        app.stub.asked("POST /v1/operators")[0].json(),
        json!({"name": "minji.kim", "role": "support", "reason": "hired"})
    );
    let page = format!("/operators/{ID}");
    is_shown_once(&browser.fill(&page, &format!("{page}/reset"), &[("reason", "lost the phone")]).await, TOTP);
    for path in ["/operators", page.as_str()] {
        let text = browser.get(path).await.text;
        assert!(!text.contains(PASSWORD) && !text.contains(TOTP), "{path}");
    }
}

#[tokio::test]
async fn a_key_of_a_partner_is_shown_once() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (page, what) = (format!("/partners/{ID}"), format!("POST /v1/partners/{ID}/keys"));
    let issued =
        json!({"key_id": OTHER, "secret": KEY, "partner_id": ID, "scopes": ["accounts:read"], "expires_at": null});
    app.stub.answers(&what, 201, issued);
    let fields = [
        ("scopes", "accounts:read"),
        ("scopes", "everything"),
        ("expires_at", "2027-01-01T09:00"),
        ("reason", "a new till"),
    ];
    is_shown_once(&browser.fill(&page, &format!("{page}/keys"), &fields).await, KEY);
    // What is no scope is not sent.
    let sent = json!({"scopes": ["accounts:read"], "expires_at": "2027-01-01T00:00:00Z"});
    assert_eq!(app.stub.asked(&what)[0].json(), sent);

    // A key that waits for a second operator has no secret yet.
    app.stub.answers(&what, 202, json!({"approval_id": OTHER, "status": "pending"}));
    let reply = browser.fill(&page, &format!("{page}/keys"), &fields).await;
    assert_eq!(reply.header("location"), format!("/approvals/{OTHER}?done=pending"));
}

/// What a second operator approved: the answer to the request had no secret yet.
#[tokio::test]
async fn a_key_that_was_approved_is_shown_to_whoever_asked_for_it() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (page, action) = (format!("/approvals/{ID}"), format!("/approvals/{ID}/key"));
    let told = |requested_by: &str, status: &str| {
        let mut told = approval("x", requested_by, "2999-12-01T03:00:00Z");
        told["action"] = "partner-keys".into();
        told["status"] = status.into();
        told
    };
    let issued =
        json!({"key_id": OTHER, "secret": KEY, "partner_id": ID, "scopes": ["accounts:read"], "expires_at": null});
    app.stub.answers(&format!("GET /v1/approvals/{ID}/key"), 200, issued);
    let offer = format!("action=\"{action}\"");
    for (requested_by, status, is_offered) in
        [(ID, "approved", true), (ID, "pending", false), (OTHER, "approved", false), (ID, "refused", false)]
    {
        app.stub.answers(&format!("GET /v1/approvals/{ID}"), 200, told(requested_by, status));
        assert_eq!(browser.get(&page).await.text.contains(&offer), is_offered, "{requested_by} {status}");
    }
    app.stub.answers(&format!("GET /v1/approvals/{ID}"), 200, told(ID, "approved"));
    is_shown_once(&browser.fill(&page, &action, &[]).await, KEY);
    let get = browser.get(&action).await;
    assert!(get.status == 405 && !get.text.contains(KEY), "no address brings a secret: {}", get.status);
}

#[tokio::test]
async fn an_address_that_no_authenticator_takes_is_no_link() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let mut wrong = credentials();
    wrong["otpauth_url"] = "javascript:alert(1)".into();
    app.stub.answers("POST /v1/operators", 201, wrong);
    let fields = [("name", "minji.kim"), ("role", "support"), ("reason", "hired")];
    let added = browser.fill("/operators", "/operators", &fields).await;
    assert!(added.status == 200 && !added.text.contains("href=\"javascript:"), "{}", added.text);
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let what = "POST /v1/operators/me/password";
    app.stub.answers(what, 204, Value::Null);
    let typed = |again: &'static str| {
        [("current", "the old one"), ("new", "the new one 1!"), ("again", again), ("totp", "123 456")]
    };
    let action = "/operators/me/password";
    let reply = browser.fill("/operators/me", action, &typed("the new one 2!")).await;
    assert!(reply.status == 400 && app.stub.asked(what).is_empty(), "{}", reply.text);
    assert!(reply.text.contains("id=\"own-change-again-errors\"><li>The two entries differ."), "{}", reply.text);
    shows_no_secret(&reply);
    let reply = browser.fill("/operators/me", action, &typed("the new one 1!")).await;
    assert_eq!(reply.header("location"), "/operators/me?done=password-changed", "{}", reply.text);
    assert_eq!(
        app.stub.asked(what)[0].json(),
        json!({"current": "the old one", "new": "the new one 1!", "totp": "123456"})
    );
    // What is wrong is said, and ends no session.
    app.stub.answers(what, 401, json!({"status": 401, "code": "credentials-wrong", "title": "no", "detail": "no"}));
    let reply = browser.fill("/operators/me", action, &typed("the new one 1!")).await;
    assert_eq!(reply.status, 403, "{}", reply.text);
    shows_no_secret(&reply);
    for field in ["current", "totp"] {
        let errors = format!("id=\"own-change-{field}-errors\"><li>The name, the password or the code is wrong.");
        assert!(reply.text.contains(&errors), "nobody says which: {}", reply.text);
    }
    assert_eq!(browser.get("/operators/me").await.status, 200);
}

/// The form of a password is shown again empty.
fn shows_no_secret(reply: &Reply) {
    assert!(reply.text.contains("action=\"/operators/me/password\""), "{}", reply.text);
    for secret in ["the new one", "the old one", "123 456", "123456"] {
        assert!(!reply.text.contains(secret), "{secret}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_password_that_was_not_taken_is_typed_again() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let (page, action, what) = ("/operators/me", "/operators/me/password", "POST /v1/operators/me/password");
    let shown = browser.get(page).await;
    assert!(shown.text.contains("value=\"admin\" autocomplete=\"username\""), "{}", shown.text);
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("current", "the old one"),
        ("new", "the new one"),
        ("again", "the new one"),
        ("totp", "123456"),
    ];
    let errors = json!([{"field": "new", "message": "a digit is missing"}]);
    let refused = json!({"status": 400, "code": "validation-failed", "title": "no", "detail": "no", "errors": errors});
    app.stub.answers(what, 400, refused);
    let reply = browser.post(action, &fields).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    shows_no_secret(&reply);
    for part in [
        "aria-describedby=\"own-change-new-help own-change-new-errors\" aria-invalid=\"true\"",
        "id=\"own-change-new-errors\"><li>a digit is missing</li>",
    ] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert_ne!(reply.field("key"), key);
    let often = json!({"status": 429, "code": "too-many-requests", "title": "no", "detail": "no"});
    app.stub.answers(what, 429, often);
    let reply = browser.post(action, &fields).await;
    assert!(reply.status == 429 && reply.text.contains("There were too many tries."), "{}", reply.text);
    shows_no_secret(&reply);
    app.stub.answers(what, 503, json!({"status": 503, "code": "outcome-unknown", "title": "no", "detail": "no"}));
    let reply = browser.post(action, &fields).await;
    assert_eq!((reply.status, reply.field("key")), (502, key), "{}", reply.text);
    shows_no_secret(&reply);
}
