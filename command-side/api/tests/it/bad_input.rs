//! Bad input: each with its code, and the bank never receives it.

use axum::body::Body;
use kernel::Role;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Api, DESTINATION, SOURCE, TRANSFER, booking, hold_order, order, payment};

pub async fn refused(role: Role, path: &str, body: String) -> (u16, String, String) {
    let api = Api::posting();
    let reply = api.post(role, path, body.clone()).await;
    assert!(api.submissions().is_empty(), "the bank received {body}");
    let field = reply.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
    (reply.status.as_u16(), reply.code(), field)
}

pub fn changed(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).expect("the field is there") = value;
    body
}

#[tokio::test]
async fn amounts_are_strings_of_minor_units_and_nothing_else() {
    let nines = "9".repeat(39);
    for amount in [
        json!(12500),
        json!(-1),
        json!(125.5),
        json!(1e5),
        json!("125.5"),
        json!("1e5"),
        json!("+5"),
        json!(" 5"),
        json!("5 "),
        json!("5\n"),
        json!("1,000"),
        json!("1_000"),
        json!("0x10"),
        json!("--5"),
        json!("-"),
        json!(""),
        json!("٥"),
        json!("５"),
        json!(nines),
        json!(format!("-{nines}")),
        json!(format!("{}1", "0".repeat(38))),
        json!("NaN"),
        json!("'; drop table events; --"),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
    ] {
        let body = changed(order(), "/money/amount", amount.clone());
        let answer = refused(Role::Member, "/v1/transfers", body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), "money.amount".into()), "{amount}");
        let body = changed(booking(), "/money/amount", amount.clone());
        let answer = refused(Role::Operator, "/v1/deposits", body.to_string()).await;
        assert_eq!(answer.1, "validation-failed", "{amount}");
    }
}

#[tokio::test]
async fn negative_zero_and_the_largest_amount_are_for_the_bank_to_judge() {
    for amount in ["-5", "0", "-0", &"9".repeat(38)] {
        let api = Api::refusing("amount-not-positive");
        let reply =
            api.post_json(Role::Member, "/v1/transfers", changed(order(), "/money/amount", json!(amount))).await;
        assert_eq!(reply.code(), "amount-not-positive");
        assert_eq!(api.submissions().len(), 1, "{amount}");
    }
}

#[tokio::test]
async fn an_asset_that_is_not_kept_here_is_unknown_however_it_is_written() {
    for asset in ["XAU", "krw", "", "KRW ", "DOGECOINS", "₩", "KRW'; --"] {
        let money = changed(order(), "/money/asset", json!(asset)).to_string();
        assert_eq!(refused(Role::Member, "/v1/transfers", money).await.1, "asset-unknown", "{asset}");
        let open = json!({"asset": asset}).to_string();
        assert_eq!(refused(Role::Member, "/v1/accounts", open).await.1, "asset-unknown", "{asset}");
    }
    let second = changed(order(), "/money/asset", json!("XAU"));
    let batch = json!({"atomic": true, "transfers": [order(), second]}).to_string();
    let answer = refused(Role::Service, "/v1/transfers/batch", batch).await;
    assert_eq!(answer, (400, "asset-unknown".into(), "transfers[1].money.asset".into()));
    assert_eq!(refused(Role::Member, "/v1/accounts", r#"{"asset": 5}"#.into()).await.1, "validation-failed");
}

#[tokio::test]
async fn unknown_missing_and_doubled_fields_are_refused_at_any_depth() {
    let text = order().to_string();
    let doubled = [
        text.replacen(r#""memo":"rent""#, r#""memo":"rent","memo":"rent""#, 1),
        text.replacen(r#""amount":"12500""#, r#""amount":"12500","amount":"1""#, 1),
        text.replacen(r#""memo":"rent""#, r#""memo":"rent","source":"x""#, 1),
    ];
    let unknown = [
        text.replacen(r#""memo":"rent""#, r#""memo":"rent","note":"x""#, 1),
        text.replacen(r#""amount":"12500""#, r#""amount":"12500","scale":0"#, 1),
        text.replacen(r#""memo":"rent""#, r#""Memo":"rent""#, 1),
    ];
    for body in doubled.into_iter().chain(unknown) {
        assert_ne!(body, text);
        let batch = format!(r#"{{"atomic":true,"transfers":[{body}]}}"#);
        assert_eq!(refused(Role::Operator, "/v1/transfers/batch", batch).await.1, "validation-failed", "{body}");
        assert_eq!(refused(Role::Member, "/v1/transfers", body.clone()).await.1, "validation-failed", "{body}");
    }
    for missing in ["source", "destination", "money"] {
        let mut body = order();
        body.as_object_mut().expect("an object").remove(missing);
        let answer = refused(Role::Member, "/v1/transfers", body.to_string()).await;
        assert_eq!(answer.1, "validation-failed", "{missing}");
    }
}

#[tokio::test]
async fn what_is_not_json_is_malformed_and_what_is_no_object_is_invalid() {
    let whole = order().to_string();
    for body in [
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.len() / 2].to_owned(),
        format!("{whole}{whole}"),
        format!("{whole} trailing"),
        format!("\u{feff}{whole}"),
        whole.replace('"', "'"),
        String::new(),
        "\0".to_owned(),
        whole.replacen("rent", r"\ud800", 1),
        whole.replacen("rent", "re\nnt", 1),
    ] {
        assert_eq!(refused(Role::Member, "/v1/transfers", body.clone()).await.1, "malformed-json", "{body:?}");
    }
    for body in ["[]", "5", "null", "\"x\"", "true"] {
        assert_eq!(refused(Role::Member, "/v1/transfers", body.into()).await.1, "validation-failed", "{body}");
    }
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let answer = refused(Role::Member, "/v1/transfers", deep.clone()).await;
    assert_eq!(answer.0, 400, "nesting does not reach the stack's end");
    let deep = whole.replacen(r#""rent""#, &deep, 1);
    assert_eq!(refused(Role::Member, "/v1/transfers", deep).await.0, 400);
}

#[tokio::test]
async fn ids_are_ids_in_bodies_and_paths() {
    for id in
        ["", "1", "null", "01980000000070008000000000000001", "{01980000-0000-7000-8000-000000000001}", "1 or 1=1"]
    {
        for field in ["/source", "/destination"] {
            let body = changed(order(), field, json!(id)).to_string();
            let answer = refused(Role::Member, "/v1/transfers", body).await;
            assert_eq!((answer.1.as_str(), answer.2.as_str()), ("validation-failed", &field[1..]), "{id}");
        }
    }
    for id in ["x", "..%2f..", "%00", "01980000000070008000000000000001", "1%20or%201=1"] {
        for (path, body) in [
            ("accounts/ID/freeze", json!({})),
            ("transfers/ID/reverse", json!({"reason": "x"})),
            ("holds/ID/capture", json!({})),
            ("holds/ID/increase", json!({"money": {"asset": "KRW", "amount": "1"}})),
            ("holds/ID/release", json!({})),
        ] {
            let path = format!("/v1/{}", path.replace("ID", id));
            let answer = refused(Role::Operator, &path, body.to_string()).await;
            assert_eq!(answer, (400, "validation-failed".into(), "id".into()), "{path}");
        }
    }
    // Twelve digits with a typing mistake are no account number.
    let number = kernel::AccountNumber::from_digits(1_234_567_890).to_string();
    let typo = number.replacen('1', "2", 1);
    let answer =
        refused(Role::Member, "/v1/transfers", changed(order(), "/destination", json!(typo)).to_string()).await;
    assert_eq!(answer, (400, "validation-failed".into(), "destination".into()));
}

#[tokio::test]
async fn texts_have_a_length_and_nothing_that_hides_or_forges() {
    let long = "장".repeat(257);
    let forged = [
        "paid \u{202e}000,5",
        "\u{202a}a",
        "\u{2066}5\u{2069}",
        "a\u{2069}",
        "שלום \u{202d}5",
        "REF\u{200b}1",
        "a\u{2028}b",
    ];
    for text in [long.as_str(), "a\r\nSet-Cookie: x=y", "nul\0", "\u{7f}", "\u{9b}31m"].into_iter().chain(forged) {
        let memo = changed(order(), "/memo", json!(text)).to_string();
        let answer = refused(Role::Member, "/v1/transfers", memo).await;
        assert_eq!(answer, (400, "validation-failed".into(), "memo".into()), "{text:?}");
        let reference = changed(booking(), "/reference", json!(text)).to_string();
        assert_eq!(refused(Role::Service, "/v1/withdrawals", reference).await.2, "reference", "{text:?}");
        let reason = json!({"reason": text}).to_string();
        let path = format!("/v1/transfers/{TRANSFER}/reverse");
        assert_eq!(refused(Role::Operator, &path, reason.clone()).await.2, "reason", "{text:?}");
        let path = format!("/v1/accounts/{SOURCE}/freeze");
        assert_eq!(refused(Role::Operator, &path, reason).await.2, "reason", "{text:?}");
    }
    let empty = changed(booking(), "/reference", json!("")).to_string();
    assert_eq!(refused(Role::Service, "/v1/deposits", empty).await.2, "reference");
}

#[tokio::test]
async fn a_batch_has_one_to_a_thousand_transfers() {
    for count in [0, 1001] {
        let batch = json!({"atomic": false, "transfers": vec![order(); count]}).to_string();
        let answer = refused(Role::Service, "/v1/transfers/batch", batch).await;
        assert_eq!(answer, (400, "validation-failed".into(), "transfers".into()), "{count}");
    }
    for atomic in [json!("true"), json!(1), json!(null)] {
        let batch = json!({"atomic": atomic, "transfers": [order()]}).to_string();
        assert_eq!(refused(Role::Service, "/v1/transfers/batch", batch).await.2, "atomic");
    }
}

#[tokio::test]
async fn a_compound_transfer_has_one_to_fifty_postings() {
    for count in [0, 51] {
        let body = json!({"postings": vec![payment(); count]}).to_string();
        let answer = refused(Role::Member, "/v1/transfers/compound", body).await;
        assert_eq!(answer, (400, "validation-failed".into(), "postings".into()), "{count}");
    }
    let second = changed(payment(), "/money/asset", json!("XAU"));
    let body = json!({"postings": [payment(), second]}).to_string();
    let answer = refused(Role::Service, "/v1/transfers/compound", body).await;
    assert_eq!(answer, (400, "asset-unknown".into(), "postings[1].money.asset".into()));
    // A posting has no memo of its own.
    let body = json!({"postings": [order()]}).to_string();
    assert_eq!(refused(Role::Member, "/v1/transfers/compound", body).await.1, "validation-failed");
}

#[tokio::test]
async fn a_freeze_stops_all_or_debits() {
    let freeze = format!("/v1/accounts/{SOURCE}/freeze");
    for scope in [json!("credits"), json!("All"), json!(""), json!(1), json!(["debits"]), json!({"debits": null})] {
        let answer = refused(Role::Operator, &freeze, json!({"scope": scope}).to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), "scope".into()), "{scope}");
    }
    for (role, verb) in [(Role::Member, "close"), (Role::Operator, "unfreeze")] {
        let path = format!("/v1/accounts/{SOURCE}/{verb}");
        assert_eq!(refused(role, &path, json!({"scope": "all"}).to_string()).await.1, "validation-failed", "{verb}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let long = changed(order(), "/memo", json!("x".repeat(64 * 1024))).to_string();
    assert_eq!(refused(Role::Member, "/v1/transfers", long.clone()).await.1, "payload-too-large");
    let batch = format!(r#"{{"atomic":true,"transfers":[{}]}}"#, vec![long.as_str(); 64].join(","));
    assert!(batch.len() > 4 * 1024 * 1024);
    assert_eq!(refused(Role::Service, "/v1/transfers/batch", batch).await.1, "payload-too-large");
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_refused() {
    let api = Api::posting();
    let text = order().to_string();
    let (head, tail) = text.split_once("rent").expect("the memo");
    let bytes = [head.as_bytes(), b"\xff\xfe", tail.as_bytes()].concat();
    assert_eq!(api.post(Role::Member, "/v1/transfers", Body::from(bytes)).await.code(), "malformed-json");
}

/// For any JSON the answer is a problem of the client's, or the bank receives exactly that command.
fn answered(path: &'static str, role: Role, body: String) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let api = Api::posting();
        let reply = api.post(role, path, body).await;
        prop_assert_eq!(reply.status.is_success(), api.submissions().len() == 1);
        prop_assert!(reply.status.is_success() || reply.status.as_u16() == 400, "{}", reply.text);
        Ok(())
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "-?[0-9]{1,40}".prop_map(Value::from),
        Just(json!(DESTINATION)),
        Just(json!("KRW")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let names = prop_oneof![Just("asset"), Just("amount"), Just("money"), Just("memo"), Just("source")];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(names.prop_map(str::to_owned), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_json_in_any_field_is_answered(
        value in any_json(),
        field in prop_oneof![Just("source"), Just("destination"), Just("money"), Just("memo"), Just("more")],
    ) {
        let mut body = order();
        body[field] = value;
        answered("/v1/transfers", Role::Member, body.to_string())?;
    }

    #[test]
    fn any_json_in_any_field_of_a_hold_is_answered(
        value in any_json(),
        field in prop_oneof![Just("destination"), Just("money"), Just("expires_in"), Just("reference"), Just("more")],
    ) {
        let mut body = hold_order();
        body[field] = value;
        answered("/v1/holds", Role::Service, body.to_string())?;
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}") {
        answered("/v1/transfers/batch", Role::Service, text)?;
    }
}
