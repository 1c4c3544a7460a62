//! Limits: how they are asked for, what the bank receives, what is answered.

use application::{AssignLimits, Cap, Command, LimitReached, LimitWindow, Outcome, Refused, SetLimit};
use axum::http::StatusCode;
use chrono::DateTime;
use events::recorded::Refusal;
use kernel::{AccountId, Minor, Role, TransferId, Zone};
use serde_json::{Value, json};

use crate::{
    more_commands::limit,
    support::{Api, NOW, SOURCE, TRANSFER, order},
};

const PATH: &str = "/v1/limits/daily";

#[tokio::test]
async fn a_limit_is_answered_as_it_was_set() {
    let reply = Api::posting().command("PUT", Role::Operator, PATH, limit().to_string()).await;
    let mut shown = reply.json();
    assert_eq!(shown["per_day"].take(), json!({"amount": "1000000", "count": 20}));
    let fields = [
        ("name", json!("daily")),
        ("asset", json!("KRW")),
        ("kinds", json!(["transfer", "charge"])),
        ("everyone", json!(true)),
        ("per_transfer", json!("500000")),
        ("per_month", Value::Null),
        ("zone", json!("Asia/Seoul")),
        ("position", json!(42)),
    ];
    for (field, value) in fields {
        assert_eq!((field, &shown[field]), (field, &value));
    }
    let deleted = Api::posting().command("DELETE", Role::Operator, PATH, "").await;
    assert_eq!((deleted.status, deleted.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert!(deleted.header("consistency-token").is_some());
    let path = format!("/v1/accounts/{SOURCE}/limits");
    let assigned = Api::posting().command("PUT", Role::Operator, &path, r#"{"names":["daily","b-2"]}"#).await;
    assert_eq!(
        (assigned.status, assigned.json()),
        (StatusCode::OK, json!({"account_id": SOURCE, "names": ["daily", "b-2"]}))
    );
}

#[tokio::test]
async fn the_zone_of_the_bank_counts_if_none_is_given_and_nothing_is_bounded_that_is_left_out() {
    let api = Api::posting();
    let bare = json!({"asset": "KRW", "kinds": ["hold"], "everyone": false, "per_month": {"count": 0}});
    let mut spelled = bare.clone();
    for field in ["per_transfer", "per_day", "zone"] {
        spelled[field] = Value::Null;
    }
    spelled["per_month"]["amount"] = Value::Null;
    for body in [&bare, &spelled] {
        let reply = api.command("PUT", Role::Operator, PATH, body.to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
    let other_name = api.command("PUT", Role::Operator, "/v1/limits/monthly", bare.to_string()).await;
    assert_eq!(other_name.status, StatusCode::OK);
    let submissions = api.submissions();
    let prints: Vec<_> = submissions.iter().map(|submission| submission.meta.fingerprint).collect();
    assert_eq!(prints[0], prints[1], "the same request");
    assert_ne!(prints[0], prints[2], "the name is part of what is asked for");
    match &submissions[0].command {
        Command::SetLimit(SetLimit { per_transfer: None, per_day: None, per_month, zone, .. }) => {
            assert_eq!((*per_month, *zone), (Some(Cap { amount: None, count: Some(0) }), Zone::SEOUL));
        }
        other => panic!("{other:?}"),
    }
}

async fn refused(method: &str, path: &str, body: &Value) -> (u16, String, String) {
    let api = Api::posting();
    let reply = api.command(method, Role::Operator, path, body.to_string()).await;
    assert!(api.submissions().is_empty(), "the bank received {body}");
    let field = reply.json()["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
    (reply.status.as_u16(), reply.code(), field)
}

#[tokio::test]
async fn a_limit_of_the_wrong_form_is_refused() {
    for (field, value, named) in [
        ("kinds", json!([]), "kinds"),
        ("kinds", json!(["deposit"]), "kinds"),
        ("kinds", json!(["transfer", "transfer"]), "kinds"),
        ("kinds", json!([{"transfer": null}]), "kinds[0]"),
        ("everyone", json!("true"), "everyone"),
        ("everyone", Value::Null, "everyone"),
        ("per_transfer", json!("-1"), "per_transfer"),
        ("per_transfer", json!(500_000), "per_transfer"),
        ("per_day", json!({}), "per_day"),
        ("per_day", json!({"amount": "-1"}), "per_day.amount"),
        ("per_day", json!({"count": -1}), "per_day.count"),
        ("per_day", json!({"count": 4_294_967_296_u64}), "per_day.count"),
        ("per_day", json!(["1", 1]), "per_day"),
        ("per_month", json!({"times": 3}), "per_month.times"),
        ("zone", json!("Mars/Olympus"), "zone"),
        ("zone", json!("+09:00"), "zone"),
    ] {
        let mut body = limit();
        body[field] = value;
        let answer = refused("PUT", PATH, &body).await;
        assert_eq!((answer.0, answer.1.as_str()), (400, "validation-failed"), "{body}");
        assert!(answer.2.starts_with(named.split('.').next().unwrap_or(named)), "{body}: {}", answer.2);
    }
    let nothing = json!({"asset": "KRW", "kinds": ["hold"], "everyone": true});
    assert_eq!(refused("PUT", PATH, &nothing).await.1, "validation-failed", "it bounds nothing");
    let mut gold = limit();
    gold["asset"] = json!("XAU");
    assert_eq!(refused("PUT", PATH, &gold).await.1, "asset-unknown");
}

#[tokio::test]
async fn a_name_has_small_letters_digits_and_hyphens() {
    let long = "a".repeat(41);
    for name in ["Daily", "a_b", "a%20b", "%C3%A9", "a.b", &long] {
        for (method, body) in [("PUT", limit()), ("DELETE", json!({}))] {
            let answer = refused(method, &format!("/v1/limits/{name}"), &body).await;
            assert_eq!(answer, (400, "validation-failed".into(), "name".into()), "{method} {name}");
        }
    }
    let path = format!("/v1/accounts/{SOURCE}/limits");
    let many: Vec<_> = (0..51).map(|number| format!("limit-{number}")).collect();
    for names in [json!(["Daily"]), json!(["a", "a"]), json!([""]), json!([1]), json!("a"), json!(many)] {
        let answer = refused("PUT", &path, &json!({ "names": names })).await;
        assert_eq!((answer.0, answer.1.as_str()), (400, "validation-failed"), "{names}");
    }
    let api = Api::posting();
    assert_eq!(api.command("PUT", Role::Operator, &path, r#"{"names":[]}"#).await.status, StatusCode::OK);
    let none = AssignLimits { account: AccountId::new(SOURCE), limits: Vec::new() };
    assert_eq!(api.submissions()[0].command, Command::AssignLimits(none), "all are taken away");
}

#[tokio::test]
async fn a_refusal_says_which_limit_what_it_leaves_and_until_when() {
    let remaining = Some(Minor::new(4200).expect("an amount"));
    let resets_at = DateTime::from_timestamp(NOW, 0);
    for (window, remaining, resets_at, expected) in [
        (LimitWindow::Transfer, remaining, None, json!(["daily", "transfer", "4200", null])),
        (LimitWindow::Day, remaining, resets_at, json!(["daily", "day", "4200", "2027-01-15T08:00:00Z"])),
        (LimitWindow::Month, None, resets_at, json!(["daily", "month", null, "2027-01-15T08:00:00Z"])),
    ] {
        let reached = LimitReached { name: "daily".to_owned(), window, remaining, resets_at };
        let refusal = Refusal { limit: Some(Box::new(reached)), ..Refusal::of("limit-exceeded") };
        let refused = Refused { refusal, transfer: Some(TransferId::new(TRANSFER)) };
        let reply = Api::answering(Outcome::Refused(refused)).post_json(Role::Member, "/v1/transfers", order()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "limit-exceeded"));
        let body = reply.json();
        let shown = ["limit", "window", "remaining", "resets_at"].map(|field| body[field].clone());
        assert_eq!(json!(shown), expected);
        assert_eq!(body.get("remaining").is_some(), remaining.is_some(), "what does not apply is left out");
        assert_eq!(body["transfer_id"], json!(TRANSFER));
    }
}
