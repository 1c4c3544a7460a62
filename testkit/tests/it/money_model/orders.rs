//! What must have become of standing orders.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::done::{Done, Side, id, sides, time, units};

#[derive(Default)]
pub struct Orders(HashMap<Uuid, Order>);

pub struct Order {
    source: Uuid,
    destination: Uuid,
    amount: i128,
    /// When it is due; none for one that repeats, which is not due while the test runs.
    due_at: Option<DateTime<Utc>>,
    stops: bool,
    pub status: &'static str,
    /// The transfers of its runs.
    pub runs: Vec<Uuid>,
}

impl Orders {
    pub fn placed(&mut self, done: &Done) {
        let (asked, body) = (&done.asked, &done.answer.body);
        let due_at = asked["schedule"].get("at").map(time);
        assert_eq!(body["status"], "active", "{body}");
        let next_at = time(&body["next_at"]);
        assert!(due_at.is_none_or(|due_at| due_at == next_at) && time(&body["recorded_at"]) < next_at, "{body}");
        let order = Order {
            source: id(&asked["source"]),
            destination: id(&body["destination"]),
            amount: units(&asked["money"]["amount"]),
            due_at,
            stops: asked["if_refused"] == "stop",
            status: "active",
            runs: Vec::new(),
        };
        assert!(self.0.insert(id(&body["order_id"]), order).is_none(), "an order of one id twice");
    }

    /// It was paused, resumed or cancelled.
    pub fn changed(&mut self, done: &Done) {
        let body = &done.answer.body;
        let order = self.0.get_mut(&id(&body["order_id"])).expect("it was placed");
        let before: &[&str] = match done.what {
            "pause-order" => &["active"],
            "resume-order" => &["paused"],
            _ => &["active", "paused"],
        };
        assert!(before.contains(&order.status), "{} of an order that is {}: {body}", done.what, order.status);
        order.status = match done.what {
            "pause-order" => "paused",
            // What was due while it was paused is left out.
            "resume-order" if order.due_at.is_some_and(|due_at| due_at <= time(&body["recorded_at"])) => "finished",
            "resume-order" => "active",
            _ => "cancelled",
        };
        assert_eq!(body["status"], order.status, "{} {body}", done.what);
    }

    /// A run was carried out: it was due, and the only one. Whether it was posted.
    pub fn ran(&mut self, done: &Done) -> bool {
        let (run, body) = (&done.asked, &done.answer.body);
        let order_id = id(&run["order_id"]);
        let order = self.0.get_mut(&order_id).expect("it was placed");
        assert_eq!(order.status, "active", "an order that is not active has run: {run} {body}");
        let due_at = order.due_at.expect("an order that is due tomorrow has run");
        assert_eq!(time(&run["due_at"]), due_at, "{run}");
        assert!(due_at <= time(&body["recorded_at"]), "an order has run too early: {body}");
        assert_eq!((&body["kind"], id(&body["transfer_id"])), (&json!("transfer"), id(&run["transfer_id"])));
        order.runs.push(id(&body["transfer_id"]));
        let is_posted = run["status"] == "posted";
        order.status = if !is_posted && order.stops { "stopped" } else { "finished" };
        if is_posted {
            assert_eq!((&body["status"], id(&body["order_id"])), (&json!("posted"), order_id), "{body}");
            assert!(order.is_paid_by(&sides(body)), "{body}");
        } else {
            assert_eq!((&body["status"], &body["code"]), (&json!("rejected"), &run["code"]), "{run}");
            assert_eq!(units(&body["money"]["amount"]), order.amount, "{body}");
        }
        is_posted
    }

    pub fn all(&self) -> impl Iterator<Item = (Uuid, &Order)> {
        self.0.iter().map(|(id, order)| (*id, order))
    }
}

impl Order {
    fn is_paid_by(&self, sides: &[Side]) -> bool {
        let [from, to] = sides else { return false };
        let accounts = (from.account, to.account) == (self.source, self.destination);
        accounts && (from.amount, to.amount) == (-self.amount, self.amount)
    }
}
