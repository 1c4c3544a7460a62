//! A member who left: with the answer in hand, no server takes their token any more, and the id of the erasure is all they need.

use futures::future::join_all;
use testkit::chaos::Part;

use crate::support::{
    ALL, TestApp, TestClient, eventually, fresh_key,
    people::{By, Newcomer},
};

/// So many leave, so many of them at once.
const ROUNDS: usize = 50;
const AT_ONCE: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_answer_to_leaving_arrives_every_server_refuses_the_token() {
    let mut app = TestApp::start(&ALL).await;
    app.bank.start(&[Part::Command(1)]).await.unwrap();
    let mut beside = app.second_workers();
    beside.start(&[Part::Query]).await.unwrap();
    let servers = [
        format!("http://{}/v1/accounts", app.bank.address(Part::Command(1)).unwrap()),
        format!("http://{}/v1/members/me", app.bank.address(Part::Query).unwrap()),
        format!("http://{}/v1/members/me", beside.address(Part::Query).unwrap()),
    ];
    let anonymous = app.stranger();
    let mut left = None;
    for _ in 0..ROUNDS / AT_ONCE {
        let rounds = (0..AT_ONCE).map(|_| async {
            let person = Newcomer::new(By::Email);
            let insider = person.join(&anonymous, &app.catcher).await;
            for url in &servers[1..] {
                let before = read(&insider.client, url).await;
                assert_ne!(before, 401, "{url} takes the token of a member");
            }
            let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
            let [command, queries @ ..] = &servers;
            let (one, other) = tokio::join!(read(&insider.client, &queries[0]), read(&insider.client, &queries[1]));
            assert_eq!((one, other), (401, 401), "a query server takes the token of one who left");
            let headers = [("content-type", "application/json"), ("idempotency-key", "late")];
            let body = br#"{"asset":"KRW"}"#.to_vec();
            let late = insider.client.send(reqwest::Method::POST, command, &headers, Some(body)).await.unwrap();
            assert_eq!(late.status, 401, "{}", late.body);
            (insider, erasure)
        });
        left = join_all(rounds).await.pop();
    }

    let (insider, erasure) = left.unwrap();
    let url = format!("{}/v1/erasures/{erasure}", anonymous.command);
    // With the id alone, and with a token that counts no more.
    for who in [&anonymous, &insider.client] {
        let certificate = eventually("the certificate", async || {
            let answer = who.send(reqwest::Method::GET, &url, &[], None).await.map_err(|error| error.to_string())?;
            if answer.status == 200 { Ok(answer) } else { Err(answer.body.to_string()) }
        })
        .await;
        assert_eq!(certificate.id("member_id"), insider.client.id);
        assert_eq!(certificate.body["key_epochs"], serde_json::json!([1]));
        assert!(certificate.body["copies_unreadable_from"].is_null(), "{}", certificate.body);
        assert!(certificate.body["copies_unreadable_planned"].is_string(), "{}", certificate.body);
    }
    drop(beside);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_session_has_ended_every_server_refuses_its_token() {
    let mut app = TestApp::start(&ALL).await;
    let mut beside = app.second_workers();
    beside.start(&[Part::Query]).await.unwrap();
    let servers = [
        format!("http://{}/v1/members/me", app.bank.address(Part::Query).unwrap()),
        format!("http://{}/v1/members/me", beside.address(Part::Query).unwrap()),
    ];
    let anonymous = app.stranger();
    for _ in 0..3 {
        let person = Newcomer::new(By::Email);
        let first = person.join(&anonymous, &app.catcher).await;
        let second = person.enter(&anonymous, first.client.id).await;
        let change = serde_json::json!({ "current": person.password, "new": "Another-word-77!" });
        second.post("/v1/members/me/password", change).await.expect(204);
        for url in &servers {
            assert_eq!(read(&first.client, url).await, 401, "the other session goes on after a change of password");
            assert_ne!(read(&second.client, url).await, 401, "the session that changed it has ended");
        }
        second.log_out().await.expect(204);
        for url in &servers {
            assert_eq!(read(&second.client, url).await, 401, "a query server takes the token after log-out");
        }
    }
    drop(beside);
    app.close().await;
}

async fn read(client: &TestClient, url: &str) -> u16 {
    client.send(reqwest::Method::GET, url, &[], None).await.unwrap().status
}
