//! What every answer says to the browser.

use reqwest::Method;

use crate::{app::App, bank::screens};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_pages_apart() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let others = ["/login", "/nowhere", "/livez", "/metrics", "/assets/0/x.css", "/accounts/no-id"].map(str::to_owned);
    for path in screens().into_iter().chain(others) {
        let reply = browser.get(&path).await;
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(name), value, "{path}: {name}");
        }
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
        assert_eq!(reply.header("strict-transport-security"), "", "{path}: it is plain HTTP");
    }
}

/// What the policy would stop must not be there, or the page would not work.
#[tokio::test]
async fn no_page_has_an_inline_script_or_style_or_asks_elsewhere() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let mut stranger = app.browser();
    let mut pages = vec![("/login".to_owned(), stranger.get("/login").await.text)];
    for path in screens() {
        let text = browser.get(&path).await.text;
        pages.push((path, text));
    }
    for (path, html) in pages {
        let lower = html.to_lowercase();
        for bad in [
            " style=",
            "<style",
            "javascript:",
            " onclick=",
            " onload=",
            " onsubmit=",
            "src=\"http",
            "href=\"http",
            "action=\"http",
        ] {
            assert!(!lower.contains(bad), "{path} holds {bad}");
        }
        for script in lower.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/assets/") && script.contains("></script>"), "{path}: {script:.80}");
        }
        assert!(html.starts_with("<!doctype html>") && html.contains("<html lang=\"en\""), "{path}");
        assert_eq!(html.matches("<h1>").count(), 1, "{path}");
        assert!(html.contains("\"allowEval\":false") && html.contains("\"includeIndicatorStyles\":false"), "{path}");
    }
}

#[tokio::test]
async fn the_cookie_is_for_this_console_alone() {
    let app = App::start().await;
    let reply = app.browser().get("/login").await;
    let [cookie]: [String; 1] = reply.all("set-cookie").try_into().expect("one cookie");
    assert!(cookie.starts_with("jangbu-console="), "{cookie}");
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");

    let secure = App::start_with(&["--secure"]).await;
    let reply = secure.browser().get("/login").await;
    let [cookie]: [String; 1] = reply.all("set-cookie").try_into().expect("one cookie");
    assert!(cookie.starts_with("__Host-jangbu-console=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(reply.header("strict-transport-security"), "max-age=31536000");
}

/// The cookie is sealed, and no page, cookie or header holds a token.
#[tokio::test]
async fn no_token_reaches_the_browser() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for path in screens() {
        let reply = browser.get(&path).await;
        let headers = format!("{:?}", reply.headers);
        for secret in [crate::bank::TOKEN, crate::bank::REFRESH] {
            assert!(!reply.text.contains(secret) && !headers.contains(secret), "{path}");
        }
    }
    assert!(!browser.cookie.as_deref().unwrap_or_default().contains("secret"));
    assert_eq!(app.stub.asked("GET /v1/accounts")[0].header("authorization"), "Bearer secret-access-token");
}

#[tokio::test]
async fn a_changed_cookie_counts_as_none() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    assert_eq!(browser.ask(Method::GET, "/accounts").await.status, 200);
    let cookie = browser.cookie.clone().expect("a cookie");
    let (name, value) = cookie.split_once('=').expect("a pair");
    let flipped = |index: usize| {
        let mut bytes = value.as_bytes().to_vec();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    let spoilt =
        [flipped(30), flipped(value.len() / 2), value[..value.len() - 4].to_owned(), String::new(), "x.y".to_owned()];
    for changed in spoilt {
        browser.cookie = Some(format!("{name}={changed}"));
        let reply = browser.get("/accounts").await;
        assert_eq!((reply.status, reply.header("location")), (303, "/login?next=%2Faccounts"), "{changed}");
    }
}
