//! Webhooks: their bodies, who may read them, and what the sender says of them.

use serde_json::{Value, json};

use crate::app::{ALICE, TestApp, id};

const OF_SERVICE: u128 = 0x3eb01;
const OF_OPERATOR: u128 = 0x3eb02;
/// The service that `TestApp::service` asks as, and the operator.
const SERVICE: u128 = 0xffff;
const OPERATOR: u128 = 0xeeee;
const DELIVERIES: [u128; 3] = [0xde11, 0xde12, 0xde13];

impl TestApp {
    /// A webhook of the service, to which one event was delivered at the second attempt, one is pending, and one was given up; and one of the
    /// operator.
    async fn with_webhooks() -> Self {
        let app = Self::with_bank().await;
        app.put_webhook(OF_SERVICE, ("service", SERVICE), 10).await;
        app.put_webhook(OF_OPERATOR, ("operator", OPERATOR), 12).await;
        let first = r#"{"at": "2026-11-21T09:20:00Z", "status": 503, "duration_ms": 12, "error": null, "response_start": "later"}"#;
        let second =
            r#"{"at": "2026-11-21T09:20:05Z", "status": 204, "duration_ms": 8, "error": null, "response_start": ""}"#;
        let none = r#"{"at": "2026-11-21T09:21:00Z", "status": null, "duration_ms": 15000, "error": "timeout", "response_start": null}"#;
        for (delivery, minute, status, attempts, next_at) in [
            (DELIVERIES[0], 20, "delivered", format!("[{first}, {second}]"), None),
            (DELIVERIES[1], 21, "pending", format!("[{none}]"), Some("2026-11-21T09:26:00Z")),
            (DELIVERIES[2], 22, "dropped", "[]".to_owned(), None),
        ] {
            sqlx::query(
                "insert into webhooks.deliveries (delivery_id, webhook_id, event_id, position, number, type, line, payload, status,
                     attempts, next_at, created_at, settled_at)
                 values ($1, $2, $3, 18, 0, 'transfer.posted', 'a line', '{}', $4, $5::text::jsonb, $6::text::timestamptz,
                     timestamptz '2026-11-21T09:00:00Z' + $7::int4 * interval '1 min',
                     case when $4 <> 'pending' then timestamptz '2026-11-21T09:25:00Z' end)",
            )
            .bind(id(delivery))
            .bind(id(OF_SERVICE))
            .bind(id(delivery + 0x100))
            .bind(status)
            .bind(attempts)
            .bind(next_at)
            .bind(minute)
            .execute(&app.database.pool)
            .await
            .expect("a delivery");
        }
        app
    }

    /// A webhook as the view has it.
    async fn put_webhook(&self, webhook: u128, owner: (&str, u128), created: i64) {
        sqlx::query(
            "insert into webhooks_g1.webhooks (created_position, position, created_at, recorded_at, webhook_id, owner, enabled,
                 owner_role, url, events, description)
             values ($1, $1, '2026-11-21T09:10:00Z', '2026-11-21T09:10:00Z', $2, $3, true, $4, 'https://shop.example/jangbu',
                 'account.opened transfer.posted', 'the shop')",
        )
        .bind(created)
        .bind(id(webhook))
        .bind(id(owner.1))
        .bind(owner.0)
        .execute(&self.database.pool)
        .await
        .expect("a webhook");
    }
}

fn webhook(number: u128) -> String {
    format!("/v1/webhooks/{}", id(number))
}

fn deliveries(number: u128) -> String {
    format!("{}/deliveries", webhook(number))
}

fn listed(page: &Value, field: &str) -> Vec<Value> {
    page["items"].as_array().expect("items").iter().map(|item| item[field].clone()).collect()
}

fn ids(numbers: &[u128]) -> Vec<Value> {
    numbers.iter().map(|number| json!(id(*number))).collect()
}

#[tokio::test]
async fn what_goes_out() {
    let app = TestApp::with_webhooks().await;
    let expected = json!({
        "webhook_id": id(OF_SERVICE), "owner": {"role": "service", "id": id(SERVICE)},
        "url": "https://shop.example/jangbu", "events": ["account.opened", "transfer.posted"], "description": "the shop",
        "status": "enabled", "disabled_because": null, "disabled_at": null, "failing_since": null,
        "created_at": "2026-11-21T09:10:00Z", "position": 10, "recorded_at": "2026-11-21T09:10:00Z",
    });
    assert_eq!(*app.get(&webhook(OF_SERVICE), app.service()).await.ok(), expected);
    let own = app.get("/v1/webhooks", app.service()).await;
    assert_eq!(*own.ok(), json!({"items": [expected], "next_cursor": null}));
    assert_eq!(own.number("view-position"), 18);
    let page = app.get(&deliveries(OF_SERVICE), app.service()).await;
    assert_eq!(listed(page.ok(), "delivery_id"), ids(&[DELIVERIES[2], DELIVERIES[1], DELIVERIES[0]]), "newest first");
    let pending = json!({
        "delivery_id": id(DELIVERIES[1]), "event_id": id(DELIVERIES[1] + 0x100), "type": "transfer.posted",
        "status": "pending", "next_at": "2026-11-21T09:26:00Z", "created_at": "2026-11-21T09:21:00Z",
        "attempts": [{
            "at": "2026-11-21T09:21:00Z", "status": null, "duration_ms": 15_000, "error": "timeout",
            "response_start": null,
        }],
    });
    assert_eq!(page.body["items"][1], pending);
    assert_eq!(page.body["items"][2]["attempts"][1]["status"], 204);
    app.finish().await;
}

#[tokio::test]
async fn a_service_sees_its_own_and_an_operator_all() {
    let app = TestApp::with_webhooks().await;
    for path in [webhook(OF_SERVICE), deliveries(OF_SERVICE)] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 200, 200], "{path}");
    }
    for path in [webhook(OF_OPERATOR), deliveries(OF_OPERATOR)] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 404, 200], "{path}");
        app.get(&path, app.service()).await.is(404, "webhook-unknown");
    }
    for path in [webhook(0x404), deliveries(0x404)] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 404, 404], "{path}");
    }
    app.get(&webhook(OF_SERVICE), app.member(ALICE)).await.is(403, "forbidden");
    assert_eq!(app.statuses("/v1/webhooks").await, [403, 403, 403, 200, 200]);
    let all = app.get("/v1/webhooks", app.operator()).await;
    assert_eq!(listed(all.ok(), "webhook_id"), ids(&[OF_OPERATOR, OF_SERVICE]));
    // The same id with another role is another principal.
    let sql =
        format!("update webhooks_g1.webhooks set owner_role = 'operator' where webhook_id = '{}'", id(OF_SERVICE));
    app.database.run(&sql).await;
    assert_eq!(app.statuses(&webhook(OF_SERVICE)).await, [403, 403, 403, 404, 200]);
    assert!(listed(app.get("/v1/webhooks", app.service()).await.ok(), "webhook_id").is_empty());
    app.finish().await;
}

#[tokio::test]
async fn pages_join_and_deliveries_are_filtered() {
    let app = TestApp::with_webhooks().await;
    for (list, field, wanted) in [
        ("/v1/webhooks".to_owned(), "webhook_id", ids(&[OF_OPERATOR, OF_SERVICE])),
        (deliveries(OF_SERVICE), "delivery_id", ids(&[DELIVERIES[2], DELIVERIES[1], DELIVERIES[0]])),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("{list}?limit=1{cursor}"), app.operator()).await;
            seen.extend(listed(page.ok(), field));
            let Some(more) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={more}");
        }
        assert_eq!(seen, wanted);
        // A cursor belongs to its list.
        let other = format!("{}?limit=1{cursor}", deliveries(OF_OPERATOR));
        app.get(&other, app.operator()).await.is(400, "cursor-invalid");
    }
    let of = async |filter: &str| {
        let page = app.get(&format!("{}?{filter}", deliveries(OF_SERVICE)), app.service()).await;
        listed(page.ok(), "delivery_id")
    };
    assert_eq!(of("status=pending").await, ids(&[DELIVERIES[1]]));
    assert_eq!(of("status=failed").await, ids(&[]));
    assert_eq!(of("from=2026-11-21T09:21:00Z").await, ids(&[DELIVERIES[2], DELIVERIES[1]]));
    app.get(&format!("{}?status=lost", deliveries(OF_SERVICE)), app.service()).await.is(400, "validation-failed");
    // Where a list was to go on, the sender has removed the delivery.
    let page = app.get(&format!("{}?limit=2", deliveries(OF_SERVICE)), app.service()).await;
    let cursor = page.ok()["next_cursor"].as_str().expect("more").to_owned();
    let sql = format!("delete from webhooks.deliveries where delivery_id = '{}'", id(DELIVERIES[1]));
    app.database.run(&sql).await;
    let gone = format!("{}?limit=2&cursor={cursor}", deliveries(OF_SERVICE));
    app.get(&gone, app.service()).await.is(400, "cursor-invalid");
    app.finish().await;
}

/// The sender stops by itself. What it says counts once it has seen the last change of the webhook.
#[tokio::test]
async fn a_webhook_at_which_the_sender_stopped_is_disabled() {
    let app = TestApp::with_webhooks().await;
    let is = async || {
        let body = app.get(&webhook(OF_SERVICE), app.service()).await.ok().clone();
        ["status", "disabled_because", "disabled_at"].map(|field| body[field].clone())
    };
    let enabled = [json!("enabled"), Value::Null, Value::Null];
    assert_eq!(is().await, enabled, "no sender was ever there");
    let sql = format!(
        "insert into webhooks.cursor (holder, log_id, position, command_id, recorded_at, deliver_since)
         select 'a test', log_id, 12, gen_random_uuid(), '2026-11-21T09:10:00Z', '2026-11-21T09:00:00Z' from log_head;
         insert into webhooks.endpoints (webhook_id, owner_role, owner_id, url, filter, secrets, wanted, failing_since, stopped_at, stopped_because)
         values ('{}', 'service', '{}', 'https://shop.example/jangbu', '{{}}', '[]', 'enabled', '2026-11-16T09:00:00Z',
             '2026-11-21T09:00:00Z', 'failing')",
        id(OF_SERVICE),
        id(SERVICE)
    );
    app.database.run(&sql).await;
    assert_eq!(is().await, ["disabled", "failing", "2026-11-21T09:00:00Z"]);
    let body = app.get("/v1/webhooks", app.service()).await;
    assert_eq!(body.ok()["items"][0]["failing_since"], "2026-11-16T09:00:00Z");
    assert_eq!(body.body["items"][0]["status"], "disabled");
    assert_eq!(body.body["items"][0]["disabled_at"], "2026-11-21T09:00:00Z");
    let change = async |sql: &str| app.database.run(&format!("update webhooks_g1.webhooks set {sql}")).await;
    change("position = 13").await;
    assert_eq!(is().await, enabled, "it was enabled again, and the sender has not seen it yet");
    change("position = 12, enabled = false").await;
    assert_eq!(is().await, [json!("disabled"), json!("asked"), Value::Null]);
    app.finish().await;
}

#[tokio::test]
async fn what_is_put_aside_is_missed() {
    let app = TestApp::with_webhooks().await;
    let park = async |key: u128, more: &str| {
        let key = id(key);
        app.database
            .run(&format!(
                "delete from registry.parked_events;
                 delete from registry.parked_keys;
                 insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
                 values ('webhooks', 1, '{key}', 17, 'a test', 'a test');
                 insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
                 values ('webhooks', 1, '{key}', 17, 17, '2026-11-21T09:08:00Z', '{{{key}{more}}}')"
            ))
            .await;
    };
    park(OF_SERVICE, "").await;
    assert_eq!(app.statuses(&webhook(OF_SERVICE)).await, [403, 403, 403, 503, 503]);
    assert_eq!(app.get(&webhook(OF_OPERATOR), app.operator()).await.status, 200);
    let own = app.get("/v1/webhooks", app.service()).await;
    assert_eq!((own.status, own.header("view-missing-events")), (200, Some("1")));
    // The creation of one more, by whom is said.
    park(0x3ebff, &format!(",{}", id(OPERATOR))).await;
    app.get(&webhook(0x3ebff), app.service()).await.is(503, "view-behind");
    let own = app.get("/v1/webhooks", app.service()).await;
    assert_eq!(own.header("view-missing-events"), None);
    park(0x3ebff, "").await;
    let own = app.get("/v1/webhooks", app.service()).await;
    assert_eq!(own.header("view-missing-events"), Some("1"), "it may be anybody's");
    app.finish().await;
}
