//! `bench streams`: what thousands of clients that listen to the live stream, and a webhook beside them, do to transfers at half of the
//! highest rate.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use kernel::{Clock, SystemClock};
use serde::Serialize;
use testkit::chaos::{Bank, BankPlan, Part};

use super::{
    Hardware,
    environment::{BenchEnvironment, revision},
    progress::say,
    results::keep,
};
use crate::load::{
    Credentials, Fleet, FleetPlan, Holds, Load, Pace, Report, Routing, Streams, StreamsFound, Webhook, WebhookFound,
    Workload,
};

/// What a transfer may take beside the streams, as a multiple of what it takes without.
const TARGET: f64 = 2.0;
const CONNECTIONS: usize = 64;
const PARTS: [Part; 6] =
    [Part::Command(0), Part::Relay, Part::Projector, Part::Query, Part::Publisher, Part::Webhooks(0)];
/// The part of the holds of which the webhook has to be told while they are measured; the rest is on its way.
const TOLD: f64 = 0.9;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct StreamsPlan {
    /// Clients that listen.
    pub streams: usize,
    /// Holds a second that are placed beside the transfers, with and without streams. With them, a webhook is told of each.
    pub webhooks: f64,
    /// Transfers a second; half of what a closed loop reaches if not given.
    pub rate: Option<f64>,
    /// How often each situation is measured; the medians are reported.
    pub rounds: u32,
    /// How long each is measured.
    pub measure: Duration,
}

impl StreamsPlan {
    /// About three minutes, or one.
    pub fn new(quick: bool, streams: usize, webhooks: f64, rate: Option<f64>) -> Self {
        let (rounds, seconds) = if quick { (1, 8) } else { (3, 20) };
        Self { streams, webhooks, rate, rounds, measure: Duration::from_secs(seconds) }
    }
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct StreamsRun {
    /// The transfers.
    pub transfers: Report,
    /// The streams beside them, if there were any.
    pub streams: Option<StreamsFound>,
    /// The webhook beside them, if there was one.
    pub webhook: Option<WebhookFound>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct StreamsResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Transfers a second.
    pub rate: f64,
    /// Each run, in order.
    pub runs: Vec<StreamsRun>,
}

/// Measures on a Postgres and a NATS server of its own.
pub async fn streams(plan: &StreamsPlan) -> Result<StreamsResults> {
    let environment = BenchEnvironment::open("bench-streams").await?;
    let settings = [
        ("JANGBU_LOG", "error".to_owned()),
        ("JANGBU_HTTP_MAX_CONNECTIONS", (plan.streams + 2000).to_string()),
        ("JANGBU_HTTP_MAX_CONNECTIONS_PER_ADDRESS", (plan.streams + 2000).to_string()),
        ("JANGBU_LIVE_STREAMS", (plan.streams + 10).to_string()),
        ("JANGBU_LIVE_STREAMS_OF_ONE", "100".to_owned()),
        ("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let mut bank = Bank::new(BankPlan { settings, ..environment.new_bank("streams").await? })?;
    bank.start(&PARTS).await.context("starting the bank")?;
    let (command, query) = (bank.address(Part::Command(0))?, bank.address(Part::Query)?);
    let keys = environment.keys.clone();
    let token = move |actor| keys.token(actor, 24);
    say("streams: opening accounts");
    let fleet = Fleet::set_up(&FleetPlan::default(), command, &token, 1).await?;
    let operator = Credentials::operator(&token);
    let load = |pace, measure, run| Load {
        servers: vec![command],
        routing: Routing::Any,
        connections: CONNECTIONS,
        pace,
        workload: Workload::Uniform,
        warm_up: Duration::from_secs(2),
        measure,
        run,
    };
    let rate = match plan.rate {
        Some(rate) => rate,
        None => load(Pace::Closed, Duration::from_secs(6), 0).run(fleet.clone()).await?.per_second / 2.0,
    };
    let hardware = environment.hardware()?;
    let (mut runs, mut number) = (Vec::new(), 0);
    for _ in 0..plan.rounds {
        for listens in [false, true] {
            let tokens = || fleet.members.iter().map(|(_, token)| token.clone()).collect();
            let outside = match listens {
                true => {
                    let streams = Streams::open(query, tokens(), plan.streams).await?;
                    Some((streams, Webhook::create(command, operator.clone()).await?))
                }
                false => None,
            };
            let holds = Holds::place(command, &fleet, plan.webhooks);
            if let Some((_, webhook)) = &outside {
                webhook.begun().await?;
            }
            number += 1;
            let transfers = load(Pace::Open(rate), plan.measure, number).run(fleet.clone()).await?;
            let (streams, webhook) = match outside {
                Some((streams, webhook)) => (Some(streams.close().await?), Some(webhook.delete(holds).await?)),
                None => {
                    holds.stop()?;
                    (None, None)
                }
            };
            bank.check()?;
            ensure!(transfers.is_clean(), "transfers were not all posted: {:?}", transfers.unexpected);
            let run = StreamsRun { transfers, streams, webhook };
            say(&format!("streams: {}", run.line()));
            runs.push(run);
        }
    }
    bank.end_all().await?;
    environment.close()?;
    Ok(StreamsResults { taken_at: SystemClock.now(), revision: revision(), hardware, rate, runs })
}

impl StreamsRun {
    fn line(&self) -> String {
        let latency = &self.transfers.latency;
        let beside = self.streams.as_ref().map_or("nobody".to_owned(), |found| {
            format!("{} streams: {} events told, {} ended", found.streams, found.events, found.ended)
        });
        let webhook = self
            .webhook
            .as_ref()
            .map_or(String::new(), |found| format!(", and a webhook of {:.0}/s", found.received_per_second));
        format!("p50 {:.2} p99 {:.2} ms beside {beside}{webhook}", latency.p50_ms, latency.p99_ms)
    }
}

impl StreamsResults {
    /// The median of the transfers' p99 with or without streams, in milliseconds.
    fn p99(&self, listens: bool) -> f64 {
        let runs = self.runs.iter().filter(|run| run.streams.is_some() == listens);
        let mut found: Vec<f64> = runs.map(|run| run.transfers.latency.p99_ms).collect();
        found.sort_unstable_by(f64::total_cmp);
        found.get(found.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Whether transfers stay within the target, every stream stays open and hears something, and the webhook keeps up.
    pub fn met(&self) -> bool {
        let mut streams = self.runs.iter().filter_map(|run| run.streams.as_ref());
        let mut webhooks = self.runs.iter().filter_map(|run| run.webhook.as_ref());
        self.p99(true) <= TARGET * self.p99(false)
            && streams.all(|found| found.ended == 0 && found.events > 0)
            && webhooks.all(|found| found.received_per_second >= TOLD * found.placed_per_second)
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (without, with) = (self.p99(false), self.p99(true));
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "{:.0} transfers/s, {}", self.rate, self.revision)?;
        writeln!(out, "  {cpu}, {cores} cores, {memory_mib} MiB")?;
        for run in &self.runs {
            writeln!(out, "  {}", run.line())?;
        }
        let verdict = if self.met() { "met" } else { "MISSED" };
        writeln!(
            out,
            "  p99 {with:.2} ms beside streams, {without:.2} ms without: {:.2} x, at most {TARGET} x: {verdict}",
            with / without
        )
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-streams.json").to_string())
    }
}
