//! What partners read, how often, and what operators see of them.

use std::time::Duration;

use kernel::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::app::{A1, ALICE, B1, BOB, CASH, DEPOSIT, TRANSFER, TestApp, id};

const KEY: u128 = 0x6e1;

/// The token of a partner that owns the accounts of a member of `seed`.
fn partner(app: &TestApp, owner: u128, scope: &str) -> String {
    let exp = SystemClock.now().timestamp() + 300;
    let claims = json!({ "sub": id(owner), "role": "partner", "key": id(KEY), "scope": scope, "exp": exp });
    app.keys.sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)
}

#[tokio::test]
async fn a_partner_reads_its_own_if_the_token_says_so() {
    let app = TestApp::with_bank().await;
    let reader = partner(&app, ALICE, "transfers:write accounts:read");
    let writer = partner(&app, ALICE, "transfers:write");
    let readable = [
        (format!("/v1/accounts/{}", id(A1)), 200),
        (format!("/v1/accounts/{}/transactions", id(A1)), 200),
        (format!("/v1/accounts/{}/balance", id(A1)), 200),
        (format!("/v1/accounts/{}", id(B1)), 404),
        (format!("/v1/accounts/{}", id(CASH)), 404),
        (format!("/v1/transfers/{}", id(TRANSFER)), 200),
        ("/v1/accounts".to_owned(), 200),
    ];
    for (path, status) in readable {
        assert_eq!(app.get(&path, &reader).await.status, status, "{path}");
        let refused = app.get(&path, &writer).await;
        refused.is(403, "scope-missing");
        assert_eq!(refused.body["scope"], "accounts:read", "{path}");
    }
    let closed = [
        "/v1/wallet/home",
        "/v1/members/me",
        "/v1/standing-orders",
        "/v1/limits",
        "/v1/partners",
        "/v1/views",
        "/v1/audit",
        "/v1/dashboard/overview",
        "/v1/dashboard/top-movers",
    ];
    for path in closed {
        app.get(path, &reader).await.is(403, "forbidden");
    }
    app.get(&format!("/v1/accounts?owner={}", id(BOB)), &reader).await.is(403, "forbidden");
    app.get_open("/v1/assets").await.ok();
    app.finish().await;
}

#[tokio::test]
async fn a_partner_learns_no_names_and_no_balances_of_others() {
    let app = TestApp::with_bank().await;
    let reader = partner(&app, ALICE, "accounts:read");
    let number = kernel::AccountNumber::from_digits(0xb1);
    let payee = app.get(&format!("/v1/payees?account_number={number}"), &reader).await;
    assert_eq!((&payee.ok()["account_id"], &payee.body["masked_name"]), (&json!(id(B1)), &Value::Null));
    let transfer = app.get(&format!("/v1/transfers/{}", id(TRANSFER)), &reader).await;
    let balances: Vec<_> =
        transfer.ok()["postings"].as_array().expect("postings").iter().map(|p| &p["balance_after"]).collect();
    assert_eq!(balances, [&json!("70000"), &Value::Null]);
    // What a service called a transfer finds it for that service only.
    let found = app.get("/v1/transfers?reference=till%204", &reader).await;
    assert_eq!(found.ok()["items"], json!([]));
    app.get(&format!("/v1/transfers/{}", id(DEPOSIT)), &reader).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn a_revoked_key_takes_all_tokens_that_were_given_for_it() {
    let app = TestApp::with_bank().await;
    let tokens = ["accounts:read", "accounts:read holds:write"].map(|scope| partner(&app, ALICE, scope));
    for token in &tokens {
        app.get("/v1/accounts", token).await.ok();
    }
    app.people.revoke(&app.database, id(KEY)).await;
    for token in &tokens {
        let mut status = 200;
        for _ in 0..60 {
            status = app.get("/v1/accounts", token).await.status;
            if status == 401 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(status, 401);
    }
    app.get("/v1/accounts", app.member(ALICE)).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn requests_above_the_quota_wait() {
    let app = TestApp::with_bank().await;
    let (one, other) = (partner(&app, ALICE, "accounts:read"), partner(&app, BOB, "accounts:read"));
    let usual = app.get("/v1/accounts", &one).await;
    usual.ok();
    assert_eq!(usual.header("ratelimit-policy"), Some("\"default\";q=200;w=2"));
    app.database
        .run(&format!(
            "insert into vault.partner_quotas (partner_id, requests_per_second, burst, position) values ('{}', 1, 1, 9)",
            id(ALICE)
        ))
        .await;
    let mut refused = None;
    for _ in 0..300 {
        let reply = app.get("/v1/accounts", &one).await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
        reply.ok();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let refused = refused.expect("it counts within seconds");
    refused.is(429, "too-many-requests");
    assert_eq!(refused.number("retry-after"), 1);
    assert!(refused.header("ratelimit").is_some_and(|left| left.starts_with("\"default\";r=0;t=")), "{refused:?}");
    app.get("/v1/accounts", &other).await.ok();
    let member = app.get("/v1/accounts", app.member(ALICE)).await;
    member.ok();
    assert_eq!(member.header("ratelimit-policy"), None, "only partners are counted");
    app.finish().await;
}

#[tokio::test]
async fn operators_see_partners_their_keys_and_their_quotas() {
    let app = TestApp::with_bank().await;
    app.database
        .run(&format!(
            "insert into partners_g1.partners (created_position, created_at, requests_per_second, burst, partner_id, name, limits)
             values (3, '2026-11-21T09:00:00Z', 50, null, '{}', 'Hangang Coffee', 'daily low'),
                    (5, '2026-11-21T09:01:00Z', null, null, '{}', 'Books', '');
             insert into partners_g1.partner_keys (issued_position, issued_at, expires_at, revoked_at, key_id, partner_id, scopes)
             values (6, '2026-11-21T09:02:00Z', null, '2026-11-21T09:03:00Z', '{}', '{0}', 'accounts:read holds:write'),
                    (8, '2026-11-21T09:04:00Z', '2027-11-21T09:04:00Z', null, '{}', '{0}', 'accounts:read')",
            id(0x1),
            id(0x2),
            id(0x11),
            id(0x12),
        ))
        .await;
    let one = app.get(&format!("/v1/partners/{}", id(1)), app.operator()).await;
    let shown = json!({
        "partner_id": id(1),
        "name": "Hangang Coffee",
        "keys": [
            { "key_id": id(0x12), "scopes": ["accounts:read"], "issued_at": "2026-11-21T09:04:00Z",
              "expires_at": "2027-11-21T09:04:00Z", "revoked_at": null },
            { "key_id": id(0x11), "scopes": ["accounts:read", "holds:write"], "issued_at": "2026-11-21T09:02:00Z",
              "expires_at": null, "revoked_at": "2026-11-21T09:03:00Z" },
        ],
        "quotas": { "requests_per_second": 50, "burst": null, "limits": ["daily", "low"] },
        "created_at": "2026-11-21T09:00:00Z",
    });
    assert_eq!(*one.ok(), shown);
    let first = app.get("/v1/partners?limit=1", app.operator()).await;
    assert_eq!((&first.ok()["items"][0]["name"], &first.body["items"][0]["keys"]), (&json!("Books"), &json!([])));
    assert_eq!(first.body["items"][0]["quotas"]["limits"], json!([]));
    let cursor = first.body["next_cursor"].as_str().expect("more");
    let last = app.get(&format!("/v1/partners?limit=1&cursor={cursor}"), app.operator()).await;
    assert_eq!(*last.ok(), json!({ "items": [shown], "next_cursor": null }));
    app.get(&format!("/v1/partners/{}", id(0x404)), app.operator()).await.is(404, "partner-unknown");
    app.get("/v1/partners?cursor=x", app.operator()).await.is(400, "cursor-invalid");
    assert_eq!(app.statuses("/v1/partners").await, [403, 403, 403, 403, 200]);
    app.finish().await;
}
