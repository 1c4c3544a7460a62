//! Lists: filters, places that lead on, and what is not there.

use serde_json::json;

use crate::{
    app::App,
    bank::{self, ID},
    operations::rate_stream,
};

const LISTS: [(&str, &str); 12] = [
    ("/accounts", "GET /v1/accounts"),
    (
        "/accounts/01900000-0000-7000-8000-000000000001/holds",
        "GET /v1/accounts/01900000-0000-7000-8000-000000000001/holds",
    ),
    ("/members", "GET /v1/members"),
    ("/processes", "GET /v1/processes"),
    ("/payout-runs", "GET /v1/payout-runs"),
    ("/approvals", "GET /v1/approvals"),
    ("/webhooks", "GET /v1/webhooks"),
    ("/partners", "GET /v1/partners"),
    ("/limits", "GET /v1/limits"),
    ("/operators", "GET /v1/operators"),
    ("/audit", "GET /v1/audit/actions"),
    ("/audit", "GET /v1/views/actions"),
];

#[tokio::test]
async fn a_list_says_when_it_is_empty_and_when_nobody_can_say() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for (path, what) in LISTS {
        app.stub.answers(what, 200, json!({"items": [], "next_cursor": null}));
        let reply = browser.get(path).await;
        assert!(reply.status == 200 && reply.text.contains("class=\"empty\""), "{path}: {}", reply.text);
        app.stub.forgets(what);
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.text.contains("The server does not offer this yet."), "{path}: {}", reply.text);
    }
}

fn page_of_nothing() -> serde_json::Value {
    json!({"items": [], "next_cursor": "cursor-of-the-next-page"})
}

/// However many there are, a page has as many as the servers send at once, and leads to the next ones.
#[tokio::test]
async fn every_list_goes_on() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    for (path, what) in LISTS {
        if matches!(path, "/members" | "/operators") {
            app.stub.answers(what, 200, page_of_nothing());
        }
        let page = browser.get(path).await.text;
        assert!(page.contains("cursor=cursor-of-the-next-page") && page.contains("rel=\"next\""), "{path}: {page}");
    }
}

#[tokio::test]
async fn what_nobody_can_say_is_not_said_to_be_empty() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    app.stub.forgets("GET /v1/audit");
    let page = browser.get("/audit").await.text;
    assert!(!page.contains("There are no alarms.") && page.contains("class=\"trouble\""), "{page}");
    for (from, to) in [("EUR", "KRW"), ("KRW", "EUR")] {
        app.stub.forgets(&format!("GET /v1/log/streams/{}", rate_stream(from, to)));
    }
    let page = browser.get("/rates").await.text;
    assert!(!page.contains("No rate has been set.") && page.contains("class=\"trouble\""), "{page}");
}

#[tokio::test]
async fn a_list_leads_on_and_is_asked_for_what_was_chosen() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let page = browser.get("/processes?kind=top-up&state=stuck").await.text;
    let more = "href=\"/processes?kind=top-up&#38;state=stuck&#38;cursor=cursor-of-the-next-page\"";
    assert!(page.contains(more), "{page}");
    browser.get("/processes?kind=top-up&state=stuck&cursor=c").await;
    let asked = app.stub.asked("GET /v1/processes");
    assert_eq!(asked.last().expect("asked").query, "kind=top-up&state=stuck&cursor=c");
    // What is no state is not sent on.
    browser.get("/processes?state=nowhere").await;
    assert_eq!(app.stub.asked("GET /v1/processes").last().expect("asked").query, "");

    browser.get("/approvals").await;
    assert_eq!(app.stub.asked("GET /v1/approvals").last().expect("asked").query, "status=pending");
    browser.get("/approvals?status=all").await;
    assert_eq!(app.stub.asked("GET /v1/approvals").last().expect("asked").query, "");

    let page = browser.get(&format!("/audit?operator={ID}&from=2026-12-01T12:00")).await.text;
    let asked = app.stub.asked("GET /v1/audit/actions");
    assert_eq!(asked.last().expect("asked").query, format!("operator={ID}&from=2026-12-01T03%3A00%3A00Z"));
    assert!(page.contains("value=\"2026-12-01T12:00\""), "what was typed stays: {page}");

    browser.get(&format!("/webhooks/{ID}?status=failed")).await;
    let asked = app.stub.asked(&format!("GET /v1/webhooks/{ID}/deliveries"));
    assert_eq!(asked.last().expect("asked").query, "status=failed&limit=20");
}

#[tokio::test]
async fn the_limits_of_an_account_are_on_its_page() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let reply = browser.get(&format!("/limits?account={ID}")).await;
    assert_eq!(reply.header("location"), format!("/accounts/{ID}#limits"));
    let reply = browser.get("/limits?account=123456789012").await;
    assert_eq!(reply.header("location"), "/find?q=123456789012");
}

#[tokio::test]
async fn a_login_id_is_looked_for_where_it_is_known() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    app.stub.answers("GET /v1/find", 200, json!({"items": [], "not_searched": ["login_id", "log"]}));
    app.stub.answers("POST /v1/members/find", 200, json!({"member_id": ID}));
    let reply = browser.get("/find?q=minji_kim").await;
    assert_eq!((reply.status, reply.header("location")), (303, &*format!("/members/{ID}")));
    assert_eq!(app.stub.asked("POST /v1/members/find")[0].json(), json!({"login_id": "minji_kim"}));

    let missing =
        json!({"status": 404, "code": "member-unknown", "title": "none", "detail": "nobody logs in with this"});
    app.stub.answers("POST /v1/members/find", 404, missing);
    let page = browser.get("/find?q=minji_kim").await.text;
    assert!(page.contains("class=\"empty\"") && !page.contains("Login ids were not searched"), "{page}");
    let away = json!({"status": 503, "code": "vault-unavailable", "title": "away", "detail": "away"});
    app.stub.answers("POST /v1/members/find", 503, away);
    let page = browser.get("/find?q=minji_kim").await.text;
    assert!(page.contains("Login ids were not searched"), "{page}");

    let before = app.stub.commands();
    let mut viewer = app.signed_in("viewer").await;
    let page = viewer.get("/find?q=minji_kim").await.text;
    assert!(page.contains("Login ids were not searched"), "{page}");
    let asked = app.stub.commands().into_iter().filter(|what| what.ends_with("/find")).count();
    assert_eq!(asked, before.iter().filter(|what| what.ends_with("/find")).count(), "a viewer's page asks for none");
}

#[tokio::test]
async fn a_rate_is_what_the_log_says_last_of_a_pair() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    bank::fill(&app.stub, "1500.25");
    let page = browser.get("/rates").await.text;
    assert!(page.contains("1500.25") && page.contains(&rate_stream("EUR", "KRW")), "{page}");
    assert!(!page.contains(&rate_stream("KRW", "EUR")) && !page.contains("class=\"trouble\""), "none was set: {page}");
}

#[tokio::test]
async fn no_rebuild_is_no_trouble() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let none = json!({"status": 404, "code": "not-found", "title": "none", "detail": "nobody has asked for a rebuild of the view here"});
    app.stub.answers("GET /v1/views/balances/rebuild", 404, none);
    let page = browser.get("/views/balances").await.text;
    assert!(page.contains("No rebuild is under way.") && !page.contains("does not offer"), "{page}");
}

#[tokio::test]
async fn an_operator_is_looked_for_on_every_page_of_the_list() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    app.stub.answers("GET /v1/operators", 200, json!({"items": [], "next_cursor": null}));
    let reply = browser.get(&format!("/operators/{ID}")).await;
    assert!(reply.status == 404 && reply.text.contains("There is no such operator."), "{}", reply.text);
}

#[tokio::test]
async fn every_metric_of_a_process_is_shown_and_none_of_another() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let health = browser.get("/health").await.text;
    assert!(health.contains("href=\"/health/projector\""), "{health}");
    let page = browser.get("/health/projector").await.text;
    for part in ["<code>told</code>", "route=&#34;/x&#34;", "What is told", "task_restarts_total"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(browser.get("/health/anything").await.status, 404);
}

#[tokio::test]
async fn what_waits_for_somebody_is_on_the_first_screen() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    let page = browser.get("/").await.text;
    for part in ["href=\"/processes?state=stuck\"", "Processes that are stuck: 2+", "wait for a second operator: 1+"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn roles_are_offered_what_they_may() {
    let app = App::start().await;
    let (process, webhook, partner) =
        (format!("/processes/{ID}"), format!("/webhooks/{ID}"), format!("/partners/{ID}"));
    for (role, retries, skips, keys) in [
        ("viewer", false, false, false),
        ("support", true, false, false),
        ("operator", true, true, false),
        ("admin", true, true, true),
    ] {
        let mut browser = app.signed_in(role).await;
        let text = browser.get(&process).await.text;
        assert_eq!((text.contains("/retry\""), text.contains("/skip\"")), (retries, skips), "{role}");
        assert_eq!(browser.get(&webhook).await.text.contains("/resend\""), retries, "{role}");
        for act in ["change", "rotate", "delete"] {
            let action = format!("action=\"{webhook}/{act}\"");
            assert_eq!(browser.get(&webhook).await.text.contains(&action), keys, "{role}: {act}");
        }
        assert_eq!(browser.get("/payout-runs").await.text.contains("action=\"/payout-runs\""), skips, "{role}");
        assert_eq!(browser.get("/accounts").await.text.contains("action=\"/accounts/freeze\""), retries, "{role}");
        assert_eq!(browser.get(&partner).await.text.contains("/keys\""), keys, "{role}");
        for list in ["/partners", "/limits", "/rates", "/operators", "/webhooks"] {
            let own = format!("action=\"{list}\" method=\"post\"");
            assert_eq!(browser.get(list).await.text.contains(&own), keys, "{role}: {list}");
        }
    }
}
