//! Webhooks, as whoever owns them sees them. What is sent stands in another test.

use kernel::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    runbooks::{page, variables},
    support::{ALL, Answer, Page, TestApp, TestClient, eventually, fresh_key, verify},
};

const URL: &str = "https://shop.example/jangbu";

fn asked() -> Value {
    json!({"url": URL, "events": ["transfer.posted", "account.opened"], "description": "the shop"})
}

fn path(webhook: &Answer, verb: &str) -> String {
    format!("/v1/webhooks/{}{verb}", webhook.id("webhook_id"))
}

fn is_secret(text: &str, prefix: &str) -> bool {
    // 32 bytes in Base64.
    text.strip_prefix(prefix).is_some_and(|rest| rest.len() == 44 && rest.ends_with('='))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_created_changed_rotated_and_deleted() {
    let mut app = TestApp::start(&ALL).await;
    let service = app.service();
    let key = fresh_key();
    let created = service.post_keyed("/v1/webhooks", &key, asked()).await.expect(201);
    assert!(is_secret(&created.text("secret"), "whsec_") && is_secret(&created.text("public_key"), "whpk_"));
    assert_eq!(created.body["owner"], json!({"role": "service", "id": service.id}));
    assert_eq!(created.body["events"], json!(["account.opened", "transfer.posted"]), "sorted");
    // The answer was lost: the same request shows the same secret. No other one does.
    let again = service.post_keyed("/v1/webhooks", &key, asked()).await.expect(201);
    assert!(again.replayed() && again.body == created.body);
    let another = service.post("/v1/webhooks", asked()).await.expect(201);
    assert_ne!(another.text("secret"), created.text("secret"));

    let seen = service.get_at(&path(&created, ""), another.token()).await.expect(200);
    for field in ["webhook_id", "owner", "url", "events", "description", "status", "position", "recorded_at"] {
        assert_eq!(seen.body[field], created.body[field], "{field}");
    }
    assert!(seen.body.get("secret").is_none() && seen.body["disabled_because"].is_null());
    let listed = service.get_at("/v1/webhooks", another.token()).await.expect(200);
    assert_eq!(listed.items().len(), 2);
    assert_eq!(listed.items()[0]["webhook_id"], another.body["webhook_id"], "newest first");
    let none = service.get_at(&path(&created, "/deliveries"), another.token()).await.expect(200);
    assert!(none.items().is_empty());

    let changed = service.patch(&path(&created, ""), json!({"events": ["*"], "status": "disabled"})).await.expect(200);
    assert_eq!((changed.text("status"), &changed.body["events"]), ("disabled".into(), &json!(["*"])));
    let seen = service.get_at(&path(&created, ""), changed.token()).await.expect(200);
    assert_eq!((seen.text("status"), seen.text("disabled_because")), ("disabled".into(), "asked".into()));
    let enabled = service.patch(&path(&created, ""), json!({"status": "enabled"})).await.expect(200);
    assert_eq!((enabled.text("status"), &enabled.body["events"]), ("enabled".into(), &json!(["*"])));

    let key = fresh_key();
    let rotated = service.post_keyed(&path(&created, "/rotate"), &key, json!({"overlap": 60})).await.expect(200);
    assert!(is_secret(&rotated.text("secret"), "whsec_") && rotated.text("secret") != created.text("secret"));
    assert_ne!(rotated.text("public_key"), created.text("public_key"));
    let again = service.post_keyed(&path(&created, "/rotate"), &key, json!({"overlap": 60})).await.expect(200);
    assert!(again.replayed() && again.body == rotated.body);
    service.post(&path(&created, "/example"), json!({"event": "hold.placed"})).await.expect(202);
    service.post(&path(&created, "/recover"), json!({"since": "2026-11-01T00:00:00Z"})).await.expect(202);
    let resend = path(&created, &format!("/deliveries/{}/resend", Uuid::from_u128(7)));
    service.post(&resend, json!({})).await.expect(202);

    let key = fresh_key();
    let deleted = service.delete_keyed(&path(&created, ""), &key).await.expect(204);
    service.get_at(&path(&created, ""), deleted.token()).await.expect_problem(404, "webhook-unknown");
    service.get_at(&path(&created, "/deliveries"), deleted.token()).await.expect_problem(404, "webhook-unknown");
    service.patch(&path(&created, ""), json!({"status": "enabled"})).await.expect_problem(404, "webhook-unknown");
    let again = service.delete_keyed(&path(&created, ""), &key).await.expect(204);
    assert!(again.replayed() && again.token() == deleted.token());
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_nobody_elses_and_no_secret_is_anywhere() {
    let mut app = TestApp::start(&ALL).await;
    let (service, operator, member) = (app.service(), app.operator(), app.member());
    let other = app.client(Role::Service, Uuid::from_u128(0x5f));
    let created = service.post("/v1/webhooks", asked()).await.expect(201);
    let rotated = service.post(&path(&created, "/rotate"), json!({})).await.expect(200);
    member.post("/v1/webhooks", asked()).await.expect_problem(403, "forbidden");
    for (verb, body) in [
        ("/rotate", json!({"overlap": 0})),
        ("/example", json!({"event": "hold.placed"})),
        ("/recover", json!({"since": "2026-11-01T00:00:00Z"})),
    ] {
        other.post(&path(&created, verb), body.clone()).await.expect_problem(404, "webhook-unknown");
        member.post(&path(&created, verb), body).await.expect_problem(403, "forbidden");
    }
    other.patch(&path(&created, ""), json!({"status": "disabled"})).await.expect_problem(404, "webhook-unknown");
    other.delete(&path(&created, "")).await.expect_problem(404, "webhook-unknown");
    for read in ["", "/deliveries"] {
        other.get_at(&path(&created, read), rotated.token()).await.expect_problem(404, "webhook-unknown");
        operator.get_at(&path(&created, read), rotated.token()).await.expect(200);
    }
    assert!(other.get_at("/v1/webhooks", rotated.token()).await.expect(200).items().is_empty());
    assert_eq!(operator.get_at("/v1/webhooks", rotated.token()).await.expect(200).items().len(), 1);
    operator.patch(&path(&created, ""), json!({"status": "disabled"})).await.expect(200);
    // What was shown to the owner stands in no log, no view, and no file.
    app.wait_until_level().await;
    for secret in [created.text("secret"), rotated.text("secret")] {
        let encoded = secret.trim_start_matches("whsec_").to_owned();
        let words = testkit::search::Words::new([&encoded]).unwrap();
        let found = words.in_folder(&app.logs()).unwrap();
        assert_eq!(found.found, Vec::<String>::new());
        for database in [&app.pair.log, &app.pair.views, &app.pair.vault] {
            let dumped = words.in_database(&database.superuser_url()).unwrap();
            assert_eq!(dumped.found, Vec::<String>::new(), "{}", database.name);
        }
    }
    // The same search finds what is there to be found.
    let control = testkit::search::Words::new([URL]).unwrap();
    assert_eq!(control.in_database(&app.pair.log.superuser_url()).unwrap().found, [URL]);
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_rules_refuse_is_recorded() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8")]).await;
    let service = app.service();
    let at = |url: &str| json!({"url": url, "events": ["*"]});
    for url in [
        "http://shop.example/",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://0x0a.0.0.1/",
    ] {
        service.post("/v1/webhooks", at(url)).await.expect_problem(422, "url-not-allowed");
    }
    let local = service.post("/v1/webhooks", at("http://127.0.0.1:9000/hook")).await.expect(201);
    service.patch(&path(&local, ""), json!({"url": "http://10.0.0.1/"})).await.expect_problem(422, "url-not-allowed");
    let key = fresh_key();
    let refused = service.post_keyed("/v1/webhooks", &key, at("https://10.0.0.9/")).await.expect(422);
    let again = service.post_keyed("/v1/webhooks", &key, at("https://10.0.0.9/")).await;
    assert!(again.replayed() && again.body == refused.body, "{}", again.body);
    fill(&service, 19).await;
    service.post("/v1/webhooks", at(URL)).await.expect_problem(422, "too-many-webhooks");
    service.delete(&path(&local, "")).await.expect(204);
    service.post("/v1/webhooks", at(URL)).await.expect(201);
    verify(app).await;
}

async fn fill(client: &TestClient, count: usize) {
    for _ in 0..count {
        client.post("/v1/webhooks", asked()).await.expect(201);
    }
}

/// The page for whoever receives webhooks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "webhooks", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [created, seen, rotated, gone] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!(created["status"], "enabled");
    assert_eq!((&seen["webhook_id"], &seen["events"]), (&created["webhook_id"], &json!(["*"])));
    assert!(rotated["secret"].is_string() && rotated["secret"] != created["secret"]);
    assert_eq!(gone["code"], "webhook-unknown");
    page.end();
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runbook_for_a_webhook_that_fails() {
    let mut app = TestApp::start(&ALL).await;
    let service = app.service();
    let created = service.post("/v1/webhooks", asked()).await.expect(201);
    eventually("the view has it", async || {
        let seen = service.get(&path(&created, "")).await;
        if seen.status == 200 { Ok(()) } else { Err(seen.body.to_string()) }
    })
    .await;
    let mut page = page(&mut app, "webhooks-failing").await;
    page.set("WEBHOOK", created.text("webhook_id"));
    page.set("SINCE", "2026-11-01T00:00:00Z");
    let out = page.next().await;
    assert!(out.stdout.contains(r#""status":"enabled""#), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains(r#""status":"enabled""#), "{}", out.stdout);
    page.next().await;
    page.end();
    assert_eq!(app.count_events("WebhookRecoverAsked").await, 1);
    assert_eq!(app.count_events("WebhookEnabled").await, 1);
    verify(app).await;
}
