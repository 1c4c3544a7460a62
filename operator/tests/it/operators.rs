//! `jangbu operators add|list|disable|enable|role|reset`.

use serde_json::{Value, json};

use crate::{
    run::{Folder, Run, jangbu},
    server::Server,
};

const MINJI: &str = "0190a1b2-0000-7000-8000-000000000001";
const JIWOO: &str = "0190a1b2-0000-7000-8000-000000000002";

async fn operators(server: &Server, arguments: &[&str]) -> Run {
    let folder = Folder::new();
    let variables = [
        ("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")),
        ("JANGBU_JWKS_FILE", folder.join("jwks.json")),
        ("JANGBU_COMMAND_URL", server.url.clone()),
        ("JANGBU_QUERY_URL", server.url.clone()),
    ];
    let arguments: Vec<String> = [&["operators"], arguments].concat().into_iter().map(str::to_owned).collect();
    let run = tokio::task::spawn_blocking(move || {
        jangbu(&variables, &["keys", "init"]).expect(0);
        jangbu(&variables, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    });
    run.await.expect("it runs")
}

fn listed(id: &str, name: &str, role: &str) -> Value {
    json!({
        "operator_id": id, "name": name, "role": role, "status": "enabled",
        "added_at": "2026-12-01T09:00:00Z", "changed_at": "2026-12-01T09:30:00Z",
    })
}

fn page(items: &[Value], next: Option<&str>) -> (u16, String) {
    (200, json!({ "items": items, "next_cursor": next }).to_string())
}

fn changed(status: &str, role: &str) -> (u16, String) {
    (200, json!({ "operator_id": MINJI, "name": "minji", "role": role, "status": status }).to_string())
}

fn with_secrets(status: u16) -> (u16, String) {
    let body = json!({
        "operator_id": MINJI, "name": "minji", "role": "support", "password": "aaaaa-bbbbb-ccccc-ddddd",
        "totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "otpauth_url": "otpauth://totp/jangbu:minji?secret=GEZ",
    });
    (status, body.to_string())
}

#[tokio::test]
async fn an_operator_is_added_and_their_secrets_are_shown() {
    let server = Server::answering(vec![with_secrets(201)]).await;
    let run = operators(&server, &["add", "minji", "--role", "support", "--reason", "hired"]).await.expect(0);
    let shown = format!(
        "operator minji\n  id               {MINJI}\n  role             support\n  password         aaaaa-bbbbb-ccccc-ddddd\n  \
         secret of codes  GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n  for an app       otpauth://totp/jangbu:minji?secret=GEZ\n"
    );
    assert_eq!(run.stdout, shown);
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /v1/operators HTTP/1.1"), "{request}");
    assert!(request.contains(r#"{"name":"minji","reason":"hired","role":"support"}"#), "{request}");
    assert!(request.to_lowercase().contains("idempotency-key: "), "{request}");
    operators(&server, &["add", "minji"]).await.expect(2);
    operators(&server, &["add", "minji", "--role", "root"]).await.expect(2);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn all_pages_of_operators_are_listed() {
    let pages =
        vec![page(&[listed(JIWOO, "jiwoo", "viewer")], Some("c-1")), page(&[listed(MINJI, "minji", "admin")], None)];
    let server = Server::answering(pages).await;
    let run = operators(&server, &["list"]).await.expect(0);
    let rows: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["name", "role", "status", "added", "changed", "id"]);
    assert_eq!(rows[1], ["jiwoo", "viewer", "enabled", "2026-12-01T09:00:00Z", "2026-12-01T09:30:00Z", JIWOO]);
    assert_eq!((rows[2][0], rows.len()), ("minji", 3));
    assert!(server.requests()[1].starts_with("GET /v1/operators?limit=200&cursor=c-1 "), "{:?}", server.requests());
    let nobody = Server::answering(vec![page(&[], None)]).await;
    let run = operators(&nobody, &["list"]).await.expect(0);
    assert!(run.stdout.starts_with("no operator has an account"), "{run:?}");
}

#[tokio::test]
async fn an_operator_is_changed_by_id_or_by_name() {
    let server = Server::answering(vec![changed("disabled", "support")]).await;
    let run = operators(&server, &["disable", MINJI, "--reason", "left"]).await.expect(0);
    assert_eq!(run.stdout, format!("operator minji ({MINJI}) is disabled, with the role support\n"));
    let request = &server.requests()[0];
    assert!(request.starts_with(&format!("POST /v1/operators/{MINJI}/disable HTTP/1.1")), "{request}");
    assert!(request.contains(r#"{"reason":"left"}"#), "{request}");

    let found = || page(&[listed(JIWOO, "jiwoo", "viewer"), listed(MINJI, "minji", "viewer")], None);
    for (arguments, path, answer) in [
        (vec!["enable", "minji"], "enable", changed("enabled", "support")),
        (vec!["role", "minji", "operator"], "role", changed("enabled", "operator")),
        (vec!["reset", "minji"], "reset", with_secrets(200)),
    ] {
        let server = Server::answering(vec![found(), answer]).await;
        operators(&server, &arguments).await.expect(0);
        let request = &server.requests()[1];
        assert!(request.starts_with(&format!("POST /v1/operators/{MINJI}/{path} HTTP/1.1")), "{request}");
    }
    let server = Server::answering(vec![found()]).await;
    let run = operators(&server, &["disable", "nobody"]).await.expect(1);
    assert!(run.stderr.contains("no operator is called nobody"), "{run:?}");
}

#[tokio::test]
async fn a_refusal_is_reported_at_once_and_exits_with_1() {
    let problem = json!({ "code": "last-admin", "detail": "a reason in words", "status": 422 }).to_string();
    let server = Server::answering(vec![(422, problem)]).await;
    let run = operators(&server, &["disable", MINJI]).await.expect(1);
    assert!(run.stderr.contains("422 last-admin") && run.stderr.contains("a reason in words"), "{run:?}");
    assert_eq!(server.requests().len(), 1);
}
