//! `jangbu accounts freeze|unfreeze`.

use crate::{
    databases::TestDatabases,
    run::{Folder, Run, jangbu},
    server::Server,
};

const ACCOUNT: &str = "0190a1b2-0000-7000-8000-000000000001";

async fn freeze(url: &str, more: &[&str]) -> Run {
    let folder = Folder::new();
    let variables = [
        ("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")),
        ("JANGBU_JWKS_FILE", folder.join("jwks.json")),
        ("JANGBU_COMMAND_URL", url.to_owned()),
    ];
    let arguments: Vec<String> = ["accounts", "freeze", ACCOUNT, "--reason", "asked \"by\" court"]
        .iter()
        .chain(more)
        .map(|a| (*a).to_owned())
        .collect();
    let run = tokio::task::spawn_blocking(move || {
        jangbu(&variables, &["keys", "init"]).expect(0);
        jangbu(&variables, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    });
    run.await.expect("it runs")
}

fn problem(code: &str) -> String {
    serde_json::json!({ "code": code, "detail": "a reason in words", "status": 0 }).to_string()
}

fn account() -> String {
    serde_json::json!({ "account_id": ACCOUNT, "account_number": "000000000101", "status": "frozen" }).to_string()
}

#[tokio::test]
async fn it_is_an_operator_who_freezes_and_says_why() {
    let server = Server::answering(vec![(200, account())]).await;
    let run = freeze(&server.url, &[]).await.expect(0);
    assert_eq!(run.stdout, format!("account {ACCOUNT} (000000000101) is now frozen\n"));
    let request = &server.requests()[0];
    assert!(request.starts_with(&format!("POST /v1/accounts/{ACCOUNT}/freeze HTTP/1.1")), "{request}");
    assert!(request.contains(r#"{"reason":"asked \"by\" court"}"#), "{request}");
    assert!(request.to_lowercase().contains("authorization: bearer ey"), "{request}");
}

#[tokio::test]
async fn a_freeze_may_stop_debits_only() {
    let frozen = serde_json::json!({
        "account_id": ACCOUNT, "account_number": "000000000101", "status": "frozen", "freeze": "debits"
    });
    let server = Server::answering(vec![(200, frozen.to_string())]).await;
    let run = freeze(&server.url, &["--scope", "debits"]).await.expect(0);
    assert_eq!(run.stdout, format!("account {ACCOUNT} (000000000101) is now frozen, for debits only\n"));
    let request = &server.requests()[0];
    assert!(request.contains(r#""scope":"debits""#), "{request}");
    freeze(&server.url, &["--scope", "credits"]).await.expect(2);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_not_answered_is_asked_again_with_the_same_key() {
    let server = Server::answering(vec![(503, problem("outcome-unknown")), (200, account())]).await;
    freeze(&server.url, &[]).await.expect(0);
    let keys: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|r| r.lines().find(|l| l.to_lowercase().starts_with("idempotency-key:")).map(str::to_owned))
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_refusal_is_reported_at_once_and_exits_with_1() {
    let server = Server::answering(vec![(422, problem("account-closed"))]).await;
    let run = freeze(&server.url, &[]).await.expect(1);
    assert!(run.stderr.contains("422 account-closed") && run.stderr.contains("a reason in words"), "{run:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn without_an_answer_the_key_for_the_retry_is_shown() {
    let server = Server::answering(vec![(503, problem("log-unavailable"))]).await;
    let run = freeze(&server.url, &["--idempotency-key", "k-1"]).await.expect(1);
    assert!(run.stderr.contains("--idempotency-key k-1"), "{run:?}");
    let run = freeze("http://127.0.0.1:1", &[]).await.expect(1);
    assert!(run.stderr.contains("JANGBU_COMMAND_URL") && run.stderr.contains("--idempotency-key"), "{run:?}");
}

#[tokio::test]
async fn an_account_is_frozen_by_its_number_too() {
    let databases = TestDatabases::with_bank().await;
    let server = Server::answering(vec![(200, account())]).await;
    let folder = Folder::new();
    let mut variables = databases.variables();
    variables.extend([
        ("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")),
        ("JANGBU_JWKS_FILE", folder.join("jwks.json")),
        ("JANGBU_COMMAND_URL", server.url.clone()),
    ]);
    let number = kernel::AccountNumber::from_digits(3).to_string();
    let written = format!("{}-{} {}", &number[..4], &number[4..8], &number[8..]);
    let unknown = kernel::AccountNumber::from_digits(77).to_string();
    let run = tokio::task::spawn_blocking(move || {
        jangbu(&variables, &["keys", "init"]).expect(0);
        let refused = jangbu(&variables, &["accounts", "freeze", &unknown, "--reason", "asked"]).expect(1);
        assert!(refused.stderr.contains(&format!("no account has the number {unknown}")), "{refused:?}");
        jangbu(&variables, &["accounts", "freeze", &written, "--reason", "asked"])
    });
    run.await.expect("it runs").expect(0);
    let id = crate::bank::account(3);
    assert!(
        server.requests()[0].starts_with(&format!("POST /v1/accounts/{id}/freeze HTTP/1.1")),
        "{:?}",
        server.requests()
    );
    databases.drop().await;
}
