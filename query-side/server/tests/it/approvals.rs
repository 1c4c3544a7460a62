//! Approvals: which are found, and as what they are shown.

use serde_json::{Value, json};

use crate::app::{TestApp, id};

const MINJI: u128 = 0x091;
const JIWOO: u128 = 0x092;

/// What stands in the table for what Minji asked for at a position.
fn row(position: u8, (kind, status): (&str, &str), expires: &str, decided: &str, action: &Value) -> String {
    format!(
        "({position}, '2026-11-21T09:00:0{position}Z', {expires}, '{}', '{}', '{}', '{kind}', '{status}', 'minji', 'case {position}',
          '{action}', {decided})",
        id(0xa0 + u128::from(position)),
        id(MINJI),
        id(0x51),
    )
}

#[tokio::test]
async fn approvals_are_found_by_status_and_by_what_is_asked_for() {
    let app = TestApp::with_bank().await;
    let (later, before) = ("now() + interval '1 hour'", "now() - interval '1 hour'");
    let nobody = "null, null, null, null, null";
    let jiwoo = |refusal: &str| format!("'2026-11-21T10:00:00Z', '{}', 'jiwoo', 'looked at it', {refusal}", id(JIWOO));
    let reversal = json!({"kind": "reversal", "transfer": id(0x77), "reason": "paid twice"});
    let key = json!({"kind": "partner-key", "partner": id(1), "key": id(2), "scopes": [], "digest": "abcd"});
    let rows = [
        row(1, ("reversal", "pending"), later, nobody, &reversal),
        row(2, ("reversal", "pending"), before, nobody, &reversal),
        row(3, ("partner-keys", "approved"), before, &jiwoo("null"), &key),
        row(4, ("reversal", "refused"), before, &jiwoo("'already-reversed'"), &reversal),
        row(5, ("limits", "rejected"), before, &jiwoo("null"), &json!({"kind": "limit-deleted", "name": "daily"})),
    ];
    app.database
        .run(&format!(
            "insert into approvals_g1.approvals (requested_position, requested_at, expires_at, approval_id, requested_by, session_id,
                 kind, status, requested_by_name, reason, action, decided_at, decided_by, decided_by_name, decision_reason, refusal)
             values {}",
            rows.join(", ")
        ))
        .await;
    let reasons = |reply: &Value| -> Vec<String> {
        let items = reply["items"].as_array().expect("items").iter();
        items.map(|item| item["reason"].as_str().expect("a reason").replace("case ", "")).collect()
    };
    for (query, expected) in [
        ("", vec!["5", "4", "3", "2", "1"]),
        ("?status=pending", vec!["1"]),
        ("?status=expired", vec!["2"]),
        ("?status=refused", vec!["4"]),
        ("?action=reversal", vec!["4", "2", "1"]),
        ("?action=reversal&status=expired", vec!["2"]),
        ("?status=withdrawn", vec![]),
    ] {
        let reply = app.get(&format!("/v1/approvals{query}"), app.operator()).await;
        assert_eq!(reasons(reply.ok()), expected, "{query}");
    }
    let first = app.get("/v1/approvals?limit=2&action=reversal", app.operator()).await;
    assert_eq!(reasons(first.ok()), ["4", "2"]);
    let cursor = first.body["next_cursor"].as_str().expect("more");
    let last = app.get(&format!("/v1/approvals?limit=2&action=reversal&cursor={cursor}"), app.operator()).await;
    assert_eq!((reasons(last.ok()), &last.body["next_cursor"]), (vec!["1".to_owned()], &Value::Null));
    // The cursor of another list goes on nowhere else.
    app.get(&format!("/v1/approvals?cursor={cursor}"), app.operator()).await.is(400, "cursor-invalid");
    for wrong in ["status=done", "action=freeze", "action=", "more=1"] {
        app.get(&format!("/v1/approvals?{wrong}"), app.operator()).await.is(400, "validation-failed");
    }
    assert_eq!(app.statuses("/v1/approvals").await, [403, 403, 403, 403, 200]);
    app.finish().await;
}

#[tokio::test]
async fn one_approval_says_who_asked_and_who_decided() {
    let app = TestApp::with_bank().await;
    let decided = format!("'2026-11-21T10:00:00Z', '{}', 'jiwoo', 'looked at it', null", id(JIWOO));
    let key =
        json!({"kind": "partner-key", "partner": id(1), "key": id(2), "scopes": ["accounts:read"], "digest": "abcd"});
    let granted = row(3, ("partner-keys", "approved"), "'2026-11-22T09:00:00Z'", &decided, &key);
    app.database
        .run(&format!(
            "insert into approvals_g1.approvals (requested_position, requested_at, expires_at, approval_id, requested_by, session_id,
                 kind, status, requested_by_name, reason, action, decided_at, decided_by, decided_by_name, decision_reason, refusal)
             values {granted}"
        ))
        .await;
    let path = format!("/v1/approvals/{}", id(0xa3));
    let reply = app.get(&path, app.operator()).await;
    let expected = json!({
        "approval_id": id(0xa3), "status": "approved", "action": "partner-keys",
        "details": {"kind": "partner-key", "partner": id(1), "key": id(2), "scopes": ["accounts:read"]},
        "requested_by": id(MINJI), "requested_by_name": "minji", "session_id": id(0x51), "reason": "case 3",
        "requested_at": "2026-11-21T09:00:03Z", "expires_at": "2026-11-22T09:00:00Z", "decided_by": id(JIWOO),
        "decided_by_name": "jiwoo", "decision_reason": "looked at it", "decided_at": "2026-11-21T10:00:00Z", "refusal": null,
        "carried_out": null,
    });
    assert_eq!(*reply.ok(), expected);
    app.get(&format!("/v1/approvals/{}", id(0x404)), app.operator()).await.is(404, "approval-unknown");
    app.get("/v1/approvals/x", app.operator()).await.is(400, "validation-failed");
    assert_eq!(app.statuses(&path).await, [403, 403, 403, 403, 200]);
    app.finish().await;
}

#[tokio::test]
async fn an_approved_promotion_says_what_came_of_it() {
    let app = TestApp::with_bank().await;
    let decided = format!("'2026-11-21T10:00:00Z', '{}', 'jiwoo', 'looked at it', null", id(JIWOO));
    let fingerprint = "ab".repeat(16);
    let action = json!({
        "kind": "view-promotion", "view": "accounts", "generation": 2, "differences": 7, "fingerprint": fingerprint,
    });
    let granted = row(4, ("promotion", "approved"), "'2026-11-22T09:00:00Z'", &decided, &action);
    app.database
        .run(&format!(
            "insert into approvals_g1.approvals (requested_position, requested_at, expires_at, approval_id, requested_by, session_id,
                 kind, status, requested_by_name, reason, action, decided_at, decided_by, decided_by_name, decision_reason, refusal)
             values {granted}"
        ))
        .await;
    let path = format!("/v1/approvals/{}", id(0xa4));
    let carried_out = async || {
        let one = app.get(&path, app.operator()).await.ok().clone();
        let listed = app.get("/v1/approvals?action=promotion", app.operator()).await.ok().clone();
        assert_eq!(listed["items"], json!([one]));
        assert_eq!(one["details"], action);
        one["carried_out"].clone()
    };
    assert_eq!(carried_out().await, json!({"state": "waiting", "at": null, "error": null}), "the projector is away");
    app.database
        .run(&format!(
            "insert into registry.promotion_requests (approval_id, view, generation, differences, fingerprint, requested_by,
                 requested_by_name, reason, requested_at, expires_at, approved_by_name, approved_at)
             values ('{}', 'accounts', 2, 7, '{fingerprint}', '{}', 'minji', 'case 4', now(), now(), 'jiwoo', now())",
            id(0xa4),
            id(MINJI)
        ))
        .await;
    assert_eq!(carried_out().await["state"], "waiting");
    app.database
        .run("update registry.promotion_requests set ended_at = '2026-11-21T10:00:01Z', outcome = 'refused', error = 'it changed'")
        .await;
    let refused = carried_out().await;
    assert_eq!((&refused["state"], &refused["error"]), (&json!("refused"), &json!("it changed")));
    assert!(refused["at"].as_str().is_some_and(|at| at.starts_with("2026-11-21T10:00:01")), "{refused}");
    app.finish().await;
}
