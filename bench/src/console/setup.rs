//! The bank that is looked at: filled, with every process, and people who log in.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{
    chaos::{Bank, BankPlan, Part, Post},
    mail::{Catcher, Plan},
};
use tokio::time::{Instant, sleep};

use super::{browser::Browser, plan::ConsolePlan};
use crate::{
    caller::Caller,
    connection::connect,
    environment::BenchEnvironment,
    fill::{self, FUNDS, Filler, disk_space, require_space},
    level,
    load::{Credentials, Fleet, Load, Pace, Report, Routing, Sink, Workload},
    metrics::{metric, scrape},
    people::sign_up,
    progress::say,
};

const PARTS: [Part; 8] = [
    Part::Command(0),
    Part::Relay,
    Part::Projector,
    Part::Query,
    Part::Auditor,
    Part::Publisher,
    Part::Webhooks(0),
    Part::Console,
];
/// What follows the log beside the views, and says how far it is.
const FOLLOWERS: [(Part, &str); 4] = [
    (Part::Relay, "relay_position"),
    (Part::Publisher, "publisher_position"),
    (Part::Auditor, "jangbu_audit_position"),
    (Part::Webhooks(0), "jangbu_webhooks_position"),
];
/// Accounts that the transfers are among.
const ACTIVE: i64 = 10_000;
const CONNECTIONS: usize = 128;
/// How long the followers may take for the log that was filled.
const LONGEST: Duration = Duration::from_secs(3600);

/// The bank, and who asks it.
pub(super) struct ConsoleBench {
    pub plan: ConsolePlan,
    pub environment: BenchEnvironment,
    pub bank: Bank,
    pub console: SocketAddr,
    /// Without an account, with every right.
    pub operator: Caller,
    service: String,
    pub fleet: Arc<Fleet>,
    /// Takes what the webhook is sent.
    pub receiver: Sink,
    pub catcher: Catcher,
    /// The first one is an admin, the others look.
    pub staff: Vec<Staff>,
    /// Loads so far: the keys of each begin otherwise.
    runs: u32,
}

/// An operator with an account, logged in.
pub(super) struct Staff {
    pub id: String,
    pub browser: Browser,
}

impl ConsoleBench {
    pub async fn open(plan: ConsolePlan) -> Result<Self> {
        let events = 5 * plan.accounts + 3 * plan.transfers;
        require_space(Path::new("/var/tmp"), disk_space(events, plan.accounts, true))?;
        let environment = BenchEnvironment::open("bench-console").await?;
        let catcher = Catcher::start(Plan::local().await?)?;
        let settings = [("JANGBU_LOG", "error"), ("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let post = Some(Post::caught_by(&catcher));
        let bank = BankPlan { post, settings, ..environment.new_bank("console").await? };
        say(&format!("console: filling a log with {} accounts and {} transfers", plan.accounts, plan.transfers));
        let mut filler = Filler::open(&bank.databases.log).await?;
        filler.add(plan.accounts, 2 * plan.transfers / plan.accounts).await?;
        filler.settle().await?;
        filler.close().await?;
        let mut bank = Bank::new(bank)?;
        bank.start(&PARTS).await.context("starting the bank")?;
        let (command, query) = (bank.address(Part::Command(0))?, bank.address(Part::Query)?);
        let (keys, console) = (environment.keys.clone(), bank.address(Part::Console)?);
        let sign = move |actor| keys.token(actor, 24);
        let accounts = (1..=ACTIVE.min(plan.accounts)).map(fill::account).collect();
        let fleet = Fleet::of(accounts, fill::members(), ("KRW", FUNDS), &sign);
        let operator = Caller { command, query, token: Credentials::operator(&sign) };
        let (service, receiver) = (Credentials::service(&sign), Sink::open().await?);
        let staff = Vec::new();
        let mut bench =
            Self { plan, environment, bank, console, operator, service, fleet, receiver, catcher, staff, runs: 0 };
        bench.level().await?;
        Ok(bench)
    }

    /// Asks as a program of the bank.
    pub fn service(&self) -> Caller {
        self.operator.with(self.service.as_str())
    }

    /// Until the views, and everything else that follows the log, have come to its end.
    pub async fn level(&mut self) -> Result<()> {
        let databases = self.bank.plan().databases.clone();
        let mut log = connect(&databases.log.superuser_url()).await?;
        let mut views = connect(&databases.views.superuser_url()).await?;
        let (head, _) = level::positions(&mut log, &mut views).await?;
        level::catch_up(&mut views, head).await?;
        let since = Instant::now();
        for (part, name) in FOLLOWERS {
            let address = self.bank.address(part)?;
            while metric(&scrape(address).await?, name) < head as f64 {
                self.bank.check()?;
                ensure!(since.elapsed() < LONGEST, "{} has not come to {head} after an hour", part.name());
                sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }

    /// Members with a password, and operators with an account; the first one of the members.
    pub async fn people(&mut self) -> Result<(String, String)> {
        say("console: signing people up, and adding operators");
        let people = sign_up(self.operator.command, &self.catcher, self.plan.members).await?;
        let person = people.into_iter().next().context("nobody signed up")?;
        for number in 0..=self.plan.operators {
            let role = if number == 0 { "admin" } else { "viewer" };
            let body = json!({"name": format!("bench.{number}"), "role": role, "reason": "a benchmark"});
            let added = self.operator.post("/v1/operators", &body).await?;
            self.staff.push(Staff::log_in(self.console, &added).await?);
        }
        self.level().await?;
        Ok(person)
    }

    /// A closed loop of plain transfers among the accounts that are moved.
    pub async fn load(&mut self, workload: Workload, (warm_up, measure): (Duration, Duration)) -> Result<Report> {
        self.runs += 1;
        let load = Load {
            servers: vec![self.operator.command],
            routing: Routing::Any,
            connections: CONNECTIONS,
            pace: Pace::Closed,
            workload,
            warm_up,
            measure,
            run: self.runs,
        };
        let report = load.run(self.fleet.clone()).await?;
        self.bank.check()?;
        ensure!(report.is_clean(), "not all were answered 201: {:?} {:?}", report.statuses, report.unexpected);
        Ok(report)
    }

    pub async fn close(mut self) -> Result<()> {
        self.bank.end_all().await?;
        self.environment.close()
    }
}

impl Staff {
    /// With what the answer to whoever added them says.
    async fn log_in(console: SocketAddr, added: &Value) -> Result<Self> {
        let text = |field: &str| added[field].as_str().with_context(|| format!("no {field} of an operator"));
        let mut browser = Browser::new(console);
        browser.log_in((text("name")?, text("password")?, text("totp_secret")?)).await?;
        Ok(Self { id: text("operator_id")?.to_owned(), browser })
    }
}
