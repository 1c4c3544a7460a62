//! Beginning and end of a member's session.

use serde_json::json;

use super::bank::{self, REFRESH, TOKEN, logged_in, screens, start, tokens};

#[tokio::test]
async fn who_is_not_logged_in_is_sent_to_the_wallets_log_in_and_back() {
    let app = start().await;
    let mut browser = app.browser();
    for path in screens() {
        let reply = browser.get(&path).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.header("location").starts_with("/wallet/login"), "{path}: {}", reply.header("location"));
    }
    assert_eq!(browser.get("/wallet/nowhere").await.header("location"), "/wallet/login?next=%2Fwallet%2Fnowhere");
    let reply = bank::log_in(&mut browser, "/wallet/pay?number=7").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/wallet/pay?number=7"));
    let asked = app.stub.asked("POST /v1/sessions");
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(asked.json(), json!({"login_id": "minji_kim", "password": "a password"}));
    assert_eq!((asked.header("authorization"), asked.header("x-forwarded-for")), ("", "127.0.0.1"));
    assert_eq!(browser.get("/wallet/login").await.status, 303, "logged in already");
    assert_eq!(browser.get("/wallet/nowhere").await.status, 404);
    let home = app.stub.asked("GET /v1/wallet/home");
    assert!(home.is_empty(), "{home:?}");
    browser.get("/wallet").await;
    let home = app.stub.asked("GET /v1/wallet/home");
    assert_eq!(home[0].header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(home[0].header("consistency-token"), "seen-by-the-operator", "who just joined is shown as a member");
}

#[tokio::test]
async fn the_two_sessions_of_a_browser_open_nothing_of_each_other() {
    let app = start().await;
    let mut both = app.signed_in("admin").await;
    assert_eq!(both.get("/wallet").await.status, 303, "an operator is no member");
    bank::log_in(&mut both, "/wallet").await;
    assert_eq!((both.get("/wallet").await.status, both.get("/accounts").await.status), (200, 200));
    assert_eq!(
        app.stub.asked("GET /v1/accounts").last().expect("asked").header("authorization"),
        "Bearer secret-access-token"
    );

    let mut member = logged_in(&app).await;
    assert_eq!(member.get("/accounts").await.status, 303, "a member is no operator");
    // Under the name of the other one it is none.
    let value =
        |pair: &Option<String>| pair.as_deref().and_then(|pair| pair.split_once('=')).expect("a pair").1.to_owned();
    let (own, wallet) = (value(&both.cookie), value(&both.wallet));
    let mut swapped = app.browser();
    swapped.cookie = Some(format!("jangbu-console={wallet}"));
    swapped.wallet = Some(format!("jangbu-wallet={own}"));
    assert_eq!((swapped.get("/accounts").await.status, swapped.get("/wallet").await.status), (303, 303));

    let csrf = both.get("/wallet").await.field("csrf");
    both.post("/wallet/logout", &[("csrf", &csrf)]).await;
    assert_eq!((both.get("/wallet").await.status, both.get("/accounts").await.status), (303, 200), "each ends alone");
}

#[tokio::test]
async fn a_log_in_begins_a_new_session_within_the_wallet() {
    let app = start().await;
    for next in ["//evil.example", "https://evil.example/", "/accounts", "/walletx", ""] {
        let mut browser = app.browser();
        let planted = {
            browser.get("/wallet/login").await;
            browser.wallet.clone().expect("a cookie")
        };
        let csrf = browser.get("/wallet/login").await.field("csrf");
        let reply = bank::log_in(&mut browser, next).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/wallet"), "{next}");
        assert_ne!(browser.get("/wallet").await.field("csrf"), csrf, "another secret");
        let mut planter = app.browser();
        planter.wallet = Some(planted);
        assert_eq!(planter.get("/wallet").await.status, 303);
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_login_id_is_kept() {
    let app = start().await;
    let wrong = json!({"status": 401, "code": "credentials-wrong", "title": "wrong", "detail": "wrong"});
    app.stub.answers("POST /v1/sessions", 401, wrong);
    let mut browser = app.browser();
    let reply = bank::log_in(&mut browser, "/wallet").await;
    assert_eq!(reply.status, 403, "{}", reply.text);
    for part in ["role=\"alert\"", "value=\"minji_kim\"", "The login id or the password is wrong."] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert!(!reply.text.contains("a password"));
    assert_eq!(browser.get("/wallet").await.status, 303);
}

#[tokio::test]
async fn a_refresh_token_is_renewed_under_one_key_by_all_who_bring_it() {
    let app = start().await;
    app.stub.answers("POST /v1/sessions", 201, tokens(20));
    let mut browser = app.browser();
    bank::log_in(&mut browser, "/wallet").await;
    let mut twin = browser.clone();
    let (one, other) = tokio::join!(browser.get("/wallet/profile"), twin.get("/wallet/items"));
    assert_eq!((one.status, other.status), (200, 200));
    let renewed = app.stub.asked("POST /v1/sessions/refresh");
    let [first, second] = renewed.as_slice() else { panic!("{renewed:?}") };
    assert_eq!(first.json(), json!({"refresh_token": REFRESH}));
    assert_eq!(
        first.header("idempotency-key"),
        second.header("idempotency-key"),
        "or the second would end the session"
    );
    assert!(!first.header("idempotency-key").contains(REFRESH));
    assert_eq!(browser.get("/wallet").await.status, 200);
    assert_eq!(app.stub.asked("POST /v1/sessions/refresh").len(), 2, "the new one lasts");

    let ended = json!({"status": 401, "code": "unauthorized", "title": "no", "detail": "no"});
    app.stub.answers("GET /v1/items", 401, ended);
    let reply = browser.get("/wallet/items").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/wallet/login?next=%2Fwallet%2Fitems"));
    assert_eq!(browser.get("/wallet").await.status, 303, "the browser has forgotten it");
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_is_over_and_one_whose_server_is_away_is_not() {
    let app = start().await;
    app.stub.answers("POST /v1/sessions", 201, tokens(20));
    let mut browser = app.browser();
    bank::log_in(&mut browser, "/wallet").await;
    app.stub.answers("POST /v1/sessions/refresh", 503, json!({"status": 503, "code": "vault-unavailable"}));
    assert_eq!(browser.get("/wallet").await.status, 200, "the token is good for some seconds yet");
    app.stub.answers("POST /v1/sessions/refresh", 401, json!({"status": 401, "code": "session-ended"}));
    assert_eq!(browser.get("/wallet").await.header("location"), "/wallet/login");
}

#[tokio::test]
async fn a_log_out_ends_the_session_here_and_there() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let csrf = browser.get("/wallet").await.field("csrf");
    let reply = browser.post("/wallet/logout", &[("csrf", &csrf)]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/wallet/login"));
    assert_eq!(app.stub.asked("DELETE /v1/sessions/current")[0].header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(browser.get("/wallet").await.status, 303);
}

#[tokio::test]
async fn the_wallets_cookie_is_sealed_and_for_this_console_alone() {
    let app = start().await;
    let reply = app.browser().get("/wallet/login").await;
    let [cookie]: [String; 1] = reply.all("set-cookie").try_into().expect("one cookie");
    assert!(cookie.starts_with("jangbu-wallet="), "{cookie}");
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    let mut browser = logged_in(&app).await;
    for path in screens() {
        let reply = browser.get(&path).await;
        let headers = format!("{:?}", reply.headers);
        for secret in [TOKEN, REFRESH] {
            assert!(!reply.text.contains(secret) && !headers.contains(secret), "{path}");
        }
    }
    assert!(!browser.wallet.as_deref().unwrap_or_default().contains("secret"));
}
