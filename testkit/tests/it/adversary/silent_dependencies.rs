//! A Postgres or a NATS server that takes requests and does not answer: every request is answered in time all the same, and the service goes on
//! when the answers come again.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use testkit::{
    chaos::{Part, TestServers},
    kit::Signal,
};

use crate::support::{
    ALL, Answer, TestApp, TestClient, eventually,
    freezer::Freezer,
    fresh_key,
    people::{By, Newcomer},
};

/// No request may take longer, whatever is silent. It is the limit that docs/operations.md promises.
const LIMIT: Duration = Duration::from_secs(20);
/// More requests at once than any pool has connections.
const CROWD: usize = 24;

/// Each answer came in time, is a problem with 503 and says when to try again.
fn check(answers: &[(Duration, Answer)]) {
    for (took, answer) in answers {
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.body);
        assert!(answer.header("retry-after").is_some(), "no Retry-After: {} {:?}", answer.body, answer.headers);
        assert!(*took < LIMIT, "an answer took {took:?}: {}", answer.body);
    }
}

/// One try, whatever the answer.
async fn log_in(anonymous: &TestClient, newcomer: &Newcomer) -> Answer {
    anonymous.post("/v1/sessions", json!({"login_id": newcomer.login_id, "password": newcomer.password})).await
}

async fn timed(asked: impl Future<Output = Answer>) -> (Duration, Answer) {
    let since = Instant::now();
    let answer = asked.await;
    (since.elapsed(), answer)
}

/// Waits until a request is answered with this status again, by the same processes.
async fn recovers(app: &mut TestApp, what: &str, status: u16, ask: impl AsyncFn() -> Answer) {
    eventually(what, async || {
        let answer = ask().await;
        if answer.status == status { Ok(()) } else { Err(format!("{}: {}", answer.status, answer.body)) }
    })
    .await;
    app.bank.check().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_views_hang_no_read() {
    let freezer = Freezer::start().await;
    let mut app = TestApp::start_at(&freezer.url(), &ALL, &[]).await;
    let (member, account) = app.funded_member(100).await;
    app.wait_until_level().await;
    let path = format!("/v1/accounts/{account}");
    member.get(&path).await.expect(200);
    freezer.freeze(&app.pair.views.name);
    for _ in 0..2 {
        check(&join_all((0..CROWD).map(|_| timed(member.get(&path)))).await);
    }
    freezer.thaw();
    recovers(&mut app, "reads after the thaw", 200, async || member.get(&path).await).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_vault_hangs_no_log_in_and_no_transfer() {
    let freezer = Freezer::start().await;
    let mut app = TestApp::start_at(&freezer.url(), &ALL, &[]).await;
    let anonymous = app.stranger();
    let newcomer = Newcomer::new(By::Email);
    let insider = newcomer.join(&anonymous, &app.catcher).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    freezer.freeze(&app.pair.vault.name);
    for _ in 0..2 {
        check(&join_all((0..4).map(|_| timed(log_in(&anonymous, &newcomer)))).await);
    }
    payer.transfer(from, to, 1).await.expect(201);
    let (took, answer) = timed(insider.client.get("/v1/members/me")).await;
    assert!(took < LIMIT, "a read of sealed fields took {took:?}: {}", answer.body);
    freezer.thaw();
    recovers(&mut app, "log-ins after the thaw", 201, async || log_in(&anonymous, &newcomer).await).await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_log_hangs_no_command_and_loses_none() {
    let freezer = Freezer::start().await;
    let mut app = TestApp::start_at(&freezer.url(), &ALL, &[]).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 1).await.expect(201);
    freezer.freeze(&app.pair.log.name);
    let keys: Vec<String> = (0..CROWD).map(|_| fresh_key()).collect();
    let body = TestClient::transfer_body(from, to, 1);
    let asked = keys.iter().map(|key| timed(payer.post_keyed("/v1/transfers", key, body.clone())));
    check(&join_all(asked).await);
    freezer.thaw();
    for key in &keys {
        recovers(&mut app, "a command after the thaw", 201, async || {
            payer.post_keyed("/v1/transfers", key, body.clone()).await
        })
        .await;
    }
    // The relay and the projector heard nothing of the freeze but silence: the check of the views waits for both.
    assert!(app.bank.running().unwrap().iter().any(|(part, _)| *part == Part::Relay));
    let ledger = app.close().await;
    let (_, account) = ledger.members().find(|(id, _)| **id == to).unwrap();
    assert_eq!(account.balance.to_string(), (1 + CROWD).to_string(), "each command was carried out once");
}

/// A stream server that keeps its connections and says nothing: commands and reads go on by the log alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stream_holds_up_no_command_and_no_read() {
    let servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (payee, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    servers.signal_nats(Signal::STOP).unwrap();
    let frozen = Instant::now();
    let mut paid = 0;
    while frozen.elapsed() < Duration::from_secs(12) {
        let (took, answer) = timed(payer.transfer(from, to, 1)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert!(took < LIMIT, "a transfer took {took:?}");
        paid += 1;
        assert_eq!(payee.balance_at(to, answer.token()).await, paid.to_string());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    servers.signal_nats(Signal::CONT).unwrap();
    app.bank.check().unwrap();
    let last = payer.transfer(from, to, 1).await.expect(201);
    assert_eq!(payee.balance_at(to, last.token()).await, (paid + 1).to_string());
    app.close().await;
}
