//! What the servers behind the console say in tests.

use serde_json::{Value, json};

use crate::stub::Stub;

pub const ID: &str = "01900000-0000-7000-8000-000000000001";
pub const OTHER: &str = "01900000-0000-7000-8000-000000000002";
/// The operator's token: it must never reach a browser.
pub const TOKEN: &str = "secret-access-token";
pub const REFRESH: &str = "secret-refresh-token";
pub const AT: &str = "2026-12-01T03:00:00Z";

/// Every screen that is shown with GET, for somebody who is logged in.
pub fn screens() -> Vec<String> {
    let plain = ["/", "/find?q=two", "/accounts", "/members", "/views", "/views/balances", "/log", "/health"];
    let lists = ["/processes", "/payout-runs", "/approvals", "/audit", "/webhooks", "/partners", "/limits", "/rates"];
    let staff = ["/operators", "/operators/me", "/health/projector"];
    let of_id = [
        format!("/accounts/{ID}"),
        "/accounts/freeze".to_owned(),
        format!("/accounts/{ID}/holds"),
        format!("/holds/{ID}"),
        format!("/transfers/{ID}"),
        "/transfers?reference=r".to_owned(),
        format!("/members/{ID}"),
        "/log/positions/7".to_owned(),
        format!("/log/streams/{ID}?fold=true"),
        format!("/processes/{ID}"),
        format!("/payout-runs/{ID}"),
        format!("/approvals/{ID}"),
        format!("/webhooks/{ID}"),
        format!("/partners/{ID}"),
        format!("/operators/{ID}"),
    ];
    let named = plain.into_iter().chain(lists).chain(staff);
    named.map(str::to_owned).chain(of_id).collect()
}

/// A log-in is answered with a session of somebody with this role.
pub fn log_in_answers(stub: &Stub, role: &str) {
    let session = session(role, 300);
    stub.answers("POST /v1/operators/sessions", 201, session.clone());
    stub.answers("POST /v1/operators/sessions/oidc", 201, session.clone());
    stub.answers("POST /v1/operators/sessions/refresh", 200, session);
    stub.answers("DELETE /v1/operators/sessions/current", 204, Value::Null);
}

pub fn session(role: &str, expires_in: i64) -> Value {
    json!({
        "operator_id": ID, "name": "admin", "role": role, "session_id": OTHER, "access_token": TOKEN,
        "token_type": "Bearer", "expires_in": expires_in, "refresh_token": REFRESH, "ends_at": AT,
    })
}

/// Answers of every read that a screen makes; `text` stands wherever somebody outside may choose what stands there.
pub fn fill(stub: &Stub, text: &str) {
    log_in_answers(stub, "admin");
    let provider = json!({"enabled": false, "issuer": null, "authorization_endpoint": null, "client_id": null});
    stub.answers("GET /v1/operators/sessions/oidc", 200, provider);
    stub.answers(
        "GET /v1/assets",
        200,
        json!({"items": [{"code": "KRW", "scale": 0, "name": text}, {"code": "EUR", "scale": 2, "name": text}]}),
    );
    stub.answers(
        "GET /v1/find",
        200,
        json!({
            "items": [
                {"kind": "account", "id": ID, "title": text, "detail": text},
                {"kind": text, "id": text, "title": text, "detail": null},
            ],
            "not_searched": ["login_id", text],
        }),
    );
    dashboard(stub, text);
    accounts(stub, text);
    members(stub, text);
    views(stub, text);
    log(stub, text);
    crate::operations::fill(stub, text);
}

fn dashboard(stub: &Stub, text: &str) {
    let bucket = json!({"start": AT, "asset": "KRW", "kind": text, "transfers": 3, "volume": "12500", "rejected": 0});
    stub.answers(
        "GET /v1/dashboard/overview",
        200,
        json!({
            "totals": [
                {"asset": "KRW", "member_sum": "12500", "system_sum": "-12500", "sum": "0"},
                {"asset": text, "member_sum": text, "system_sum": text, "sum": text},
            ],
            "members": {"active": 1234, "erasing": 1, "erased": 2},
            "accounts": {"open": 3, "frozen": 1, "closed": 0, "system": 5},
            "activity": {"zone": "Asia/Seoul", "minute": [bucket], "hour": [bucket], "day": [bucket]},
            "refusals": [{"code": text, "kind": text, "count": 2}],
        }),
    );
    let refusals = json!({"from": AT, "to": AT, "items": [{"hour": AT, "code": text, "kind": text, "count": 4}]});
    stub.answers("GET /v1/dashboard/refusals", 200, refusals);
    stub.answers(
        "GET /v1/audit",
        200,
        json!({
            "auditor": text, "audited_position": 4200, "audited_at": AT, "head": 4201, "lag_ms": 12,
            "alarms": [{"position": 7, "rule": text, "acknowledged_at": null}],
            "invariants": [{"rule": text, "checked": 10, "found": 1, "skipped": 0}],
        }),
    );
}

fn accounts(stub: &Stub, text: &str) {
    let account = json!({
        "account_id": ID, "account_number": "123456789012", "owner": OTHER, "asset": "KRW", "status": "open", "freeze": text,
        "balance": "12500", "available": "12000", "held": "500", "name": text, "version": 9, "opened_at": AT,
    });
    let named = json!({
        "account_id": OTHER, "account_number": null, "owner": null, "asset": text, "status": text, "balance": text,
        "name": text, "opened_at": text,
    });
    let page = |items: Value| json!({"items": items, "next_cursor": "cursor-of-the-next-page"});
    stub.answers("GET /v1/accounts", 200, page(json!([account, named])));
    stub.answers(&format!("GET /v1/accounts/{ID}"), 200, account);
    stub.answers(
        &format!("GET /v1/accounts/{ID}/transactions"),
        200,
        page(json!([{
            "transfer_id": ID, "kind": text, "amount": "-500", "balance_after": "12500", "counterparty": OTHER,
            "counterparty_number": text, "memo": text, "reference": text, "recorded_at": AT,
        }])),
    );
    stub.answers(&format!("GET /v1/accounts/{ID}/holds"), 200, page(json!([hold(text, "active")])));
    stub.answers(&format!("GET /v1/holds/{ID}"), 200, hold(text, "active"));
    stub.answers(
        &format!("GET /v1/accounts/{ID}/limits"),
        200,
        json!({"items": [{
            "name": text, "window": text, "amount": {"limit": "1000", "used": "5", "remaining": "995"}, "count": null,
        }]}),
    );
    stub.answers(
        &format!("GET /v1/accounts/{ID}/history"),
        200,
        json!({"account_id": ID, "asset": "KRW", "points": [
            {"at": AT, "balance": "13000", "version": 8}, {"at": text, "balance": text, "version": 9},
        ]}),
    );
    let transfer = json!({
        "transfer_id": ID, "kind": "transfer", "status": "posted", "code": text, "money": {"asset": "EUR", "amount": "1050"},
        "memo": text, "reference": text, "reverses": null, "reversed_by": null, "hold_id": OTHER, "position": 7,
        "postings": [{"account_id": ID, "asset": text, "amount": text, "balance_after": text}], "recorded_at": AT,
    });
    stub.answers("GET /v1/transfers", 200, page(json!([transfer])));
    stub.answers(&format!("GET /v1/transfers/{ID}"), 200, transfer);
    stub.answers(&format!("GET /v1/transfers/{ID}/answer"), 200, transfer_answer(text));
}

/// What was answered to the command that a transfer came of.
pub fn transfer_answer(text: &str) -> Value {
    json!({
        "transfer_id": ID, "command_id": ID, "actor": {"role": "member", "id": OTHER}, "status": 201,
        "headers": {"consistency-token": "a-token", "content-type": text, "idempotency-replayed": "true"},
        "body": {"transfer_id": ID, "memo": text},
    })
}

pub fn hold(text: &str, status: &str) -> Value {
    json!({
        "hold_id": ID, "status": status, "source": ID, "destination": null, "money": {"asset": "EUR", "amount": "1050"},
        "captured": "50", "released": "0", "remaining": "1000", "expires_at": AT, "memo": text, "reference": text,
        "placed_by": OTHER, "position": 7, "recorded_at": AT,
    })
}

fn members(stub: &Stub, text: &str) {
    let member = json!({
        "member_id": ID, "state": "active", "joined_at": AT, "erased_at": null, "accounts": [], "account_count": 0,
    });
    let other = json!({"member_id": text, "state": text, "joined_at": text, "erased_at": text});
    stub.answers("GET /v1/members", 200, json!({"items": [member, other], "next_cursor": null}));
    stub.answers(&format!("GET /v1/members/{ID}"), 200, member);
    let sessions = json!([
        {"session_id": ID, "state": "open", "began_at": AT, "expires_at": AT, "ended_at": null},
        {"session_id": OTHER, "state": text, "began_at": null, "expires_at": text, "ended_at": text},
    ]);
    let answer = json!({"items": sessions, "next_cursor": null});
    stub.answers(&format!("GET /v1/members/{ID}/sessions"), 200, answer);
    let device = json!({
        "device_id": text, "platform": text, "locale": text, "zone": text, "registered_at": AT, "changed_at": AT,
    });
    let answer = json!({"items": [device], "next_cursor": null});
    stub.answers(&format!("GET /v1/members/{ID}/devices"), 200, answer);
    stub.answers(&format!("POST /v1/members/{ID}/disclosures"), 201, json!({
        "member_id": ID, "login_id": text, "real_name": text, "contact": {"channel": "email", "value": text}, "joined_at": AT,
    }));
}

fn views(stub: &Stub, text: &str) {
    let view = json!({
        "view": "balances", "generation": 3, "position": 41, "head": 42, "lag_events": 1, "lag_ms": 5, "state": "stuck",
        "error": text, "error_position": 42, "error_type": text, "paused_since": AT, "parked_events": 2, "parked_keys": 1,
        "updated_at": AT, "version": 1,
        "generations": [
            {"generation": 4, "state": "ready", "position": 42, "created_at": AT, "promoted_at": null},
            {"generation": 2, "state": "retired", "position": 40, "created_at": AT, "promoted_at": AT},
            {"generation": 1, "state": "retired", "position": 40, "created_at": AT, "promoted_at": AT},
        ],
    });
    stub.answers("GET /v1/views", 200, json!([view]));
    stub.answers("GET /v1/views/balances", 200, view);
    let column = json!({"column": text, "live": text, "new": null});
    let comparison = json!({
        "live": 3, "new": 4, "position": 42, "equal": false, "unexpected": 1, "fingerprint": "ab".repeat(16), "expected": 2,
        "remarks": [text],
        "tables": [{"table": text, "live_rows": 100, "new_rows": 101, "sums": [column]}],
        "differences": [{"table": text, "key": text, "what": text, "columns": [column]}],
    });
    let progress = json!({
        "generation": 4, "phase": text, "done": 250, "total": 1000, "per_second": 250, "seconds_left": 61, "waits_for": text,
    });
    let rebuild = json!({
        "view": "balances", "state": text, "requested_by": text, "reason": text, "requested_at": AT, "promote": false,
        "progress": progress, "ended_at": AT, "error": text,
        "outcome": {"generation": 4, "position": 42, "state": text, "comparison": comparison, "rollback": null},
    });
    stub.answers("GET /v1/views/balances/rebuild", 200, rebuild);
    let parked = json!({
        "generation": 3, "key": text, "position": 9, "events": 2, "reason": text, "parked_by": text, "parked_at": AT,
        "error": text,
    });
    stub.answers("GET /v1/views/balances/parked", 200, json!({"items": [parked], "next_cursor": null}));
    let promotion = json!({
        "approval_id": ID, "generation": 3, "differences": 12, "fingerprint": text, "state": text, "requested_by_name": text,
        "reason": text, "requested_at": AT, "approved_by_name": text, "approved_at": AT, "ended_at": AT, "error": text,
    });
    stub.answers("GET /v1/views/balances/promotions", 200, json!({"items": [promotion], "next_cursor": null}));
}

fn log(stub: &Stub, text: &str) {
    let (actor, data) =
        (json!({"role": "operator", "id": text}), json!({"memo": text, "step": "confirm", "code": text, text: [text]}));
    let event = json!({
        "position": 7, "stream_id": text, "version": 2, "type": text, "schema_version": 1, "data": data,
    });
    let commit = json!({
        "first_position": 6, "last_position": 8, "recorded_at": AT, "command_id": text, "correlation_id": text,
        "actor": actor, "events": [event],
    });
    stub.answers("GET /v1/log", 200, json!({"items": [commit], "next_cursor": "cursor-of-the-next-page"}));
    stub.answers("GET /v1/log/positions/7", 200, commit);
    let parked = json!({
        "position": 9, "stream_id": text, "version": 3, "type": text, "schema_version": 1, "data": data,
    });
    let commit = json!({
        "first_position": 9, "last_position": 9, "recorded_at": AT, "command_id": text, "correlation_id": text,
        "actor": actor, "events": [parked],
    });
    stub.answers("GET /v1/log/positions/9", 200, commit);
    let step = |version: i64, more: (&str, Value)| {
        json!({
            "position": 7, "version": version, "type": text, "schema_version": 1, "recorded_at": AT, "command_id": text,
            "actor": actor, "data": data, more.0: more.1,
        })
    };
    let steps = [step(2, ("state", json!({"memo": text}))), step(3, ("state_error", json!(text)))];
    stub.answers(
        &format!("GET /v1/log/streams/{ID}"),
        200,
        json!({"stream_id": ID, "kind": "account", "version": 4, "items": steps, "next_after_version": 3}),
    );
}

/// A rebuild of the view that made a generation that differs from the live one.
pub fn differing_rebuild() -> Value {
    let comparison = json!({
        "live": 3, "new": 4, "position": 42, "equal": false, "unexpected": 1, "fingerprint": "cd".repeat(16), "expected": 0,
        "remarks": [], "tables": [], "differences": [],
    });
    json!({
        "view": "balances", "state": "ended", "requested_by": "operator", "reason": "x", "requested_at": AT, "promote": false,
        "progress": null, "ended_at": AT, "error": null,
        "outcome": {"generation": 4, "position": 42, "state": "failed", "comparison": comparison, "rollback": null},
    })
}
