//! Rows of the view, as the fold gives them and as the view has them.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::book::time;
use crate::rows::{Cells, Sink};

/// A row of `asset_totals`.
#[derive(Default)]
pub(super) struct Totals<N> {
    pub(super) member_sum: N,
    pub(super) system_sum: N,
    pub(super) open: i64,
    pub(super) frozen: i64,
    pub(super) closed: i64,
    pub(super) system: i64,
    pub(super) held: N,
    pub(super) open_holds: i64,
}

impl<N: Display> Totals<N> {
    pub(super) fn give(&self, asset: &str, cells: &mut Cells, totals: &mut dyn Sink) {
        cells.clear().put("member_sum", &self.member_sum).put("system_sum", &self.system_sum);
        cells.put("members_open", self.open).put("members_frozen", self.frozen).put("members_closed", self.closed);
        cells.put("system_accounts", self.system).put("held", &self.held);
        totals.row(asset, cells.put("open_holds", self.open_holds));
    }
}

pub(super) fn give_activity(
    (bucket, start, asset, kind): (&str, DateTime<Utc>, &str, &str),
    (posted, rejected, volume): (i64, i64, &dyn Display),
    cells: &mut Cells,
    activity: &mut dyn Sink,
) {
    cells.clear().put("posted_count", posted).put("rejected_count", rejected).put("posted_volume", volume);
    // The key is for people: a space within one of its parts would make two rows look like one.
    cells.put("asset", asset).put("kind", kind);
    activity.row(&format!("{bucket} {} {asset} {kind}", time(start)), cells);
}

pub(super) fn give_count(what: &str, number: i64, cells: &mut Cells, counts: &mut dyn Sink) {
    counts.row(what, cells.clear().put("number", number));
}

pub(super) fn give_refusal(
    (start, code, kind): (DateTime<Utc>, &str, &str),
    count: i64,
    cells: &mut Cells,
    refusals: &mut dyn Sink,
) {
    cells.clear().put("count", count).put("code", code).put("kind", kind);
    refusals.row(&format!("{} {code} {kind}", time(start)), cells);
}

pub(super) fn give_state(
    id: Uuid,
    (asset, status, system): (&str, &str, bool),
    cells: &mut Cells,
    states: &mut dyn Sink,
) {
    states.row(&id.to_string(), cells.clear().put("asset", asset).put("status", status).put("system", system));
}

pub(super) fn give_record(id: Uuid, asset: &str, counted_as: &str, cells: &mut Cells, records: &mut dyn Sink) {
    records.row(&id.to_string(), cells.clear().put("asset", asset).put("counted_as", counted_as));
}

/// Reads what the view holds. The states of accounts and records are not shown to readers: they are found through the search
/// path.
pub(in crate::books) async fn read<S: Sink>(connection: &mut PgConnection, sinks: &mut [S]) -> Result<(), sqlx::Error> {
    let [totals, activity, counts, refusals, states, records] = sinks else { return Ok(()) };
    read_totals(connection, totals).await?;
    read_activity(connection, activity).await?;
    read_counts(connection, counts, refusals).await?;
    let mut cells = Cells::default();
    let mut rows =
        sqlx::query!(r#"select account_id, asset, status, system from account_states"#).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        give_state(row.account_id, (&row.asset, &row.status, row.system), &mut cells, states);
    }
    drop(rows);
    let mut rows = sqlx::query!(r#"select record_id, asset, counted_as from record_states"#).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        give_record(row.record_id, &row.asset, &row.counted_as, &mut cells, records);
    }
    Ok(())
}

async fn read_totals<S: Sink>(connection: &mut PgConnection, totals: &mut S) -> Result<(), sqlx::Error> {
    let mut cells = Cells::default();
    let rows = sqlx::query!(
        r#"select asset as "asset!", member_sum::text as "member_sum!",
                  system_sum::text as "system_sum!", members_open as "open!", members_frozen as "frozen!",
                  members_closed as "closed!", system_accounts as "system!", held::text as "held!",
                  open_holds as "open_holds!"
           from live.asset_totals"#
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let total = Totals {
            member_sum: row.member_sum,
            system_sum: row.system_sum,
            open: row.open,
            frozen: row.frozen,
            closed: row.closed,
            system: row.system,
            held: row.held,
            open_holds: row.open_holds,
        };
        total.give(&row.asset, &mut cells, totals);
    }
    Ok(())
}

async fn read_activity<S: Sink>(connection: &mut PgConnection, activity: &mut S) -> Result<(), sqlx::Error> {
    let mut cells = Cells::default();
    let mut rows = sqlx::query!(
        r#"select bucket as "bucket!", bucket_start as "start!", asset as "asset!", kind as "kind!",
                  posted_count as "posted!", rejected_count as "rejected!", posted_volume::text as "volume!"
           from live.activity"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let counts = (row.posted, row.rejected, &row.volume as &dyn Display);
        give_activity((&row.bucket, row.start, &row.asset, &row.kind), counts, &mut cells, activity);
    }
    Ok(())
}

async fn read_counts<S: Sink>(
    connection: &mut PgConnection,
    counts: &mut S,
    refusals: &mut S,
) -> Result<(), sqlx::Error> {
    let mut cells = Cells::default();
    let rows = sqlx::query!(r#"select what as "what!", number as "number!" from live.bank_counts"#)
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        give_count(&row.what, row.number, &mut cells, counts);
    }
    let mut rows = sqlx::query!(
        r#"select bucket_start as "start!", code as "code!", kind as "kind!", count as "count!" from live.refusals"#
    )
    .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        give_refusal((row.start, &row.code, &row.kind), row.count, &mut cells, refusals);
    }
    Ok(())
}
