//! Parts that renew themselves.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    app::App,
    bank::{ID, differing_rebuild},
};

/// The first event of a stream, as a viewer sees it.
async fn first(app: &App, path: &str) -> String {
    first_for(app, "viewer", path).await
}

async fn first_for(app: &App, role: &str, path: &str) -> String {
    let browser = app.signed_in(role).await;
    let request = browser.request(Method::GET, path).header("accept", "text/event-stream");
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    let read = async {
        while let Some(chunk) = response.chunk().await.expect("a chunk") {
            text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
            if text.contains("\n\n") && text.contains("data:") {
                break;
            }
        }
    };
    timeout(Duration::from_secs(10), read).await.expect("an event");
    text
}

#[tokio::test]
async fn a_stream_brings_parts_of_pages_and_no_token() {
    let app = App::start().await;
    for (path, part) in [
        ("/live/overview", "12,500"),
        ("/live/views", "balances"),
        ("/live/views/balances", "250 / 1,000"),
        ("/live/health", "projector"),
        (&*format!("/live/payout-runs/{ID}"), "125,000,000 KRW"),
        (&*format!("/live/accounts/{ID}"), "12,000 KRW"),
    ] {
        let text = first(&app, path).await;
        assert!(text.contains("event: part") && text.contains(part), "{path}: {text}");
        assert!(!text.contains("secret") && !text.contains("<html"), "{path}");
        // A form that renews itself would lose what somebody types, and differ each time.
        assert!(!text.contains("<form") && !text.contains("name=\"csrf\""), "{path}: {text}");
    }
}

/// What is on the page first, is what the stream begins with.
#[tokio::test]
async fn a_part_is_the_same_on_the_page_and_in_the_stream() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    for (page, path) in [("/views/balances", "/live/views/balances"), ("/health", "/live/health")] {
        let (shown, streamed) = (browser.get(page).await.text, first(&app, path).await);
        let lines = streamed.lines().filter_map(|line| line.strip_prefix("data: "));
        // What is measured anew between the two may differ: the memory of this process, a point of the chart.
        let measured = ["class=\"num\"", "data-chart", "<path", "<text", "class=\"highest\""];
        let lines = lines.filter(|line| !line.is_empty() && !measured.iter().any(|part| line.contains(part)));
        for line in lines {
            assert!(shown.contains(line), "{path}: {line}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_for_those_who_are_logged_in() {
    let app = App::start().await;
    let reply = app.browser().get("/live/overview").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/login?next=%2Flive%2Foverview"));
}

/// A browser opens a stream that ended again, and says so to the reader: one that stays open and silent looks as if nothing happened.
#[tokio::test]
async fn a_stream_ends_where_what_it_shows_cannot_be_read() {
    let app = App::start().await;
    let away = json!({"status": 503, "code": "overloaded", "title": "away", "detail": "away"});
    app.stub.answers("GET /v1/views/balances", 503, away);
    let browser = app.signed_in("viewer").await;
    let request = browser.request(Method::GET, "/live/views/balances").header("accept", "text/event-stream");
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let all = timeout(Duration::from_secs(10), response.text()).await.expect("it ends").expect("a text");
    assert!(!all.contains("event: part"), "{all}");
}

/// A part is made once for all who look at the same moment, but not across roles: what one may do is no part of what another one sees.
#[tokio::test]
async fn a_part_is_shared_within_a_role_only() {
    let app = App::start().await;
    app.stub.answers("GET /v1/views/balances/rebuild", 200, differing_rebuild());
    let (path, leads) = ("/live/views/balances", "?differs#acts");
    let seen =
        [first_for(&app, "operator", path).await, first(&app, path).await, first_for(&app, "operator", path).await];
    assert_eq!(seen.map(|part| part.contains(leads)), [true, false, true]);
}
