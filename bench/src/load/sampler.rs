//! How long a committed transfer takes to be seen by a reader.

use std::{cell::Cell, net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use anyhow::Context;
use hdrhistogram::Histogram;
use rand::{SeedableRng, rngs::SmallRng};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::oneshot,
    task::LocalSet,
    time::{Instant, sleep_until},
};

use super::{
    Connection, Fleet, Latencies, Request, Workload,
    report::{histogram, record},
};

/// How to sample.
#[derive(Clone, Debug)]
pub struct FreshnessPlan {
    /// Where transfers are posted.
    pub command: SocketAddr,
    /// Where they are read.
    pub query: SocketAddr,
    /// Samples a second.
    pub rate: f64,
    /// How many samples may be under way at once.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
    /// Different for each run on one log.
    pub run: u32,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Freshness {
    /// From the answer to the transfer until a reader with its token was shown it: the reading included.
    pub visible: Latencies,
    /// Readings that failed, or showed an older state: must be zero.
    pub wrong: u64,
    /// The first few of them.
    pub notes: Vec<String>,
    /// Transfers answered 201.
    pub posted: u64,
    /// What they did to each account, in minor units.
    #[serde(skip)]
    pub moved: Vec<i64>,
}

/// Posts transfers at a steady rate, and reads each back with its token at once: its payer's account, its payer's history and the
/// transfer itself in turn, so that every view is asked.
pub async fn sample_freshness(plan: FreshnessPlan, fleet: Arc<Fleet>) -> anyhow::Result<Freshness> {
    let (send, receive) = oneshot::channel();
    std::thread::Builder::new()
        .name("freshness".to_owned())
        .spawn(move || drop(send.send(sample_here(&plan, &fleet))))
        .context("starting the sampling thread")?;
    receive.await.context("the sampling thread died")?
}

fn sample_here(plan: &FreshnessPlan, fleet: &Arc<Fleet>) -> anyhow::Result<Freshness> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let next = Rc::new(Cell::new(0));
    let begin = Instant::now();
    let tasks = LocalSet::new();
    let workers: Vec<_> = (0..plan.connections)
        .map(|_| tasks.spawn_local(work(plan.clone(), fleet.clone(), next.clone(), begin)))
        .collect();
    let found = runtime.block_on(tasks.run_until(futures::future::try_join_all(workers)));
    let (mut all, mut notes, mut posted, mut moved) = (histogram(), Vec::new(), 0, vec![0; fleet.accounts.len()]);
    for worker in found.context("a sampling task died")? {
        all.add(worker.visible).context("adding histograms")?;
        notes.extend(worker.wrong);
        posted += worker.sampler.posted.len() as u64;
        for (payer, payee) in worker.sampler.posted {
            moved[payer] -= i64::from(AMOUNT);
            moved[payee] += i64::from(AMOUNT);
        }
    }
    let wrong = notes.len() as u64;
    notes.truncate(5);
    Ok(Freshness { visible: Latencies::of(&all), wrong, notes, posted, moved })
}

/// Every sample moves the same.
const AMOUNT: u16 = 100;

/// One connection to each server, and what was found through them.
struct Worker {
    sampler: Sampler,
    visible: Histogram<u64>,
    wrong: Vec<String>,
}

async fn work(plan: FreshnessPlan, fleet: Arc<Fleet>, next: Rc<Cell<u64>>, begin: Instant) -> Worker {
    let (command, query) = (Connection::to(plan.command), Connection::to(plan.query));
    let sampler = Sampler { command, query, fleet, run: plan.run, posted: Vec::new() };
    let mut worker = Worker { sampler, visible: histogram(), wrong: Vec::new() };
    loop {
        let number = next.replace(next.get() + 1);
        let due = Duration::from_secs_f64(number as f64 / plan.rate);
        if due >= plan.time {
            return worker;
        }
        sleep_until(begin + due).await;
        match worker.sampler.sample(number).await {
            Ok(latency) => record(&mut worker.visible, latency),
            Err(error) => worker.wrong.push(format!("{error:#}")),
        }
    }
}

struct Sampler {
    command: Connection,
    query: Connection,
    fleet: Arc<Fleet>,
    run: u32,
    posted: Vec<(usize, usize)>,
}

#[derive(Deserialize)]
struct Posted {
    transfer_id: String,
    postings: Vec<PostedSide>,
}

#[derive(Deserialize)]
struct PostedSide {
    version: Option<i64>,
}

#[derive(Deserialize)]
struct Versioned {
    version: i64,
}

#[derive(Deserialize)]
struct Listed {
    items: Vec<Versioned>,
}

impl Sampler {
    async fn sample(&mut self, number: u64) -> anyhow::Result<Duration> {
        let mut random = SmallRng::seed_from_u64(u64::from(self.run) << 32 | number);
        let (payer, payee) = Workload::Uniform.pick(&mut random, self.fleet.accounts.len());
        let accounts = &self.fleet.accounts;
        let template = &self.fleet.templates[accounts[payer].owner];
        let key = (self.run, number);
        let reply = self
            .command
            .exchange(|out| template.write(out, key, &accounts[payer].text, &accounts[payee].text, AMOUNT))
            .await
            .context("posting")?;
        let committed = Instant::now();
        anyhow::ensure!(reply.status == 201, "posting was answered {}", reply.status);
        self.posted.push((payer, payee));
        let token = reply.header("consistency-token").context("no consistency token")?.to_owned();
        let posted: Posted = serde_json::from_slice(reply.body).context("reading the transfer")?;
        let version = posted.postings.first().and_then(|p| p.version).context("no version of the payer's account")?;

        let account = accounts[payer].id;
        let path = match number % 3 {
            0 => format!("/v1/accounts/{account}"),
            1 => format!("/v1/accounts/{account}/transactions?limit=1"),
            _ => format!("/v1/transfers/{}", posted.transfer_id),
        };
        let headers = [("consistency-token", token.as_str()), ("prefer", "wait=5")];
        let token = self.fleet.owner_token(payer);
        let request = Request { method: "GET", path: &path, token, headers: &headers, body: "", content_type: "" };
        let reply = self.query.send(&request).await.context("reading")?;
        let visible = committed.elapsed();
        anyhow::ensure!(reply.status == 200, "GET {path} was answered {}", reply.status);
        let seen = match number % 3 {
            0 => serde_json::from_slice::<Versioned>(reply.body)?.version,
            1 => serde_json::from_slice::<Listed>(reply.body)?.items.first().map_or(0, |item| item.version),
            _ => version,
        };
        anyhow::ensure!(seen >= version, "GET {path} showed version {seen} after {version} was committed");
        Ok(visible)
    }
}
