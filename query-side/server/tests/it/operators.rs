//! Operators with accounts: what each role reads, who they are, and what they did.

use kernel::{Clock, OperatorRole, SystemClock};
use serde_json::{Value, json};

use crate::app::{TestApp, id};

const JIWOO: u128 = 0x091;
const MINHO: u128 = 0x092;

/// The token of an operator who logged in.
fn logged_in(app: &TestApp, role: &str, session: Option<u128>) -> String {
    let exp = SystemClock.now().timestamp() + 300;
    let mut claims = json!({ "sub": id(JIWOO), "role": "operator", "op": role, "exp": exp });
    if let Some(session) = session {
        claims["sid"] = json!(id(session));
    }
    app.keys.sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
}

/// A viewer reads whatever operators read.
#[tokio::test]
async fn every_role_reads_what_operators_read() {
    let app = TestApp::with_bank().await;
    let document: Value = serde_json::from_str(&query_api::openapi()).expect("JSON");
    let mut read = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        let is_for_operators = operation["x-roles"].as_array().is_some_and(|roles| roles.contains(&json!("operator")));
        assert_eq!(operation["x-operator-role"] == "viewer", is_for_operators, "{path}");
        if path == "/v1/events" || operation["x-roles"].is_null() {
            continue;
        }
        let address = path.replace("{id}", &id(0x404).to_string()).replace("{name}", "accounts");
        let address = address.replace("{position}", "3");
        for role in OperatorRole::ALL {
            let reply = app.get(&address, logged_in(&app, role.as_str(), Some(0x51))).await;
            assert_eq!(reply.status != 403, is_for_operators, "{address} as {role}: {reply:?}");
            assert_ne!(reply.status, 401, "{address} as {role}");
        }
        read += usize::from(is_for_operators);
    }
    assert!(read > 20, "{read}");
    app.get("/v1/accounts", logged_in(&app, "root", Some(0x51))).await.is(401, "unauthorized");
    app.get("/v1/accounts", logged_in(&app, "viewer", None)).await.is(401, "unauthorized");
    app.finish().await;
}

#[tokio::test]
async fn operators_are_listed_those_added_last_first() {
    let app = TestApp::with_bank().await;
    app.database
        .run(&format!(
            "insert into operators_g1.operators (added_position, added_at, changed_at, operator_id, name, role, status)
             values (3, '2026-11-21T09:00:00Z', '2026-11-21T09:00:00Z', '{}', 'jiwoo', 'admin', 'enabled'),
                    (5, '2026-11-21T09:01:00Z', '2026-11-21T09:05:00Z', '{}', 'minho', 'viewer', 'disabled')",
            id(JIWOO),
            id(MINHO),
        ))
        .await;
    let first = app.get("/v1/operators?limit=1", app.operator()).await;
    let minho = json!({
        "operator_id": id(MINHO), "name": "minho", "role": "viewer", "status": "disabled",
        "added_at": "2026-11-21T09:01:00Z", "changed_at": "2026-11-21T09:05:00Z",
    });
    assert_eq!(first.ok()["items"], json!([minho]));
    let cursor = first.body["next_cursor"].as_str().expect("more");
    let last = app.get(&format!("/v1/operators?limit=1&cursor={cursor}"), app.operator()).await;
    assert_eq!((&last.ok()["items"][0]["name"], &last.body["next_cursor"]), (&json!("jiwoo"), &Value::Null));
    app.get("/v1/operators?cursor=x", app.operator()).await.is(400, "cursor-invalid");
    assert_eq!(app.statuses("/v1/operators").await, [403, 403, 403, 403, 200]);
    app.finish().await;
}

#[tokio::test]
async fn what_operators_did_is_found_by_operator_and_by_time() {
    let app = TestApp::with_bank().await;
    let row = |position: u8, hour: u8, operator: u128, approval: &str| {
        format!(
            "({position}, '2026-11-21T{hour:02}:00:00Z', '{}', '{}', '{}', '{}', {approval}, 'jiwoo', 'case {position}', 'AccountFrozen', '192.0.2.7')",
            id(operator),
            id(0x51),
            id(0xc0 + u128::from(position)),
            id(0xa1),
        )
    };
    let approved = format!("'{}', '{}', 'minho'", id(0xaa), id(MINHO));
    let rows =
        [row(3, 9, JIWOO, "null, null, null"), row(5, 10, MINHO, "null, null, null"), row(7, 11, JIWOO, &approved)];
    app.database
        .run(&format!(
            "insert into operators_g1.operator_actions (position, acted_at, operator_id, session_id, command_id, subject,
                 approval_id, approver_id, approver_name, name, reason, action, sent_from)
             values {}",
            rows.join(", ")
        ))
        .await;
    let positions = |reply: &Value| -> Vec<i64> {
        reply["items"].as_array().expect("items").iter().filter_map(|item| item["position"].as_i64()).collect()
    };
    let jiwoo = id(JIWOO);
    let cases = [
        (String::new(), vec![7, 5, 3]),
        (format!("?operator={jiwoo}"), vec![7, 3]),
        ("?from=2026-11-21T10:00:00Z".to_owned(), vec![7, 5]),
        ("?to=2026-11-21T10:00:00Z".to_owned(), vec![3]),
        (format!("?operator={jiwoo}&from=2026-11-21T09:30:00Z&to=2026-11-21T12:00:00Z"), vec![7]),
        (format!("?operator={}", id(0x404)), vec![]),
    ];
    for (query, expected) in cases {
        let reply = app.get(&format!("/v1/audit/actions{query}"), app.operator()).await;
        assert_eq!(positions(reply.ok()), expected, "{query}");
    }
    let first = app.get(&format!("/v1/audit/actions?limit=1&operator={jiwoo}"), app.operator()).await;
    let shown = json!({
        "at": "2026-11-21T11:00:00Z", "position": 7, "operator_id": jiwoo, "name": "jiwoo", "session_id": id(0x51),
        "from": "192.0.2.7", "reason": "case 7", "command_id": id(0xc7), "action": "AccountFrozen", "subject": id(0xa1),
        "approval": { "approval_id": id(0xaa), "approver": id(MINHO), "approver_name": "minho" },
    });
    assert_eq!(first.ok()["items"], json!([shown]));
    let cursor = first.body["next_cursor"].as_str().expect("more");
    let last = app.get(&format!("/v1/audit/actions?limit=1&operator={jiwoo}&cursor={cursor}"), app.operator()).await;
    assert_eq!((positions(last.ok()), &last.body["items"][0]["approval"]), (vec![3], &Value::Null));
    assert_eq!(last.body["next_cursor"], Value::Null);
    // The cursor of another list goes on nowhere else.
    app.get(&format!("/v1/audit/actions?cursor={cursor}"), app.operator()).await.is(400, "cursor-invalid");
    app.get("/v1/audit/actions?operator=x", app.operator()).await.is(400, "validation-failed");
    assert_eq!(app.statuses("/v1/audit/actions").await, [403, 403, 403, 403, 200]);
    app.finish().await;
}
