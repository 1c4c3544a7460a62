//! What the bank does by itself: the runs of standing orders and the rows of payout runs. They have no answer; they are
//! read when all of them have ended.

use serde_json::{Value, json};
use testkit::app::all_items;
use uuid::Uuid;

use super::{
    done::{Done, id},
    wishes::cancel_order,
    world::{Wish, World},
};
use crate::support::{TestClient, eventually, fresh_key};

const ENDED: [&str; 3] = ["finished", "stopped", "cancelled"];

fn order_path(order: Uuid) -> String {
    format!("/v1/standing-orders/{order}")
}

fn run_path(run: Uuid) -> String {
    format!("/v1/payout-runs/{run}")
}

fn made(world: &World) -> (Vec<Uuid>, Vec<Uuid>) {
    let made = world.made.lock().unwrap();
    let orders = made.orders.iter().map(|(order, _)| *order).collect();
    (orders, made.runs.iter().map(|run| run.id).collect())
}

/// Ends what does not end by itself, and waits until all orders and runs have ended. The views are level with the log
/// before.
pub async fn bring_to_an_end(world: &World) {
    let operator = &world.operators[0];
    let (orders, runs) = made(world);
    for order in &orders {
        let seen = operator.get(&order_path(*order)).await.expect(200);
        let repeats = seen.body["schedule"].get("every").is_some();
        if seen.body["status"] == "paused" || (repeats && seen.body["status"] == "active") {
            world.ask(0, &fresh_key(), cancel_order(None, *order)).await.expect(200);
        }
    }
    for run in &runs {
        let path = run_path(*run);
        let seen = operator.get(&path).await.expect(200);
        let (what, verb, body, status) = match seen.text("status").as_str() {
            "open" if seen.number("rows") > 0 => {
                let body = json!({"expected_rows": seen.number("rows"), "expected_total": seen.text("total")});
                ("start-run", "start", body, 202)
            }
            "open" => ("cancel-run", "cancel", json!({}), 200),
            "paused" => ("resume-run", "resume", json!({}), 200),
            _ => continue,
        };
        world.ask(1, &fresh_key(), Wish::post(None, what, format!("{path}/{verb}"), body)).await.expect(status);
    }
    for path in orders.into_iter().map(order_path).chain(runs.into_iter().map(run_path)) {
        eventually("every order and every run has ended", async || {
            let seen = operator.get(&path).await;
            let has_ended = seen.body["status"].as_str().is_some_and(|status| ENDED.contains(&status));
            if has_ended { Ok(()) } else { Err(seen.body.to_string()) }
        })
        .await;
    }
}

/// Every run of an order and every row of a run that was carried out, with its transfer.
pub async fn carried_out(world: &World) -> Vec<Done> {
    let operator = &world.operators[0];
    let (orders, runs) = made(world);
    let mut done = Vec::new();
    for order in orders {
        let seen = operator.get(&order_path(order)).await.expect(200);
        for run in seen.body["runs"].as_array().unwrap() {
            done.push(with_transfer(operator, "order-run", with(run, "order_id", order)).await);
        }
    }
    for run in runs {
        for result in all_items(operator, &format!("{}/results", run_path(run))).await {
            if result["status"] != "pending" {
                done.push(with_transfer(operator, "row", with(&result, "run_id", run)).await);
            }
        }
    }
    done
}

fn with(value: &Value, field: &str, id: Uuid) -> Value {
    let mut value = value.clone();
    value[field] = json!(id);
    value
}

async fn with_transfer(operator: &TestClient, what: &'static str, asked: Value) -> Done {
    let answer = operator.get(&format!("/v1/transfers/{}", id(&asked["transfer_id"]))).await.expect(200);
    let position = answer.number("position");
    Done { what, person: None, asked, answer, position }
}

/// The posted rows of a run, as far as they can be seen by now.
pub async fn paid_so_far(world: &World, run: Uuid) -> Vec<Uuid> {
    let seen = world.operators[0].get(&format!("{}/results?limit=200", run_path(run))).await;
    // The view may not have the run yet.
    let rows = seen.body["items"].as_array().cloned().unwrap_or_default();
    rows.iter().filter(|row| row["status"] == "posted").map(|row| id(&row["transfer_id"])).collect()
}
