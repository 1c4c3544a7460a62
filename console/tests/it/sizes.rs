//! Pages are small, and files are kept.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;

use crate::{
    app::App,
    bank::{ID, screens},
    doctor::{ReportFile, finding},
    operations::page,
};

/// At first load, with all files.
const MOST: usize = 200_000;

#[tokio::test]
async fn a_first_load_has_less_than_200_kb_and_files_are_kept_for_a_year() {
    let report = ReportFile::new();
    report.holds(&json!(vec![finding("fail", &"x".repeat(100)); 100]), TimeDelta::zero());
    let app = App::start_with(&[&report.flag()]).await;
    let mut browser = app.signed_in("admin").await;
    full_pages(&app);
    for path in screens() {
        let html = browser.get(&path).await.text;
        let files: BTreeSet<String> =
            html.split('"').filter(|piece| piece.starts_with("/assets/")).map(str::to_owned).collect();
        assert!(files.len() >= 5, "{path}: {files:?}");
        let mut size = html.len();
        for file in files {
            let reply = browser.get(&file).await;
            assert_eq!(
                (reply.status, reply.header("cache-control")),
                (200, "public, max-age=31536000, immutable"),
                "{file}"
            );
            assert!(reply.all("set-cookie").is_empty(), "{file}");
            size += reply.text.len();
        }
        assert!(size < MOST, "{path} has {size} bytes");
    }
    assert_eq!(browser.get("/assets/0000000000000000/console.css").await.status, 404, "another digest");
}

/// As many rows as a page has, and as many figures as a chart.
fn full_pages(app: &App) {
    let at = "2026-12-01T03:00:00Z";
    let entry = json!({
        "transfer_id": ID, "kind": "transfer", "amount": "-500", "balance_after": "12500", "counterparty": ID,
        "counterparty_number": "123456789012", "memo": "x".repeat(100), "reference": "r".repeat(60), "recorded_at": at,
    });
    app.stub.answers(
        &format!("GET /v1/accounts/{ID}/transactions"),
        200,
        json!({"items": vec![entry; 50], "next_cursor": "c"}),
    );
    let instants: Vec<_> = (0..120).map(|_| json!({"at": at, "balance": "13000", "version": 8})).collect();
    let history = json!({"account_id": ID, "asset": "KRW", "points": instants});
    app.stub.answers(&format!("GET /v1/accounts/{ID}/history"), 200, history);
    full_views(app);
    more_full_pages(app);
}

/// Parked keys and steps whose events are long.
fn full_views(app: &App) {
    let at = "2026-12-01T03:00:00Z";
    let (text, actor) = ("x".repeat(100), json!({"role": "service", "id": ID}));
    let key = |position: i64| json!({"generation": 3, "key": ID, "position": position, "events": 2, "reason": text, "parked_by": ID, "parked_at": at, "error": text});
    let keys: Vec<_> = (1..=50).map(key).collect();
    app.stub.answers("GET /v1/views/balances/parked", 200, page(json!(keys)));
    for position in 1..=50 {
        let event = json!({
            "position": position, "stream_id": ID, "version": 2, "type": "TransferPosted", "schema_version": 1,
            "data": {"rows": vec![ID; 1000]},
        });
        let commit = json!({
            "first_position": position, "last_position": position, "recorded_at": at, "command_id": ID, "correlation_id": ID,
            "actor": actor, "events": [event],
        });
        app.stub.answers(&format!("GET /v1/log/positions/{position}"), 200, commit);
    }
}

fn more_full_pages(app: &App) {
    let at = "2026-12-01T03:00:00Z";
    let text = "x".repeat(100);
    let attempt =
        json!({"at": at, "status": 500, "duration_ms": 340, "error": null, "response_start": "y".repeat(1024)});
    let delivery = json!({
        "delivery_id": ID, "event_id": ID, "type": "transfer.posted", "status": "failed", "attempts": vec![attempt; 40], "next_at": at,
        "created_at": at,
    });
    app.stub.answers(&format!("GET /v1/webhooks/{ID}/deliveries"), 200, page(json!(vec![delivery; 20])));
    let row = json!({
        "row": 1, "destination": ID, "amount": "250000", "status": "refused", "transfer_id": ID, "code": "account-closed",
    });
    app.stub.answers(&format!("GET /v1/payout-runs/{ID}/results"), 200, page(json!(vec![row; 50])));
    let key = json!({"key_id": ID, "scopes": [text], "issued_at": at, "expires_at": at, "revoked_at": null});
    let quotas = json!({"requests_per_second": null, "burst": null, "limits": []});
    let partner = json!({"partner_id": ID, "name": text, "keys": vec![key; 100], "quotas": quotas, "created_at": at});
    app.stub.answers(&format!("GET /v1/partners/{ID}"), 200, partner);
    let alarm = json!({"id": 1, "position": 7, "rule": text, "what": text, "raised_at": at, "acknowledged_at": null});
    let rule = json!({"rule": text, "checked": 10, "found": 0, "skipped": 0});
    app.stub.answers(
        "GET /v1/audit",
        200,
        json!({
            "auditor": ID, "audited_position": 7, "audited_at": at, "head": 7, "lag_ms": 0, "alarms": vec![alarm; 100],
            "invariants": vec![rule; 40],
        }),
    );
    let action = json!({
        "at": at, "position": 7, "operator_id": ID, "name": "minji.kim", "session_id": ID, "reason": text, "command_id": ID,
        "action": "TransferReversed", "subject": ID, "approval": null,
    });
    app.stub.answers("GET /v1/audit/actions", 200, page(json!(vec![action; 50])));
    let act = json!({
        "id": 9, "at": at, "who": "minji.kim", "operator_id": ID, "session_id": ID, "address": "192.0.2.7", "what": "promote",
        "view": "standing_orders", "generation": 12, "reason": text,
        "details": {"before": {"live": 11}, "after": {"live": 12}, "fingerprint": "f".repeat(32), "approval": ID},
    });
    app.stub.answers("GET /v1/views/actions", 200, page(json!(vec![act; 20])));
}
