//! What the servers say of processes, payout runs, webhooks, partners, limits, rates, approvals and operators.

use kernel::AssetCode;
use serde_json::{Value, json};

use crate::{
    bank::{AT, ID, OTHER},
    stub::Stub,
};

/// Answers of every read of these screens; `text` stands wherever somebody outside may choose what stands there.
pub fn fill(stub: &Stub, text: &str) {
    processes(stub, text);
    payouts(stub, text);
    webhooks(stub, text);
    partners(stub, text);
    limits(stub, text);
    approvals(stub, text);
    operators(stub, text);
    view_acts(stub, text);
    stub.answers("GET /readyz", 200, json!({"status": "ready", "checks": {text: text, "log": "ok"}}));
    let metrics = format!("# HELP told What is told\ntold{{route=\"/x\"}} 7\ntask_restarts_total 3\n{text} 1\n");
    stub.answers("GET /metrics", 200, Value::String(metrics));
}

pub fn page(items: Value) -> Value {
    json!({"items": items, "next_cursor": "cursor-of-the-next-page"})
}

fn processes(stub: &Stub, text: &str) {
    let step = json!({"name": "confirm", "state": "stuck", "tries": 7, "last_error_code": text, "at": AT});
    let process = json!({
        "process_id": ID, "kind": "top-up", "state": "stuck", "steps": [step, {
            "name": text, "state": text, "tries": 1, "last_error_code": null, "at": text,
        }],
        "money": {"asset": "EUR", "amount": "1050"}, "account_id": OTHER, "owner": OTHER, "provider": text, "product": text,
        "hold_id": OTHER, "started_at": AT, "ended_at": null, "position": 7,
    });
    let other = json!({
        "process_id": OTHER, "kind": text, "state": text, "steps": [], "money": {"asset": text, "amount": text}, "account_id": text,
        "owner": text, "provider": null, "product": null, "hold_id": null, "started_at": text, "ended_at": text, "position": 8,
    });
    stub.answers("GET /v1/processes", 200, page(json!([process, other])));
    stub.answers(&format!("GET /v1/processes/{ID}"), 200, process);
}

fn payouts(stub: &Stub, text: &str) {
    let run = run(text, "running");
    stub.answers("GET /v1/payout-runs", 200, page(json!([run])));
    stub.answers(&format!("GET /v1/payout-runs/{ID}"), 200, run);
    let row = |number: u32, status: &str, transfer: Option<&str>, code: Option<&str>| json!({"row": number, "destination": text, "amount": "250000", "status": status, "transfer_id": transfer, "code": code});
    let rows =
        json!([row(1, "posted", Some(ID), None), row(2, "refused", Some(OTHER), Some(text)), row(3, text, None, None)]);
    stub.answers(&format!("GET /v1/payout-runs/{ID}/results"), 200, page(rows));
}

pub fn run(text: &str, status: &str) -> Value {
    json!({
        "run_id": ID, "status": status, "source": OTHER, "asset": "KRW", "name": text, "reference": text, "opened_by": OTHER, "rows": 1000,
        "posted": 400, "refused": 100, "total": "125000000", "paid": "50000000", "eta_seconds": 61, "position": 7, "recorded_at": AT,
    })
}

fn webhooks(stub: &Stub, text: &str) {
    let webhook = json!({
        "webhook_id": ID, "owner": {"role": "service", "id": OTHER}, "url": text, "events": [text], "description": text, "status": "enabled",
        "disabled_because": null, "failing_since": AT, "created_at": AT, "position": 7, "recorded_at": AT,
    });
    let gone = json!({
        "webhook_id": OTHER, "owner": {"role": "partner", "id": text}, "url": text, "events": ["*"], "description": null, "status": "disabled",
        "disabled_because": "gone", "failing_since": null, "created_at": AT, "position": 8, "recorded_at": AT,
    });
    stub.answers("GET /v1/webhooks", 200, page(json!([webhook, gone])));
    stub.answers(&format!("GET /v1/webhooks/{ID}"), 200, webhook);
    let attempts = json!([
        {"at": AT, "status": 500, "duration_ms": 340, "error": null, "response_start": text},
        {"at": AT, "status": null, "duration_ms": 15000, "error": text, "response_start": null},
    ]);
    let delivery = json!({
        "delivery_id": OTHER, "event_id": ID, "type": text, "status": "failed", "attempts": attempts, "next_at": AT, "created_at": AT,
    });
    stub.answers(&format!("GET /v1/webhooks/{ID}/deliveries"), 200, page(json!([delivery])));
}

fn partners(stub: &Stub, text: &str) {
    let key = |id: &str, revoked: Value| json!({"key_id": id, "scopes": ["accounts:read", text], "issued_at": AT, "expires_at": AT, "revoked_at": revoked});
    let partner = json!({
        "partner_id": ID, "name": text, "keys": [key(ID, Value::Null), key(OTHER, json!(AT))],
        "quotas": {"requests_per_second": 1050, "burst": null, "limits": [text]}, "created_at": AT,
    });
    stub.answers("GET /v1/partners", 200, page(json!([partner])));
    stub.answers(&format!("GET /v1/partners/{ID}"), 200, partner);
}

fn limits(stub: &Stub, text: &str) {
    let limit = json!({
        "name": "daily", "window": "day", "amount": {"limit": "1000000"}, "count": {"limit": 20}, "resets_at": AT, "asset": "EUR",
        "kinds": ["transfer", text], "everyone": true, "zone": text, "position": 7, "recorded_at": AT,
    });
    stub.answers("GET /v1/limits", 200, page(json!([limit])));
    let rate = json!({
        "position": 7, "version": 2, "type": "RateSet", "recorded_at": AT, "command_id": ID, "actor": {"role": "operator", "id": text},
        "data": {"from": "EUR", "to": "KRW", "rate": text, "spread_bps": 50, "expires_at": AT},
    });
    stub.answers(&format!("GET /v1/log/streams/{}", rate_stream("EUR", "KRW")), 200, json!({"items": [rate]}));
    // Of the other direction nothing was ever set.
    let none = json!({"status": 404, "code": "not-found", "title": "none", "detail": "the log has no such stream"});
    stub.answers(&format!("GET /v1/log/streams/{}", rate_stream("KRW", "EUR")), 404, none);
}

pub fn rate_stream(from: &str, to: &str) -> String {
    let code = |text: &str| text.parse::<AssetCode>().expect("an asset");
    code(from).rate_stream(code(to)).to_string()
}

fn approvals(stub: &Stub, text: &str) {
    let approval = approval(text, OTHER, "2999-12-01T03:00:00Z");
    stub.answers("GET /v1/approvals", 200, page(json!([approval])));
    stub.answers(&format!("GET /v1/approvals/{ID}"), 200, approval);
}

pub fn approval(text: &str, requested_by: &str, expires_at: &str) -> Value {
    json!({
        "approval_id": ID, "status": "pending", "action": "reversal", "session_id": OTHER,
        "details": {"kind": "reversal", "transfer": OTHER, "reason": text, "digest": "abab"},
        "requested_by": requested_by, "requested_by_name": text, "reason": text, "requested_at": AT, "expires_at": expires_at,
        "decided_by": null, "decided_by_name": text, "decided_at": null, "decision_reason": text, "refusal": text,
        "carried_out": {"state": text, "at": AT, "error": text},
    })
}

fn operators(stub: &Stub, text: &str) {
    let operator = |id: &str, name: &str, status: &str| json!({"operator_id": id, "name": name, "role": "support", "status": status, "added_at": AT, "changed_at": AT});
    stub.answers(
        "GET /v1/operators",
        200,
        json!({
            "items": [operator(ID, text, "enabled"), operator(OTHER, "second", "disabled")], "next_cursor": null,
        }),
    );
    let place = json!({"address": "127.0.0.1", "user_agent": text});
    let session = json!({
        "session_id": OTHER, "began_at": AT, "began_from": place, "used_at": AT, "used_from": place, "ends_at": AT, "current": true,
    });
    stub.answers(&format!("GET /v1/operators/{ID}/sessions"), 200, json!({"items": [session]}));
    stub.answers(
        "GET /v1/operators/me",
        200,
        json!({"operator_id": ID, "name": "admin", "role": "admin", "session": session}),
    );
    let action = json!({
        "at": AT, "position": 7, "operator_id": ID, "name": text, "session_id": OTHER, "from": text, "reason": text, "command_id": ID, "action": text,
        "subject": OTHER, "approval": {"approval_id": OTHER, "approver": OTHER, "approver_name": text},
    });
    stub.answers("GET /v1/audit/actions", 200, page(json!([action])));
}

fn view_acts(stub: &Stub, text: &str) {
    let act = json!({
        "id": 9, "at": AT, "who": text, "operator_id": OTHER, "session_id": OTHER, "address": text, "what": text, "view": text, "generation": 2,
        "reason": text, "details": {"before": {text: text}, "after": {text: true}, text: text},
    });
    let by_hand = json!({
        "id": 8, "at": AT, "who": text, "operator_id": null, "session_id": null, "address": null, "what": "pause", "view": null,
        "generation": null, "reason": text, "details": {},
    });
    stub.answers("GET /v1/views/actions", 200, page(json!([act, by_hand])));
}
