//! What the tables of standing orders must hold.

use std::collections::BTreeMap;

use events::recorded::{Event, IfRefused, StandingOrderEvent, StandingOrderPlaced};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::{micros, or_dash};

struct Order {
    placed: StandingOrderPlaced,
    placed_at: i64,
    status: &'static str,
    next_at: Option<i64>,
    runs: u64,
    moment: Moment,
}

#[derive(Default)]
pub struct Orders {
    orders: BTreeMap<Uuid, Order>,
    runs: Vec<String>,
}

impl Orders {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        let Event::StandingOrder(event) = body else { return };
        if let StandingOrderEvent::Placed(placed) = event {
            let (placed, status, next_at) = (placed.clone(), "active", Some(micros(placed.next_at)));
            let order = Order { placed, placed_at: moment.position, status, next_at, runs: 0, moment };
            self.orders.insert(stream, order);
            return;
        }
        let order = self.orders.get_mut(&stream).expect("placed");
        order.moment = moment;
        let stops = order.placed.if_refused == IfRefused::Stop;
        let (next_at, end) = match event {
            StandingOrderEvent::Placed(_) => return,
            StandingOrderEvent::Ran(ran) => {
                order.runs += 1;
                let (due, code) = (micros(ran.due_at), or_dash(&ran.refusal.as_ref().map(|refusal| &refusal.code)));
                let Moment { position, at, .. } = moment;
                self.runs.push(format!("{stream}|{due}|{}|{code}|{position}|{at}", ran.transfer));
                (ran.next_at, if code != "-" && stops { "stopped" } else { "finished" })
            }
            StandingOrderEvent::Skipped(skipped) => (skipped.next_at, "finished"),
            StandingOrderEvent::Resumed(resumed) => (resumed.next_at, "finished"),
            StandingOrderEvent::Paused(_) => (None, "paused"),
            StandingOrderEvent::Cancelled(_) => (None, "cancelled"),
        };
        order.next_at = next_at.map(micros);
        order.status = if next_at.is_some() { "active" } else { end };
    }

    pub fn tables(self) -> Vec<Table> {
        let orders = self.orders.iter().map(|(id, order)| {
            let Order { placed, placed_at, status, next_at, runs, moment } = order;
            let StandingOrderPlaced { owner, source, destination, money, memo, schedule, .. } = placed;
            let refused = if placed.if_refused == IfRefused::Stop { "stop" } else { "skip" };
            let (memo, next_at, catch_up) = (or_dash(memo), or_dash(next_at), placed.catch_up);
            let schedule = serde_json::to_string(schedule).expect("a schedule");
            let said = format!("{owner}|{source}|{destination}|{}|{}|{memo}|{schedule}", money.asset, money.amount);
            let state = format!("{refused}|{catch_up}|{placed_at}|{status}|{next_at}|{runs}");
            format!("{id}|{said}|{state}|{}|{}", moment.end, moment.at)
        });
        vec![
            Table::of("standing_orders", SELECT_ORDERS, orders),
            Table::of("standing_order_runs", SELECT_RUNS, self.runs),
        ]
    }
}

const SELECT_ORDERS: &str = "select concat_ws('|', order_id, owner, source, destination, asset, amount, coalesce(memo, '-'), schedule,
    if_refused, catch_up::text, placed_position, status, coalesce((extract(epoch from next_at) * 1000000)::int8::text, '-'),
    runs, position, (extract(epoch from recorded_at) * 1000000)::int8) from live.standing_orders";
const SELECT_RUNS: &str = "select concat_ws('|', order_id, (extract(epoch from due_at) * 1000000)::int8, transfer_id,
    coalesce(code, '-'), position, (extract(epoch from recorded_at) * 1000000)::int8) from live.standing_order_runs";
