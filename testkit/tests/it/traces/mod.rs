//! What happens to a request as spans of one trace, from the client to the read that waits for it, in every process.

mod collector;
mod outgoing;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use kernel::{Ids, RandomIds, Role};
use reqwest::Method;
use serde_json::json;
use testkit::{chaos::Part, kit::free_port};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    one_leader,
    support::{ALL, Answer, TestApp, TestClient, eventually, fresh_key},
};

use self::collector::{Collector, Seen};

const TWO: [Part; 5] = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query];
/// The span of the client.
const CLIENT: &str = "00f067aa0ba902b7";
/// What nobody may find in a span.
const MEMO: &str = "between the two of us";

fn traceparent(trace: Uuid, flags: &str) -> String {
    format!("00-{}-{CLIENT}-{flags}", trace.simple())
}

async fn transfer(client: &TestClient, (source, destination): (Uuid, Uuid), traceparent: &str) -> Answer {
    let (key, url) = (fresh_key(), format!("{}/v1/transfers", client.command));
    let mut body = TestClient::transfer_body(source, destination, 1);
    body["memo"] = json!(MEMO);
    let headers =
        [("content-type", "application/json"), ("idempotency-key", key.as_str()), ("traceparent", traceparent)];
    client.send(Method::POST, &url, &headers, Some(body.to_string().into_bytes())).await.unwrap().expect(201)
}

/// The only span of this name under this parent.
fn one<'s>(spans: &'s [Seen], name: &str, parent: &str) -> Result<&'s Seen, String> {
    let mut found = spans.iter().filter(|span| span.name == name && span.parent == parent);
    match (found.next(), found.next()) {
        (Some(span), None) => Ok(span),
        (None, _) => Err(format!("no {name} under {parent}: {spans:#?}")),
        (Some(_), Some(_)) => Err(format!("{name} twice under {parent}: {spans:#?}")),
    }
}

/// Follows a transfer from the request through whatever brought it to the view `accounts`; answers with the request, the way to
/// the leader if there was one, and the commit.
fn way(spans: &[Seen]) -> Result<[Option<&Seen>; 3], String> {
    let request = one(spans, "POST /v1/transfers", CLIENT)?;
    let forward = one(spans, "forward to the leader", &request.id).ok();
    let command = one(spans, "command", &forward.unwrap_or(request).id)?;
    one(spans, "command queued", &command.id)?;
    let commit = one(spans, "append commit", &command.id)?;
    if !spans.iter().any(|span| span.name == "publish commit" && span.parent == commit.id) {
        return Err(format!("no publish commit: {spans:#?}"));
    }
    let applied = spans.iter().filter(|span| span.name == "apply commit" && span.parent == commit.id);
    let views: BTreeSet<_> = applied.filter_map(|span| span.attribute("view.name")).collect();
    if !views.contains("accounts") || !views.contains("transactions") {
        return Err(format!("applied to {views:?}"));
    }
    Ok([Some(request), forward, Some(commit)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_one_trace_from_the_client_through_every_process_to_the_read() {
    let collector = Collector::start().await;
    let settings = [("JANGBU_OTLP_URL", collector.url.as_str()), ("JANGBU_TRACE_SAMPLE", "1")];
    let mut app = TestApp::start_with(&TWO, &settings).await;
    one_leader::leader(&mut app).await;
    let (member, source) = app.funded_member(100).await;
    let destination = app.member().open("KRW").await;
    let mut forwards = 0;
    for server in 0..2 {
        let trace = RandomIds.fresh();
        let client = app.client_at(server, Role::Member, member.id);
        let header = traceparent(trace, "00");
        let answer = transfer(&client, (source, destination), &header).await;
        assert_eq!(answer.header("x-correlation-id"), Some(trace.to_string().as_str()), "the trace is the correlation");
        let url = format!("{}/v1/accounts/{source}", client.query);
        let headers = [("consistency-token", answer.token()), ("prefer", "wait=5"), ("traceparent", header.as_str())];
        client.send(Method::GET, &url, &headers, None).await.unwrap().expect(200);
        let spans = eventually("the trace is whole", async || {
            let spans = collector.trace(trace);
            way(&spans)?;
            let read = one(&spans, "GET /v1/accounts/{id}", CLIENT)?;
            one(&spans, "wait for views", &read.id)?;
            Ok(spans)
        })
        .await;
        let [request, forward, commit] = way(&spans).unwrap();
        let (request, commit) = (request.unwrap(), commit.unwrap());
        forwards += usize::from(forward.is_some());
        let services: BTreeSet<_> = spans.iter().map(|span| span.service.as_str()).collect();
        assert_eq!(services, ["command-server", "outbox-relay", "projector", "query-server"].into());
        assert!(spans.iter().all(|span| span.is_in_order), "{spans:#?}");
        assert_eq!(request.attribute("http.response.status_code"), Some("201"));
        assert!(commit.attribute("log.position").is_some_and(|position| position.parse::<i64>().is_ok()));
        // The batch stands in a trace of its own; each leads to the other.
        let (batch_trace, batch_id) = &commit.links[0];
        assert_ne!(*batch_trace, commit.trace);
        eventually("the batch arrived", async || {
            let all = collector.spans();
            let batch = all.iter().find(|span| span.id == *batch_id).ok_or_else(|| format!("{all:#?}"))?;
            let back = (commit.trace.clone(), commit.parent.clone());
            let is_linked = batch.name == "batch" && batch.trace == *batch_trace && batch.links.contains(&back);
            is_linked.then_some(()).ok_or_else(|| format!("{batch:#?}"))
        })
        .await;
    }
    assert_eq!(forwards, 1, "one of the two servers leads");
    app.close().await;
    // At their end the processes have sent everything.
    let spans = collector.spans();
    for name in ["publish page", "publish slice", "apply batch", "append"] {
        assert!(spans.iter().any(|span| span.name == name), "{name}");
    }
    let personal = [MEMO, &source.to_string(), &member.id.to_string(), &member.token];
    for span in &spans {
        let text = format!("{span:?}");
        assert!(!personal.iter().any(|word| text.contains(word)), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sampled_is_not_sent_unless_a_trusted_client_asks_for_it() {
    let collector = Collector::start().await;
    let settings =
        [("JANGBU_OTLP_URL", collector.url.as_str()), ("JANGBU_TRACE_SAMPLE", "0"), ("JANGBU_TRACE_CLIENTS", "true")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let (member, source) = app.funded_member(100).await;
    let destination = app.member().open("KRW").await;
    let (quiet, asked) = (RandomIds.fresh(), RandomIds.fresh());
    transfer(&member, (source, destination), &traceparent(quiet, "00")).await;
    app.wait_until_level().await;
    transfer(&member, (source, destination), &traceparent(asked, "01")).await;
    app.close().await;
    let spans = collector.spans();
    let own: Vec<_> = spans.iter().filter(|span| span.trace == asked.simple().to_string()).collect();
    let names: BTreeSet<_> = own.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["POST /v1/transfers", "append commit", "command", "command queued"].into());
    let others = spans.iter().filter(|span| span.trace != asked.simple().to_string());
    let others: BTreeSet<_> = others.map(|span| (span.service.as_str(), span.name.as_str())).collect();
    assert_eq!(others, [("command-server", "append"), ("command-server", "batch")].into(), "its batch, and no more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_client_that_asks_or_a_share_nothing_is_ever_sent() {
    let collector = Collector::start().await;
    let settings = [("JANGBU_OTLP_URL", collector.url.as_str()), ("JANGBU_TRACE_SAMPLE", "0")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    // One process has no collector at all.
    app.bank.end(Part::Query, std::time::Duration::from_secs(30)).await.unwrap();
    app.bank.set(Part::Query, "JANGBU_OTLP_URL", "");
    app.bank.set(Part::Query, "JANGBU_TRACE_SAMPLE", "1");
    app.bank.start(&[Part::Query]).await.unwrap();
    let (member, source) = app.funded_member(100).await;
    let destination = app.member().open("KRW").await;
    let header = traceparent(RandomIds.fresh(), "01");
    let answer = transfer(&member, (source, destination), &header).await;
    assert_eq!(member.balance_at(source, answer.token()).await, "99");
    app.close().await;
    assert_eq!(collector.requests(), 0);
}

/// A counter on the page of metrics, over all its labels.
async fn counter(app: &mut TestApp, part: Part, name: &str) -> Result<f64, String> {
    let url = format!("http://{}/metrics", app.bank.address(part).unwrap());
    let page = reqwest::get(&url).await.map_err(|error| error.to_string())?;
    let page = page.text().await.map_err(|error| error.to_string())?;
    let lines = page.lines().filter(|line| line.starts_with(name));
    Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_down_slow_or_refuses_costs_nothing_but_spans() {
    let refusing = Collector::answering(StatusCode::SERVICE_UNAVAILABLE).await;
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let mut app = TestApp::start_with(&[], &[("JANGBU_TRACE_SAMPLE", "1")]).await;
    let down = format!("http://127.0.0.1:{}", free_port().unwrap());
    for (part, url) in [
        (Part::Command(0), &silent_url),
        (Part::Relay, &silent_url),
        (Part::Projector, &refusing.url),
        (Part::Query, &down),
    ] {
        app.bank.set(part, "JANGBU_OTLP_URL", url.as_str());
    }
    app.bank.start(&ALL).await.unwrap();
    let (member, source) = app.funded_member(1000).await;
    let destination = app.member().open("KRW").await;
    let mut token = String::new();
    for _ in 0..200 {
        let answer = transfer(&member, (source, destination), &traceparent(RandomIds.fresh(), "00")).await;
        token = answer.token().to_owned();
    }
    assert_eq!(member.balance_at(source, &token).await, "800");
    for part in [Part::Command(0), Part::Projector, Part::Query] {
        eventually("spans were dropped", async || {
            let dropped = counter(&mut app, part, "trace_spans_dropped_total").await?;
            if dropped > 0.0 { Ok(()) } else { Err(format!("{part:?}: {dropped}")) }
        })
        .await;
    }
    assert!(refusing.requests() > 0);
    app.close().await;
    drop(silent);
}
