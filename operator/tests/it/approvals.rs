//! `jangbu approvals list|approve|reject`.

use serde_json::{Value, json};

use crate::{
    run::{Folder, Run, jangbu},
    server::Server,
};

const ID: &str = "0190a1b2-0000-7000-8000-000000000009";

async fn approvals(server: &Server, token: &str, arguments: &[&str]) -> Run {
    let folder = Folder::new();
    std::fs::write(folder.join("token"), token).expect("written");
    let variables = [
        ("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")),
        ("JANGBU_JWKS_FILE", folder.join("jwks.json")),
        ("JANGBU_COMMAND_URL", server.url.clone()),
        ("JANGBU_QUERY_URL", server.url.clone()),
        ("JANGBU_OPERATOR_TOKEN_FILE", folder.join("token")),
    ];
    let arguments: Vec<String> = [&["approvals"], arguments].concat().into_iter().map(str::to_owned).collect();
    let run = tokio::task::spawn_blocking(move || {
        jangbu(&variables, &["keys", "init"]).expect(0);
        let run = jangbu(&variables, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        drop(folder);
        run
    });
    run.await.expect("it runs")
}

fn approval(status: &str, refusal: Option<&str>) -> Value {
    json!({
        "approval_id": ID, "status": status, "action": "reversal", "requested_by_name": "minji", "reason": "paid twice",
        "requested_at": "2026-12-01T09:00:00Z", "decided_by_name": null, "refusal": refusal,
    })
}

#[tokio::test]
async fn what_waits_is_listed_and_filtered() {
    let pages = [(Some("c-1"), "pending"), (None, "rejected")];
    let pages = pages
        .map(|(next, status)| (200, json!({ "items": [approval(status, None)], "next_cursor": next }).to_string()));
    let server = Server::answering(pages.to_vec()).await;
    let run = approvals(&server, "", &["list", "--status", "pending", "--action", "reversal"]).await.expect(0);
    let rows: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], ["2026-12-01T09:00:00Z", "reversal", "pending", "minji", "-", "paid", "twice", ID]);
    assert_eq!((rows[2][2], rows.len()), ("rejected", 3));
    let asked = server.requests();
    assert!(asked[0].starts_with("GET /v1/approvals?limit=200&status=pending&action=reversal "), "{asked:?}");
    assert!(asked[1].contains("&action=reversal&cursor=c-1 "), "{asked:?}");
    approvals(&server, "", &["list", "--status", "done"]).await.expect(2);
    approvals(&server, "", &["list", "--action", "freeze"]).await.expect(2);
    let nothing = Server::answering(vec![(200, json!({ "items": [], "next_cursor": null }).to_string())]).await;
    let run = approvals(&nothing, "", &["list"]).await.expect(0);
    assert!(run.stdout.starts_with("no operator asked"), "{run:?}");
}

#[tokio::test]
async fn an_operator_who_logged_in_approves_and_rejects() {
    for (verb, status, refusal, shown) in [
        ("approve", "approved", None, "reversal, which minji asked for, is approved"),
        ("approve", "refused", Some("already-reversed"), "was approved and refused by a rule: already-reversed"),
        ("reject", "rejected", None, "reversal, which minji asked for, is rejected"),
    ] {
        let server = Server::answering(vec![(200, approval(status, refusal).to_string())]).await;
        let run = approvals(&server, "an.operators.token\n", &[verb, ID, "--reason", "looked at it"]).await.expect(0);
        assert!(run.stdout.contains(shown), "{run:?}");
        let request = &server.requests()[0];
        assert!(request.starts_with(&format!("POST /v1/approvals/{ID}/{verb} HTTP/1.1")), "{request}");
        assert!(request.to_lowercase().contains("authorization: bearer an.operators.token\r\n"), "{request}");
        assert!(request.contains(r#"{"reason":"looked at it"}"#), "{request}");
    }
    let problem = json!({ "code": "approval-own", "detail": "you asked for it yourself", "status": 403 }).to_string();
    let server = Server::answering(vec![(403, problem)]).await;
    let run = approvals(&server, "t", &["approve", ID, "--reason", "x"]).await.expect(1);
    assert!(run.stderr.contains("403 approval-own"), "{run:?}");
    approvals(&server, "t", &["approve", ID]).await.expect(2);
    let run = approvals(&server, "t", &["approve", ID, "--reason", "x", "--token-file", "/nowhere"]).await.expect(2);
    assert!(run.stderr.contains("/nowhere cannot be read"), "{run:?}");
}
