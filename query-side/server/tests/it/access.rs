//! Who sees what.

use kernel::{Clock, SystemClock};
use serde_json::json;

use crate::app::{A1, A2, ALICE, B1, BOB, CASH, DEPOSIT, REJECTED, REVERSED, TRANSFER, TestApp, id};

#[tokio::test]
async fn what_is_not_yours_is_not_there() {
    let app = TestApp::with_bank().await;
    let cases = [
        (format!("/v1/accounts/{}", id(A1)), [200, 404, 404, 200, 200]),
        (format!("/v1/accounts/{}", id(B1)), [404, 200, 404, 200, 200]),
        (format!("/v1/accounts/{}", id(CASH)), [404, 404, 404, 200, 200]),
        (format!("/v1/accounts/{}", id(0x404)), [404, 404, 404, 404, 404]),
        (format!("/v1/accounts/{}/transactions", id(A1)), [200, 404, 404, 200, 200]),
        (format!("/v1/accounts/{}/transactions", id(CASH)), [404, 404, 404, 200, 200]),
        (format!("/v1/accounts/{}/balance", id(A1)), [200, 404, 404, 200, 200]),
        (format!("/v1/transfers/{}", id(DEPOSIT)), [200, 404, 404, 200, 200]),
        (format!("/v1/transfers/{}", id(TRANSFER)), [200, 200, 404, 200, 200]),
        (format!("/v1/transfers/{}", id(REJECTED)), [200, 404, 404, 200, 200]),
        (format!("/v1/transfers/{}", id(REVERSED)), [200, 200, 404, 200, 200]),
        (format!("/v1/accounts?owner={}", id(ALICE)), [200, 403, 403, 403, 200]),
        ("/v1/accounts".to_owned(), [200; 5]),
        ("/v1/wallet/home".to_owned(), [200, 200, 200, 403, 403]),
        ("/v1/members/me".to_owned(), [200, 200, 404, 403, 403]),
        ("/v1/members/me/devices".to_owned(), [200, 200, 404, 403, 403]),
        ("/v1/members/me/sessions".to_owned(), [200, 200, 404, 403, 403]),
        ("/v1/members/me/notifications".to_owned(), [200, 200, 404, 403, 403]),
        ("/v1/dashboard/overview".to_owned(), [403, 403, 403, 403, 200]),
        ("/v1/transfers?reference=till%204".to_owned(), [403, 403, 403, 200, 200]),
        ("/v1/transfers".to_owned(), [403, 403, 403, 400, 400]),
        ("/v1/views".to_owned(), [403, 403, 403, 403, 200]),
        ("/v1/views/accounts".to_owned(), [403, 403, 403, 403, 200]),
        ("/v1/views/nothing".to_owned(), [403, 403, 403, 403, 404]),
    ];
    for (path, expected) in cases {
        assert_eq!(app.statuses(&path).await, expected, "{path}");
    }
    let absent = app.get(&format!("/v1/accounts/{}", id(0x404)), app.member(BOB)).await;
    let foreign = app.get(&format!("/v1/accounts/{}", id(A1)), app.member(BOB)).await;
    foreign.is(404, "account-unknown");
    assert_eq!(absent.body["detail"], foreign.body["detail"], "they cannot be distinguished");
    assert_eq!(foreign.number("view-position"), 18);
    app.finish().await;
}

/// The opening of an account was parked before the view of accounts had it: the owner of that side is unknown, so the
/// answer is never that there is no such transfer.
#[tokio::test]
async fn a_transfer_of_an_account_that_is_put_aside_is_not_said_to_be_absent() {
    // As the payer, as the payee, as a stranger, as a service and as an operator.
    // Of a rejected one only the payer may know, and it is known who that is if the payee's account alone is parked. The
    // deposit is not Bob's.
    let cases = [(A1, ALICE, [503; 5], [503; 5]), (B1, BOB, [503, 404, 404, 503, 503], [200, 404, 404, 200, 200])];
    for (account, owner, rejected, deposit) in cases {
        let app = TestApp::with_bank().await;
        let key = id(account);
        app.database
            .run(&format!(
                "delete from accounts_g1.accounts where account_id = '{key}';
                 insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
                 values ('accounts', 1, '{key}', 1, 'a test', 'a test')"
            ))
            .await;
        let path = |transfer| format!("/v1/transfers/{}", id(transfer));
        assert_eq!(app.statuses(&path(TRANSFER)).await, [503; 5]);
        assert_eq!(app.statuses(&path(REVERSED)).await, [503; 5]);
        assert_eq!(app.statuses(&path(REJECTED)).await, rejected);
        app.get(&path(TRANSFER), app.member(owner)).await.is(503, "view-behind");
        assert_eq!(app.statuses(&path(DEPOSIT)).await, deposit);
        assert_eq!(app.statuses(&path(0x404)).await, [404; 5]);
        let stale = [("prefer", "stale-ok")];
        let reply = app.get_with(&path(TRANSFER), app.operator(), &stale).await;
        reply.ok();
        assert_eq!(reply.header("consistency-status"), Some("stale"));
        let reply = app.get_with(&path(TRANSFER), app.member(owner), &stale).await;
        assert_eq!((reply.status, reply.header("consistency-status")), (404, Some("stale")), "its owner is unknown");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_member_sees_the_balances_of_own_accounts_only() {
    let app = TestApp::with_bank().await;
    let path = format!("/v1/transfers/{}", id(TRANSFER));
    let seen = async |bearer: String| {
        let reply = app.get(&path, bearer).await;
        let postings = reply.ok()["postings"].as_array().expect("postings").clone();
        postings.into_iter().map(|p| (p["balance_after"].clone(), p["version"].clone())).collect::<Vec<_>>()
    };
    let (source, destination, hidden) =
        ((json!("70000"), json!(3)), (json!("30000"), json!(2)), (json!(null), json!(null)));
    assert_eq!(seen(app.member(ALICE)).await, [source.clone(), hidden.clone()]);
    assert_eq!(seen(app.member(BOB)).await, [hidden, destination.clone()]);
    assert_eq!(seen(app.operator()).await, [source, destination]);

    let path = format!("/v1/transfers/{}", id(REJECTED));
    assert_eq!(app.get(&path, app.member(ALICE)).await.ok()["available"], "70000");
    app.get(&path, app.member(BOB)).await.is(404, "transfer-unknown");
    app.finish().await;
}

/// Whoever asked for a transfer may see why it was refused, also if the source is nobody's account.
#[tokio::test]
async fn a_refused_transfer_is_seen_by_whoever_asked_for_it() {
    let app = TestApp::with_bank().await;
    let (unknown, refused) = (id(0x404), id(0x7ef));
    app.database
        .run(&format!(
            "insert into transfers_g1.transfers (position, recorded_at, transfer_id, source, destination, amount, kind,
                 status, asset, code, asked_by, despite_freeze)
             values (17, '2026-11-21T09:08:00Z', '{refused}', '{unknown}', '{}', 5, 'transfer', 'rejected', 'KRW',
                 'account-unknown', '{}', false)",
            id(B1),
            id(ALICE)
        ))
        .await;
    let path = format!("/v1/transfers/{refused}");
    assert_eq!(app.statuses(&path).await, [200, 404, 404, 200, 200]);
    let seen = app.get(&path, app.member(ALICE)).await;
    assert_eq!(seen.ok()["code"], "account-unknown");
    assert_eq!(seen.ok()["source"], json!(unknown), "as it was asked for");
    // The version of the view before does not know who asked.
    app.database
        .run(
            "drop view live.transfers;
             create view live.transfers as select position, recorded_at, source_version, destination_version,
                 transfer_id, source, destination, reverses, reversed_by, amount, source_balance_after,
                 destination_balance_after, available, kind, status, asset, code, memo, reference, postings
             from transfers_g1.transfers;
             grant select on live.transfers to jangbu_reader",
        )
        .await;
    assert_eq!(app.statuses(&path).await, [404, 404, 404, 200, 200]);
    app.finish().await;
}

/// An operator finds every transfer with a reference, a service those that it sent.
#[tokio::test]
async fn transfers_are_found_by_reference() {
    let app = TestApp::with_bank().await;
    app.database
        .run(&format!(
            "insert into transfers_g1.transfers (position, recorded_at, transfer_id, source, destination, amount, kind,
                 status, asset, code, reference, service, despite_freeze)
             select p, '2026-11-21T09:08:00Z', ('00000000-0000-0000-0001-' || lpad(p::text, 12, '0'))::uuid, '{}', null, p,
                 'withdrawal', 'rejected', 'KRW', 'account-unknown', 'till 4', case when p % 2 = 0 then '{}'::uuid end,
                 false
             from generate_series(101, 120) as p",
            id(A1),
            id(0xffff)
        ))
        .await;
    let pages = async |bearer: String| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("/v1/transfers?reference=till%204&limit=7{cursor}"), &bearer).await;
            let items = page.ok()["items"].as_array().expect("items").clone();
            found.extend(items.iter().map(|item| item["position"].as_i64().expect("a position")));
            let Some(next) = page.body["next_cursor"].as_str() else { break found };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(pages(app.operator()).await, (101..=120).rev().chain([8]).collect::<Vec<_>>());
    assert_eq!(pages(app.service()).await, (101..=120).rev().filter(|p| p % 2 == 0).collect::<Vec<_>>());
    let none = app.get("/v1/transfers?reference=till", app.operator()).await;
    assert_eq!(*none.ok(), json!({"items": [], "next_cursor": null}), "a reference is looked for whole");
    let one = app.get("/v1/transfers?reference=till%204&limit=1", app.operator()).await;
    let cursor = one.ok()["next_cursor"].as_str().expect("more").to_owned();
    app.get(&format!("/v1/transfers?reference=till%204&cursor={cursor}"), app.service())
        .await
        .is(400, "cursor-invalid");
    app.get("/v1/transfers?reference=", app.operator()).await.is(400, "validation-failed");
    app.get("/v1/transfers?reference=%00", app.operator()).await.is(400, "validation-failed");
    // The version of the view before has no services: an operator finds the same.
    app.database
        .run(
            "drop view live.transfers;
             create view live.transfers as select position, recorded_at, source_version, destination_version,
                 transfer_id, source, destination, reverses, reversed_by, amount, source_balance_after,
                 destination_balance_after, available, kind, status, asset, code, memo, reference, postings, asked_by
             from transfers_g1.transfers;
             grant select on live.transfers to jangbu_reader",
        )
        .await;
    assert_eq!(pages(app.operator()).await.len(), 21);
    assert_eq!(pages(app.service()).await, [0; 0]);
    app.finish().await;
}

#[tokio::test]
async fn the_list_of_accounts_holds_ones_own() {
    let app = TestApp::with_bank().await;
    let listed = async |bearer: String, query: &str| {
        let reply = app.get(&format!("/v1/accounts{query}"), bearer).await;
        let items = reply.ok()["items"].as_array().expect("items").clone();
        items.into_iter().map(|item| item["account_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let ids = |accounts: &[u128]| accounts.iter().map(|a| id(*a).to_string()).collect::<Vec<_>>();
    assert_eq!(listed(app.member(ALICE), "").await, ids(&[A2, A1]));
    assert_eq!(listed(app.member(0x5742), "").await, ids(&[]));
    assert_eq!(listed(app.service(), "").await, ids(&[]));
    assert_eq!(listed(app.operator(), &format!("?owner={}", id(BOB))).await, ids(&[B1]));
    assert_eq!(listed(app.operator(), "").await, ids(&[CASH, B1, A2, A1]));
    app.finish().await;
}

#[tokio::test]
async fn a_payee_is_found_by_number_unless_closed() {
    let app = TestApp::with_bank().await;
    let number = kernel::AccountNumber::from_digits(0xb1).to_string();
    let path = format!("/v1/payees?account_number={number}");
    // People see enough of the name to notice a typing error; the bank's own need no names to do their work.
    for (bearer, name) in [
        (app.member(ALICE), json!("R****t")),
        (app.member(0x5742), json!("R****t")),
        (app.service(), json!(null)),
        (app.operator(), json!(null)),
    ] {
        assert_eq!(
            *app.get(&path, bearer).await.ok(),
            json!({ "account_id": id(B1), "account_number": number, "asset": "KRW", "masked_name": name })
        );
    }
    let close = r#"update accounts_g1.accounts set status = 'closed', "freeze" = null where owner is not null"#;
    app.database.run(close).await;
    app.get(&path, app.member(ALICE)).await.is(404, "payee-unknown");
    let unknown = kernel::AccountNumber::from_digits(1_234_567_890);
    app.get(&format!("/v1/payees?account_number={unknown}"), app.member(ALICE)).await.is(404, "payee-unknown");
    for bad in ["", "1", "123456789012", "12345678901x", "%F0%9F%92%B8", "1234567890123"] {
        let reply = app.get(&format!("/v1/payees?account_number={bad}"), app.member(ALICE)).await;
        reply.is(400, "validation-failed");
        assert_eq!(reply.body["errors"][0]["field"], "account_number", "{bad}");
    }
    app.get("/v1/payees", app.member(ALICE)).await.is(400, "validation-failed");
    app.finish().await;
}

#[tokio::test]
async fn credentials_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let claims = |exp: i64| json!({ "sub": id(ALICE), "role": "member", "exp": SystemClock.now().timestamp() + exp });
    let header = json!({ "alg": "EdDSA", "typ": "JWT" });
    let good = app.keys.sign(&header, &claims(60));
    let (unsigned, _) = good.rsplit_once('.').expect("three parts");
    let bad = [
        String::new(),
        "x".to_owned(),
        app.keys.sign(&header, &claims(-60)),
        app.keys.sign(&json!({ "alg": "none" }), &claims(60)),
        app.keys.sign(&json!({ "alg": "HS256" }), &claims(60)),
        format!("{unsigned}."),
        format!("{unsigned}.AAAA"),
        app.keys.sign(&header, &json!({ "sub": "somebody", "role": "member", "exp": 9_999_999_999_i64 })),
        app.keys.sign(&header, &json!({ "sub": id(ALICE), "role": "root", "exp": 9_999_999_999_i64 })),
    ];
    app.get("/v1/accounts", &good).await.ok();
    for bearer in bad {
        let reply = app.get("/v1/accounts", &bearer).await;
        reply.is(401, "unauthorized");
        assert!(reply.header("www-authenticate").is_some());
    }
    app.finish().await;
}
