//! The SQL of the view `standing_orders`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::IfRefused;
use kernel::OrderId;
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Change, Changes, Placed, Run};
use crate::copy::CopyRows;

/// What is to be written: orders placed in these commits, changes of those placed before, and the runs of either.
#[derive(Debug)]
pub(super) struct OrderRows {
    placed: CopyRows,
    changed: Changed,
    runs: CopyRows,
}

#[derive(Debug, Default)]
struct Changed {
    order_id: Vec<Uuid>,
    status: Vec<&'static str>,
    /// The status of an order that a refused run stops.
    or_stopped: Vec<&'static str>,
    next_at: Vec<Option<DateTime<Utc>>>,
    runs: Vec<i64>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

const COPY_ORDERS: &str = "copy standing_orders (order_id, owner, source, destination, asset, amount, memo, schedule, if_refused, \
    catch_up, placed_position, status, next_at, runs, position, recorded_at) from stdin (format binary)";
const COPY_RUNS: &str =
    "copy standing_order_runs (order_id, due_at, transfer_id, code, position, recorded_at) from stdin (format binary)";

impl From<Changes> for OrderRows {
    fn from(changes: Changes) -> Self {
        let (placed, runs) = (CopyRows::new(COPY_ORDERS, 16), CopyRows::new(COPY_RUNS, 6));
        let mut rows = Self { placed, changed: Changed::default(), runs };
        for (id, change) in changes.orders {
            match &change.placed {
                Some(placed) => change.write(id, placed, &mut rows.placed),
                None => rows.changed.push(id, &change),
            }
        }
        changes.runs.iter().for_each(|run| run.write(&mut rows.runs));
        rows
    }
}

fn if_refused(if_refused: IfRefused) -> &'static str {
    match if_refused {
        IfRefused::Skip => "skip",
        IfRefused::Stop => "stop",
    }
}

impl Change {
    fn write(&self, id: OrderId, placed: &Placed, rows: &mut CopyRows) {
        let order = &placed.order;
        rows.row()
            .uuid(id.uuid())
            .uuid(order.owner.uuid())
            .uuid(order.source.uuid())
            .uuid(order.destination.uuid())
            .text(order.money.asset.as_str())
            .numeric(order.money.amount)
            .maybe(order.memo.as_deref(), CopyRows::text)
            .text(&placed.schedule)
            .text(if_refused(order.if_refused))
            .bool(order.catch_up)
            .int8(placed.position.number())
            .text(self.status.of(order.if_refused))
            .maybe(self.next_at, CopyRows::time)
            .int8(self.runs)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl Run {
    fn write(&self, rows: &mut CopyRows) {
        rows.row()
            .uuid(self.order.uuid())
            .time(self.ran.due_at)
            .uuid(self.ran.transfer.uuid())
            .maybe(self.ran.refusal.as_ref().map(|refusal| refusal.code.as_str()), CopyRows::text)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl Changed {
    fn push(&mut self, id: OrderId, change: &Change) {
        self.order_id.push(id.uuid());
        self.status.push(change.status.of(IfRefused::Skip));
        self.or_stopped.push(change.status.of(IfRefused::Stop));
        self.next_at.push(change.next_at);
        self.runs.push(change.runs);
        self.position.push(change.position.number());
        self.recorded_at.push(change.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        // What is over stays as it is: an event after the last is an error.
        let updated = sqlx::query!(
            "update standing_orders
             set status = case when if_refused = 'stop' then changed.or_stopped else changed.status end,
                next_at = changed.next_at, runs = standing_orders.runs + changed.runs, position = changed.position,
                recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::int8[], $6::int8[], $7::timestamptz[])
                as changed(order_id, status, or_stopped, next_at, runs, position, recorded_at)
             where standing_orders.order_id = changed.order_id and standing_orders.status in ('active', 'paused')",
            &self.order_id,
            &self.status as &[&str],
            &self.or_stopped as &[&str],
            &self.next_at as &[Option<DateTime<Utc>>],
            &self.runs,
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.order_id.len() as u64 {
            return Err(WriteError::Inconsistent("a standing order changed that was never placed, or is over".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for OrderRows {
    fn is_empty(&self) -> bool {
        self.placed.is_empty() && self.changed.order_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.placed.send(connection).await?;
        if !self.changed.order_id.is_empty() {
            self.changed.update(connection).await?;
        }
        self.runs.send(connection).await
    }
}
