//! Beginning and end of a session.

use serde_json::json;

use crate::{app::App, bank};

#[tokio::test]
async fn who_is_not_logged_in_is_sent_to_the_log_in_and_back() {
    let app = App::start().await;
    let mut browser = app.browser();
    for path in bank::screens() {
        let reply = browser.get(&path).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.header("location").starts_with("/login"), "{path}: {}", reply.header("location"));
    }
    assert_eq!(browser.get("/nowhere").await.status, 303, "not even which pages there are");
    let reply = browser.log_in("/accounts?owner=7").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/accounts?owner=7"));
    let asked = app.stub.asked("POST /v1/operators/sessions");
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(asked.json(), json!({"name": "admin", "password": "a password", "totp": "123456"}));
    assert_eq!(asked.header("authorization"), "", "nobody's token");
    assert_eq!(asked.header("x-forwarded-for"), "127.0.0.1");
    assert_eq!(browser.get("/login").await.status, 303, "logged in already");
}

#[tokio::test]
async fn a_log_in_begins_a_new_session_whatever_the_cookie_was() {
    let app = App::start().await;
    let mut browser = app.browser();
    let (before, csrf) = {
        let page = browser.get("/login").await;
        (browser.cookie.clone().expect("a cookie"), page.field("csrf"))
    };
    browser.log_in("/").await;
    let after = browser.get("/accounts").await;
    assert_eq!(after.status, 200);
    assert_ne!(browser.get("/").await.field("csrf"), csrf, "another secret");
    // Whoever planted the cookie of before has nothing.
    let mut planter = app.browser();
    planter.cookie = Some(before);
    assert_eq!(planter.get("/accounts").await.status, 303);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_a_log_in() {
    for next in
        ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", ""]
    {
        let app = App::start().await;
        let reply = app.browser().log_in(next).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/"), "{next}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_name_is_kept() {
    let app = App::start().await;
    let wrong = json!({"status": 401, "code": "credentials-wrong", "title": "wrong", "detail": "wrong"});
    app.stub.answers("POST /v1/operators/sessions", 401, wrong);
    let mut browser = app.browser();
    let reply = browser.log_in("/").await;
    assert_eq!(reply.status, 403, "{}", reply.text);
    assert!(reply.text.contains("role=\"alert\"") && reply.text.contains("value=\"admin\""), "{}", reply.text);
    assert!(!reply.text.contains("a password") && reply.header("www-authenticate").is_empty());
    assert_eq!(browser.get("/accounts").await.status, 303);
}

#[tokio::test]
async fn a_log_out_ends_the_session_here_and_there() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let csrf = browser.get("/").await.field("csrf");
    let reply = browser.post("/logout", &[("csrf", &csrf)]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/login"));
    assert_eq!(
        app.stub.asked("DELETE /v1/operators/sessions/current")[0].header("authorization"),
        "Bearer secret-access-token"
    );
    assert_eq!(browser.get("/accounts").await.status, 303);
}

#[tokio::test]
async fn a_token_that_ends_soon_is_renewed_and_one_that_is_refused_ends_the_session() {
    let app = App::start().await;
    app.stub.answers("POST /v1/operators/sessions", 201, bank::session("admin", 20));
    let mut browser = app.browser();
    browser.log_in("/").await;
    assert_eq!(browser.get("/accounts").await.status, 200);
    let renewed = app.stub.asked("POST /v1/operators/sessions/refresh");
    assert_eq!(renewed.len(), 1, "{renewed:?}");
    assert_eq!(renewed[0].json(), json!({"refresh_token": bank::REFRESH}));
    assert_eq!(browser.get("/accounts").await.status, 200);
    assert_eq!(app.stub.asked("POST /v1/operators/sessions/refresh").len(), 1, "the new one lasts");

    let ended = json!({"status": 401, "code": "unauthorized", "title": "no", "detail": "no"});
    app.stub.answers("GET /v1/accounts", 401, ended);
    let reply = browser.get("/accounts").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/login?next=%2Faccounts"));
    assert_eq!(browser.get("/members").await.status, 303, "the browser has forgotten it");
}

/// Figures are asked for once for all who look. Whoever is no operator any more does not see them, though another one just did.
#[tokio::test]
async fn who_was_logged_out_elsewhere_sees_nothing_that_others_asked_for() {
    let app = App::start().await;
    let mut other = app.signed_in("viewer").await;
    assert_eq!(other.get("/health").await.status, 200);
    let browser = app.signed_in("viewer").await;
    let ended = json!({"status": 401, "code": "unauthorized", "title": "no", "detail": "no"});
    app.stub.answers("GET /v1/operators/me", 401, ended);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for path in ["/health", "/live/health", "/views"] {
        let reply = browser.clone().get(path).await;
        assert_eq!(reply.status, 303, "{path}: {}", reply.text);
        assert!(reply.header("location").starts_with("/login"), "{path}");
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_is_over() {
    let app = App::start().await;
    app.stub.answers("POST /v1/operators/sessions", 201, bank::session("admin", 20));
    app.stub.answers("POST /v1/operators/sessions/refresh", 401, json!({"status": 401, "code": "session-ended"}));
    let mut browser = app.browser();
    browser.log_in("/").await;
    assert_eq!(browser.get("/accounts").await.header("location"), "/login?next=%2Faccounts");
}

#[tokio::test]
async fn an_identity_provider_is_asked_with_a_challenge_and_answers_once() {
    let app = App::start().await;
    let mut browser = app.browser();
    assert!(!browser.get("/login").await.text.contains("/login/oidc"), "there is none");
    app.stub.answers(
        "GET /v1/operators/sessions/oidc",
        200,
        json!({"enabled": true, "issuer": "https://id.example", "authorization_endpoint": "https://id.example/authorize", "client_id": "jangbu"}),
    );
    assert!(browser.get("/login").await.text.contains("/login/oidc"));
    let sent = browser.get("/login/oidc?next=%2Flog").await;
    assert_eq!(sent.status, 303);
    let to: url::Url = sent.header("location").parse().expect("an address");
    let given = |name: &str| {
        to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    assert_eq!((to.host_str(), given("response_type").as_str()), (Some("id.example"), "code"));
    assert_eq!((given("client_id").as_str(), given("code_challenge_method").as_str()), ("jangbu", "S256"));
    assert_eq!(given("redirect_uri"), format!("{}/login/oidc/callback", app.url));
    let cookie = sent
        .all("set-cookie")
        .into_iter()
        .find(|cookie| cookie.starts_with("jangbu-console-login="))
        .expect("a cookie");
    assert!(cookie.contains("SameSite=Lax") && cookie.contains("HttpOnly"), "{cookie}");
    let kept = cookie.split(';').next().expect("a pair").to_owned();

    // Another state, or none that was kept, is refused.
    let mut foreign = browser.clone();
    foreign.cookie = Some(kept.clone());
    assert_eq!(foreign.get("/login/oidc/callback?code=x&state=other").await.status, 403);
    assert_eq!(app.browser().get(&format!("/login/oidc/callback?code=x&state={}", given("state"))).await.status, 403);

    // The browser brings only the cookie that other sites' redirects carry.
    browser.cookie = Some(kept);
    let back = browser.get(&format!("/login/oidc/callback?code=the-code&state={}", given("state"))).await;
    assert_eq!(back.status, 200, "{}", back.text);
    assert!(back.text.contains("http-equiv=\"refresh\"") && back.text.contains("url=/log\""), "{}", back.text);
    let asked = &app.stub.asked("POST /v1/operators/sessions/oidc")[0];
    assert_eq!(
        (asked.json()["code"].as_str(), asked.json()["nonce"].as_str()),
        (Some("the-code"), Some(given("nonce").as_str()))
    );
    assert_eq!(browser.get("/log").await.status, 200);
}
