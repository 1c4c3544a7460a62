//! Leaving is a fence in the log: whatever token is still good somewhere, no account is opened for one who leaves or left.

use futures::future::join_all;
use kernel::{Ids, RandomIds, Role};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use testkit::{
    chaos::Part,
    kit::{EditedCommit, EditedEvent, EditedLog},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

use crate::support::{
    ALL, TestApp, TestClient, eventually, fresh_key,
    people::{By, Newcomer},
};

/// A token that is made after the member left is revoked by nobody: only the log knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_account_is_opened_for_one_who_left_with_whatever_token() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&anonymous, &app.catcher).await;
    let id = insider.client.id;
    let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
    let open = async |app: &mut TestApp, server| {
        let late = app.client_at(server, Role::Member, id);
        late.post("/v1/accounts", json!({"asset": "KRW"})).await.expect_problem(401, "unauthorized")
    };
    open(&mut app, 0).await;
    open(&mut app, 1).await;
    app.certificate(erasure).await;
    for server in [0, 1] {
        app.bank.kill(Part::Command(server)).unwrap();
        app.bank.start(&[Part::Command(server)]).await.unwrap();
        open(&mut app, server).await;
    }
    assert_fenced(&app).await;
    let ledger = app.close().await;
    assert!(ledger.members().next().is_none(), "nothing was opened");
}

/// All but the last byte of the request to open an account comes before the member leaves, the last byte after the certificate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_began_before_its_sender_left_opens_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&anonymous, &app.catcher).await;
    let address = app.bank.address(Part::Command(0)).unwrap();
    let body = r#"{"asset":"KRW"}"#;
    let head = format!(
        "POST /v1/accounts HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\nidempotency-key: slow\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        insider.client.token,
        body.len()
    );
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(format!("{head}{}", &body[..body.len() - 1]).as_bytes()).await.unwrap();
    let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
    app.certificate(erasure).await;
    slow.write_all(&body.as_bytes()[body.len() - 1..]).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_fenced(&app).await;
    let ledger = app.close().await;
    assert!(ledger.members().next().is_none(), "nothing was opened");
}

/// Opening and leaving at once, at two servers: one of them comes first, and the other is decided on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_and_leaving_at_once_on_two_servers() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let (anonymous, other) = (app.stranger(), app.client_with(1, Uuid::nil(), String::new()));
    let mut gone = 0;
    for _ in 0..4 {
        let person = Newcomer::new(By::Email);
        let insider = person.join(&anonymous, &app.catcher).await;
        let elsewhere = TestClient { command: other.command.clone(), ..insider.client.clone() };
        let opening = join_all((0..6).map(async |n| {
            let client = if n % 2 == 0 { &insider.client } else { &elsewhere };
            client.post("/v1/accounts", json!({"asset": "KRW"})).await
        }));
        let key = fresh_key();
        let (opened, left) = tokio::join!(opening, insider.leave(&person.password, &key));
        assert!(opened.iter().all(|answer| matches!(answer.status, 201 | 401 | 503)), "{opened:?}");
        if left.status == 202 {
            gone += 1;
            app.certificate(left.id("erasure_id")).await;
            assert!(opened.iter().all(|answer| answer.status != 201), "left with an open account: {opened:?}");
        } else {
            left.expect_problem(422, "accounts-open");
        }
    }
    let ledger = app.ledger().await;
    let erased = erased(&app).await;
    assert_eq!(erased.len(), gone);
    assert!(ledger.members().all(|(_, account)| account.owner.is_none_or(|owner| !erased.contains(&owner))));
    assert_fenced(&app).await;
    app.close().await;
}

/// The server dies in the moment it has answered; the other one, and nobody else, carries the erasure through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_leaves_the_fence_standing() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&anonymous, &app.catcher).await;
    insider.leave(&person.password, &fresh_key()).await.expect(202);
    app.bank.kill(Part::Command(0)).unwrap();
    let late = app.client_at(1, Role::Member, insider.client.id);
    late.post("/v1/accounts", json!({"asset": "KRW"})).await.expect_problem(401, "unauthorized");
    until_erased(&app, 1).await;
    assert_fenced(&app).await;
    app.bank.start(&[Part::Command(0)]).await.unwrap();
    app.close().await;
}

/// What the version before wrote: a request without a fence, and an account that was opened after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_of_an_older_bank_gets_its_fence() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let insider = person.join(&anonymous, &app.catcher).await;
    let id = insider.client.id;
    let account = insider.client.open("KRW").await;
    // Without its event of the owner the account is one of an older bank.
    app.bank.kill(Part::Command(0)).unwrap();
    forget_owner(&app, account).await;
    request_erasure(&app, id).await;
    app.bank.start(&[Part::Command(0)]).await.unwrap();
    let late = app.client(Role::Member, id);
    late.post("/v1/accounts", json!({"asset": "KRW"})).await.expect_problem(401, "unauthorized");
    until_erased(&app, 1).await;
    assert_fenced(&app).await;
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&account].status, "closed");
}

async fn log(app: &TestApp) -> PgConnection {
    PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap()
}

/// The members that were erased.
async fn erased(app: &TestApp) -> Vec<Uuid> {
    sqlx::query_scalar("select stream_id from events where type = 'MemberErased'")
        .fetch_all(&mut log(app).await)
        .await
        .unwrap()
}

async fn until_erased(app: &TestApp, members: usize) {
    eventually("the erasures are done", async || {
        let erased = erased(app).await.len();
        if erased == members { Ok(()) } else { Err(format!("{erased} of {members}")) }
    })
    .await;
}

/// Each end of a member stands behind their fence.
async fn assert_fenced(app: &TestApp) {
    let unfenced: i64 = sqlx::query_scalar(
        "select count(*) from events as erased where type = 'MemberErased' and not exists (
             select from events as fence where fence.type = 'OwnerLeft' and fence.position < erased.position
                 and (fence.payload ->> 'owner')::uuid = erased.stream_id)",
    )
    .fetch_one(&mut log(app).await)
    .await
    .unwrap();
    assert_eq!(unfenced, 0);
}

/// Makes the last event of an account's opening one that an older bank could have written in its place.
async fn forget_owner(app: &TestApp, account: Uuid) {
    let refused = r#"{"refusal":{"code":"account-not-empty"}}"#;
    let edit = |log: &mut EditedLog| {
        let mut added = log.of_type("OwnerAccountAdded");
        added.retain(|event| event.json()["account"] == json!(account));
        assert_eq!(added.len(), 1);
        added[0].become_a("CommandRefused", refused);
        added[0].stream = RandomIds.fresh();
    };
    EditedLog::edit(&app.pair.log.superuser_url(), edit).await.unwrap();
}

/// Asks for an erasure as the version before did: with one event, on the member's own stream.
async fn request_erasure(app: &TestApp, member: Uuid) {
    let payload = json!({"erasure": RandomIds.fresh()}).to_string();
    let edit = |log: &mut EditedLog| {
        let version = log.newest_of(member).version + 1;
        let requested = EditedEvent::new(member, version, "ErasureRequested", payload);
        log.append(EditedCommit { actor_role: "m".into(), actor_id: member, ..EditedCommit::new(vec![requested]) });
    };
    EditedLog::edit(&app.pair.log.superuser_url(), edit).await.unwrap();
}
