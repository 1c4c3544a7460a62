//! Who somebody is: sign-up, profile, leaving.

use axum::{Json, Router, extract::RawQuery, routing::get};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::bank::{AT, fill, logged_in, screens, start};
use crate::{
    app::App,
    bank::{ID, OTHER},
};

#[tokio::test]
async fn a_form_of_the_wallet_needs_the_secret_of_the_wallets_cookie() {
    let app = start().await;
    let mut browser = app.signed_in("admin").await;
    super::bank::log_in(&mut browser, "/wallet").await;
    let operators = browser.get("/").await.field("csrf");
    let before = app.stub.commands();
    for path in [
        "/wallet/login".to_owned(),
        "/wallet/logout".to_owned(),
        "/wallet/preferences".to_owned(),
        "/wallet/signup".to_owned(),
        "/wallet/signup/verify".to_owned(),
        "/wallet/signup/resend".to_owned(),
        "/wallet/mail".to_owned(),
        "/wallet/profile/contact".to_owned(),
        "/wallet/profile/verify".to_owned(),
        "/wallet/profile/password".to_owned(),
        "/wallet/profile/notifications".to_owned(),
        "/wallet/profile/forget".to_owned(),
        "/wallet/profile/end-session".to_owned(),
        "/wallet/leave".to_owned(),
        "/wallet/open".to_owned(),
        format!("/wallet/accounts/{ID}/close"),
        "/wallet/pay".to_owned(),
        "/wallet/pay/confirm".to_owned(),
        "/wallet/code".to_owned(),
        format!("/wallet/holds/{ID}/release"),
        "/wallet/outside/top-up".to_owned(),
        "/wallet/outside/payout".to_owned(),
        "/wallet/outside/gift-card".to_owned(),
        "/wallet/exchange".to_owned(),
        "/wallet/exchange/quote".to_owned(),
        "/wallet/reset".to_owned(),
        "/wallet/reset/complete".to_owned(),
        "/wallet/orders/new".to_owned(),
        "/wallet/orders/new/confirm".to_owned(),
        format!("/wallet/orders/{ID}/cancel"),
        format!("/wallet/items/{ID}/give"),
        format!("/wallet/items/{ID}/confirm"),
        format!("/wallet/items/{ID}/offer"),
        format!("/wallet/items/{ID}/withdraw"),
        "/wallet/offers/accept".to_owned(),
        "/wallet/offers/confirm".to_owned(),
    ] {
        for csrf in ["", "x", operators.as_str()] {
            let reply = browser.post(&path, &[("csrf", csrf)]).await;
            assert_eq!(reply.status, 403, "{path}");
            assert!(reply.text.contains("form-expired"), "{path}: {}", reply.text);
        }
        let own = browser.get("/wallet").await.field("csrf");
        let request = browser.request(Method::POST, &path).form(&[("csrf", own)]);
        let reply = browser.send(request.header("origin", "https://evil.example")).await;
        assert_eq!(reply.status, 403, "{path}: of another site");
    }
    assert_eq!(app.stub.commands(), before, "nothing was sent on");
}

#[tokio::test]
async fn what_members_do_needs_a_member() {
    let app = start().await;
    let mut browser = app.browser();
    let csrf = browser.get("/wallet/login").await.field("csrf");
    for path in ["/wallet/open", "/wallet/pay", "/wallet/code", "/wallet/leave", "/wallet/profile/password"] {
        let reply = browser.post(path, &[("csrf", &csrf), ("source", ID), ("number", "1"), ("amount", "1")]).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.header("location").starts_with("/wallet/login"), "{path}");
    }
    assert!(app.stub.commands().is_empty());
}

const PERSON: [(&str, &str); 6] = [
    ("login_id", "minji_kim"),
    ("password", "a password 1!"),
    ("real_name", "김민지"),
    ("channel", "email"),
    ("contact", "minji@example.com"),
    ("consent-terms", "yes"),
];

#[tokio::test]
async fn a_sign_up_sends_a_code_and_ends_with_it() {
    let app = start().await;
    let mut browser = app.browser();
    assert_eq!(browser.get("/wallet/signup/verify").await.header("location"), "/wallet/signup", "none is under way");
    let sent = json!({"signup_id": ID, "expires_at": AT, "resend_after": AT});
    app.stub.answers("POST /v1/signups", 202, sent.clone());
    let reply = browser.fill("/wallet/signup", "/wallet/signup", &PERSON).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/wallet/signup/verify"), "{}", reply.text);
    let asked = &app.stub.asked("POST /v1/signups")[0];
    assert_eq!(
        asked.json(),
        json!({
            "login_id": "minji_kim", "password": "a password 1!", "real_name": "김민지",
            "contact": {"channel": "email", "value": "minji@example.com"},
            "consents": [{"document": "terms", "version": "1", "agreed": true}],
        })
    );
    assert!(!browser.wallet.as_deref().unwrap_or_default().contains("minji"), "the cookie is sealed");

    app.stub.answers(&format!("POST /v1/signups/{ID}/resend"), 202, sent);
    let page = "/wallet/signup/verify";
    let reply = browser.fill(page, "/wallet/signup/resend", &[]).await;
    assert_eq!(reply.header("location"), "/wallet/signup/verify?done=resent");

    let verify = format!("POST /v1/signups/{ID}/verify");
    app.stub.answers(&verify, 422, json!({"status": 422, "code": "code-wrong", "title": "no", "detail": "no"}));
    let reply = browser.fill(page, page, &[("code", "000 000")]).await;
    assert!(reply.status == 422 && reply.text.contains("The code is wrong."), "{}", reply.text);
    assert!(!reply.text.contains("name=\"login_id\""), "it is not asked for");
    app.stub.answers(&verify, 409, json!({"status": 409, "code": "login-id-taken", "title": "no", "detail": "no"}));
    let reply = browser.fill(page, page, &[("code", "123456")]).await;
    assert!(reply.status == 409 && reply.text.contains("name=\"login_id\""), "{}", reply.text);
    app.stub.answers(&verify, 201, json!({"member_id": OTHER}));
    let reply = browser.fill(page, page, &[("code", "123 456"), ("login_id", "minji_2")]).await;
    assert_eq!(reply.header("location"), "/wallet/login?done=joined", "{}", reply.text);
    let asked = app.stub.asked(&verify);
    assert_eq!(asked[0].json(), json!({"code": "000000"}));
    assert_eq!(asked[2].json(), json!({"code": "123456", "login_id": "minji_2"}));
    let keys: Vec<&str> = asked.iter().map(|asked| asked.header("idempotency-key")).collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2], "a refusal is kept under its key: {keys:?}");
    assert!(browser.get("/wallet/login?done=joined").await.text.contains("You are a member now."));
    assert_eq!(browser.get(page).await.status, 303, "it is over");
}

#[tokio::test]
async fn a_sign_up_that_is_refused_keeps_what_was_typed_but_the_password() {
    let app = start().await;
    let mut browser = app.browser();
    app.stub.answers(
        "POST /v1/signups",
        400,
        json!({
            "status": 400, "code": "validation-failed", "title": "no", "detail": "no",
            "errors": [{"field": "password", "message": "is one that many people use"}],
        }),
    );
    let reply = browser.fill("/wallet/signup", "/wallet/signup", &PERSON).await;
    assert_eq!(reply.status, 400);
    for part in [
        "is one that many people use",
        "value=\"minji_kim\"",
        "value=\"김민지\"",
        "value=\"minji@example.com\"",
        " checked",
    ] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert!(!reply.text.contains("a password 1!"));
}

#[tokio::test]
async fn the_documents_are_those_that_the_bank_requires() {
    let app = App::start_with(&["--required-consents=terms,privacy"]).await;
    let mut browser = app.browser();
    app.stub.answers("POST /v1/signups", 202, json!({"signup_id": ID, "expires_at": AT, "resend_after": AT}));
    browser.fill("/wallet/signup", "/wallet/signup", &PERSON).await;
    assert_eq!(
        app.stub.asked("POST /v1/signups")[0].json()["consents"],
        json!([
            {"document": "terms", "version": "1", "agreed": true}, {"document": "privacy", "version": "1", "agreed": false},
        ]),
        "what was not ticked was not agreed to"
    );
}

/// One message for each address.
async fn caught(RawQuery(query): RawQuery) -> Json<Value> {
    let query = query.unwrap_or_default();
    let text = format!("123456 for {query}");
    Json(json!({"items": [{"from": "bank", "to": query, "subject": "<b>code</b>", "text": text, "received_at": AT}]}))
}

async fn catcher() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/messages", get(caught));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
    url
}

#[tokio::test]
async fn caught_mail_is_shown_where_there_is_a_catcher_and_browsers_come_over_plain_http() {
    let url = catcher().await;
    let flag = format!("--mail-url={url}");
    let app = App::start_with(&[flag.as_str()]).await;
    let mut browser = app.browser();
    app.stub.answers("POST /v1/signups", 202, json!({"signup_id": ID, "expires_at": AT, "resend_after": AT}));
    browser.fill("/wallet/signup", "/wallet/signup", &PERSON).await;
    assert!(browser.get("/wallet/signup/verify").await.text.contains("href=\"/wallet/mail\""));
    let mail = browser.get("/wallet/mail").await;
    assert!(mail.text.contains("123456 for to=minji%40example.com"), "{}", mail.text);
    assert!(mail.text.contains("&#60;b&#62;code") && !mail.text.contains("<b>code"), "{}", mail.text);
    let mut other = app.browser();
    assert!(!other.get("/wallet/mail").await.text.contains("123456"), "nobody's, until an address is given");
    let csrf = other.get("/wallet/mail").await.field("csrf");
    let reply = other.post("/wallet/mail", &[("csrf", &csrf), ("to", "+821012345678")]).await;
    assert!(reply.text.contains("123456 for to=%2B821012345678"), "{}", reply.text);

    for app in [App::start().await, App::start_with(&[flag.as_str(), "--secure"]).await] {
        let mut browser = app.browser();
        assert_eq!(browser.get("/wallet/mail").await.status, 404);
        app.stub.answers("POST /v1/signups", 202, json!({"signup_id": ID, "expires_at": AT, "resend_after": AT}));
        browser.fill("/wallet/signup", "/wallet/signup", &PERSON).await;
        assert!(!browser.get("/wallet/signup/verify").await.text.contains("/wallet/mail"));
    }
}

#[tokio::test]
async fn the_profile_is_changed_by_the_calls_that_its_buttons_say() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let me = "/v1/members/me";
    app.stub.answers(&format!("POST {me}/contact"), 202, json!({"expires_at": AT, "resend_after": AT}));
    for what in ["POST /contact/verify", "POST /password", "DELETE /devices/d1", "PUT /notifications"] {
        let (method, rest) = what.split_once(' ').expect("two words");
        app.stub.answers(&format!("{method} {me}{rest}"), 204, json!(null));
    }
    for (act, fields, what, body, done) in [
        (
            "contact",
            vec![("channel", "phone"), ("contact", " +821012345678 ")],
            "POST /contact",
            Some(json!({"channel": "phone", "value": "+821012345678"})),
            "contact-sent",
        ),
        (
            "verify",
            vec![("code", "12 34 56")],
            "POST /contact/verify",
            Some(json!({"code": "123456"})),
            "contact-changed",
        ),
        (
            "password",
            vec![("current", " old "), ("new", "new one 1!")],
            "POST /password",
            Some(json!({"current": " old ", "new": "new one 1!"})),
            "password-changed",
        ),
        ("forget", vec![("device_id", "d1")], "DELETE /devices/d1", None, "device-forgotten"),
        (
            "notifications",
            vec![("push-hold.placed", "yes"), ("email-money.received", "yes"), ("from", "22:00"), ("until", "07:00")],
            "PUT /notifications",
            Some(
                json!({"push": ["hold.placed"], "email": ["money.received"], "quiet": {"from": "22:00", "until": "07:00"}}),
            ),
            "told",
        ),
        ("notifications", vec![], "PUT /notifications", Some(json!({"push": [], "email": [], "quiet": null})), "told"),
    ] {
        let reply = browser.fill("/wallet/profile", &format!("/wallet/profile/{act}"), &fields).await;
        assert_eq!(reply.header("location"), format!("/wallet/profile?done={done}"), "{act}: {}", reply.text);
        let (method, rest) = what.split_once(' ').expect("two words");
        let asked = app.stub.asked(&format!("{method} {me}{rest}"));
        let last = asked.last().expect("asked");
        assert!(uuid::Uuid::try_parse(last.header("idempotency-key")).is_ok(), "{act}");
        match body {
            Some(body) => assert_eq!(last.json(), body, "{act}"),
            None => assert!(last.body.is_empty(), "{act}"),
        }
    }
}

#[tokio::test]
async fn leaving_ends_the_session_and_leads_to_the_certificate() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let page = "/wallet/leave";
    assert!(browser.get(page).await.text.contains("12,500 KRW"), "what has to be closed first");
    let reply = browser.fill(page, page, &[("password", "a password")]).await;
    assert_eq!(reply.status, 400, "nobody leaves by one click");
    assert!(app.stub.asked("DELETE /v1/members/me").is_empty());
    let open = json!({"status": 422, "code": "accounts-open", "title": "no", "detail": "no"});
    app.stub.answers("DELETE /v1/members/me", 422, open);
    let sure = [("password", "a password"), ("sure", "yes")];
    let reply = browser.fill(page, page, &sure).await;
    assert!(reply.status == 422 && reply.text.contains("Some accounts are not closed yet."), "{}", reply.text);
    app.stub.answers("DELETE /v1/members/me", 202, json!({"erasure_id": ID}));
    app.stub.forgets(&format!("GET /v1/erasures/{ID}"));
    let reply = browser.fill(page, page, &sure).await;
    assert_eq!(reply.header("location"), format!("/wallet/erasures/{ID}"), "{}", reply.text);
    assert_eq!(app.stub.asked("DELETE /v1/members/me")[1].json(), json!({"password": "a password"}));
    assert_eq!(browser.get("/wallet").await.status, 303, "nobody is logged in");
    let certificate = browser.get(&format!("/wallet/erasures/{ID}")).await;
    assert!(certificate.status == 200 && certificate.text.contains("The erasure is under way"), "{}", certificate.text);
    fill(&app.stub, "sessions");
    let certificate = app.browser().get(&format!("/wallet/erasures/{ID}")).await;
    assert!(
        certificate.text.contains("What was destroyed") && certificate.text.contains("sessions"),
        "{}",
        certificate.text
    );
}

#[tokio::test]
async fn without_the_query_server_the_wallet_says_so() {
    let app = App::start_with(&["--query-url=http://127.0.0.1:1"]).await;
    fill(&app.stub, "harmless");
    let mut browser = logged_in(&app).await;
    for path in screens() {
        let reply = browser.get(&path).await;
        assert_eq!(reply.status, 502, "{path}: {}", reply.text);
        assert!(
            reply.text.contains("does not answer") && reply.text.contains("href=\"/wallet\""),
            "{path}: {}",
            reply.text
        );
    }
}
