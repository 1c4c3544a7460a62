//! Closed loops of conditional appends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use umadb_client::{AsyncUmaDbClient, UmaDbClient};
use umadb_dcb::{DcbAppendCondition, DcbError, DcbEvent, DcbEventStoreAsync, DcbQuery, DcbQueryItem};
use uuid::Uuid;

use crate::accounts::{Accounts, Pair};

/// Accounts that are opened by one append.
const OPENED_AT_ONCE: usize = 500;

/// What is done.
pub struct Plan {
    pub url: String,
    pub accounts: usize,
    pub clients: Vec<usize>,
    pub warm_up: Duration,
    pub measure: Duration,
}

/// Opens accounts, runs the loads, and checks that the store holds what was answered and nothing else.
pub async fn run(plan: &Plan) -> Result<Value> {
    let first = connect(&plan.url).await?;
    let most = plan.clients.iter().max().copied().unwrap_or_default();
    ensure!(plan.accounts >= 4 * most, "too few accounts for {most} clients: each holds two");
    let before = first.head().await?.unwrap_or(0);
    let accounts = Arc::new(open(&first, plan.accounts).await?);
    let (mut runs, mut appended) = (Vec::new(), 0);
    for clients in &plan.clients {
        let found = run_one(plan, &accounts, *clients).await?;
        appended += found["appended"].as_u64().context("no count")?;
        runs.push(found);
    }
    refuses_what_is_stale(&first, &accounts).await?;
    let held = first.head().await?.unwrap_or(0) - before;
    let answered = plan.accounts as u64 + 3 * appended;
    ensure!(held == answered, "{answered} events were answered, but the store took {held}");
    Ok(json!({ "runs": runs, "events": held }))
}

async fn connect(url: &str) -> Result<AsyncUmaDbClient> {
    UmaDbClient::new(url.to_owned()).connect_async().await.with_context(|| format!("connecting to {url}"))
}

async fn open(client: &AsyncUmaDbClient, count: usize) -> Result<Accounts> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::new_v4()).collect();
    let mut opened = Vec::with_capacity(count);
    for some in ids.chunks(OPENED_AT_ONCE) {
        let events = some.iter().map(|id| event("AccountOpened", account(*id), &json!({ "asset": "KRW" }))).collect();
        let last = client.append(events, None, None).await.context("opening accounts")?;
        let first = last + 1 - some.len() as u64;
        opened.extend(some.iter().zip(first..).map(|(id, position)| (*id, position)));
    }
    Ok(Accounts::opened(opened))
}

/// What one client found.
struct Client {
    latency: Histogram<u64>,
    in_time: u64,
    appended: u64,
}

async fn run_one(plan: &Plan, accounts: &Arc<Accounts>, clients: usize) -> Result<Value> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(connect(&plan.url).await?);
    }
    let from = Instant::now() + plan.warm_up;
    let end = from + plan.measure;
    let tasks = connections.into_iter().map(|client| {
        let accounts = accounts.clone();
        tokio::spawn(async move { loop_until(&client, &accounts, from, end).await })
    });
    let mut latency = Histogram::<u64>::new_with_bounds(1, 600_000_000, 3)?;
    let (mut in_time, mut appended) = (0, 0);
    for client in try_join_all(tasks).await? {
        let client = client?;
        latency.add(client.latency)?;
        in_time += client.in_time;
        appended += client.appended;
    }
    let ms = |micros: f64| micros / 1000.0;
    Ok(json!({
        "clients": clients,
        "appended": appended,
        "per_second": in_time as f64 / plan.measure.as_secs_f64(),
        "mean_ms": ms(latency.mean()),
        "p50_ms": ms(latency.value_at_quantile(0.5) as f64),
        "p99_ms": ms(latency.value_at_quantile(0.99) as f64),
    }))
}

async fn loop_until(client: &AsyncUmaDbClient, accounts: &Accounts, from: Instant, end: Instant) -> Result<Client> {
    let mut found = Client { latency: Histogram::new_with_bounds(1, 600_000_000, 3)?, in_time: 0, appended: 0 };
    loop {
        let began = Instant::now();
        if began >= end {
            return Ok(found);
        }
        let pair = accounts.take();
        // No other writer changes these accounts: an append that is refused is an error.
        let last = client.append(transfer(pair), Some(unchanged(pair)), None).await.context("a transfer")?;
        accounts.give_back(pair, Some(last));
        let now = Instant::now();
        found.appended += 1;
        if now >= from && now < end {
            found.in_time += 1;
            found.latency.saturating_record(u64::try_from((now - began).as_micros())?);
        }
    }
}

/// The condition is worth its price only if it is checked.
async fn refuses_what_is_stale(client: &AsyncUmaDbClient, accounts: &Accounts) -> Result<()> {
    let pair = accounts.take();
    let stale = Pair { after: pair.after - 1, ..pair };
    let answer = client.append(transfer(pair), Some(unchanged(stale)), None).await;
    accounts.give_back(pair, None);
    match answer {
        Err(DcbError::IntegrityError(_)) => Ok(()),
        other => anyhow::bail!("an append on what is not the newest state was answered {other:?}"),
    }
}

/// Neither account has an event after the newest that is known of both.
fn unchanged(pair: Pair) -> DcbAppendCondition {
    let item = |id| DcbQueryItem::new().tags([account(id)]);
    DcbAppendCondition::new(DcbQuery::with_items([item(pair.payer.id), item(pair.payee.id)])).after(Some(pair.after))
}

/// As much as Jangbu records of a transfer.
fn transfer(pair: Pair) -> Vec<DcbEvent> {
    let (id, amount) = (Uuid::now_v7(), "407");
    let leg = |account: Uuid, amount: &str| json!({ "account": account.to_string(), "asset": "KRW", "amount": amount });
    let legs = [leg(pair.payer.id, "-407"), leg(pair.payee.id, amount)];
    let posting = json!({ "transfer": id.to_string(), "amount": amount, "balance": "1000000000407" });
    vec![
        event("TransferPosted", format!("transfer:{id}"), &json!({ "kind": "transfer", "legs": legs })).uuid(id),
        event("AccountDebited", account(pair.payer.id), &posting),
        event("AccountCredited", account(pair.payee.id), &posting),
    ]
}

fn event(event_type: &str, tag: String, data: &Value) -> DcbEvent {
    DcbEvent::new().event_type(event_type).tags([tag]).data(data.to_string().into_bytes())
}

fn account(id: Uuid) -> String {
    format!("account:{id}")
}
