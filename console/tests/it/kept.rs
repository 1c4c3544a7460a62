//! How long a session goes on: while somebody acts, and while the command server is away for a moment.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, ManualClock, SystemClock};
use serde_json::json;

use crate::{
    app::App,
    bank::{self, ID},
    browser::Browser,
    wallet::bank as members,
};

/// A console by a clock that stands still.
async fn start() -> (App, Arc<ManualClock>, DateTime<Utc>) {
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::new(now));
    let app = App::start_by(clock.clone(), &[]).await;
    members::fill(&app.stub, "harmless");
    (app, clock, now)
}

/// Both logged in, in the same browser.
async fn both(app: &App) -> Browser {
    let mut browser = app.signed_in("viewer").await;
    members::log_in(&mut browser, "/wallet").await;
    browser
}

#[tokio::test]
async fn who_does_nothing_for_half_an_hour_is_logged_out_whatever_a_live_page_did() {
    let (app, clock, begun) = start().await;
    let mut browser = both(&app).await;
    let after = |minutes| clock.set(begun + TimeDelta::minutes(minutes));
    // Parts that do not exist: a stream would not end by this clock.
    for minute in [5, 10, 15, 20, 25, 29] {
        after(minute);
        browser.get("/live/nowhere").await;
        browser.get("/wallet/live/nowhere").await;
    }
    let renewals = |path: &str| app.stub.asked(&format!("POST {path}/refresh")).len();
    assert!(renewals("/v1/operators/sessions") > 4, "the server's own clock begins again with each");
    assert!(renewals("/v1/sessions") > 1);
    let mut early = browser.clone();
    assert_eq!((early.get("/accounts").await.status, early.get("/wallet").await.status), (200, 200), "in time");

    after(55);
    let reply = browser.get("/views").await;
    assert_eq!(reply.header("location"), "/login?next=%2Fviews", "the live page was closed, and nobody acted since");
    let mut late = early.clone();
    assert_eq!((late.get("/accounts").await.status, late.get("/wallet").await.status), (200, 200), "26 minutes");
    assert_eq!(browser.get("/wallet/profile").await.header("location"), "/wallet/login?next=%2Fwallet%2Fprofile");
    for path in ["/accounts", "/wallet"] {
        assert_eq!(browser.get(path).await.status, 303, "the browser has forgotten it: {path}");
    }
}

#[tokio::test]
async fn a_form_of_somebody_who_did_nothing_for_half_an_hour_leads_to_the_log_in() {
    let (app, clock, begun) = start().await;
    let mut browser = app.signed_in("support").await;
    let csrf = browser.get("/").await.field("csrf");
    let before = app.stub.commands();
    clock.set(begun + TimeDelta::minutes(31));
    let fields = [("csrf", csrf.as_str()), ("reason", "because")];
    let reply = browser.post(&format!("/accounts/{ID}/freeze"), &fields).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/login"));
    assert_eq!(app.stub.commands(), before);
}

#[tokio::test]
async fn a_command_server_that_is_away_for_a_moment_logs_nobody_out() {
    for (status, code) in [(503, "vault-unavailable"), (429, "too-many-requests"), (500, "internal")] {
        let (app, clock, begun) = start().await;
        app.stub.answers("POST /v1/sessions", 201, members::tokens(300));
        let mut browser = both(&app).await;
        let gone = json!({"status": status, "code": code});
        let refreshes = ["POST /v1/operators/sessions/refresh", "POST /v1/sessions/refresh"];
        refreshes.iter().for_each(|what| app.stub.answers(what, status, gone.clone()));
        let ended = json!({"status": 401, "code": "unauthorized", "title": "no", "detail": "no"});
        let reads = ["GET /v1/accounts", "GET /v1/items"];
        reads.iter().for_each(|what| app.stub.answers(what, 401, ended.clone()));
        // First the token is good for some seconds, which the other server may see in another way; then it is not.
        for seconds in [280, 301, 900] {
            clock.set(begun + TimeDelta::seconds(seconds));
            for path in ["/accounts", "/wallet/items"] {
                let reply = browser.get(path).await;
                assert_eq!(reply.status, 503, "{status}, {seconds}, {path}: {}", reply.text);
                assert!(reply.text.contains("A server does not answer"), "{path}: {}", reply.text);
            }
        }
        bank::fill(&app.stub, "harmless");
        members::fill(&app.stub, "harmless");
        assert_eq!((browser.get("/accounts").await.status, browser.get("/wallet/items").await.status), (200, 200));
    }
}

#[tokio::test]
async fn a_log_out_is_taken_while_the_command_server_is_away() {
    let (app, clock, begun) = start().await;
    let mut browser = app.signed_in("viewer").await;
    let csrf = browser.get("/").await.field("csrf");
    let gone = json!({"status": 503, "code": "vault-unavailable"});
    app.stub.answers("POST /v1/operators/sessions/refresh", 503, gone.clone());
    app.stub.answers("DELETE /v1/operators/sessions/current", 503, gone);
    clock.set(begun + TimeDelta::minutes(10));
    assert_eq!(browser.get("/accounts").await.status, 503);
    let reply = browser.post("/logout", &[("csrf", &csrf)]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/login"));
    assert_eq!(browser.get("/accounts").await.header("location"), "/login?next=%2Faccounts");
}
