//! `jangbu members erase|show|certificate`.

use serde_json::{Value, json};

use crate::{
    run::{Folder, Run, jangbu},
    server::Server,
};

const MEMBER: &str = "0190a1b2-0000-7000-8000-000000000001";
const ERASURE: &str = "0190a1b2-0000-7000-8000-00000000000e";

async fn members(url: &str, arguments: &[&str]) -> Run {
    let folder = Folder::new();
    let variables = [
        ("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")),
        ("JANGBU_JWKS_FILE", folder.join("jwks.json")),
        ("JANGBU_COMMAND_URL", url.to_owned()),
    ];
    let arguments: Vec<String> = [&["members"], arguments].concat().into_iter().map(str::to_owned).collect();
    let run = tokio::task::spawn_blocking(move || {
        jangbu(&variables, &["keys", "init"]).expect(0);
        jangbu(&variables, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    });
    run.await.expect("it runs")
}

fn problem(code: &str) -> String {
    json!({ "code": code, "detail": "a reason in words", "status": 0 }).to_string()
}

fn asked() -> (u16, String) {
    (202, json!({ "erasure_id": ERASURE }).to_string())
}

fn certificate() -> Value {
    json!({
        "erasure_id": ERASURE, "member_id": MEMBER, "requested_by": "operator:7", "requested_at": "2026-11-22T09:00:00Z",
        "erased_at": "2026-11-22T09:00:04Z", "digest": "00ff",
        "destroyed": [{ "what": "data key", "count": 1 }, { "what": "sessions", "count": 2 }],
    })
}

#[tokio::test]
async fn an_erasure_is_asked_for_and_waited_for() {
    let pending = json!({ "erasure_id": ERASURE, "status": "requested" }).to_string();
    let answers = vec![asked(), (404, problem("erasure-unknown")), (200, pending), (200, certificate().to_string())];
    let server = Server::answering(answers).await;
    let run = members(&server.url, &["erase", MEMBER, "--reason", "asked in writing", "--yes"]).await.expect(0);
    assert!(run.stdout.contains("destroyed     1 data key, 2 sessions\n"), "{run:?}");
    assert!(run.stdout.contains("erased at     2026-11-22T09:00:04Z\n"), "{run:?}");
    assert!(run.stderr.contains(&format!("erasure {ERASURE} was asked for")), "{run:?}");
    let requests = server.requests();
    assert!(requests[0].starts_with(&format!("POST /v1/members/{MEMBER}/erase HTTP/1.1")), "{requests:?}");
    assert!(requests[0].contains(r#"{"reason":"asked in writing"}"#), "{requests:?}");
    let head = requests[0].to_lowercase();
    assert!(head.contains("idempotency-key: ") && head.contains("authorization: bearer ey"), "{requests:?}");
    assert_eq!(requests.len(), 4);
    assert!(requests[1..].iter().all(|r| r.starts_with(&format!("GET /v1/erasures/{ERASURE} "))), "{requests:?}");
}

#[tokio::test]
async fn nobody_is_erased_unasked() {
    let server = Server::answering(vec![asked()]).await;
    let run = members(&server.url, &["erase", MEMBER, "--reason", "x"]).await.expect(2);
    assert!(run.stderr.contains("cannot be undone") && run.stderr.contains("--yes"), "{run:?}");
    assert!(server.requests().is_empty());
    members(&server.url, &["erase", MEMBER, "--yes"]).await.expect(2);
    assert!(server.requests().is_empty(), "without a reason nothing is done");
}

#[tokio::test]
async fn after_a_long_wait_an_erasure_shows_the_command_to_follow_it() {
    let server = Server::answering(vec![asked(), (404, problem("erasure-unknown"))]).await;
    let run = members(&server.url, &["erase", MEMBER, "--reason", "x", "--yes", "--wait", "1"]).await.expect(1);
    assert!(run.stderr.contains(&format!("jangbu members certificate {ERASURE}")), "{run:?}");
    let server = Server::answering(vec![asked()]).await;
    let run = members(&server.url, &["erase", MEMBER, "--reason", "x", "--yes", "--wait", "0", "--json"]).await;
    assert_eq!(run.expect(0).json(), json!({ "erasure_id": ERASURE }));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn open_accounts_are_reported_at_once_and_exit_with_1() {
    let server = Server::answering(vec![(422, problem("accounts-open"))]).await;
    let run = members(&server.url, &["erase", MEMBER, "--reason", "x", "--yes"]).await.expect(1);
    assert!(run.stderr.contains("422 accounts-open") && run.stderr.contains("a reason in words"), "{run:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_look_at_a_member_says_why() {
    let member = json!({ "member_id": MEMBER, "real_name": "\u{d64d}\u{ae38}\u{b3d9}", "contact": { "channel": "email", "value": "a@b.c" } });
    let server = Server::answering(vec![(201, member.to_string())]).await;
    let run = members(&server.url, &["show", MEMBER, "--reason", "asked by court"]).await.expect(0);
    assert!(run.stdout.contains("real name  \u{d64d}\u{ae38}\u{b3d9}\n"), "{run:?}");
    assert!(run.stdout.contains("contact    email a@b.c\n"), "{run:?}");
    let request = &server.requests()[0];
    assert!(request.starts_with(&format!("POST /v1/members/{MEMBER}/disclosures ")), "{request}");
    assert!(request.contains(r#"{"reason":"asked by court"}"#), "{request}");
    members(&server.url, &["show", MEMBER]).await.expect(2);
    assert_eq!(server.requests().len(), 1, "without a reason nobody looks");
}

#[tokio::test]
async fn a_certificate_is_shown_as_it_is() {
    let server = Server::answering(vec![(200, certificate().to_string())]).await;
    let run = members(&server.url, &["certificate", ERASURE, "--json"]).await.expect(0);
    assert_eq!(run.json(), certificate());
    let server = Server::answering(vec![(404, problem("erasure-unknown"))]).await;
    let run = members(&server.url, &["certificate", ERASURE]).await.expect(1);
    assert!(run.stderr.contains("404 erasure-unknown"), "{run:?}");
}
