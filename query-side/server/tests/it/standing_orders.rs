//! Standing orders: their bodies and runs, who may read them, their list.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::app::{A1, A2, ALICE, B1, BOB, TestApp, id};

const RENT: u128 = 0x04de1;
const ONCE: u128 = 0x04de2;
const OF_BOB: u128 = 0x04de3;

impl TestApp {
    /// A monthly order of Alice with two runs, one of hers for one day, and one of Bob.
    async fn with_orders() -> Self {
        let app = Self::with_bank().await;
        let rent =
            r#"{"every":{"every":{"month":31},"time":"09:30:00","zone":"Asia/Seoul","until":"2027-12-31","count":12}}"#;
        let once = r#"{"at":"2026-12-24T09:00:00Z"}"#;
        let weekly = r#"{"every":{"every":{"week":"Fri"},"time":"00:00:00","zone":"UTC"}}"#;
        app.put_order(RENT, ALICE, (A1, B1), 10, rent).await;
        app.put_order(ONCE, ALICE, (A2, A1), 11, once).await;
        app.put_order(OF_BOB, BOB, (B1, A1), 12, weekly).await;
        let sql = format!(
            "update standing_orders_g1.standing_orders set memo = 'rent', if_refused = 'stop', catch_up = false, runs = 2, position = 18,
                 recorded_at = '2026-11-30T00:30:00.123456Z' where order_id = '{rent}';
             update standing_orders_g1.standing_orders set status = 'cancelled', next_at = null where order_id = '{once}';
             insert into standing_orders_g1.standing_order_runs (position, recorded_at, due_at, order_id, transfer_id, code) values
             (15, '2026-10-31T00:30:01Z', '2026-10-31T00:30:00Z', '{rent}', '{}', 'insufficient-funds'),
             (18, '2026-11-30T00:30:00.123456Z', '2026-11-30T00:30:00Z', '{rent}', '{}', null)",
            id(0xd5),
            id(0xd6),
            rent = id(RENT),
            once = id(ONCE),
        );
        app.database.run(&sql).await;
        app
    }

    /// An active order, as the view has it.
    async fn put_order(&self, order: u128, owner: u128, (from, to): (u128, u128), placed: i64, schedule: &str) {
        sqlx::query(
            "insert into standing_orders_g1.standing_orders (placed_position, position, runs, recorded_at, next_at, order_id, owner,
                 source, destination, amount, catch_up, status, if_refused, asset, memo, schedule)
             values ($1::int8, $1::int8, 0, timestamptz '2026-11-21T09:10:00Z' + $1::int8 * interval '1 s', '2026-12-31T00:30:00Z',
                 $2, $3, $4, $5, 300000, true, 'active', 'skip', 'KRW', null, $6)",
        )
        .bind(placed)
        .bind(id(order))
        .bind(id(owner))
        .bind(id(from))
        .bind(id(to))
        .bind(schedule)
        .execute(&self.database.pool)
        .await
        .expect("an order");
    }
}

fn order(number: u128) -> String {
    format!("/v1/standing-orders/{}", id(number))
}

fn listed(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["order_id"].as_str().expect("an id").to_owned()).collect()
}

fn ids(orders: &[u128]) -> Vec<String> {
    orders.iter().map(|order| id(*order).to_string()).collect()
}

#[tokio::test]
async fn what_goes_out() {
    let app = TestApp::with_orders().await;
    assert_json_snapshot!("standing_order", app.get(&order(RENT), app.member(ALICE)).await.ok());
    let page = app.get("/v1/standing-orders", app.member(ALICE)).await;
    assert_json_snapshot!("standing_orders", page.ok());
    assert_eq!(page.number("view-position"), 18);
    let weekly = app.get(&order(OF_BOB), app.operator()).await.ok()["schedule"].clone();
    assert_eq!(weekly, json!({"every": "week", "weekday": "friday", "time": "00:00", "zone": "UTC"}));
    app.finish().await;
}

#[tokio::test]
async fn the_newest_runs_are_shown() {
    let app = TestApp::with_orders().await;
    app.database
        .run(&format!(
            "insert into standing_orders_g1.standing_order_runs (position, recorded_at, due_at, order_id, transfer_id, code)
             select 100 + p, clock_timestamp(), timestamptz '2027-01-01T00:00:00Z' + p * interval '1 d', '{}', gen_random_uuid(), null
             from generate_series(1, 60) as p",
            id(OF_BOB)
        ))
        .await;
    let one = app.get(&order(OF_BOB), app.member(BOB)).await.ok()["runs"].clone();
    let list = app.get("/v1/standing-orders", app.member(BOB)).await.ok()["items"][0]["runs"].clone();
    assert_eq!(one, list);
    let due: Vec<_> = one.as_array().expect("runs").iter().map(|run| run["due_at"].as_str().expect("a time")).collect();
    assert_eq!((due.len(), due[0], due[49]), (50, "2027-03-02T00:00:00Z", "2027-01-12T00:00:00Z"));
    app.finish().await;
}

/// As the owner, as the payee, as a stranger, as a service and as an operator.
#[tokio::test]
async fn an_order_is_for_its_owner_and_for_operators() {
    let app = TestApp::with_orders().await;
    assert_eq!(app.statuses(&order(RENT)).await, [200, 404, 404, 403, 200]);
    assert_eq!(app.statuses(&order(OF_BOB)).await, [404, 200, 404, 403, 200]);
    assert_eq!(app.statuses(&order(0x404)).await, [404, 404, 404, 403, 404]);
    let absent = app.get(&order(0x404), app.member(BOB)).await;
    let foreign = app.get(&order(RENT), app.member(BOB)).await;
    foreign.is(404, "order-unknown");
    assert_eq!(absent.body["detail"], foreign.body["detail"], "they cannot be distinguished");

    let listed =
        async |token: String, query: &str| listed(app.get(&format!("/v1/standing-orders{query}"), token).await.ok());
    assert_eq!(listed(app.member(ALICE), "").await, ids(&[ONCE, RENT]));
    assert_eq!(listed(app.member(ALICE), &format!("?owner={}", id(ALICE))).await, ids(&[ONCE, RENT]));
    assert_eq!(listed(app.operator(), "").await, ids(&[OF_BOB, ONCE, RENT]));
    assert_eq!(listed(app.operator(), &format!("?owner={}", id(BOB))).await, ids(&[OF_BOB]));
    assert_eq!(app.statuses("/v1/standing-orders").await, [200, 200, 200, 403, 200]);
    let of_alice = format!("/v1/standing-orders?owner={}", id(ALICE));
    assert_eq!(app.statuses(&of_alice).await, [200, 403, 403, 403, 200]);
    app.finish().await;
}

#[tokio::test]
async fn pages_of_orders_join_while_new_ones_are_placed() {
    let app = TestApp::with_bank().await;
    let place = async |at: i64| {
        let owner = if at % 4 == 0 { BOB } else { ALICE };
        let number = 0x5_0000 + u128::from(at.unsigned_abs());
        app.put_order(number, owner, (A1, B1), at, r#"{"at":"2026-12-24T09:00:00Z"}"#).await;
    };
    for at in 101..=130 {
        place(at).await;
    }
    let mut next = 131;
    for (token, wanted) in [(app.member(BOB), 4), (app.operator(), 1)] {
        let (newest, mut seen, mut cursor) = (next, Vec::new(), String::new());
        loop {
            let page = app.get(&format!("/v1/standing-orders?limit=4{cursor}"), &token).await;
            seen.extend(listed(page.ok()));
            let Some(more) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={more}");
            place(next).await;
            next += 1;
        }
        let all = (101..newest).rev().filter(|at| at % wanted == 0);
        let all: Vec<u128> = all.map(|at| 0x5_0000 + u128::try_from(at).expect("positive")).collect();
        assert_eq!(seen, ids(&all));
        let path = format!("/v1/standing-orders?limit=4{cursor}");
        app.get(&path, app.member(ALICE)).await.is(400, "cursor-invalid");
    }
    app.finish().await;
}

/// An order whose events were put aside is not said to be absent, or to be as it was before.
#[tokio::test]
async fn an_order_that_is_put_aside_is_missed() {
    let app = TestApp::with_orders().await;
    let park = async |key: String, touches: &str| {
        let sql = format!(
            "delete from registry.parked_events; delete from registry.parked_keys;
             insert into registry.parked_keys (view, generation, key, position, reason, parked_by)
             values ('standing_orders', 1, '{key}', 17, 'a test', 'a test');
             insert into registry.parked_events (view, generation, key, position, commit_position, recorded_at, touches)
             values ('standing_orders', 1, '{key}', 17, 17, '2026-11-21T09:08:00Z', '{{{touches}}}')"
        );
        app.database.run(&sql).await;
    };
    let missing = async |token: String| {
        let reply = app.get("/v1/standing-orders", token).await;
        (reply.status, reply.header("view-missing-events").map(str::to_owned))
    };
    let (none, one) = ((200, None), (200, Some("1".to_owned())));
    park(id(RENT).to_string(), &id(RENT).to_string()).await;
    assert_eq!(app.statuses(&order(RENT)).await, [503, 404, 404, 403, 503]);
    assert_eq!(missing(app.member(ALICE)).await, one);
    assert_eq!(missing(app.member(BOB)).await, none);
    assert_eq!(missing(app.operator()).await, one);
    // One whose placing names its owner, and one of which nothing is known.
    let key = id(0x04de9).to_string();
    park(key.clone(), &format!("{key},{}", id(BOB))).await;
    assert_eq!(app.statuses(&order(0x04de9)).await, [503, 503, 503, 403, 503]);
    assert_eq!(missing(app.member(ALICE)).await, none);
    assert_eq!(missing(app.member(BOB)).await, one);
    park(key.clone(), &key).await;
    assert_eq!(missing(app.member(ALICE)).await, one);
    app.finish().await;
}

#[tokio::test]
async fn a_token_is_waited_for() {
    let app = TestApp::with_orders().await;
    let position = app.database.append(1).await;
    let token = app.token(position).await;
    let headers = [("consistency-token", token.as_str()), ("prefer", "wait=0")];
    for path in [order(RENT), "/v1/standing-orders".to_owned()] {
        app.get_with(&path, app.member(ALICE), &headers).await.is(503, "view-behind");
    }
    app.database.reach("standing_orders", position).await;
    for path in [order(RENT), "/v1/standing-orders".to_owned()] {
        app.get_with(&path, app.member(ALICE), &[headers[0], ("prefer", "wait=5")]).await.ok();
    }
    app.finish().await;
}
