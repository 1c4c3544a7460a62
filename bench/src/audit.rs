//! Whether what was measured was also right. Plain SQL over the log, independent of every room that wrote it.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context, Result, ensure};
use kernel::Minor;
use serde::Serialize;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::load::Fleet;

/// What an audit counted; there is one only if everything was right.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// Events in the log.
    pub events: i64,
    /// Commits in the log.
    pub commits: i64,
    /// Streams in the log.
    pub streams: i64,
    /// Member's transfers in the log: as many as were answered 201.
    pub transfers: i64,
    /// Accounts whose balance was compared with what the generator was answered.
    pub accounts: usize,
}

/// Positions gapless, commits without gaps between, versions contiguous, each asset's sum zero; each transfer answered 201 there
/// once, and every account of the fleet where `moved` says it must be: no update was lost.
pub async fn audit(log: &mut PgConnection, fleet: &Arc<Fleet>, moved: &[i64], posted: u64) -> Result<Audit> {
    copy_events(log).await?;
    let (events, commits) = positions(log).await?;
    let streams = versions(log).await?;
    sums(log).await?;
    let transfers = transfers(log).await?;
    ensure!(transfers == i64::try_from(posted)?, "{posted} transfers were answered 201, but the log holds {transfers}");
    balances(log, fleet, moved).await?;
    Ok(Audit { events, commits, streams, transfers, accounts: fleet.accounts.len() })
}

/// The view `events` takes each commit apart: it is read once, into a table with an index.
async fn copy_events(log: &mut PgConnection) -> Result<()> {
    let copy =
        "create temporary table audited_events as select position, version, stream_id, type, payload from events;
                create index on audited_events (stream_id, version);
                analyze audited_events";
    sqlx::raw_sql(copy).execute(log).await.context("copying the events").map(drop)
}

async fn positions(log: &mut PgConnection) -> Result<(i64, i64)> {
    let row = sqlx::query(
        "select (select position from log_head) as head, count(*) as events,
            coalesce(min(position), 1) as low, coalesce(max(position), 0) as high
         from audited_events",
    )
    .fetch_one(&mut *log)
    .await
    .context("counting the events")?;
    let (head, events): (i64, i64) = (row.get("head"), row.get("events"));
    let (low, high): (i64, i64) = (row.get("low"), row.get("high"));
    ensure!(low == 1 && high == head && events == head, "head {head}, but {events} events from {low} to {high}");
    let row = sqlx::query(
        "select count(*) as commits, count(*) filter (where first_position <> before + 1) as gaps,
            coalesce(max(last_position), 0) as high
         from (select first_position, last_position,
                   lag(last_position, 1, 0::bigint) over (order by first_position) as before
               from commits) as c",
    )
    .fetch_one(log)
    .await
    .context("counting the commits")?;
    let (gaps, high): (i64, i64) = (row.get("gaps"), row.get("high"));
    ensure!(gaps == 0 && high == head, "{gaps} gaps between commits, the last ends at {high} of {head}");
    Ok((events, row.get("commits")))
}

async fn versions(log: &mut PgConnection) -> Result<i64> {
    let row = sqlx::query(
        "select count(*) as streams, count(*) filter (where low <> 1 or high <> length) as broken
         from (select min(version) as low, max(version) as high, count(*) as length from audited_events group by stream_id) as s",
    )
    .fetch_one(log)
    .await
    .context("counting the streams")?;
    let broken: i64 = row.get("broken");
    ensure!(broken == 0, "{broken} streams have gaps in their versions");
    Ok(row.get("streams"))
}

async fn sums(log: &mut PgConnection) -> Result<()> {
    let rows = sqlx::query(
        "select o.payload->>'asset' as asset, sum((b.balance)::numeric)::text as total
         from audited_events o
         cross join lateral (
            select coalesce(e.payload->>'balance', '0') as balance from audited_events e
            where e.stream_id = o.stream_id order by e.version desc limit 1
         ) as b
         where o.type = 'AccountOpened' group by 1",
    )
    .fetch_all(log)
    .await
    .context("adding up the balances")?;
    for row in rows {
        let (asset, total): (String, String) = (row.get("asset"), row.get("total"));
        ensure!(total == "0", "the balances of {asset} add up to {total}");
    }
    Ok(())
}

async fn transfers(log: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar(
        "select count(*) from audited_events where type = 'TransferPosted' and payload->>'kind' = 'transfer'",
    )
    .fetch_one(log)
    .await
    .context("counting the transfers")
}

async fn balances(log: &mut PgConnection, fleet: &Arc<Fleet>, moved: &[i64]) -> Result<()> {
    let ids: Vec<Uuid> = fleet.accounts.iter().map(|account| account.id.uuid()).collect();
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "select a.id, b.balance from unnest($1::uuid[]) as a (id)
         cross join lateral (
            select coalesce(e.payload->>'balance', '0') as balance from audited_events e
            where e.stream_id = a.id order by e.version desc limit 1
         ) as b",
    )
    .bind(&ids)
    .fetch_all(log)
    .await
    .context("reading the balances")?;
    let found: HashMap<Uuid, String> = rows.into_iter().collect();
    for (id, moved) in ids.iter().zip(moved) {
        let ought = Minor::new(i128::from(fleet.funds) + i128::from(*moved))?;
        let found: Minor = found.get(id).with_context(|| format!("account {id} is not in the log"))?.parse()?;
        ensure!(found == ought, "account {id} has {found}, but the answers say {ought}: an update was lost");
    }
    Ok(())
}
