//! Items and offers: how they are asked for, what the bank receives, what is answered.

use application::{Command, MintItem, OpenOffer};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use kernel::{AccountNumber, Role};
use serde_json::{Value, json};

use crate::{
    bad_input::refused,
    support::{Api, BOB, HOLD, SOURCE, TRANSFER, account, bearer},
};

fn mint() -> Value {
    json!({"collection": "Seoul Skyline", "serial": "17/100", "owner": account("open").account_number})
}

fn offer() -> Value {
    json!({"item_id": TRANSFER, "price": {"asset": "KRW", "amount": "12500"}, "destination": SOURCE})
}

#[tokio::test]
async fn an_item_is_shown_with_its_owner_to_them_and_to_the_bank() {
    let api = Api::posting();
    let minted = api.post_json(Role::Service, "/v1/items", mint()).await;
    assert_eq!(minted.status, StatusCode::CREATED, "{}", minted.text);
    let item = minted.json();
    for (field, value) in [
        ("item_id", json!(TRANSFER)),
        ("collection", json!("Seoul Skyline")),
        ("serial", json!("17/100")),
        ("owner", json!(crate::support::ALICE)),
        ("status", json!("free")),
        ("metadata_url", json!("https://example.com/skyline/17.json")),
        ("digest", json!("ab".repeat(32))),
        ("position", json!(42)),
    ] {
        assert_eq!((field, &item[field]), (field, &value));
    }
    let path = format!("/v1/items/{TRANSFER}/transfer");
    let to = json!({"to": account("open").account_number});
    let by_owner = api.post_json(Role::Member, &path, to.clone()).await;
    assert_eq!((by_owner.status, by_owner.json()), (StatusCode::OK, item));
    let request = Request::post(&path)
        .header("authorization", bearer(Role::Member, BOB))
        .header("idempotency-key", "key-1")
        .header("content-type", "application/json");
    let by_another = api.send(request.body(Body::from(to.to_string())).expect("a request")).await;
    assert_eq!(by_another.json().get("owner"), None);
}

#[tokio::test]
async fn an_offer_is_open_until_something_ends_it() {
    let api = Api::posting();
    let opened = api.post_json(Role::Member, "/v1/offers", offer()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    assert_eq!(
        opened.json(),
        json!({
            "offer_id": HOLD, "item_id": TRANSFER, "collection": "Seoul Skyline",
            "price": {"asset": "KRW", "amount": "12500"}, "status": "open",
            "expires_at": "2027-01-22T08:00:00.123456Z", "position": 42, "recorded_at": "2027-01-15T08:00:00.123456Z",
        })
    );
    match &api.submissions()[0].command {
        Command::OpenOffer(OpenOffer { expires_in: 604_800, .. }) => {}
        other => panic!("{other:?}"),
    }
    let path = format!("/v1/offers/{HOLD}");
    let accepted = api.post_json(Role::Member, &format!("{path}/accept"), json!({"source": SOURCE})).await;
    let trade = accepted.json();
    assert_eq!((accepted.status, &trade["kind"]), (StatusCode::CREATED, &json!("trade")));
    assert_eq!((&trade["item_id"], &trade["offer_id"]), (&json!(TRANSFER), &json!(HOLD)));
    for body in ["", "{}"] {
        let ended = api.command("DELETE", Role::Member, &path, body).await;
        assert_eq!((ended.status, &ended.json()["status"]), (StatusCode::OK, &json!("cancelled")));
    }
    assert_eq!(api.command("DELETE", Role::Member, &path, r#"{"why":1}"#).await.code(), "validation-failed");
}

#[tokio::test]
async fn an_item_of_the_wrong_form_is_refused() {
    let long = "x".repeat(81);
    let typo = account("open").account_number.to_string().replacen('1', "2", 1);
    let url = |length: usize| format!("https://example.com/{}", "a".repeat(length - 20));
    for (field, value) in [
        ("collection", json!("")),
        ("collection", json!(" Seoul")),
        ("collection", json!(long)),
        ("serial", json!("17\n")),
        ("serial", json!("17\u{200b}")),
        ("serial", json!(17)),
        ("owner", json!(typo)),
        ("owner", json!(SOURCE)),
        ("metadata_url", json!("http://example.com/17")),
        ("metadata_url", json!("https://")),
        ("metadata_url", json!("https:///17")),
        ("metadata_url", json!("https://example.com/a b")),
        ("metadata_url", json!("javascript:alert(1)")),
        ("metadata_url", json!(url(2001))),
        ("digest", json!("ab".repeat(31))),
        ("digest", json!("xy".repeat(32))),
    ] {
        let mut body = mint();
        body[field] = value.clone();
        let answer = refused(Role::Service, "/v1/items", body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), field.into()), "{value}");
    }
    for (field, value) in [
        ("item_id", json!("17")),
        ("price", json!("12500")),
        ("destination", json!(account("open").account_number)),
        ("expires_in", json!(59)),
        ("expires_in", json!(2_592_001)),
    ] {
        let mut body = offer();
        body[field] = value.clone();
        let answer = refused(Role::Member, "/v1/offers", body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), field.into()), "{value}");
    }
    let (api, mut longest) = (Api::posting(), mint());
    longest["metadata_url"] = json!(url(2000));
    assert_eq!(api.post_json(Role::Service, "/v1/items", longest).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_account_number_is_one_however_it_is_typed() {
    let number = AccountNumber::from_digits(1_234_567_890);
    let digits = number.to_string();
    let api = Api::posting();
    let mut typed = mint();
    typed["owner"] = json!(format!("{}-{} {}", &digits[..4], &digits[4..8], &digits[8..]));
    typed["digest"] = Value::Null;
    for body in [mint(), typed] {
        assert_eq!(api.post_json(Role::Operator, "/v1/items", body).await.status, StatusCode::CREATED);
    }
    let submissions = api.submissions();
    assert_eq!(submissions[0].meta.fingerprint, submissions[1].meta.fingerprint);
    match &submissions[1].command {
        Command::MintItem(MintItem { owner, metadata_url: None, digest: None, .. }) => assert_eq!(*owner, number),
        other => panic!("{other:?}"),
    }
}
