//! Standing orders: how they are asked for, what the bank receives, what is answered.

use application::{Command, IfRefused, PlaceOrder, Schedule};
use axum::http::StatusCode;
use kernel::Role;
use serde_json::{Value, json};

use crate::{
    bad_input::refused,
    more_commands::standing_order,
    support::{Api, DESTINATION, HOLD, SOURCE},
};

#[tokio::test]
async fn an_order_is_answered_with_its_schedule_in_the_form_of_the_request() {
    let api = Api::posting();
    let placed = api.post_json(Role::Member, "/v1/standing-orders", standing_order()).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text);
    let expected = json!({
        "order_id": HOLD, "status": "active", "next_at": "2027-01-15T09:00:00.123456Z", "source": SOURCE,
        "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"}, "memo": "rent",
        "schedule": {"every": "month", "day": 25, "time": "09:00", "zone": "Asia/Seoul", "count": 12},
        "if_refused": "stop", "catch_up": false, "runs_done": 0, "position": 42,
        "recorded_at": "2027-01-15T08:00:00.123456Z",
    });
    assert_eq!(placed.json(), expected);
    for (method, verb, status) in
        [("POST", "/pause", "paused"), ("POST", "/resume", "active"), ("DELETE", "", "cancelled")]
    {
        let path = format!("/v1/standing-orders/{HOLD}{verb}");
        for body in ["", "{}"] {
            let changed = api.command(method, Role::Member, &path, body).await;
            assert_eq!((changed.status, &changed.json()["status"]), (StatusCode::OK, &json!(status)), "{path}");
        }
        assert_eq!(api.command(method, Role::Member, &path, r#"{"reason":"x"}"#).await.code(), "validation-failed");
    }
}

#[tokio::test]
async fn what_is_left_out_has_its_default() {
    let api = Api::posting();
    let bare = json!({
        "source": SOURCE, "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"},
        "schedule": {"at": "2027-02-01T00:00:00Z"},
    });
    let mut spelled = bare.clone();
    spelled["memo"] = Value::Null;
    spelled["if_refused"] = json!("skip");
    spelled["catch_up"] = json!(true);
    spelled["schedule"] = json!({"at": "2027-02-01T09:00:00+09:00", "every": null});
    for body in [bare, spelled] {
        let reply = api.post_json(Role::Member, "/v1/standing-orders", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    }
    let submissions = api.submissions();
    assert_eq!(submissions[0].meta.fingerprint, submissions[1].meta.fingerprint);
    match &submissions[0].command {
        Command::PlaceOrder(PlaceOrder {
            schedule: Schedule::At(at),
            if_refused: IfRefused::Skip,
            catch_up: true,
            memo: None,
            ..
        }) => assert_eq!(at.to_rfc3339(), "2027-02-01T00:00:00+00:00"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_order_of_the_wrong_form_is_refused() {
    for (field, value, named) in [
        ("schedule", json!({}), "schedule.every"),
        ("schedule", json!({"every": "day"}), "schedule.time"),
        ("schedule", json!({"every": "day", "time": "25:00"}), "schedule.time"),
        ("schedule", json!({"every": "month", "time": "09:00", "day": 32}), "schedule.day"),
        ("schedule", json!({"at": "2027-02-01T00:00:00Z", "zone": "UTC"}), "schedule.zone"),
        ("schedule", json!({"every": "day", "time": "09:00", "zone": "Nowhere"}), "schedule.zone"),
        ("schedule", json!("daily"), "schedule"),
        ("schedule", json!(["2027-02-01T00:00:00Z"]), "schedule"),
        ("if_refused", json!("retry"), "if_refused"),
        ("if_refused", json!({"skip": null}), "if_refused"),
        ("catch_up", json!("yes"), "catch_up"),
        ("destination", json!("1"), "destination"),
    ] {
        let mut body = standing_order();
        body[field] = value;
        let answer = refused(Role::Member, "/v1/standing-orders", body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), named.into()), "{body}");
    }
    for verb in ["/pause", "/resume"] {
        let answer = refused(Role::Operator, &format!("/v1/standing-orders/x{verb}"), "{}".to_owned()).await;
        assert_eq!(answer, (400, "validation-failed".into(), "id".into()));
    }
}
