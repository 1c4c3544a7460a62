//! What others may try at a console with real servers behind it: with forms, cookies, addresses and sessions that have ended.
//! `console/tests` has what can be seen without servers.

mod routes;
mod urls;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use testkit::{app::Staff, chaos::Part};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{
    ALL, TestApp, eventually, verify,
    visitor::{Reply, SESSION, Visitor},
};

/// A session that has ended is over in the console after this time.
const A_SECOND: Duration = Duration::from_secs(1);

async fn start() -> TestApp {
    let parts: Vec<Part> = ALL.into_iter().chain([Part::Console]).collect();
    TestApp::start(&parts).await
}

/// A browser that an operator with this role has logged in with.
async fn browser_of(app: &mut TestApp, name: &str, role: &str) -> (Visitor, Staff) {
    let mut staff = app.staff(name, role).await;
    (Visitor::logged_in(app, &mut staff).await, staff)
}

/// The form that freezes an account, as the page has it.
fn freeze<'a>(csrf: &'a str, key: &'a str) -> [(&'a str, &'a str); 4] {
    [("csrf", csrf), ("key", key), ("reason", "a form"), ("scope", "all")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_page_or_another_browser_reaches_no_server() {
    let mut app = start().await;
    let (_, account) = app.funded_member(100).await;
    let (mut browser, minji) = browser_of(&mut app, "minji", "support").await;
    let (mut other, _) = browser_of(&mut app, "jiwoo", "admin").await;
    app.wait_until_level().await;
    let (page, action) = (format!("/accounts/{account}"), format!("/accounts/{account}/freeze"));
    let shown = browser.get(&page).await.expect(200);
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let foreign = other.get(&page).await.expect(200).field("csrf");
    assert_ne!(csrf, foreign);
    let head = app.head().await;
    for secret in ["", "x", foreign.as_str(), &csrf[1..]] {
        browser.post(&action, &freeze(secret, &key)).await.expect(403);
    }
    let (here, elsewhere) = (browser.console.clone(), "https://evil.example");
    let neighbour = "http://127.0.0.1:1";
    for (origin, site) in [
        (elsewhere, "cross-site"),
        (elsewhere, "same-origin"),
        (neighbour, "same-site"),
        (neighbour, "same-origin"),
        (here.as_str(), "cross-site"),
        (here.as_str(), "none"),
        ("null", "cross-site"),
    ] {
        let request = browser.request(Method::POST, &action).form(&freeze(&csrf, &key));
        let request = request.header("origin", origin).header("sec-fetch-site", site);
        browser.send(request).await.expect(403);
    }
    // A page of another site can send JSON as text, and no field of it counts.
    let request = browser.request(Method::POST, &action).header("content-type", "text/plain");
    let reply = browser.send(request.body(json!({"csrf": csrf, "reason": "x"}).to_string())).await;
    assert!((400..500).contains(&reply.status), "{}", reply.text);
    // What is named in the address is no form, and no action goes by GET.
    let query = format!("{action}?csrf={csrf}&reason=x&key={key}");
    browser.post(&query, &[]).await.expect(403);
    browser.get(&query).await.expect(405);
    assert_eq!(app.head().await, head, "nothing was recorded");

    let done = browser.post(&action, &freeze(&csrf, &key)).await.expect(303);
    assert!(done.header("location").starts_with(&page), "{}", done.header("location"));
    // Sent twice, it is done once; and the log says who and why.
    browser.post(&action, &freeze(&csrf, &key)).await.expect(303);
    app.wait_until_level().await;
    let actions = app.operator().get(&format!("/v1/audit/actions?operator={}", minji.id)).await.expect(200);
    let [act] = actions.items() else { panic!("{}", actions.body) };
    assert_eq!([&act["action"], &act["reason"], &act["name"]], ["AccountFrozen", "a form", "minji"]);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_that_was_planted_before_a_log_in_is_worth_nothing() {
    let mut app = start().await;
    let (attacker, _) = browser_of(&mut app, "attacker", "viewer").await;
    let mut minji = app.staff("minji", "admin").await;
    // One that nobody has logged in with, and one of the attacker's own session, which the victim ends first.
    let mut fresh = Visitor::new(&mut app);
    fresh.get("/login").await.expect(200);
    for (planted, is_logged_in) in [(fresh.cookies.clone(), false), (attacker.cookies.clone(), true)] {
        let mut victim = Visitor::new(&mut app);
        victim.cookies.clone_from(&planted);
        if is_logged_in {
            victim.log_out().await.expect(303);
        }
        let before = victim.get("/login").await.expect(200).field("csrf");
        victim.log_in(&mut minji, "/").await.expect(303);
        let page = victim.get("/operators/me").await.expect(200);
        assert!(page.text.contains("minji"), "{}", page.text);
        assert_ne!(page.field("csrf"), before, "another secret of forms");
        assert_ne!(victim.cookies[SESSION], planted[SESSION], "another session");
        // Whoever planted it has nothing of it.
        sleep(A_SECOND).await;
        let mut planter = Visitor::new(&mut app);
        planter.cookies = planted;
        assert!(planter.get("/accounts").await.is_sent_to_log_in());
        let stolen = [("csrf", before.as_str()), ("reason", "x"), ("name", "planted"), ("role", "admin")];
        let reply = planter.post("/operators", &stolen).await;
        assert!(reply.status == 403 || reply.is_sent_to_log_in(), "{} {}", reply.status, reply.text);
    }
    app.wait_until_level().await;
    let operators = app.operator().get("/v1/operators").await.expect(200);
    assert_eq!(operators.items().len(), 2, "{}", operators.body);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_led_to_another_site_and_cookies_stay_here() {
    let mut app = start().await;
    let mut minji = app.staff("minji", "viewer").await;
    let mut browser = Visitor::new(&mut app);
    browser.get("/login").await.expect(200);
    let reply = browser.log_in(&mut minji, "//evil.example/x").await.expect(303);
    let cookies: Vec<&str> = reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let [cookie] = cookies.as_slice() else { panic!("{cookies:?}") };
    for flag in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(flag), "{flag}: {cookie}");
    }
    // A token would begin so.
    assert!(!cookie.contains("Domain") && !cookie.contains("eyJ"), "{cookie}");
    let is_here = |reply: &Reply| reply.location().as_str().starts_with(&browser.console);
    assert!(is_here(&reply), "{}", reply.location());
    let mut stranger = Visitor::new(&mut app);
    let mut visitor = browser.clone();
    for next in [
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "https:evil.example",
        "HTTPS://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/\r\n//evil.example",
        "//evil.example@127.0.0.1",
        "javascript:alert(1)",
        "data:text/html,x",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        ".evil.example",
        "@evil.example",
        "",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        for path in [format!("/login?next={encoded}"), format!("/login?next={next}")] {
            // What no browser can ask for is asked for in its encoded form.
            if path.bytes().any(|byte| byte.is_ascii_control()) {
                continue;
            }
            let reply = visitor.get(&path).await.expect(303);
            assert!(is_here(&reply), "{path}: {}", reply.header("location"));
            let page = stranger.get(&path).await.expect(200);
            let field = page.field("next");
            assert!(field.starts_with('/') && !field.starts_with("//") && !field.contains('\\'), "{path}: {field}");
        }
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_has_ended_is_over_within_a_second_wherever_its_cookie_is() {
    let mut app = start().await;
    let (_, account) = app.funded_member(100).await;
    let (mut admin, _) = browser_of(&mut app, "admin", "admin").await;
    let (first, mut minji) = browser_of(&mut app, "minji", "support").await;
    let second = Visitor::logged_in(&mut app, &mut minji).await;
    app.wait_until_level().await;
    // Somebody has a copy of each cookie, and the secret of its forms.
    let page = format!("/accounts/{account}");
    let csrf = first.clone().get(&page).await.expect(200).field("csrf");
    let mut owner = first.clone();
    owner.log_out().await.expect(303);
    sleep(A_SECOND).await;
    assert_is_over(&app, &first, &page, &csrf).await;
    second.clone().get(&page).await.expect(200);

    let csrf = second.clone().get(&page).await.expect(200).field("csrf");
    let of = format!("/v1/operators/{}/sessions", minji.id);
    let by_token = app.operator();
    let sessions = by_token.ask(Method::GET, &of, None).await.expect(200);
    let [session] = sessions.items() else { panic!("{}", sessions.body) };
    assert_eq!(session["used_from"]["address"], "127.0.0.1", "{session}");
    let shown = admin.get(&format!("/operators/{}", minji.id)).await.expect(200);
    let (own, key) = (shown.field("csrf"), shown.field("key"));
    let lost = session["session_id"].as_str().unwrap();
    let fields = [("csrf", own.as_str()), ("key", &key), ("reason", "lost"), ("session", lost)];
    admin.post(&format!("/operators/{}/end-session", minji.id), &fields).await.expect(303);
    app.wait_until_level().await;
    let actions = app.operator().get("/v1/audit/actions?limit=1").await.expect(200);
    let newest = &actions.items()[0];
    assert_eq!((newest["action"].as_str(), newest["reason"].as_str()), (Some("OperatorSessionEnded"), Some("lost")));
    sleep(A_SECOND).await;
    assert_is_over(&app, &second, &page, &csrf).await;
    app.close().await;
}

/// Every screen sends whoever has this cookie to the log-in, and no form is taken. Others look at the same figures meanwhile.
async fn assert_is_over(app: &TestApp, cookie: &Visitor, page: &str, csrf: &str) {
    let head = app.head().await;
    for path in routes::screens() {
        let reply = cookie.clone().get(&path).await;
        assert!(reply.is_sent_to_log_in(), "{path}: {} {}", reply.status, reply.text);
    }
    let reply = cookie.clone().post(&format!("{page}/freeze"), &freeze(csrf, "a key")).await;
    assert!(reply.is_sent_to_log_in(), "{} {}", reply.status, reply.text);
    assert_eq!(app.head().await, head, "nothing was recorded");
}

/// The pieces of a live part, until it ends.
struct Live(reqwest::Response);

impl Live {
    async fn open(browser: &Visitor, path: &str) -> Self {
        let response = browser.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream", "{path}");
        Self(response)
    }

    /// Waits for the end, a few seconds at most. Whether it came.
    async fn ends(&mut self) -> bool {
        let to_the_end = async { while let Ok(Some(_)) = self.0.chunk().await {} };
        timeout(Duration::from_secs(8), to_the_end).await.is_ok()
    }

    /// Whether it has not ended some seconds later.
    async fn goes_on(&mut self) -> bool {
        let to_the_end = async { while let Ok(Some(_)) = self.0.chunk().await {} };
        timeout(Duration::from_secs(3), to_the_end).await.is_err()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_disabled_operator_has_open_ends() {
    let mut app = start().await;
    let (_, account) = app.funded_member(100).await;
    let (other, _) = browser_of(&mut app, "jiwoo", "viewer").await;
    let (mut admin, _) = browser_of(&mut app, "admin", "admin").await;
    let (mut browser, minji) = browser_of(&mut app, "minji", "viewer").await;
    app.wait_until_level().await;
    let of_account = format!("/live/accounts/{account}");
    let paths = ["/live/overview", "/live/views", "/live/health", of_account.as_str()];
    let mut open = Vec::new();
    // Somebody else looks at the same figures, so they are at hand.
    let mut kept = Vec::new();
    for path in paths {
        open.push((path.to_owned(), Live::open(&browser, path).await));
        kept.push((path.to_owned(), Live::open(&other, path).await));
    }
    browser.get("/").await.expect(200);
    let shown = admin.get(&format!("/operators/{}", minji.id)).await.expect(200);
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let fields = [("csrf", csrf.as_str()), ("key", &key), ("reason", "left")];
    admin.post(&format!("/operators/{}/disable", minji.id), &fields).await.expect(303);
    for (path, live) in &mut open {
        assert!(live.ends().await, "{path} goes on");
    }
    for path in routes::screens() {
        let reply = browser.clone().get(&path).await;
        assert!(reply.is_sent_to_log_in(), "{path}: {}", reply.status);
    }
    let mut again = Visitor::new(&mut app);
    let mut former = minji;
    again.log_in(&mut former, "/").await.expect(403);
    assert!(again.get("/accounts").await.is_sent_to_log_in());
    for (path, live) in &mut kept {
        assert!(live.goes_on().await, "{path} of somebody else has ended");
    }
    app.close().await;
}

/// What the servers record of a log-in is where the browser is, not where the console is, once they are told to trust it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_has_the_address_of_the_browser_and_none_that_it_claims() {
    let parts: Vec<Part> = ALL.into_iter().chain([Part::Console]).collect();
    let mut app = TestApp::start_with(&parts, &[("JANGBU_TRUST_FORWARDED_FOR", "true")]).await;
    let (mut browser, minji) = browser_of(&mut app, "minji", "support").await;
    let (_, account) = app.funded_member(100).await;
    app.wait_until_level().await;
    let page = browser.get(&format!("/accounts/{account}")).await.expect(200);
    let (csrf, key) = (page.field("csrf"), page.field("key"));
    let action = format!("/accounts/{account}/freeze");
    let request = browser.request(Method::POST, &action).form(&freeze(&csrf, &key));
    let request = request.header("origin", browser.console.clone()).header("sec-fetch-site", "same-origin");
    browser.send(request.header("x-forwarded-for", "192.0.2.66")).await.expect(303);
    let operator = app.operator();
    let of = |id: Uuid| format!("/v1/operators/{id}/sessions");
    let sessions = operator.ask(Method::GET, &of(minji.id), None).await.expect(200);
    assert_eq!(sessions.items()[0]["used_from"]["address"], "127.0.0.1", "{}", sessions.body);
    eventually("the act is shown", async || {
        let actions = operator.get("/v1/audit/actions").await;
        match actions.body["items"].as_array().and_then(|items| items.first()) {
            Some(act) if act["from"] == "127.0.0.1" => Ok(()),
            _ => Err(actions.body.to_string()),
        }
    })
    .await;
    app.close().await;
}
