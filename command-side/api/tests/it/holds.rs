//! Holds: how they are asked for, what the bank receives, what is answered.

use application::{CaptureHold, Command, Outcome, PlaceHold, Refused, ReleaseHold};
use axum::http::StatusCode;
use events::recorded::Refusal;
use kernel::{HoldId, Minor, Role};
use serde_json::{Value, json};

use crate::{
    bad_input::{changed, refused},
    support::{Api, DESTINATION, HOLD, SOURCE, hold_order, order},
};

#[tokio::test]
async fn a_hold_shows_what_became_of_its_funds() {
    let api = Api::posting();
    let placed = api.post_json(Role::Member, "/v1/holds", hold_order()).await;
    insta::assert_snapshot!(placed.shown());
    for verb in ["increase", "release"] {
        let body = json!({"money": {"asset": "KRW", "amount": "1"}});
        let changed = api.post_json(Role::Operator, &format!("/v1/holds/{HOLD}/{verb}"), body).await;
        assert_eq!((changed.status, changed.json()), (StatusCode::OK, placed.json()), "{verb}");
    }
}

#[tokio::test]
async fn a_hold_needs_no_destination_no_time_and_no_words() {
    let api = Api::posting();
    let bare = json!({"source": SOURCE, "money": {"asset": "KRW", "amount": "12500"}});
    let mut spelled = bare.clone();
    for (field, value) in [
        ("destination", Value::Null),
        ("expires_in", json!(604_800)),
        ("memo", Value::Null),
        ("reference", Value::Null),
    ] {
        spelled[field] = value;
    }
    for body in [bare, spelled] {
        assert_eq!(api.post_json(Role::Member, "/v1/holds", body).await.status, StatusCode::CREATED);
    }
    let submissions = api.submissions();
    assert_eq!(submissions[0].meta.fingerprint, submissions[1].meta.fingerprint);
    match &submissions[0].command {
        Command::PlaceHold(PlaceHold {
            destination: None, expires_in: 604_800, memo: None, reference: None, ..
        }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_of_a_hold_is_captured_or_released_without_a_body() {
    let hold = HoldId::new(HOLD);
    let capture = CaptureHold { hold, money: None, destination: None, is_final: true, reference: None };
    let release = ReleaseHold { hold, money: None, reason: None };
    for (verb, status, bodies, expected) in [
        (
            "capture",
            StatusCode::CREATED,
            ["", "{}", r#"{"money": null, "final": null}"#, r#"{"final": true, "destination": null}"#],
            Command::CaptureHold(capture),
        ),
        (
            "release",
            StatusCode::OK,
            ["", "{}", r#"{"money": null}"#, r#"{"reason": null}"#],
            Command::ReleaseHold(release),
        ),
    ] {
        let api = Api::posting();
        for body in bodies {
            let reply = api.post(Role::Service, &format!("/v1/holds/{HOLD}/{verb}"), body).await;
            assert_eq!(reply.status, status, "{verb} {body:?}: {}", reply.text);
        }
        let submissions = api.submissions();
        let first = submissions[0].meta.fingerprint;
        assert!(submissions.iter().all(|submission| submission.command == expected), "{submissions:?}");
        assert!(submissions.iter().all(|submission| submission.meta.fingerprint == first), "{verb}");
    }
}

#[tokio::test]
async fn a_capture_names_its_hold_and_no_other_transfer_does() {
    let api = Api::posting();
    let captured = api.post(Role::Service, &format!("/v1/holds/{HOLD}/capture"), "").await.json();
    assert_eq!((&captured["kind"], &captured["hold_id"]), (&json!("capture"), &json!(HOLD)));
    let paid = api.post_json(Role::Member, "/v1/transfers", order()).await.json();
    assert_eq!((paid.get("hold_id"), paid.get("despite_freeze")), (None, None));
}

#[tokio::test]
async fn a_refused_capture_says_what_remains() {
    let remaining = Some(Minor::new(4200).expect("an amount"));
    let refusal = Refusal { remaining, ..Refusal::of("hold-exceeded") };
    let api = Api::answering(Outcome::Refused(Refused { refusal, transfer: None }));
    let reply = api.post(Role::Service, &format!("/v1/holds/{HOLD}/capture"), "").await;
    insta::assert_snapshot!(reply.shown());
    assert_eq!(reply.code(), "hold-exceeded");
}

#[tokio::test]
async fn funds_are_held_for_a_minute_to_thirty_days() {
    for wrong in [json!(59), json!(0), json!(-1), json!(2_592_001), json!(60.5), json!("60"), json!(1e30), json!(true)]
    {
        let body = changed(hold_order(), "/expires_in", wrong.clone()).to_string();
        let answer = refused(Role::Member, "/v1/holds", body).await;
        assert_eq!(answer, (400, "validation-failed".into(), "expires_in".into()), "{wrong}");
    }
    for right in [60, 2_592_000] {
        let body = changed(hold_order(), "/expires_in", json!(right));
        assert!(Api::posting().post_json(Role::Member, "/v1/holds", body).await.status.is_success(), "{right}");
    }
}

#[tokio::test]
async fn holds_are_asked_for_in_the_documented_form() {
    let captured = json!({
        "money": {"asset": "KRW", "amount": "1"}, "destination": DESTINATION, "final": true, "reference": "part 1",
    });
    let increased = json!({"money": {"asset": "KRW", "amount": "1"}});
    let released = json!({"money": {"asset": "KRW", "amount": "1"}, "reason": "x"});
    let capture = format!("/v1/holds/{HOLD}/capture");
    let increase = format!("/v1/holds/{HOLD}/increase");
    let release = format!("/v1/holds/{HOLD}/release");
    for (path, good, field, wrong) in [
        ("/v1/holds", hold_order(), "source", json!("x")),
        ("/v1/holds", hold_order(), "source", json!(null)),
        ("/v1/holds", hold_order(), "destination", json!("12345")),
        ("/v1/holds", hold_order(), "money", json!(null)),
        ("/v1/holds", hold_order(), "money", json!(["KRW", "1"])),
        ("/v1/holds", hold_order(), "memo", json!("a\u{202e}b")),
        ("/v1/holds", hold_order(), "reference", json!("")),
        (&capture, captured.clone(), "money", json!("1")),
        (&capture, captured.clone(), "money", json!(["KRW", "1"])),
        (&capture, captured.clone(), "destination", json!("x")),
        (&capture, captured.clone(), "final", json!("false")),
        (&capture, captured.clone(), "final", json!(0)),
        (&capture, captured.clone(), "reference", json!("")),
        (&increase, increased.clone(), "money", json!(null)),
        (&release, released.clone(), "money", json!(["KRW", "1"])),
        (&release, released.clone(), "reason", json!("a\r\nb")),
    ] {
        let body = changed(good, &format!("/{field}"), wrong.clone()).to_string();
        let answer = refused(Role::Operator, path, body).await;
        assert_eq!(answer, (400, "validation-failed".into(), field.to_owned()), "{path} {wrong}");
    }
    for (path, good) in
        [("/v1/holds", hold_order()), (&capture, captured), (&increase, increased), (&release, released)]
    {
        let body = changed(good.clone(), "/money/amount", json!(1)).to_string();
        assert_eq!(refused(Role::Operator, path, body).await.2, "money.amount", "{path}");
        let body = changed(good.clone(), "/money/asset", json!("XAU")).to_string();
        assert_eq!(refused(Role::Operator, path, body).await.1, "asset-unknown", "{path}");
        let mut body = good;
        body["more"] = json!(1);
        assert_eq!(refused(Role::Operator, path, body.to_string()).await.1, "validation-failed", "{path}");
    }
}
