//! `bench logins`: what a flood of log-ins does to transfers at half of the highest rate.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use kernel::{Clock, SystemClock};

use crate::load::{Fleet, FleetPlan, FloodSource, Load, LoginFlood, Pace, Routing, Workload};
use testkit::{
    chaos::{Bank, BankPlan, Part, Post},
    kit::Identity,
    mail::{Catcher, Plan},
};

use super::{
    cpu::{CpuClock, Watched},
    environment::{BenchEnvironment, revision},
    log_in_results::{Flood, LogInResults, LogInRun},
    people::sign_up,
    progress::say,
};

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct LogInPlan {
    /// The short run.
    pub quick: bool,
    /// Transfers a second, if it is not to be half of the highest rate that is found.
    pub rate: Option<f64>,
    /// Log-ins a second of the flood.
    pub flood: f64,
    /// The connections of the flood: more than the server lets wait for a password.
    pub flood_connections: usize,
    /// How often each situation is measured; the median of each is reported.
    pub rounds: u32,
    /// Sent but not measured before each load.
    pub warm_up: Duration,
    /// How long each is measured.
    pub measure: Duration,
}

impl LogInPlan {
    /// About four minutes, or two.
    pub fn new(quick: bool, rate: Option<f64>, flood: f64) -> Self {
        let (rounds, measure) = if quick { (3, 6) } else { (5, 12) };
        let (warm_up, measure) = (Duration::from_secs(2), Duration::from_secs(measure));
        Self { quick, rate, flood, flood_connections: 128, rounds, warm_up, measure }
    }
}

/// Members who log in.
const PEOPLE: usize = 20;
/// Connections of the transfers.
const CONNECTIONS: usize = 256;

/// Measures on a Postgres and a NATS server of its own.
pub async fn logins(plan: &LogInPlan) -> Result<LogInResults> {
    let environment = BenchEnvironment::open("bench-logins").await?;
    let catcher = Catcher::start(Plan::local().await?)?;
    // Guesses at members are not slowed down by login id: the flood shall keep argon2 busy. By address they are.
    let settings =
        [("JANGBU_LOG", "error"), ("JANGBU_TRUST_FORWARDED_FOR", "true"), ("JANGBU_LOGIN_FREE_FAILURES", "4000000000")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let bank = BankPlan { post: Some(Post::caught_by(&catcher)), settings, ..environment.new_bank("logins").await? };
    let mut bank = Bank::new(bank)?;
    bank.start(&[Part::Command(0)]).await.context("starting the bank")?;
    let address = bank.address(Part::Command(0))?;
    let (keys, Watched(mut watched)) = environment.servers();
    say("logins: opening accounts, signing people up");
    let fleet = Fleet::set_up(&FleetPlan::default(), address, &move |actor| keys.token(actor, 24), 1).await?;
    let people = sign_up(address, &catcher, PEOPLE).await?;
    let own = Identity::of(std::process::id()).context("this process cannot be identified")?;
    watched.push(("generators".to_owned(), own, false));
    watched.extend(bank.running()?.into_iter().map(|(part, identity)| (part.name(), identity, false)));
    let watched = Watched(watched);

    let (hardware, postgres) = (environment.hardware()?, environment.postgres_version().await?);
    let mut run = Run { plan, bank, fleet, people, watched, runs: 0 };
    let highest = match plan.rate {
        Some(_) => None,
        None => Some(run.highest().await?),
    };
    let rate = plan.rate.or(highest.map(|rate| rate / 2.0)).unwrap_or_default();
    let mut runs = Vec::new();
    let mut situations = [None, Some(FloodSource::OneAddress), Some(FloodSource::ManyAddresses)];
    for _ in 0..plan.rounds {
        for flood in situations {
            runs.push(run.measure(rate, flood).await?);
        }
        // Each is first in its turn: what was before it may go on for a while.
        situations.rotate_left(1);
    }
    run.bank.end_all().await?;
    environment.close()?;
    Ok(LogInResults {
        taken_at: SystemClock.now(),
        revision: revision(),
        quick: plan.quick,
        hardware,
        postgres,
        highest,
        rate,
        flood: plan.flood,
        runs,
    })
}

struct Run<'a> {
    plan: &'a LogInPlan,
    bank: Bank,
    fleet: Arc<Fleet>,
    people: Vec<(String, String)>,
    watched: Watched,
    runs: u32,
}

impl Run<'_> {
    /// The better of two closed loops.
    async fn highest(&mut self) -> Result<f64> {
        let mut best = 0.0_f64;
        for _ in 0..2 {
            let report = self.load(Pace::Closed)?.run(self.fleet.clone()).await?;
            best = best.max(report.per_second);
        }
        say(&format!("logins: {best:.0} transfers/s at most"));
        Ok(best)
    }

    /// Transfers at this rate, with a flood or without one.
    async fn measure(&mut self, rate: f64, from: Option<FloodSource>) -> Result<LogInRun> {
        let load = self.load(Pace::Open(rate))?.run(self.fleet.clone());
        let server = self.bank.address(Part::Command(0))?;
        let flood = from.map(|from| LoginFlood {
            server,
            connections: self.plan.flood_connections,
            rate: self.plan.flood,
            from,
            people: self.people.clone(),
            time: self.plan.warm_up + self.plan.measure,
            run: self.runs,
        });
        let before = CpuClock::read(&self.watched);
        let flooding = async {
            match flood {
                Some(flood) => flood.run().await.map(Some),
                None => Ok(None),
            }
        };
        let (transfers, answers) = tokio::join!(load, flooding);
        let (transfers, answers) = (transfers?, answers?);
        let cpu = before.until(&CpuClock::read(&self.watched));
        self.bank.check()?;
        ensure!(transfers.is_clean(), "transfers were not all posted: {:?}", transfers.unexpected);
        let flood = from.zip(answers).map(|(from, answers)| Flood {
            from,
            verified_per_second: answers.verified_per_second(self.plan.warm_up + self.plan.measure),
            answers,
        });
        let run = LogInRun { flood, transfers, cpu };
        say(&format!("logins: {}", run.line()));
        Ok(run)
    }

    fn load(&mut self, pace: Pace) -> Result<Load> {
        self.runs += 1;
        Ok(Load {
            servers: vec![self.bank.address(Part::Command(0))?],
            routing: Routing::Any,
            connections: CONNECTIONS,
            pace,
            workload: Workload::Uniform,
            warm_up: self.plan.warm_up,
            measure: self.plan.measure,
            run: self.runs,
        })
    }
}
