//! Payment codes and charges: what is derived, what the bank receives and never sees, and how guessing is slowed down.

use application::{Charge, Command, IssuePaymentCode, Outcome, Refused};
use axum::http::StatusCode;
use events::recorded::Refusal;
use kernel::Role;
use serde_json::{Value, json};

use crate::{
    bad_input::{changed, refused},
    bank::posted,
    more_commands::charge,
    support::{Api, CODE, HOLD, SOURCE, TRANSFER, WRONG_CODES, code_id},
};

#[tokio::test]
async fn a_code_is_derived_from_the_command_and_given_again_by_a_replay() {
    let api = Api::posting();
    let bare = json!({"source": SOURCE});
    let spelled = json!({"source": SOURCE, "expires_in": 60, "max": null});
    for body in [bare, spelled] {
        let reply = api.post_json(Role::Member, "/v1/payment-codes", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        assert_eq!(reply.json(), json!({"code": CODE, "expires_at": "2027-01-15T08:01:00.123456Z"}));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let submissions = api.submissions();
    let commands: Vec<_> = submissions.iter().map(|submission| submission.meta.command_id).collect();
    assert_eq!((api.codes(), commands[0]), (commands.clone(), commands[1]), "one code for one command");
    assert_eq!(submissions[0].meta.fingerprint, submissions[1].meta.fingerprint);
    match &submissions[0].command {
        Command::IssuePaymentCode(IssuePaymentCode { code, expires_in: 60, max: None, .. }) => {
            assert_eq!(*code, code_id(CODE));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_bank_never_sees_a_code() {
    let api = Api::posting();
    api.post_json(Role::Member, "/v1/payment-codes", json!({"source": SOURCE})).await;
    api.post_json(Role::Service, "/v1/charges", charge()).await;
    assert!(!format!("{:?}", api.submissions()).contains(CODE));
    let other = changed(charge(), "/code", json!("482915730264819537460215"));
    api.post_json(Role::Service, "/v1/charges", other).await;
    let prints: Vec<_> = api.submissions().iter().map(|submission| submission.meta.fingerprint).collect();
    assert_ne!(prints[1], prints[2], "another code is another request");
}

#[tokio::test]
async fn a_charge_pays_or_holds() {
    let api = Api::posting();
    let paid = api.post_json(Role::Service, "/v1/charges", charge()).await;
    let body = paid.json();
    assert_eq!(
        (paid.status, &body["kind"], &body["transfer_id"]),
        (StatusCode::CREATED, &json!("charge"), &json!(TRANSFER))
    );
    let mut held = charge();
    held["hold"] = json!(true);
    let held = api.post_json(Role::Service, "/v1/charges", held).await;
    assert_eq!((held.status, &held.json()["hold_id"]), (StatusCode::CREATED, &json!(HOLD)));
    for (hold, unique) in [(json!(false), json!(false)), (Value::Null, json!(false))] {
        let mut body = charge();
        body["hold"] = hold;
        body["unique_reference"] = unique;
        api.post_json(Role::Service, "/v1/charges", body).await;
    }
    let prints: Vec<_> = api.submissions().iter().map(|submission| submission.meta.fingerprint).collect();
    assert_ne!(prints[0], prints[1]);
    assert_eq!([prints[2], prints[3]], [prints[0]; 2], "what is said and what is meant if nothing is said");
    let mut unique = charge();
    unique["unique_reference"] = json!(true);
    api.post_json(Role::Operator, "/v1/charges", unique).await;
    match &api.submissions()[4].command {
        Command::Charge(Charge { unique_reference: true, hold: false, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_code_of_the_wrong_form_is_refused_and_not_repeated() {
    let digits = "48291573026481953746021";
    for code in [
        json!(""),
        json!(digits),
        json!(format!("{digits}55")),
        json!(format!("{digits}x")),
        json!(format!(" {digits}")),
        json!("４８２９１５７３"),
        json!(482_915_730_264_819_u64),
        Value::Null,
        json!([digits]),
    ] {
        let body = changed(charge(), "/code", code.clone());
        let answer = refused(Role::Service, "/v1/charges", body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), "code".into()), "{code}");
        let reply = Api::posting().post_json(Role::Service, "/v1/charges", body).await;
        assert!(!reply.text.contains("4829157"), "{}", reply.text);
    }
    for (field, value) in [("expires_in", json!(9)), ("expires_in", json!(301)), ("max", json!("5"))] {
        let mut body = json!({"source": SOURCE});
        body[field] = value;
        let answer = refused(Role::Member, "/v1/payment-codes", body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), field.into()));
    }
}

fn invalid() -> Outcome {
    Outcome::Refused(Refused { refusal: Refusal::of("payment-code-invalid"), transfer: None })
}

#[tokio::test]
async fn who_gives_too_many_wrong_codes_has_to_wait() {
    let api = Api::answering(invalid());
    for _ in 0..WRONG_CODES {
        let reply = api.post_json(Role::Service, "/v1/charges", charge()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "payment-code-invalid"));
    }
    let reply = api.post_json(Role::Service, "/v1/charges", charge()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (429, "too-many-requests"));
    assert_eq!(reply.header("retry-after"), Some("20"));
    assert_eq!(reply.header("ratelimit-policy"), Some("\"too-many-requests\";q=2;w=60"));
    assert_eq!(api.submissions().len(), WRONG_CODES, "the bank is not asked");
    // Somebody else is counted by themselves.
    let other = api.post_json(Role::Operator, "/v1/charges", charge()).await;
    assert_eq!(other.code(), "payment-code-invalid");
}

#[tokio::test]
async fn only_new_wrong_codes_count() {
    let replayed = Api::new(|_| Ok(application::Answer { replayed: true, ..crate::support::answer(invalid()) }));
    let short = Api::refusing("insufficient-funds");
    let good = Api::new(|submission| Ok(posted(submission)));
    for api in [replayed, short, good] {
        for _ in 0..=WRONG_CODES {
            api.post_json(Role::Service, "/v1/charges", charge()).await;
        }
        assert_eq!((api.wrong_codes().len(), api.submissions().len()), (0, WRONG_CODES + 1));
    }
}
