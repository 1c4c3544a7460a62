//! A signing key that is withdrawn: its tokens end on both servers, without anybody asking for the keys.

use std::{fs, path::Path, sync::Arc};

use kernel::{Actor, Ids, MemberId, RandomIds, Role};
use reqwest::Method;
use serde_json::json;
use testkit::{chaos::Part, kit::Keys};
use uuid::Uuid;

use crate::support::{
    ALL, TestApp, TestClient, eventually,
    people::{By, Newcomer},
};

/// As `jangbu keys` does: whole, or not at all.
fn replace(file: &Path, content: &str) {
    let draft = file.with_extension("draft");
    fs::write(&draft, content).unwrap();
    fs::rename(draft, file).unwrap();
}

async fn get(app: &mut TestApp, part: Part, path: &str) -> String {
    let stranger = app.stranger();
    let url = format!("http://{}{path}", app.bank.address(part).unwrap());
    let answer = stranger.send(Method::GET, &url, &[], None).await.unwrap();
    answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned)
}

/// Waits until a token that held is refused by both servers.
async fn refused(client: &TestClient) {
    for url in [format!("{}/v1/accounts", client.query), format!("{}/v1/members/me/password", client.command)] {
        eventually("the token is refused", async || {
            let method = if url.starts_with(&client.query) { Method::GET } else { Method::POST };
            let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
            let answer = client.send(method, &url, &headers, Some(b"{}".to_vec())).await.unwrap();
            if answer.status == 401 { Ok(()) } else { Err(format!("{}: {}", answer.status, answer.body)) }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_a_withdrawn_key_end_without_help() {
    let mut app = TestApp::start(&ALL).await;
    let (member, account) = app.funded_member(100).await;
    // Both servers have verified the token and remember it.
    app.wait_until_level().await;
    member.get(&format!("/v1/accounts/{account}")).await.expect(200);
    let file = app.keys.jwks_file();
    let before = fs::read_to_string(&file).unwrap();
    let folder = app.logs().join("other-keys");
    let other = Arc::new(Keys::open(&folder).unwrap());
    let after = fs::read_to_string(other.jwks_file()).unwrap();

    replace(&file, &after);
    refused(&member).await;
    let id = RandomIds.fresh();
    let newer = app.client_with(0, id, other.token(Actor { role: Role::Member, id: MemberId::new(id) }, 1));
    newer.open("KRW").await;
    newer.get("/v1/accounts").await.expect(200);
    let kid = |set: &str| {
        serde_json::from_str::<serde_json::Value>(set).unwrap()["keys"][0]["kid"].as_str().unwrap().to_owned()
    };
    for part in [Part::Command(0), Part::Query] {
        let metrics = get(&mut app, part, "/metrics").await;
        for (set, value) in [(&before, 0), (&after, 1)] {
            let line = format!("auth_key_in_force{{kid=\"{}\"}} {value}", kid(set));
            assert!(metrics.contains(&line), "{} does not say {line}", part.name());
        }
    }

    // A file that cannot be read withdraws nothing, and one without keys withdraws all.
    replace(&file, "not a key set");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    newer.get("/v1/accounts").await.expect(200);
    replace(&file, r#"{"keys":[]}"#);
    refused(&newer).await;
    eventually("a server without keys is not ready", async || {
        let url = format!("{}/readyz", newer.query);
        let answer = newer.send(Method::GET, &url, &[], None).await.unwrap();
        if answer.status == 503 { Ok(()) } else { Err(answer.body.to_string()) }
    })
    .await;
    replace(&file, &before);
    eventually("the first key counts again", async || {
        let answer = member.get(&format!("/v1/accounts/{account}")).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.body.to_string()) }
    })
    .await;
    assert_ne!(member.id, Uuid::nil());
    app.close().await;
}

/// A server whose own key was withdrawn makes no tokens, because nobody would take them; it says so and uses up nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_not_sign_with_a_withdrawn_key() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, newcomer) = (app.stranger(), Newcomer::new(By::Email));
    newcomer.join(&anonymous, &app.catcher).await;
    let session = newcomer.log_in(&anonymous).await.expect(201);
    let refresh = || json!({"refresh_token": session.text("refresh_token")});
    let file = app.keys.jwks_file();
    let before = fs::read_to_string(&file).unwrap();
    let other = Keys::open(&app.logs().join("other-keys")).unwrap();
    replace(&file, &fs::read_to_string(other.jwks_file()).unwrap());
    // One try, whatever the answer.
    let log_in = async || {
        anonymous.post("/v1/sessions", json!({"login_id": newcomer.login_id, "password": newcomer.password})).await
    };
    eventually("no token is signed", async || {
        let answer = log_in().await;
        if answer.status == 503 { Ok(answer) } else { Err(answer.body.to_string()) }
    })
    .await
    .expect_problem(503, "signing-key-withdrawn");
    anonymous.post("/v1/sessions/refresh", refresh()).await.expect_problem(503, "signing-key-withdrawn");
    let ready = get(&mut app, Part::Command(0), "/readyz").await;
    assert!(ready.contains(r#""signing key":"degraded""#), "{ready}");
    replace(&file, &before);
    eventually("people log in again", async || {
        let answer = log_in().await;
        if answer.status == 201 { Ok(()) } else { Err(answer.body.to_string()) }
    })
    .await;
    anonymous.post("/v1/sessions/refresh", refresh()).await.expect(201);
    app.close().await;
}
