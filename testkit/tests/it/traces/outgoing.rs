//! Calls that the servers make to others: each says which trace it belongs to, and its span can be found under what it says.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
};
use kernel::{Ids, RandomIds};
use serde_json::json;
use testkit::chaos::Part;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{
    collector::{Collector, Seen},
    traceparent, transfer,
};
use crate::{
    outside::{payment_key, top_up},
    support::{
        ALL, TestApp, eventually,
        people::{By, Newcomer},
    },
    webhook_delivery::receiver::{Receiver, well},
};

/// Paths that were called, each with its `traceparent`.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<(String, String)>>>);

/// Providers of everything, none of which can be used now.
async fn providers() -> (String, Calls) {
    let calls = Calls::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(refuse).with_state(calls.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, calls)
}

async fn refuse(State(calls): State<Calls>, request: Request) -> StatusCode {
    let said = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
    calls.0.lock().unwrap().push((request.uri().path().to_owned(), said.unwrap_or_default()));
    StatusCode::SERVICE_UNAVAILABLE
}

impl Calls {
    /// What the first call of a path below this one said.
    async fn first(&self, path: &str) -> String {
        eventually(path, async || {
            let calls = self.0.lock().unwrap().clone();
            let call = calls.iter().find(|(called, _)| called.starts_with(path));
            call.map(|(_, said)| said.clone()).ok_or_else(|| format!("{calls:?}"))
        })
        .await
    }
}

/// The span that a call named as its parent, and the trace.
async fn named(collector: &Collector, said: &str) -> (Seen, Uuid) {
    let parts: Vec<&str> = said.split('-').collect();
    let [version, trace, span, flags] = parts[..] else { panic!("no traceparent: {said:?}") };
    assert_eq!((version, flags), ("00", "01"), "{said}");
    let trace: Uuid = trace.parse().unwrap();
    let found = eventually("the span of the call", async || {
        let spans = collector.trace(trace);
        spans.iter().find(|seen| seen.id == span).cloned().ok_or_else(|| format!("no {span}: {spans:#?}"))
    })
    .await;
    (found, trace)
}

/// The span that this one is a part of; it ends later.
async fn parent(collector: &Collector, of: &Seen) -> Seen {
    eventually("the span around the call", async || {
        let spans = collector.spans();
        let around = spans.iter().find(|seen| seen.trace == of.trace && seen.id == of.parent);
        around.cloned().ok_or_else(|| format!("none around {of:#?}"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_of_webhooks_is_told_the_trace_of_the_request_that_it_follows_from() {
    let collector = Collector::start().await;
    let settings = [
        ("JANGBU_OTLP_URL", collector.url.as_str()),
        ("JANGBU_TRACE_SAMPLE", "1"),
        ("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8"),
    ];
    let mut app = TestApp::start_with(&[&ALL[..], &[Part::Webhooks(0)]].concat(), &settings).await;
    let receiver = Receiver::start(well).await;
    let service = app.service();
    let webhook = json!({"url": receiver.url, "events": ["transfer.posted"]});
    receiver.knows(service.post("/v1/webhooks", webhook).await.expect(201).text("secret"));
    let (member, source) = app.funded_member(100).await;
    let destination = app.member().open("KRW").await;
    let trace = RandomIds.fresh();
    transfer(&member, (source, destination), &traceparent(trace, "00")).await;
    let said = eventually("the webhook", async || {
        let received = receiver.received();
        let ours = received.iter().find(|received| received.event["correlationid"] == trace.to_string());
        let ours = ours.ok_or_else(|| format!("{received:?}"))?;
        Ok(ours.headers["traceparent"].to_str().unwrap().to_owned())
    })
    .await;
    let (span, named) = named(&collector, &said).await;
    assert_eq!(named, trace);
    assert_eq!((span.service.as_str(), span.name.as_str()), ("webhook-sender", "send webhook"));
    assert_eq!(span.attribute("http.response.status_code"), Some("200"));
    assert!(!format!("{span:?}").contains(&receiver.url), "{span:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn providers_are_told_the_trace_of_the_process_of_the_push_and_of_the_message() {
    let collector = Collector::start().await;
    let (url, calls) = providers().await;
    let [toss, push, sms] = ["toss", "push", "sms"].map(|provider| format!("{url}/{provider}"));
    let settings = [
        ("JANGBU_OTLP_URL", collector.url.as_str()),
        ("JANGBU_TRACE_SAMPLE", "1"),
        ("JANGBU_PROVIDER_TOSS_URL", toss.as_str()),
        ("JANGBU_PUSH_URL", push.as_str()),
        ("JANGBU_SMS_URL", sms.as_str()),
    ];
    let mut app = TestApp::start_with(&ALL, &settings).await;

    let (owner, account) = app.funded_member(100).await;
    let process = owner.post("/v1/top-ups", top_up(account, 700, &payment_key("ok"))).await.expect(202);
    let (span, trace) = named(&collector, &calls.first("/toss/").await).await;
    assert_eq!((trace, span.name.as_str()), (process.id("process_id"), "call the provider"));
    let step = parent(&collector, &span).await;
    assert_eq!((step.name.as_str(), step.attribute("process.step")), ("process call", Some("confirm")));

    let stranger = app.stranger();
    let insider = Newcomer::new(By::Email).join(&stranger, &app.catcher).await;
    let token = format!("a-token-{}", RandomIds.fresh().simple());
    let device = json!({"platform": "android", "token": token, "locale": "en", "zone": "UTC"});
    insider.client.put(&format!("/v1/members/me/devices/{}", RandomIds.fresh()), device).await.expect(204);
    let theirs = insider.client.open("KRW").await;
    owner.transfer(account, theirs, 1).await.expect(201);
    let (span, _) = named(&collector, &calls.first("/push").await).await;
    assert_eq!(span.name, "call the push provider");
    assert_eq!(parent(&collector, &span).await.name, "deliver push");

    let person = Newcomer::new(By::Phone);
    person.sign_up(&stranger).await;
    let (span, _) = named(&collector, &calls.first("/sms").await).await;
    assert_eq!(span.name, "call the text message provider");
    assert_eq!(span.attribute("http.response.status_code"), Some("503"));

    app.close().await;
    let said = format!("{:?}", collector.spans());
    for personal in [person.contact, token, url, account.to_string()] {
        assert!(!said.contains(&personal), "{personal} is in a span");
    }
}
