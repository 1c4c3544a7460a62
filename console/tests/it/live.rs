//! Parts that renew themselves.

use std::time::Duration;

use reqwest::Method;
use tokio::time::timeout;

use crate::{app::App, bank::ID};

/// The first event of a stream.
async fn first(app: &App, path: &str) -> String {
    let browser = app.signed_in("viewer").await;
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
