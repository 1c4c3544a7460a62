//! Processes with the outside world: how they are asked for, what the bank receives, what is answered.

use application::{Command, DirectProcess, ProcessDirection, ProcessPurpose, StartProcess};
use axum::http::StatusCode;
use kernel::{AccountId, ProcessId, Role, Sealed};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    commands::{MEMBERS, OPERATORS, Sample, money, sample},
    support::{Api, HOLD, SOURCE},
};

fn top_up() -> Value {
    json!({
        "account_id": SOURCE, "money": {"asset": "KRW", "amount": "12500"}, "provider": "toss", "payment_key": "ok-17",
    })
}

fn bank_payout() -> Value {
    json!({
        "account_id": SOURCE, "money": {"asset": "KRW", "amount": "12500"},
        "bank_account": {"bank": "004", "number": "110-234-567890", "holder": "Hong Gildong"},
    })
}

fn gift_card() -> Value {
    json!({"account_id": SOURCE, "money": {"asset": "KRW", "amount": "12500"}, "product": "coffee"})
}

/// One of each whose process does not follow from the command.
pub fn samples() -> Vec<Sample> {
    let process = ProcessId::new(HOLD);
    let payment_key = Sealed::new("payment_key: ok-17");
    let start = StartProcess {
        process,
        account: AccountId::new(SOURCE),
        money: money(),
        purpose: ProcessPurpose::TopUp { provider: "toss".to_owned(), payment_key },
        deadline_in: 3600,
    };
    let direct = |direction| Command::DirectProcess(DirectProcess { process, direction, reason: "x".to_owned() });
    let of = |route, direction| sample(route, HOLD, json!({"reason": "x"}), OPERATORS, direct(direction));
    vec![
        sample("/v1/top-ups", Uuid::nil(), top_up(), MEMBERS, Command::StartProcess(start)),
        of("/v1/processes/{id}/retry", ProcessDirection::Retry),
        of("/v1/processes/{id}/skip", ProcessDirection::Skip),
        of("/v1/processes/{id}/compensate", ProcessDirection::Compensate),
    ]
}

fn started(api: &Api) -> StartProcess {
    match &api.submissions()[0].command {
        Command::StartProcess(start) => start.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_payout_holds_its_money_and_seals_where_it_goes() {
    let api = Api::posting();
    let reply = api.post_json(Role::Member, "/v1/bank-payouts", bank_payout()).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
    let start = started(&api);
    let at = "2027-01-15T08:00:00.123456Z";
    let expected = json!({
        "process_id": start.process, "kind": "bank-payout", "state": "running",
        "steps": [{"name": "hold", "state": "done", "tries": 1, "last_error_code": null, "at": at}],
        "money": {"asset": "KRW", "amount": "12500"}, "account_id": SOURCE, "started_at": at, "ended_at": null, "position": 42,
    });
    assert_eq!(reply.json(), expected);
    let sealed = r#"bank_account: {"bank":"004","number":"110-234-567890","holder":"Hong Gildong"}"#;
    assert_eq!(start.purpose, ProcessPurpose::BankPayout { bank_account: Sealed::new(sealed) });
    assert_eq!((start.money, start.account), (money(), AccountId::new(SOURCE)));
    // The same request is the same process; another payee is another request.
    api.post_json(Role::Member, "/v1/bank-payouts", bank_payout()).await;
    let mut other = bank_payout();
    other["bank_account"]["number"] = json!("110-234-567891");
    api.post_json(Role::Member, "/v1/bank-payouts", other).await;
    let submissions = api.submissions();
    assert_eq!(submissions[0].meta.fingerprint, submissions[1].meta.fingerprint);
    assert_ne!(submissions[0].meta.fingerprint, submissions[2].meta.fingerprint);
}

#[tokio::test]
async fn a_gift_card_names_its_product() {
    let api = Api::posting();
    let reply = api.post_json(Role::Member, "/v1/gift-cards", gift_card()).await;
    assert_eq!((reply.status, &reply.json()["kind"]), (StatusCode::ACCEPTED, &json!("gift-card")), "{}", reply.text);
    assert_eq!(started(&api).purpose, ProcessPurpose::GiftCard { product: "coffee".to_owned() });
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_recorded() {
    for (path, field, value, code) in [
        ("/v1/top-ups", "/provider", json!("another"), "provider-unknown"),
        ("/v1/top-ups", "/payment_key", json!("two words"), "validation-failed"),
        ("/v1/top-ups", "/payment_key", json!("k".repeat(201)), "validation-failed"),
        ("/v1/top-ups", "/payment_key", json!(17), "validation-failed"),
        ("/v1/bank-payouts", "/bank_account/number", json!("1"), "validation-failed"),
        ("/v1/bank-payouts", "/bank_account/number", json!("110 234"), "validation-failed"),
        ("/v1/bank-payouts", "/bank_account/bank", json!("0/4"), "validation-failed"),
        ("/v1/bank-payouts", "/bank_account/holder", json!(""), "validation-failed"),
        ("/v1/bank-payouts", "/bank_account", json!(["004"]), "validation-failed"),
        ("/v1/gift-cards", "/product", json!(" coffee"), "validation-failed"),
        ("/v1/gift-cards", "/money/asset", json!("XXX"), "asset-unknown"),
    ] {
        let mut body = match path {
            "/v1/top-ups" => top_up(),
            "/v1/bank-payouts" => bank_payout(),
            _ => gift_card(),
        };
        *body.pointer_mut(field).expect("a field") = value.clone();
        let api = Api::posting();
        let reply = api.post_json(Role::Member, path, body).await;
        assert_eq!(reply.code(), code, "{path} {field} {value}: {}", reply.text);
        assert!(api.submissions().is_empty() && !reply.text.contains("110 234"), "{path} {field}");
    }
}
