//! Ending loses nothing that was accepted.

use std::{collections::HashSet, time::Duration};

use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_before_the_end_is_in_the_log_and_nothing_else_is() {
    let app = TestApp::new().await;
    let server = app.server().await;
    server.ready().await;
    let clients = (0..8_u128).map(|client| {
        let server = &server;
        async move {
            let mut opened = Vec::new();
            for number in 0..10_000 {
                let key = format!("{client}-{number}");
                let body = json!({"asset": "KRW"});
                let request = server.command("member", Uuid::from_u128(client), &key, "/v1/accounts", &body);
                match request.send().await {
                    Ok(answer) if answer.status() == 201 => {
                        let account: Value = answer.json().await.expect("a whole body");
                        opened.push(account["account_id"].as_str().expect("an id").to_owned());
                    }
                    // The server is closed: the answer says so, or the connection is refused.
                    Ok(answer) => {
                        assert_eq!(answer.status(), 503);
                        break;
                    }
                    Err(_) => break,
                }
            }
            opened
        }
    });
    let stop = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.ask_to_stop();
    };
    let (opened, ()) = tokio::join!(join_all(clients), stop);
    server.stop().await;
    let answered: HashSet<String> = opened.into_iter().flatten().collect();
    let written: HashSet<String> =
        app.commits().await.iter().map(|commit| commit.events[0].stream.to_string()).collect();
    assert!(answered.len() > 20, "{} accounts were opened", answered.len());
    assert_eq!(answered, written, "an orderly end leaves no doubt: answered is written, and written is answered");
    app.end().await;
}
