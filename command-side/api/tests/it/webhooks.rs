//! Webhooks: what the bank receives, when secrets are shown, which addresses and filters are bad input.

use application::{
    AskWebhook, ChangeWebhook, Command, CreateWebhook, DeleteWebhook, ExecuteError, Outcome, RotateWebhook,
    RotatedWebhook, WebhookAnswer, WebhookRequest,
};
use axum::http::StatusCode;
use chrono::DateTime;
use domain::WebhookSettings;
use kernel::{Actor, DeliveryId, MemberId, Position, Role, WebhookId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    commands::{PROGRAMS, Sample, sample},
    support::{ALICE, Api, HOLD, NOW, TRANSFER, answer},
};

const URL: &str = "https://shop.example/jangbu?shop=7";

fn id() -> WebhookId {
    WebhookId::new(HOLD)
}

fn created() -> Value {
    json!({"url": URL, "events": ["transfer.posted", "account.opened"], "description": "the shop"})
}

/// One of each command.
pub fn samples() -> Vec<Sample> {
    let names = || vec!["transfer.posted".to_owned(), "account.opened".to_owned()];
    let create = CreateWebhook { url: URL.to_owned(), events: names(), description: Some("the shop".to_owned()) };
    let change = ChangeWebhook {
        webhook: id(),
        url: Some(URL.to_owned()),
        events: Some(vec!["*".to_owned()]),
        enabled: Some(false),
    };
    let ask = |request| Command::AskWebhook(AskWebhook { webhook: id(), request });
    let since = DateTime::from_timestamp(NOW, 0).expect("a time");
    let of = |route, id, body, command| sample(route, id, body, PROGRAMS, command);
    vec![
        of("/v1/webhooks", Uuid::nil(), created(), Command::CreateWebhook(create)),
        Sample {
            method: "PATCH",
            ..of(
                "/v1/webhooks/{id}",
                HOLD,
                json!({"url": URL, "events": ["*"], "status": "disabled"}),
                Command::ChangeWebhook(change),
            )
        },
        Sample {
            method: "DELETE",
            ..of("/v1/webhooks/{id}", HOLD, json!({}), Command::DeleteWebhook(DeleteWebhook { webhook: id() }))
        },
        of(
            "/v1/webhooks/{id}/rotate",
            HOLD,
            json!({"overlap": 60}),
            Command::RotateWebhook(RotateWebhook { webhook: id(), overlap: 60 }),
        ),
        of(
            "/v1/webhooks/{id}/example",
            HOLD,
            json!({"event": "transfer.posted"}),
            ask(WebhookRequest::Example("transfer.posted".to_owned())),
        ),
        of(
            "/v1/webhooks/{id}/deliveries/{delivery}/resend",
            HOLD,
            json!({}),
            ask(WebhookRequest::Resend(DeliveryId::new(TRANSFER))),
        ),
        of(
            "/v1/webhooks/{id}/recover",
            HOLD,
            json!({"since": "2027-01-15T08:00:00Z"}),
            ask(WebhookRequest::Recover(since)),
        ),
    ]
}

/// A webhook of a service.
pub fn webhook(enabled: bool) -> WebhookAnswer {
    WebhookAnswer {
        webhook_id: id(),
        owner: Actor { role: Role::Service, id: MemberId::new(ALICE) },
        description: Some("the shop".to_owned()),
        settings: WebhookSettings {
            url: URL.to_owned(),
            events: vec!["account.opened".to_owned(), "transfer.posted".to_owned()],
            enabled,
        },
        position: Position::new(42),
        recorded_at: DateTime::from_timestamp(NOW, 0).expect("a time"),
    }
}

/// The second secret of it.
pub fn rotated() -> RotatedWebhook {
    RotatedWebhook {
        webhook_id: id(),
        secret: 2,
        overlap_until: DateTime::from_timestamp(NOW + 60, 0).expect("a time"),
    }
}

fn shown(status: &str) -> Value {
    json!({
        "webhook_id": HOLD, "owner": {"role": "service", "id": ALICE}, "url": URL,
        "events": ["account.opened", "transfer.posted"], "description": "the shop", "status": status, "position": 42,
        "recorded_at": "2027-01-15T08:00:00Z",
    })
}

#[tokio::test]
async fn secrets_are_shown_when_they_are_new_and_at_no_other_time() {
    let api = Api::posting();
    let reply = api.post_json(Role::Service, "/v1/webhooks", created()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    // The secret is that of the command's id, which is the webhook's.
    let own = api.submissions()[0].meta.command_id;
    let mut expected = shown("enabled");
    expected["secret"] = json!(format!("whsec_{own}.1"));
    expected["public_key"] = json!(format!("whpk_{own}.1"));
    assert_eq!(reply.json(), expected);
    let again = api.post_json(Role::Service, "/v1/webhooks", created()).await;
    assert_eq!(again.json(), expected, "a retry shows them again");

    let path = format!("/v1/webhooks/{HOLD}");
    let rotated = api.post_json(Role::Service, &format!("{path}/rotate"), json!({"overlap": 60})).await;
    let secret = json!({
        "webhook_id": HOLD, "secret": format!("whsec_{HOLD}.2"), "public_key": format!("whpk_{HOLD}.2"),
        "overlap_until": "2027-01-15T08:01:00Z",
    });
    assert_eq!((rotated.status, rotated.json()), (StatusCode::OK, secret));

    let changed = api.command("PATCH", Role::Operator, &path, r#"{"status":"disabled"}"#).await;
    assert_eq!((changed.status, changed.json()), (StatusCode::OK, shown("disabled")));
    let deleted = api.command("DELETE", Role::Operator, &path, "").await;
    assert_eq!((deleted.status, deleted.text.as_str()), (StatusCode::NO_CONTENT, ""));
    for (verb, body) in
        [("example", r#"{"event":"transfer.posted"}"#), ("recover", r#"{"since":"2027-01-15T08:00:00Z"}"#)]
    {
        let asked = api.post(Role::Service, &format!("{path}/{verb}"), body).await;
        assert_eq!((asked.status, asked.json()), (StatusCode::ACCEPTED, json!({ "webhook_id": HOLD })), "{verb}");
    }
}

#[tokio::test]
async fn what_is_left_out_is_the_default_or_stays() {
    let api = Api::new(|_| Ok(answer(Outcome::WebhookRotated(rotated()))));
    let path = format!("/v1/webhooks/{HOLD}/rotate");
    assert_eq!(api.post(Role::Service, &path, "{}").await.status, StatusCode::OK);
    let rotate = RotateWebhook { webhook: id(), overlap: 86_400 };
    assert_eq!(api.submissions()[0].command, Command::RotateWebhook(rotate));
    let api = Api::new(|_| Ok(answer(Outcome::WebhookChanged(webhook(true)))));
    let path = format!("/v1/webhooks/{HOLD}");
    assert_eq!(api.command("PATCH", Role::Service, &path, r#"{"status":"enabled"}"#).await.status, StatusCode::OK);
    let change = ChangeWebhook { webhook: id(), url: None, events: None, enabled: Some(true) };
    assert_eq!(api.submissions()[0].command, Command::ChangeWebhook(change));
}

#[tokio::test]
async fn another_delivery_is_another_request() {
    let api = Api::posting();
    for delivery in [TRANSFER, HOLD, TRANSFER] {
        let path = format!("/v1/webhooks/{HOLD}/deliveries/{delivery}/resend");
        assert_eq!(api.post(Role::Service, &path, "").await.status, StatusCode::ACCEPTED);
    }
    let prints: Vec<_> = api.submissions().iter().map(|submission| submission.meta.fingerprint).collect();
    assert!(prints[0] == prints[2] && prints[0] != prints[1]);
}

#[tokio::test]
async fn one_that_is_not_there_is_not_found() {
    for sample in samples().into_iter().skip(1) {
        let api = Api::failing(ExecuteError::WebhookUnknown);
        let reply = api.command(sample.method, Role::Service, &sample.path(), sample.body.to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "webhook-unknown"), "{}", sample.route);
    }
}

async fn refused(method: &str, path: &str, body: Value) -> (u16, String, Value) {
    let api = Api::posting();
    let reply = api.command(method, Role::Service, path, body.to_string()).await;
    assert!(api.submissions().is_empty(), "the bank received {body}");
    (reply.status.as_u16(), reply.code(), reply.json()["errors"][0]["field"].clone())
}

#[tokio::test]
async fn requests_of_the_wrong_form_are_refused() {
    let of = format!("/v1/webhooks/{HOLD}");
    let long = format!("https://shop.example/{}", "x".repeat(1_980));
    let mut tries = Vec::new();
    for url in [json!(""), json!("shop.example"), json!("ftp://a.b/"), json!("https://a b/"), json!(7), json!(long)] {
        tries.push(("POST", "/v1/webhooks".to_owned(), "url", url.clone()));
        tries.push(("PATCH", of.clone(), "url", url));
    }
    for events in [
        json!([]),
        json!("*"),
        json!(["*", "transfer.posted"]),
        json!(["transfer.posted", "transfer.posted"]),
        json!(["transfer.lost"]),
        json!(["Transfer.Posted"]),
        json!(vec!["transfer.posted"; 51]),
    ] {
        tries.push(("POST", "/v1/webhooks".to_owned(), "events", events.clone()));
        tries.push(("PATCH", of.clone(), "events", events));
    }
    tries.extend([
        ("POST", "/v1/webhooks".to_owned(), "description", json!("")),
        ("PATCH", of.clone(), "status", json!("deleted")),
        ("POST", format!("{of}/rotate"), "overlap", json!(604_801)),
        ("POST", format!("{of}/rotate"), "overlap", json!(-1)),
        ("POST", format!("{of}/example"), "event", json!("*")),
        ("POST", format!("{of}/recover"), "since", json!("yesterday")),
    ]);
    for (method, path, field, value) in tries {
        let mut body = if method == "POST" && path == "/v1/webhooks" { created() } else { json!({}) };
        body[field] = value.clone();
        let (status, code, _) = refused(method, &path, body).await;
        assert_eq!((status, code.as_str()), (400, "validation-failed"), "{path} {field} {value}");
    }
    let (status, code, field) = refused("PATCH", &of, json!({})).await;
    assert_eq!((status, code.as_str(), field), (400, "validation-failed", json!("status")), "nothing changes");
    let (status, code, _) = refused("POST", &format!("{of}/deliveries/x/resend"), json!({})).await;
    assert_eq!((status, code.as_str()), (400, "validation-failed"));
}
