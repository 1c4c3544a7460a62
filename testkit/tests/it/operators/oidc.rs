//! Logging in by an OpenID Connect provider that is really there: the code flow with PKCE, and what is refused of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::chaos::Part;

use crate::support::{
    ALL, Answer, TestApp, eventually,
    identity_provider::{CLIENT, IdentityProvider, LogInUnderWay, OTHER_CLIENT, parameter},
    visitor::{SESSION, Visitor},
};

const PATH: &str = "/v1/operators/sessions/oidc";
/// Where a client of the bank takes browsers back. Nobody listens there: the address is read off the redirect.
const BACK: &str = "http://127.0.0.1:9/login/oidc/callback";
/// Somebody at the provider who has the name of an operator, and somebody else who gave themselves the same name.
const MINJI: &str = "u-1001";
const ANOTHER_MINJI: &str = "u-1002";

async fn start(provider: &IdentityProvider, parts: &[Part]) -> TestApp {
    let settings = provider.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    TestApp::start_with(parts, &settings).await
}

/// A provider that knows these people and sends them back to a client of the bank.
async fn provider_of(people: &[(&str, &str)]) -> Option<IdentityProvider> {
    let mut provider = IdentityProvider::install()?;
    provider.people = people.iter().map(|(subject, name)| ((*subject).to_owned(), (*name).to_owned())).collect();
    provider.redirect_uris = vec![BACK.to_owned()];
    provider.start().await;
    Some(provider)
}

async fn exchange(app: &mut TestApp, body: Value) -> Answer {
    app.stranger().ask(Method::POST, PATH, Some(body)).await
}

/// A log-in from its beginning, in a browser that nobody has used.
async fn log_in(app: &mut TestApp, provider: &IdentityProvider, subject: &str) -> Answer {
    let under_way = LogInUnderWay::to(BACK);
    let (code, state) = provider.code(&mut Visitor::new(app), &under_way, subject).await;
    assert_eq!(state, under_way.state, "the provider gives back what it was given");
    exchange(app, under_way.body(&code)).await
}

/// It is refused as every wrong log-in is, and the log of the server says why, so many times by now.
async fn refused(app: &TestApp, answer: Answer, why: &str, times: usize) {
    answer.expect_problem(401, "credentials-wrong");
    let log = app.bank.log_file(Part::Command(0));
    eventually(why, async || {
        let text = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
        let found = text.matches(why).count();
        let last = || text.lines().rev().find(|line| line.contains("identity provider")).unwrap_or_default();
        if found == times { Ok(()) } else { Err(format!("{found} times, not {times}; the last refusal: {}", last())) }
    })
    .await;
}

const CODE_REFUSED: &str = "it does not take the code";
const NAME_TAKEN: &str = "somebody else has the name of an operator at the identity provider";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_provider_says_who_and_the_bank_says_what_they_may() {
    let people = [(MINJI, "minji"), (ANOTHER_MINJI, "minji"), ("u-2001", "somebody"), ("u-3001", "jiwoo")];
    let Some(provider) = provider_of(&people).await else { return };
    let mut app = start(&provider, &ALL).await;
    let told = app.stranger().ask(Method::GET, PATH, None).await.expect(200);
    let expected = json!({
        "enabled": true, "issuer": provider.issuer(), "client_id": CLIENT,
        "authorization_endpoint": format!("{}/oauth/authorize", provider.issuer()),
    });
    assert_eq!(told.body, expected);
    // Nobody gets an account by logging in.
    log_in(&mut app, &provider, MINJI).await.expect_problem(401, "credentials-wrong");

    let admin = app.logged_in("admin", "admin").await;
    let (minji, jiwoo) = (app.staff("minji", "support").await, app.staff("jiwoo", "viewer").await);
    let tokens = log_in(&mut app, &provider, MINJI).await.expect(201);
    assert_eq!((tokens.id("operator_id"), tokens.text("role").as_str()), (minji.id, "support"));
    assert_eq!((tokens.number("expires_in"), tokens.text("token_type").as_str()), (300, "Bearer"));
    let who = app.client_with(0, minji.id, tokens.text("access_token"));
    who.get("/v1/accounts").await.expect(200);
    let me = who.ask(Method::GET, "/v1/operators/me", None).await.expect(200);
    assert_eq!((me.text("name"), me.text("role")), ("minji".to_owned(), "support".to_owned()));
    who.post("/v1/partners", json!({"name": "x", "reason": "y"})).await.expect_problem(403, "operator-role-missing");

    log_in(&mut app, &provider, "u-2001").await.expect_problem(401, "credentials-wrong");
    // The first subject has the name, and nobody else of the same name gets in.
    let other = log_in(&mut app, &provider, ANOTHER_MINJI).await;
    refused(&app, other, NAME_TAKEN, 1).await;
    log_in(&mut app, &provider, MINJI).await.expect(201);

    let before = log_in(&mut app, &provider, "u-3001").await.expect(201);
    admin.post(&format!("/v1/operators/{}/disable", jiwoo.id), json!({"reason": "left"})).await.expect(200);
    log_in(&mut app, &provider, "u-3001").await.expect_problem(401, "credentials-wrong");
    let former = app.client_with(0, jiwoo.id, before.text("access_token"));
    former.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    former.post("/v1/partners", json!({"name": "x"})).await.expect_problem(401, "unauthorized");

    // A reset takes the binding away: the next subject of the name is bound.
    admin.post(&format!("/v1/operators/{}/reset", minji.id), json!({"reason": "another person"})).await.expect(200);
    who.get("/v1/accounts").await.expect_problem(401, "unauthorized");
    log_in(&mut app, &provider, ANOTHER_MINJI).await.expect(201);
    let other = log_in(&mut app, &provider, MINJI).await;
    refused(&app, other, NAME_TAKEN, 2).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_good_once_and_for_its_own_log_in() {
    let Some(mut provider) = provider_of(&[(MINJI, "minji")]).await else { return };
    let mut app = start(&provider, &ALL).await;
    let mut minji = app.staff("minji", "viewer").await;
    let under_way = LogInUnderWay::to(BACK);
    let (code, _) = provider.code(&mut Visitor::new(&mut app), &under_way, MINJI).await;
    exchange(&mut app, under_way.body(&code)).await.expect(201);
    let again = exchange(&mut app, under_way.body(&code)).await;
    refused(&app, again, CODE_REFUSED, 1).await;

    // Somebody who saw a code has neither the verifier nor the nonce.
    let elsewhere = "http://127.0.0.1:9/elsewhere".to_owned();
    for (number, wrong) in [
        LogInUnderWay { verifier: "v".repeat(64), ..under_way.clone() },
        LogInUnderWay { redirect_uri: elsewhere, ..under_way.clone() },
    ]
    .into_iter()
    .enumerate()
    {
        let (code, _) = provider.code(&mut Visitor::new(&mut app), &LogInUnderWay::to(BACK), MINJI).await;
        let answer = exchange(&mut app, wrong.body(&code)).await;
        refused(&app, answer, CODE_REFUSED, number + 2).await;
    }
    let own = LogInUnderWay::to(BACK);
    let (code, _) = provider.code(&mut Visitor::new(&mut app), &own, MINJI).await;
    let wrong = LogInUnderWay { nonce: under_way.nonce.clone(), ..own.clone() };
    let answer = exchange(&mut app, wrong.body(&code)).await;
    refused(&app, answer, "the token belongs to another log-in", 1).await;
    // A code that another client of the provider was given.
    let theirs = LogInUnderWay::to(BACK);
    let address = provider.authorize(OTHER_CLIENT, &theirs);
    let back = provider.visit(&mut Visitor::new(&mut app), &address, MINJI).await;
    let answer = exchange(&mut app, theirs.body(&parameter(&back, "code"))).await;
    refused(&app, answer, CODE_REFUSED, 4).await;

    // What is wrong with the provider or with the bank's secret is nobody's wrong log-in, and passwords go on working.
    provider.set_secret_of_bank(Some("another secret"));
    let answer = log_in(&mut app, &provider, MINJI).await;
    answer.expect_problem(503, "identity-provider-unavailable");
    provider.set_secret_of_bank(None);
    log_in(&mut app, &provider, MINJI).await.expect(201);
    let (code, _) = provider.code(&mut Visitor::new(&mut app), &own, MINJI).await;
    provider.stop();
    exchange(&mut app, own.body(&code)).await.expect_problem(503, "identity-provider-unavailable");
    app.log_in(&mut minji).await.get("/v1/accounts").await.expect(200);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_for_this_bank_holds_now_and_is_signed_by_a_key_of_today() {
    let Some(mut provider) = provider_of(&[(MINJI, "minji")]).await else { return };
    let mut app = start(&provider, &ALL).await;
    app.staff("minji", "viewer").await;
    log_in(&mut app, &provider, MINJI).await.expect(201);
    // For another client, and for both without saying which of them asked.
    for (number, audience) in [vec![OTHER_CLIENT], vec![CLIENT, OTHER_CLIENT]].into_iter().enumerate() {
        provider.audience = audience;
        provider.start().await;
        let answer = log_in(&mut app, &provider, MINJI).await;
        refused(&app, answer, "the token is for another client", number + 1).await;
    }
    provider.audience = vec![CLIENT];
    provider.tokens_made_ago = 7200;
    provider.start().await;
    let answer = log_in(&mut app, &provider, MINJI).await;
    refused(&app, answer, "the token has expired, or is of the future", 1).await;
    provider.tokens_made_ago = 0;
    provider.start().await;
    log_in(&mut app, &provider, MINJI).await.expect(201);

    // The bank looks for a key that it does not know once in ten seconds, at most.
    provider.forget_key();
    provider.start().await;
    let subject = MINJI;
    eventually("the new key is taken", async || match log_in(&mut app, &provider, subject).await {
        answer if answer.status == 201 => Ok(()),
        answer => {
            let answer = answer.expect_problem(401, "credentials-wrong");
            tokio::time::sleep(Duration::from_secs(2)).await;
            Err(answer.body.to_string())
        }
    })
    .await;
    app.close().await;
}

/// From the log-in of the console to the provider, and back into a session: as a browser goes, and as others would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_goes_to_the_provider_and_comes_back_logged_in() {
    let Some(mut provider) = provider_of(&[(MINJI, "minji")]).await else { return };
    let parts: Vec<Part> = ALL.into_iter().chain([Part::Console]).collect();
    let mut app = start(&provider, &parts).await;
    let mut browser = Visitor::new(&mut app);
    let callback = format!("{}/login/oidc/callback", browser.console);
    provider.redirect_uris.push(callback.clone());
    provider.start().await;
    let minji = app.staff("minji", "support").await;
    let page = browser.get("/login?next=%2Flog").await.expect(200);
    assert!(page.text.contains("/login/oidc?next=%2Flog"), "{}", page.text);
    let sent = browser.get("/login/oidc?next=%2Flog").await.expect(303);
    let back = provider.visit(&mut browser, &sent.location(), MINJI).await;
    assert!(back.as_str().starts_with(&callback), "{back}");

    // Another browser that is led to this address is not logged in as Minji.
    let mut victim = Visitor::new(&mut app);
    victim.get(back.as_str()).await.expect(403);
    assert!(victim.get("/accounts").await.is_sent_to_log_in());
    let (code, state) = (parameter(&back, "code"), parameter(&back, "state"));
    let mut tried = browser.clone();
    for query in [
        format!("code={code}&state={}", "s".repeat(state.len())),
        format!("code={code}"),
        format!("state={state}&error=access_denied"),
        format!("state={state}"),
    ] {
        tried.get(&format!("{callback}?{query}")).await.expect(403);
        assert!(tried.get("/accounts").await.is_sent_to_log_in(), "{query}");
    }

    // The redirect comes from another site: the browser leaves the strict cookie out.
    browser.cookies.remove(SESSION);
    let shown = browser.get(back.as_str()).await.expect(200);
    assert!(shown.text.contains("url=/log\""), "{}", shown.text);
    browser.get("/log").await.expect(200);
    let me = browser.get("/operators/me").await.expect(200);
    assert!(me.text.contains("minji"), "{}", me.text);
    let admin = app.logged_in("admin", "admin").await;
    let sessions = admin.ask(Method::GET, &format!("/v1/operators/{}/sessions", minji.id), None).await.expect(200);
    assert_eq!(sessions.items().len(), 1, "one log-in, one session: {}", sessions.body);
    // The address in the history of the browser is worth nothing any more.
    browser.get(back.as_str()).await.expect(403);
    app.close().await;
}
