//! The form of every answer, and what the bank received.

use application::{
    AccountAnswer, CloseAccount, Command, Deposit, Destination, FreezeAccount, FreezeScope, OpenAccount, Outcome,
    Posting, Refused, Reverse, TransferBatch, TransferOrder, UnfreezeAccount, Withdraw,
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use events::recorded::{Leg, Legs, Refusal, TransferKind};
use kernel::{AccountId, Minor, Role, TransferId};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{ALICE, Api, BOB, DESTINATION, SOURCE, TRANSFER, account, bearer, booking, order, transfer};

#[tokio::test]
async fn an_account_is_opened_for_the_tokens_subject() {
    let api = Api::answering(Outcome::Opened(account("open")));
    let reply = api.post_json(Role::Member, "/v1/accounts", json!({"asset": "KRW"})).await;
    insta::assert_snapshot!(reply.shown());
    let submission = &api.submissions()[0];
    assert_eq!(submission.command, Command::OpenAccount(OpenAccount { asset: "KRW".parse().expect("a code") }));
    assert_eq!((submission.actor.role, submission.actor.id.uuid()), (Role::Member, ALICE));
    assert_eq!(Some(submission.meta.correlation.to_string().as_str()), reply.header("x-correlation-id"));
}

#[tokio::test]
async fn accounts_change_with_or_without_a_reason() {
    let account = AccountId::new(SOURCE);
    for (role, verb, expected) in [
        (Role::Member, "close", Command::CloseAccount(CloseAccount { account, reason: Some("moving".to_owned()) })),
        (
            Role::Operator,
            "freeze",
            Command::FreezeAccount(FreezeAccount {
                account,
                scope: FreezeScope::All,
                reason: Some("moving".to_owned()),
            }),
        ),
        (
            Role::Operator,
            "unfreeze",
            Command::UnfreezeAccount(UnfreezeAccount { account, reason: Some("moving".to_owned()) }),
        ),
    ] {
        let api = Api::posting();
        let path = format!("/v1/accounts/{SOURCE}/{verb}");
        let reply = api.post_json(role, &path, json!({"reason": "moving"})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(api.submissions()[0].command, expected);
        for bare in ["", "{}", r#"{"reason": null}"#] {
            assert_eq!(api.post(role, &path, bare).await.status, StatusCode::OK, "{verb} {bare:?}");
        }
        let prints: Vec<_> = api.submissions()[1..].iter().map(|submission| submission.meta.fingerprint).collect();
        assert!(prints.windows(2).all(|two| two[0] == two[1]), "no reason is no reason, however it is written");
        assert_ne!(prints[0], api.submissions()[0].meta.fingerprint);
    }
}

#[tokio::test]
async fn a_member_sees_own_balances_only() {
    let api = Api::posting();
    let reply = api.post_json(Role::Member, "/v1/transfers", order()).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn the_payee_sees_the_other_side() {
    let api = Api::posting();
    let request = Request::post("/v1/transfers")
        .header("authorization", bearer(Role::Member, BOB))
        .header("idempotency-key", "key-1")
        .header("content-type", "application/json");
    let reply = api.send(request.body(Body::from(order().to_string())).expect("a request")).await;
    let postings = &reply.json()["postings"];
    assert_eq!((&postings[0]["balance_after"], &postings[0]["version"]), (&json!(null), &json!(null)));
    assert_eq!((&postings[1]["balance_after"], &postings[1]["version"]), (&json!("12500"), &json!(2)));
}

#[tokio::test]
async fn an_operator_sees_both_balances() {
    let api = Api::posting();
    let reply = api.post_json(Role::Operator, "/v1/transfers", order()).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn a_transfer_goes_to_an_id_or_to_a_number() {
    let api = Api::posting();
    let number = kernel::AccountNumber::from_digits(1_234_567_890);
    let mut by_number = order();
    by_number["destination"] = json!(number.to_string());
    by_number.as_object_mut().expect("an object").remove("memo");
    let digits = number.to_string();
    let mut as_typed = by_number.clone();
    as_typed["destination"] = json!(format!("{}-{} {}", &digits[..4], &digits[4..8], &digits[8..]));
    for body in [order(), by_number, as_typed] {
        assert_eq!(api.post_json(Role::Member, "/v1/transfers", body).await.status, StatusCode::CREATED);
    }
    let submissions = api.submissions();
    assert_eq!(submissions[1].meta.fingerprint, submissions[2].meta.fingerprint, "typed otherwise, the same request");
    let commands: Vec<_> = submissions.into_iter().map(|submission| submission.command).collect();
    let money = kernel::Money { asset: "KRW".parse().expect("a code"), amount: Minor::new(12_500).expect("an amount") };
    let to = |destination, memo| {
        Command::Transfer(TransferOrder { source: AccountId::new(SOURCE), destination, money, memo })
    };
    let expected = [
        to(Destination::Account(AccountId::new(DESTINATION)), Some("rent".to_owned())),
        to(Destination::Number(number), None),
        to(Destination::Number(number), None),
    ];
    assert_eq!(commands, expected);
}

#[tokio::test]
async fn deposits_and_withdrawals_are_booked_by_staff_and_services() {
    for (role, path, kind) in
        [(Role::Operator, "/v1/deposits", "deposit"), (Role::Service, "/v1/withdrawals", "withdrawal")]
    {
        let api = Api::posting();
        let reply = api.post_json(role, path, booking()).await;
        assert_eq!((reply.status, &reply.json()["kind"]), (StatusCode::CREATED, &json!(kind)));
        match &api.submissions()[0].command {
            Command::Deposit(Deposit { account, reference, .. })
            | Command::Withdraw(Withdraw { account, reference, .. }) => {
                assert_eq!((account.uuid(), reference.as_str()), (SOURCE, "bank-17"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_reversal_names_what_it_reverses() {
    let mut reversal = transfer(TransferKind::Reversal);
    reversal.posted.reverses = Some(TransferId::new(TRANSFER));
    let api = Api::answering(Outcome::Posted(reversal));
    let path = format!("/v1/transfers/{TRANSFER}/reverse");
    let reply = api.post_json(Role::Operator, &path, json!({"reason": "booked twice"})).await;
    assert_eq!((reply.status, &reply.json()["reverses"]), (StatusCode::CREATED, &json!(TRANSFER)));
    let expected = Command::Reverse(Reverse { transfer: TransferId::new(TRANSFER), reason: "booked twice".to_owned() });
    assert_eq!(api.submissions()[0].command, expected);
}

#[tokio::test]
async fn a_freeze_has_a_scope_and_the_account_shows_it() {
    let frozen = AccountAnswer {
        freeze: Some(FreezeScope::Debits),
        balance: Minor::new(12_500).expect("an amount"),
        held: Minor::new(2_500).expect("an amount"),
        ..account("frozen")
    };
    let api = Api::answering(Outcome::Changed(frozen));
    let path = format!("/v1/accounts/{SOURCE}/freeze");
    let reply = api.post_json(Role::Operator, &path, json!({"scope": "debits"})).await.json();
    let shown = ["status", "freeze", "balance", "held", "available"].map(|field| reply[field].clone());
    assert_eq!(shown, ["frozen", "debits", "12500", "2500", "10000"]);
    // To stop everything is what a freeze does if nothing is said, and did before it had a scope.
    for body in [json!({}), json!({"scope": null}), json!({"scope": "all"})] {
        api.post_json(Role::Operator, &path, body).await;
    }
    let submissions = api.submissions();
    let (debits, all) = (&submissions[0], &submissions[1..]);
    assert!(all.iter().all(|submission| submission.meta.fingerprint == all[0].meta.fingerprint));
    assert_ne!(debits.meta.fingerprint, all[0].meta.fingerprint);
    let scopes: Vec<_> = submissions.iter().map(|submission| &submission.command).collect();
    let expected =
        |scope| Command::FreezeAccount(FreezeAccount { account: AccountId::new(SOURCE), scope, reason: None });
    assert_eq!(*scopes[0], expected(FreezeScope::Debits));
    assert!(scopes[1..].iter().all(|command| **command == expected(FreezeScope::All)));
}

/// A freeze of before had no scope: the same request under the same key is still the same request.
#[tokio::test]
async fn a_freeze_without_a_scope_keeps_its_fingerprint() {
    let api = Api::posting();
    api.post_json(Role::Operator, &format!("/v1/accounts/{SOURCE}/freeze"), json!({"reason": "moving"})).await;
    let mut digest = Sha256::new();
    digest.update("POST /v1/accounts/{id}/freeze\0");
    digest.update(SOURCE.as_bytes());
    digest.update(r#"{"reason":"moving"}"#);
    assert_eq!(api.submissions()[0].meta.fingerprint.0[..], digest.finalize()[..16]);
}

#[tokio::test]
async fn a_reversal_says_that_it_passed_a_freeze() {
    let mut reversal = transfer(TransferKind::Reversal);
    reversal.posted.despite_freeze = true;
    let api = Api::answering(Outcome::Posted(reversal));
    let path = format!("/v1/transfers/{TRANSFER}/reverse");
    let reply = api.post_json(Role::Operator, &path, json!({"reason": "booked twice"})).await;
    assert_eq!(reply.json()["despite_freeze"], true);
}

#[tokio::test]
async fn a_batch_answers_for_each_in_order() {
    let available = Some(Minor::new(4200).expect("an amount"));
    let refusal = Refusal { available, ..Refusal::of("insufficient-funds") };
    let refused = Refused { refusal, transfer: Some(TransferId::new(TRANSFER)) };
    let api = Api::answering(Outcome::Batch(vec![Ok(transfer(TransferKind::Transfer)), Err(refused)]));
    let body = json!({"atomic": false, "transfers": [order(), order()]});
    let reply = api.post_json(Role::Service, "/v1/transfers/batch", body).await;
    insta::assert_snapshot!(reply.shown());
    match &api.submissions()[0].command {
        Command::TransferBatch(TransferBatch { atomic: false, orders }) => assert_eq!(orders.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_thousand_long_transfers_fit_into_a_batch() {
    let mut long = order();
    long["memo"] = json!("장".repeat(256));
    let api = Api::posting();
    let body = json!({"atomic": true, "transfers": vec![long; 1000]});
    assert!(body.to_string().len() > 900_000);
    let reply = api.post_json(Role::Operator, "/v1/transfers/batch", body).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["results"].as_array().map(Vec::len), Some(1000));
}

#[tokio::test]
async fn words_are_kept_to_the_letter() {
    for memo in [
        "'; drop table events; --",
        "<script>alert(1)</script>",
        "김치 🥬",
        "שלום (5) می\u{200c}خواهم",
        "%0d%0aSet-Cookie: x",
        "\\\"",
        "",
    ] {
        let api = Api::posting();
        let mut body = order();
        body["memo"] = json!(memo);
        assert_eq!(api.post_json(Role::Member, "/v1/transfers", body).await.status, StatusCode::CREATED);
        match &api.submissions()[0].command {
            Command::Transfer(transfer) => assert_eq!(transfer.memo.as_deref(), Some(memo)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_keys_are_public() {
    let reply = Api::posting().get("/.well-known/jwks.json").await;
    assert_eq!((reply.status, reply.header("cache-control")), (StatusCode::OK, Some("public, max-age=60")));
    assert_eq!(reply.json()["keys"][0]["kid"], "test");
    assert_eq!(reply.json()["keys"][0].get("d"), None);
}

#[tokio::test]
async fn a_transfer_of_three_legs_has_no_source_no_destination_and_no_money() {
    let mut shared = transfer(TransferKind::Transfer);
    let payee = shared.postings[1].clone();
    shared.postings[1].amount = Minor::new(12_000).expect("an amount");
    shared.postings.push(Posting { amount: Minor::new(500).expect("an amount"), ..payee });
    let leg = |p: &Posting| Leg { account: p.account_id, asset: p.asset, amount: p.amount };
    shared.posted.legs = Legs::new(shared.postings.iter().map(leg).collect()).expect("legs");
    let api = Api::answering(Outcome::Posted(shared));
    let reply = api.post_json(Role::Member, "/v1/transfers", order()).await.json();
    for field in ["source", "destination", "money"] {
        assert_eq!(reply.get(field), Some(&json!(null)), "{field}: {reply}");
    }
    let lines: Vec<_> =
        reply["postings"].as_array().expect("lines").iter().map(|p| [&p["asset"], &p["amount"]]).collect();
    assert_eq!(lines, [["KRW", "-12500"], ["KRW", "12000"], ["KRW", "500"]]);
}
