//! The stream of public events, from the command to the client that listens.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use testkit::{
    chaos::{Part, TestServers},
    kit::connect_nats,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{
        EarlyTimers, Frame, Listener, LogClock, Page, TestApp, TestClient, eventually, fresh_key, money,
        people::{By, Newcomer},
        rounds, verify,
    },
};

/// Every process that an event passes on its way.
const PARTS: [Part; 5] = [Part::Command(0), Part::Relay, Part::Projector, Part::Query, Part::Publisher];

fn ids(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(Frame::id).collect()
}

/// The place that an id names.
fn place(id: &str) -> (i64, u16) {
    let (position, number) = id.split_once('.').unwrap();
    (position.parse().unwrap(), number.parse().unwrap())
}

/// Each event once, in the order of the log.
fn check_order(frames: &[Frame]) {
    let places: Vec<_> = frames.iter().map(|frame| place(frame.id())).collect();
    assert!(places.is_sorted_by(|one, other| one < other), "{places:?}");
    let ids: BTreeSet<_> = frames.iter().map(|frame| frame.data()["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), frames.len(), "an event has come twice");
}

/// Whether this account is opened: a mark that comes after everything that was told before.
fn opened(account: Uuid) -> impl Fn(&Frame) -> bool {
    move |frame| frame.tells("account.opened", account)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hears_of_what_is_theirs_and_in_the_order_of_the_log() {
    let mut app = TestApp::start(&PARTS).await;
    let (alice, from) = app.funded_member(1000).await;
    let (bob, to) = app.funded_member(0).await;
    let (operator, service) = (app.operator(), app.service());
    let mut all = Listener::open(&operator, "", None).await;
    let mut of_alice = Listener::open(&alice, "", None).await;
    let mut of_bob = Listener::open(&bob, "?types=transfer.posted,account.frozen", None).await;
    let sent = alice.transfer(from, to, 120).await.expect(201).id("transfer_id");
    operator.post(&format!("/v1/accounts/{to}/freeze"), json!({"reason": "a test"})).await.expect(200);
    // An account that is opened while its owner listens.
    let second = alice.open("KRW").await;
    let last = service.deposit(second, "KRW", 5).await.id("transfer_id");

    let heard = of_alice.until(|frame| frame.tells("transfer.posted", last)).await;
    check_order(&heard);
    let told: Vec<_> = heard.iter().map(|frame| frame.event.as_deref().unwrap()).collect();
    assert!(told.ends_with(&["transfer.posted", "account.opened", "transfer.posted"]), "{told:?}");
    for frame in &heard {
        let key = frame.data()["partitionkey"].as_str().unwrap();
        assert!([from, second].map(|account| account.to_string()).contains(&key.to_owned()), "{frame:?}");
    }
    let paid = heard.iter().find(|frame| frame.tells("transfer.posted", sent)).expect("the payment");
    assert_eq!(
        (&paid.data()["specversion"], &paid.data()["type"]),
        (&json!("1.0"), &json!("bank.jangbu.transfer.posted.v1"))
    );

    let heard = of_bob.until(|frame| frame.tells("account.frozen", to)).await;
    assert!(heard.iter().any(|frame| frame.tells("transfer.posted", sent)), "{heard:?}");
    assert!(heard.iter().all(|frame| frame.event.as_deref() != Some("account.opened")), "it was not asked for");
    let heard = all.until(|frame| frame.tells("transfer.posted", last)).await;
    check_order(&heard);
    assert!(heard.iter().filter(|frame| frame.tells("transfer.posted", sent)).count() >= 2, "both sides: {heard:?}");
    drop((all, of_alice, of_bob));
    app.close().await;
}

/// The commit in which an offer expires does not say whose it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_expires_is_told_to_its_seller_and_to_no_other_member() {
    let start: DateTime<Utc> = "2027-06-15T12:00:00Z".parse().unwrap();
    let mut app = TestApp::start(&[]).await;
    let mut clock = LogClock::take_over(&app, start).await;
    app.bank.start(&PARTS).await.unwrap();
    clock.set(start).await;
    let timers = EarlyTimers::start(&app).await;
    let (seller, to) = app.funded_member(0).await;
    let (other, operator, service) = (app.member(), app.operator(), app.service());
    let mut of_seller = Listener::open(&seller, "?types=offer.opened,offer.ended", None).await;
    let mut of_other = Listener::open(&other, "", None).await;
    let mut all = Listener::open(&operator, "?types=offer.ended", None).await;
    let number = seller.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number");
    let mint = json!({"collection": "Streams", "serial": "1", "owner": number});
    let item = service.post("/v1/items", mint).await.expect(201).id("item_id");
    let offer = json!({"item_id": item, "price": money("KRW", 5), "destination": to, "expires_in": 300});
    let offer = seller.post("/v1/offers", offer).await.expect(201).id("offer_id");

    clock.set(start + TimeDelta::minutes(10)).await;
    let heard = of_seller.until(|frame| frame.tells("offer.ended", offer)).await;
    let told: Vec<_> = heard.iter().map(|frame| frame.event.as_deref().unwrap()).collect();
    assert_eq!(told, ["offer.opened", "offer.ended"]);
    assert_eq!(heard[1].data()["data"], json!({"offer_id": offer, "item_id": item, "status": "expired"}));
    assert_eq!(all.until(|frame| frame.tells("offer.ended", offer)).await.len(), 1);
    let mark = other.open("KRW").await;
    assert_eq!(of_other.until(opened(mark)).await.len(), 1, "nobody else hears of it");
    drop((all, of_seller, of_other, timers));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused() {
    let mut app = TestApp::start_with(&PARTS, &[("JANGBU_LIVE_STREAMS_OF_ONE", "2")]).await;
    let (alice, account) = app.funded_member(10).await;
    let (_, of_bob) = app.funded_member(0).await;
    // Where nobody listens yet, the server may still be on its way to the end of the stream.
    drop(Listener::open(&alice, "", None).await);
    let url = |query: &str| format!("{}/v1/events/stream{query}", alice.query);
    let ask = async |query: &str, headers: &[(&str, &str)]| {
        eventually("an answer", async || {
            let answer =
                alice.send(reqwest::Method::GET, &url(query), headers, None).await.map_err(|e| e.to_string())?;
            if matches!(answer.status, 429 | 503) { Err(answer.body.to_string()) } else { Ok(answer) }
        })
        .await
    };
    for query in ["?types=transfer", "?types=transfer.posted;x", "?accounts=me", "?after=7", "?more=1"] {
        ask(query, &[]).await.expect_problem(400, "validation-failed");
    }
    for last in ["7", "7.0.0", "-1.0", "x"] {
        ask("", &[("last-event-id", last)]).await.expect_problem(400, "validation-failed");
    }
    let ahead = ask("", &[("last-event-id", "999999999.0")]).await.expect_problem(400, "validation-failed");
    assert_eq!(ahead.body["errors"][0]["field"], "Last-Event-ID");
    ask(&format!("?accounts={account},{of_bob}"), &[]).await.expect_problem(404, "account-unknown");
    let stranger = app.stranger();
    stranger.get("/v1/events/stream").await.expect_problem(401, "unauthorized");

    let open = [
        Listener::open(&alice, &format!("?accounts={account}"), None).await,
        Listener::open(&alice, "?types=&accounts=&after=0.0", None).await,
    ];
    let third = alice.send(reqwest::Method::GET, &url(""), &[], None).await.unwrap();
    let third = third.expect_problem(429, "too-many-requests");
    assert!(third.header("retry-after").is_some() && third.header("ratelimit-policy").is_some(), "{third:?}");
    drop(open);
    drop(Listener::open(&alice, "", None).await);
    app.close().await;
}

/// Pays to and fro until it is told to stop.
async fn pay(alice: TestClient, (from, to): (Uuid, Uuid), stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        alice.transfer(from, to, 1).await.expect(201);
    }
}

/// The ring is so small that most clients come back to events that only JetStream has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_at_any_moment_loses_nothing_and_gets_nothing_twice() {
    let seed: u64 = rand::random();
    let mut random = seed | 1;
    let rounds = rounds(200);
    // What is told in ten thousand rounds has to be kept for the comparison in the end.
    let kept = if rounds > 1000 { "4294967296" } else { "67108864" };
    let settings = [("JANGBU_LIVE_BYTES", "20000"), ("JANGBU_PUBLIC_MAX_BYTES", kept)];
    let mut app = TestApp::start_with(&PARTS, &settings).await;
    let (alice, from) = app.funded_member(100_000_000).await;
    let (bob, to) = app.funded_member(0).await;
    let stop = Arc::new(AtomicBool::new(false));
    let paying = tokio::spawn(pay(alice, (from, to), stop.clone()));
    let (mut heard, mut last) = (Vec::new(), Some("0.0".to_owned()));
    for _ in 0..rounds {
        let mut listener = Listener::open(&bob, "", last.as_deref()).await;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let ends = Instant::now() + Duration::from_millis(random % 60);
        // What a client has read and not looked at when it goes, it has not got.
        while let Ok(frame) = tokio::time::timeout_at(ends, listener.next()).await {
            let frame = frame.unwrap_or_else(|| panic!("the stream ended; seed {seed}"));
            last = frame.id.clone().or(last);
            heard.extend(frame.id.filter(|_| frame.data.is_some()));
        }
    }
    stop.store(true, Ordering::Relaxed);
    paying.await.unwrap();
    let is_last = opened(bob.open("KRW").await);
    let rest = Listener::open(&bob, "", last.as_deref()).await.until(&is_last).await;
    heard.extend(rest.into_iter().filter_map(|frame| frame.id));
    let all = Listener::open(&bob, "?after=0.0", None).await.until(&is_last).await;
    check_order(&all);
    assert!(ids(&all).into_iter().eq(&heard), "seed {seed}: {heard:?} instead of {:?}", ids(&all));
    let payments = all.iter().filter(|frame| frame.event.as_deref() == Some("transfer.posted")).count();
    assert!(payments > 20, "{payments} payments");
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&to].balance, i128::try_from(payments).unwrap(), "each payment was told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_session_does() {
    let mut app = TestApp::start(&PARTS).await;
    let anonymous = app.stranger();
    let newcomer = Newcomer::new(By::Email);
    let insider = newcomer.join(&anonymous, &app.catcher).await;
    let other = newcomer.enter(&anonymous, insider.client.id).await;
    let mut ends = Listener::open(&insider.client, "", None).await;
    let mut stays = Listener::open(&other.client, "", None).await;
    let account = other.client.open("KRW").await;
    ends.until(opened(account)).await;
    insider.log_out().await.expect(204);
    let comment = timeout(Duration::from_secs(2), last_comment(&mut ends)).await.expect("within a second or so");
    assert_eq!(comment.as_deref(), Some("the token holds no more"));
    let url = format!("{}/v1/events/stream", insider.client.query);
    insider.client.send(reqwest::Method::GET, &url, &[], None).await.unwrap().expect_problem(401, "unauthorized");

    // The other session hears on, until the member leaves.
    other.client.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    stays.until(|frame| frame.tells("account.closed", account)).await;
    other.leave(&newcomer.password, &fresh_key()).await.expect(202);
    let comment =
        timeout(Duration::from_secs(30), last_comment(&mut stays)).await.expect("a while after the erasure began");
    assert_eq!(comment.as_deref(), Some("the token holds no more"));
    app.close().await;
}

/// The last comment of a stream that ends.
async fn last_comment(listener: &mut Listener) -> Option<String> {
    let mut comment = None;
    while let Some(frame) = listener.next().await {
        comment = frame.comment.or(comment);
    }
    comment
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_does_not_wait_for_those_who_listen() {
    let mut app = TestApp::start(&PARTS).await;
    let (alice, account) = app.funded_member(0).await;
    let mut listener = Listener::open(&alice, "", None).await;
    let before = app.service().deposit(account, "KRW", 1).await.id("transfer_id");
    listener.until(|frame| frame.tells("transfer.posted", before)).await;
    let begun = Instant::now();
    assert!(app.bank.end(Part::Query, Duration::from_secs(60)).await.unwrap(), "it ended by itself");
    assert!(begun.elapsed() < Duration::from_secs(10), "it waited: {:?}", begun.elapsed());
    assert_eq!(last_comment(&mut listener).await.as_deref(), Some("the server is shutting down"));
    let meanwhile = app.service().deposit(account, "KRW", 2).await.id("transfer_id");
    app.bank.start(&[Part::Query]).await.unwrap();
    let mut again = Listener::open(&alice, "", listener.last.as_deref()).await;
    let heard = again.until(|frame| frame.tells("transfer.posted", meanwhile)).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    drop(again);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_is_wiped_under_a_stream_and_nobody_notices() {
    let mut servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &PARTS).await;
    let (alice, account) = app.funded_member(0).await;
    let service = app.service();
    let mut listener = Listener::open(&alice, "?after=0.0", None).await;
    let mut heard = Vec::new();
    for amount in 1..=3 {
        let before = service.deposit(account, "KRW", amount).await.id("transfer_id");
        heard.extend(listener.until(|frame| frame.tells("transfer.posted", before)).await);
        servers.wipe_nats().unwrap();
        service.deposit(account, "KRW", amount).await;
        servers.start_nats().await.unwrap();
        let after = service.deposit(account, "KRW", amount).await.id("transfer_id");
        heard.extend(listener.until(|frame| frame.tells("transfer.posted", after)).await);
    }
    drop(listener);
    check_order(&heard);
    let deposits = heard.iter().filter(|frame| frame.event.as_deref() == Some("transfer.posted")).count();
    assert_eq!(deposits, 9, "{heard:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_too_late_is_told_so() {
    let mut app = TestApp::start(&PARTS).await;
    let (alice, account) = app.funded_member(0).await;
    let service = app.service();
    let mut listener = Listener::open(&alice, "?after=0.0", None).await;
    let mut heard = Vec::new();
    for amount in 1..=5 {
        let transfer = service.deposit(account, "KRW", amount).await.id("transfer_id");
        heard.extend(listener.until(|frame| frame.tells("transfer.posted", transfer)).await);
    }
    drop(listener);
    // The oldest messages go, as they do by age and by size; and with the server goes what it had in memory.
    let context = async_nats::jetstream::new(connect_nats(&app.bank.plan().nats_url).await.unwrap());
    let stream = context.get_stream(app.bank.plan().public_stream()).await.unwrap();
    let kept_from = stream.cached_info().state.last_sequence - 1;
    stream.purge().sequence(kept_from).await.unwrap();
    app.bank.kill(Part::Query).unwrap();
    app.bank.start(&[Part::Query]).await.unwrap();
    drop(Listener::open(&alice, "", None).await);
    let url = format!("{}/v1/events/stream", alice.query);
    let first = [("last-event-id", heard[0].id())];
    let gone = alice.send(reqwest::Method::GET, &url, &first, None).await.unwrap().expect_problem(410, "events-gone");
    let kept = place(&gone.text("first_kept"));
    assert!(place(heard[0].id()) < kept, "{}", gone.body);
    // What is kept is there for whoever asks for it, and for whoever has all before it.
    let is_last = |frame: &Frame| frame.id() == heard.last().unwrap().id();
    let rest = Listener::open(&alice, "?after=0.0", None).await.until(is_last).await;
    assert!(!rest.is_empty() && rest.iter().all(|frame| place(frame.id()) >= kept), "{rest:?}");
    app.close().await;
}

/// Opens a stream on a socket that takes little, and reads nothing of it.
async fn deaf(client: &TestClient) -> TcpStream {
    let address = client.query.strip_prefix("http://").unwrap().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!(
        "GET /v1/events/stream HTTP/1.1\r\nhost: jangbu\r\nconnection: close\r\nauthorization: Bearer {}\r\n\r\n",
        client.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The frames in an answer in chunks.
fn frames(answer: &[u8]) -> Vec<Frame> {
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let (mut rest, mut text) = (&answer[body..], Vec::new());
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        text.extend_from_slice(&rest[end + 2..][..length]);
        rest = &rest[end + 2 + length + 2..];
    }
    let text = String::from_utf8(text).unwrap();
    text.split("\n\n").filter(|frame| !frame.is_empty()).map(Frame::parse).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_listen_is_dropped_and_goes_on_where_it_was() {
    let mut app = TestApp::start_with(&PARTS, &[("JANGBU_HTTP_WRITE_TIMEOUT", "300")]).await;
    let (_, from) = app.funded_member(1_000_000).await;
    let (_, to) = app.funded_member(0).await;
    let (operator, service) = (app.operator(), app.service());
    let marker = app.member();
    let is_last = {
        let owner = marker.id.to_string();
        move |frame: &Frame| frame.event.as_deref() == Some("account.opened") && frame.data()["data"]["owner"] == *owner
    };
    let mut all = Listener::open(&operator, "", None).await;
    let reading = tokio::spawn({
        let is_last = is_last.clone();
        async move { all.until(is_last).await }
    });
    let mut deaf = deaf(&operator).await;
    let metrics = format!("{}/metrics", operator.query);
    eventually("the client is dropped", async || {
        let batch = vec![TestClient::transfer_body(from, to, 1); 100];
        service.post("/v1/transfers/batch", json!({"atomic": false, "transfers": batch})).await.expect(200);
        let page = operator.send(reqwest::Method::GET, &metrics, &[], None).await.map_err(|error| error.to_string())?;
        let page = page.body.as_str().unwrap_or_default();
        let is_dropped = page.contains(r#"live_streams_ended_total{reason="too-slow"}"#);
        if is_dropped { Ok(()) } else { Err("it is not slow enough yet".to_owned()) }
    })
    .await;
    let mut answer = Vec::new();
    deaf.read_to_end(&mut answer).await.unwrap();
    let frames = frames(&answer);
    let [heard @ .., end] = &frames[..] else { panic!("nothing was sent") };
    assert_eq!((end.event.as_deref(), &end.data()["reason"]), (Some("dropped"), &json!("too-slow")));
    let last = heard.iter().rev().find_map(|frame| frame.id.clone()).expect("a place");
    let mut heard: Vec<_> = heard.iter().filter(|frame| frame.event.is_some()).cloned().collect();

    marker.open("KRW").await;
    heard.extend(Listener::open(&operator, "", Some(&last)).await.until(is_last).await);
    check_order(&heard);
    let expected = reading.await.unwrap();
    let begins = expected.iter().position(|frame| frame.id() == heard[0].id()).expect("both heard it");
    assert_eq!(ids(&heard), ids(&expected[begins..]));
    app.close().await;
}

/// The page for whoever writes a client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&PARTS).await;
    let mut page = Page::open_in(".", "live-stream", variables(&mut app.bank));
    let out = page.next().await;
    let told: Vec<&str> = out.stdout.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(told, ["transfer.posted", "transfer.posted", "account.frozen"], "{}\n{}", out.stdout, out.stderr);
    page.end();
    verify(app).await;
}
