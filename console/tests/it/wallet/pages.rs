//! Each page of the wallet is like the other pages of the house.

use std::{collections::BTreeSet, time::Duration};

use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use super::bank::{fill, logged_in, screens, start};
use crate::{
    bank::ID,
    escaping::{ATTACK, is_harmless},
};

/// Those that ask for no log-in.
fn open() -> [String; 4] {
    let [login, signup, reset] = ["/wallet/login", "/wallet/signup", "/wallet/reset"].map(str::to_owned);
    [login, signup, reset, format!("/wallet/erasures/{ID}")]
}

#[tokio::test]
async fn every_page_is_shown_in_both_languages_with_one_heading_and_nothing_inline() {
    let app = start().await;
    for language in ["en", "ko"] {
        let (mut browser, mut stranger) = (logged_in(&app).await, app.browser());
        (browser.language, stranger.language) = (language, language);
        let mut replies = Vec::new();
        for path in screens() {
            let reply = browser.get(&path).await;
            replies.push((path, reply));
        }
        for path in open() {
            let reply = stranger.get(&path).await;
            replies.push((path, reply));
        }
        for (path, reply) in replies {
            assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{path}: {}", reply.text);
            assert!(reply.text.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert_eq!(reply.text.matches("<h1>").count(), 1, "{path}");
            for bad in
                [" style=", "<style", " onclick=", "src=\"http", "href=\"http", "action=\"http", ">wallet-", "problem-"]
            {
                assert!(!reply.text.contains(bad), "{language}, {path} holds {bad}: {}", reply.text);
            }
            for script in reply.text.split("<script").skip(1) {
                assert!(script.starts_with(" src=\"/assets/"), "{path}: {script:.80}");
            }
            assert!(
                reply.text.contains("href=\"/wallet\"") && !reply.text.contains("href=\"/accounts\""),
                "{path}: its menu"
            );
        }
    }
}

#[tokio::test]
async fn no_text_of_anybody_becomes_a_script() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    fill(&app.stub, ATTACK);
    for path in screens().into_iter().chain([format!("/wallet/erasures/{ID}")]) {
        let reply = browser.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        is_harmless(&path, &reply.text);
        assert!(reply.text.contains("&#60;script&#62;alert"), "{path} shows nothing of it: {}", reply.text);
    }
    let typed = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22'%3E";
    for path in [
        "/wallet/pay?number=",
        "/wallet/pay?memo=",
        "/wallet/offers?collection=",
        "/wallet/holds?account=",
        "/wallet/items?cursor=",
        "/wallet?done=",
        "/wallet/login?next=/wallet/",
    ] {
        let reply = browser.get(&format!("{path}{typed}")).await;
        assert!(reply.status < 500, "{path}: {}", reply.status);
        is_harmless(path, &reply.text);
    }
    let filters = format!("/wallet/accounts/{ID}?from={typed}&min={typed}&kind={typed}&counterparty={typed}");
    is_harmless("the filters", &browser.get(&filters).await.text);
}

#[tokio::test]
async fn a_first_load_has_less_than_200_kb() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    for path in screens() {
        let html = browser.get(&path).await.text;
        let files: BTreeSet<String> =
            html.split('"').filter(|piece| piece.starts_with("/assets/")).map(str::to_owned).collect();
        let mut size = html.len();
        for file in files {
            size += browser.get(&file).await.text.len();
        }
        assert!(size < 200_000, "{path} has {size} bytes");
    }
}

#[tokio::test]
async fn no_address_of_the_wallet_is_answered_with_500() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let pieces = [
        "",
        "..",
        "%2e%2e",
        "%2f",
        "%00",
        "%ff",
        "%",
        "-1",
        "'",
        "\"",
        "<",
        "한글",
        ID,
        "?cursor=%ff",
        "?a=1&a=2",
        "//",
        "\\",
    ];
    let bases = [
        "/wallet",
        "/wallet/",
        "/wallet/accounts/",
        "/wallet/transfers/",
        "/wallet/holds/",
        "/wallet/orders/",
        "/wallet/items/",
        "/wallet/processes/",
        "/wallet/gift-cards/",
        "/wallet/exchange/",
        "/wallet/reset/",
        "/wallet/erasures/",
        "/wallet/signup/",
        "/wallet/live/",
        "/wallet/live/accounts/",
        "/wallet/pay?source=",
        "/wallet/pay?number=",
        "/wallet/holds?status=",
        "/wallet/login?next=",
        "/wallet/mail?to=",
    ];
    for path in bases.iter().flat_map(|base| pieces.iter().map(move |piece| format!("{base}{piece}"))) {
        let method = if path.starts_with("/wallet/live/") { Method::HEAD } else { Method::GET };
        let Ok(request) = browser.request(method, &path).build() else { continue };
        let reply = browser.send(browser.request(request.method().clone(), &path)).await;
        assert!(reply.status < 500, "{path}: {} {}", reply.status, reply.text);
    }
    assert_eq!(browser.get("/wallet/accounts/no-id").await.status, 400);
}

#[tokio::test]
async fn live_parts_bring_pieces_of_pages_to_those_who_are_logged_in() {
    let app = start().await;
    let browser = logged_in(&app).await;
    for (path, part) in [
        ("/wallet/live/home".to_owned(), "12,500 KRW"),
        (format!("/wallet/live/accounts/{ID}"), "12,000 KRW"),
        (format!("/wallet/live/processes/{ID}"), "5,000 KRW"),
        (format!("/wallet/live/gift-cards/{ID}"), "5,000 KRW"),
    ] {
        let request = browser.request(Method::GET, &path).header("accept", "text/event-stream");
        let mut response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut text = String::new();
        let read = async {
            while let Some(chunk) = response.chunk().await.expect("a chunk") {
                text.push_str(&String::from_utf8_lossy(&chunk));
                if text.contains("\n\n") && text.contains("data:") {
                    break;
                }
            }
        };
        timeout(Duration::from_secs(10), read).await.expect("an event");
        assert!(text.contains("event: part") && text.contains(part), "{path}: {text}");
        assert!(!text.contains("secret") && !text.contains("<html"), "{path}");
    }
    let stream = app.stub.asked("GET /v1/events/stream");
    assert!(stream.iter().all(|asked| asked.header("authorization") == "Bearer secret-member-token"), "{stream:?}");
    assert_eq!(app.browser().get("/wallet/live/home").await.status, 303);
}

#[tokio::test]
async fn an_empty_wallet_has_pages_that_say_so() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let none = json!({"items": [], "next_cursor": null});
    for path in ["/v1/accounts", "/v1/items", "/v1/offers", "/v1/standing-orders"] {
        app.stub.answers(&format!("GET {path}"), 200, none.clone());
    }
    let home = json!({"member": {"member_id": ID, "real_name": null}, "accounts": [], "transactions": []});
    app.stub.answers("GET /v1/wallet/home", 200, home);
    for path in [
        "/wallet",
        "/wallet/pay",
        "/wallet/code",
        "/wallet/holds",
        "/wallet/orders",
        "/wallet/orders/new",
        "/wallet/items",
        "/wallet/offers",
        "/wallet/outside",
        "/wallet/exchange",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert!(reply.text.contains("class=\"empty\""), "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn language_and_theme_are_chosen_in_the_wallet() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let csrf = browser.get("/wallet").await.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("language", "ko"), ("theme", "dark"), ("back", "/wallet/pay")];
    let reply = browser.post("/wallet/preferences", &fields).await;
    assert_eq!(reply.header("location"), "/wallet/pay");
    assert!(browser.get("/wallet").await.text.contains("<html lang=\"ko\" data-theme=\"dark\">"));
}
