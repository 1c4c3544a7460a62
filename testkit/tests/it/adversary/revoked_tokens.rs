//! A token is checked when a request begins, and again when the request is complete: what was revoked in between counts.

use std::net::SocketAddr;

use kernel::{Actor, Clock, MemberId, Role, SystemClock};
use serde_json::{Value, json};
use testkit::{chaos::Part, kit::Signal};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use crate::support::{
    ALL, TestApp, TestClient, eventually, fresh_key, money,
    people::{By, Insider, Newcomer},
};

/// A request whose last byte is held back.
struct Held {
    stream: TcpStream,
    last: Vec<u8>,
    of: String,
}

impl Held {
    /// Sends everything but the last byte of the body.
    async fn begin(client: &TestClient, method: &str, path: &str, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        let length = format!("content-length: {}", body.len());
        Self::send(client, method, path, &length, &body[..body.len() - 1], &body[body.len() - 1..]).await
    }

    /// The same with a chunked body: the chunks are complete, the end of the body is not sent.
    async fn begin_chunked(client: &TestClient, method: &str, path: &str, body: &Value) -> Self {
        let body = body.to_string();
        let chunk = format!("{:x}\r\n{body}\r\n", body.len());
        Self::send(client, method, path, "transfer-encoding: chunked", chunk.as_bytes(), b"0\r\n\r\n").await
    }

    async fn send(client: &TestClient, method: &str, path: &str, length: &str, first: &[u8], last: &[u8]) -> Self {
        let address: SocketAddr = client.command.strip_prefix("http://").unwrap().parse().unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: bank\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
             content-type: application/json\r\nidempotency-key: {}\r\n{length}\r\n\r\n",
            client.token,
            fresh_key()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(first).await.unwrap();
        Self { stream, last: last.to_vec(), of: format!("{method} {path}") }
    }

    /// Sends what is missing; the status and the body of the answer.
    async fn end(mut self) -> (String, u16, Value) {
        self.stream.write_all(&self.last).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (self.of, status, serde_json::from_str(body).unwrap_or_default())
    }
}

/// Waits until a command server refuses a token.
async fn until_refused_by(client: &TestClient) {
    eventually("the token is refused", async || {
        let answer = client.try_post("/v1/accounts", "probe", &json!({})).await.map_err(|e| e.to_string())?;
        if answer.status == 401 { Ok(()) } else { Err(answer.body.to_string()) }
    })
    .await;
}

/// Every command of a member that has a body, held back before its end.
async fn every_command(member: &Insider, own: Uuid, other: Uuid, password: &str) -> Vec<Held> {
    let client = &member.client;
    let new_contact = json!({"channel": "phone", "value": By::Phone.fresh()});
    let requests = [
        ("POST", "/v1/accounts".to_owned(), json!({"asset": "USD"})),
        ("POST", "/v1/transfers".to_owned(), TestClient::transfer_body(own, other, 1)),
        ("POST", format!("/v1/accounts/{own}/close"), json!({"reason": "a test"})),
        ("POST", "/v1/members/me/contact".to_owned(), new_contact),
        ("POST", "/v1/members/me/contact/verify".to_owned(), json!({"code": "123456"})),
        ("POST", "/v1/members/me/password".to_owned(), json!({"current": password, "new": "Another-word-8!"})),
        ("DELETE", "/v1/members/me".to_owned(), json!({"password": password})),
    ];
    let mut held = Vec::new();
    for (method, path, body) in &requests {
        held.push(Held::begin(client, method, path, body).await);
        held.push(Held::begin_chunked(client, method, path, body).await);
    }
    held
}

async fn all_are_refused(held: Vec<Held>) {
    for request in held {
        let (of, status, body) = request.end().await;
        assert_eq!((status, body["code"].as_str()), (401, Some("unauthorized")), "{of}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_complete_after_the_log_out_does_nothing() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let (_, other) = app.funded_member(0).await;
    let person = Newcomer::new(By::Email);
    let anonymous = app.stranger();
    let here = person.join(&anonymous, &app.catcher).await;
    let own = here.client.open("KRW").await;
    app.service().deposit(own, "KRW", 100).await;

    let out = person.enter(&anonymous, here.client.id).await;
    let held = every_command(&out, own, other, &person.password).await;
    let before = app.head().await;
    out.log_out().await.expect(204);
    all_are_refused(held).await;
    assert_eq!(app.head().await, before, "nothing was written");

    // The log-out came to the other server.
    let out = person.enter(&anonymous, here.client.id).await;
    let held = every_command(&out, own, other, &person.password).await;
    let second = app.client_with(1, out.client.id, out.client.token.clone());
    Insider { client: second, refresh_token: String::new() }.log_out().await.expect(204);
    until_refused_by(&out.client).await;
    all_are_refused(held).await;
    assert_eq!(app.head().await, before, "nothing was written");

    // The session goes on that did not end, and its slow requests with it.
    let slow = Held::begin(&here.client, "POST", "/v1/transfers", &TestClient::transfer_body(own, other, 1)).await;
    let (_, status, body) = slow.end().await;
    assert_eq!(status, 201, "{body}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_complete_after_the_member_left_does_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let person = Newcomer::new(By::Phone);
    let insider = person.join(&app.stranger(), &app.catcher).await;
    let slow = Held::begin(&insider.client, "POST", "/v1/accounts", &json!({"asset": "KRW"})).await;
    let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
    app.certificate(erasure).await;
    let before = app.head().await;
    all_are_refused(vec![slow]).await;
    assert_eq!(app.head().await, before, "nothing was written");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_expires_before_the_request_is_complete_is_refused() {
    let mut app = TestApp::start(&ALL).await;
    let (_, account) = app.funded_member(0).await;
    let now = SystemClock.now().timestamp();
    let id = Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(0x5e)) };
    let claims = json!({"sub": id.id.uuid(), "role": id.role.as_str(), "iat": now, "exp": now + 3});
    let header = json!({"alg": "EdDSA", "typ": "JWT"});
    let token = app.keys.sign(&header, &claims);
    let service = app.client_with(0, id.id.uuid(), token);
    let body = json!({"account_id": account, "money": money("KRW", 5), "reference": "a test"});
    let slow = Held::begin(&service, "POST", "/v1/deposits", &body).await;
    until_refused_by(&service).await;
    let before = app.head().await;
    all_are_refused(vec![slow]).await;
    assert_eq!(app.head().await, before, "nothing was written");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_waited_past_the_log_out_shows_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let person = Newcomer::new(By::Email);
    let anonymous = app.stranger();
    let here = person.join(&anonymous, &app.catcher).await;
    let account = here.client.open("KRW").await;
    let out = person.enter(&anonymous, here.client.id).await;
    app.wait_until_level().await;
    app.bank.kill(Part::Projector).unwrap();
    let deposit = app.service().deposit(account, "KRW", 100).await;
    let (path, token) = (format!("/v1/accounts/{account}"), deposit.token().to_owned());
    let waiting = tokio::spawn({
        let client = out.client.clone();
        async move {
            let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5, stale-ok")];
            client.send(reqwest::Method::GET, &format!("{}{path}", client.query), &headers, None).await.unwrap()
        }
    });
    eventually("the read waits", async || {
        let url = format!("{}/metrics", out.client.query);
        let page = reqwest::get(&url).await.map_err(|e| e.to_string())?.text().await.map_err(|e| e.to_string())?;
        // This page is one of them.
        let under_way = page.lines().find_map(|line| line.strip_prefix("http_requests_under_way "));
        let running = under_way.is_some_and(|count| count.trim() != "1");
        if running { Ok(()) } else { Err(page) }
    })
    .await;
    out.log_out().await.expect(204);
    let late = waiting.await.unwrap();
    late.expect_problem(401, "unauthorized");
    here.client.get(&format!("/v1/accounts/{account}")).await.expect(200);
    app.bank.start(&[Part::Projector]).await.unwrap();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stood_still_does_not_take_a_token_that_ended_meanwhile() {
    let mut app =
        TestApp::start(&[Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query]).await;
    let person = Newcomer::new(By::Email);
    let insider = person.join(&app.stranger(), &app.catcher).await;
    let own = insider.client.open("KRW").await;
    app.service().deposit(own, "KRW", 100).await;
    let (_, other) = app.funded_member(0).await;
    let beside = TestClient { command: app.client_at(1, Role::Service, Uuid::nil()).command, ..insider.client.clone() };
    beside.transfer(own, other, 1).await.expect(201);

    let running = app.bank.running().unwrap();
    let frozen = running.iter().find(|(part, _)| *part == Part::Command(1)).unwrap().1;
    frozen.signal(Signal::STOP).unwrap();
    insider.log_out().await.expect(204);
    // A server may be half a second behind; this one is further behind than that when it wakes.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let beside = beside.clone();
            tokio::spawn(async move { beside.transfer(own, other, 1).await.status })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    frozen.signal(Signal::CONT).unwrap();
    for answer in waiting {
        let status = answer.await.unwrap();
        assert!([401, 503].contains(&status), "{status}");
    }
    until_refused_by(&beside).await;
    app.close().await;
}
