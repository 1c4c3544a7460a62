//! `bench movements`: what the other ways to move money cost, beside plain transfers in the same run.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use kernel::{Clock, Ids, RandomIds, SystemClock};
use serde::Serialize;
use serde_json::{Value, json};
use testkit::{
    chaos::{Bank, BankPlan, Part},
    connection::{Connection, Request},
};
use tokio::{task::JoinSet, time::Instant};

use super::{
    Hardware,
    environment::{BenchEnvironment, revision},
    load::{Credentials, Fleet, FleetPlan},
    progress::say,
    results::keep,
};

/// The most that limits may take of the rate of plain transfers.
const LIMITS_TAKE: f64 = 0.05;
const CONNECTIONS: usize = 128;

/// How often and how long.
#[derive(Clone, Copy, Debug)]
pub struct MovementsPlan {
    /// How often each is measured; the medians are compared.
    pub rounds: usize,
    /// How long each is measured.
    pub measure: Duration,
    /// How often plain transfers and those under limits are measured one right after the other: a machine changes more from minute to minute
    /// than limits may cost.
    pub pairs: usize,
    /// How long each of a pair is measured.
    pub slice: Duration,
}

impl MovementsPlan {
    /// About five minutes, or one.
    pub fn new(quick: bool) -> Self {
        let (rounds, seconds, pairs) = if quick { (3, 3, 6) } else { (3, 8, 30) };
        Self { rounds, measure: Duration::from_secs(seconds), pairs, slice: Duration::from_secs(2) }
    }
}

/// What is done again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// A transfer.
    Plain,
    /// A transfer that counts for a limit of the day and one of the month.
    Limited,
    /// A hold, and its capture: two requests.
    HoldAndCapture,
    /// A payment code, and its charge: two requests.
    CodeAndCharge,
    /// Ten postings as one transfer.
    Compound,
}

const ALL: [Movement; 5] =
    [Movement::Plain, Movement::Limited, Movement::HoldAndCapture, Movement::CodeAndCharge, Movement::Compound];

impl Movement {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain transfers",
            Self::Limited => "the same with two limits",
            Self::HoldAndCapture => "hold and capture",
            Self::CodeAndCharge => "payment code and charge",
            Self::Compound => "compound of 10 postings",
        }
    }
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct MovementsRun {
    /// What was done.
    pub movement: Movement,
    /// How often in a second: pairs of requests count once.
    pub per_second: f64,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct MovementsResults {
    /// When.
    pub taken_at: DateTime<Utc>,
    /// Of what.
    pub revision: String,
    /// On what.
    pub hardware: Hardware,
    /// Each run, in order.
    pub runs: Vec<MovementsRun>,
    /// Plain transfers a second, and those under limits, one right after the other.
    pub pairs: Vec<[f64; 2]>,
}

/// Who asks, and for which accounts.
struct MovementsBench {
    address: SocketAddr,
    fleet: Arc<Fleet>,
    operator: String,
    keys: AtomicU64,
    run: String,
}

/// Measures on a Postgres and a NATS server of its own: the write path alone, closed loop.
pub async fn movements(plan: &MovementsPlan) -> Result<MovementsResults> {
    let environment = BenchEnvironment::open("bench-movements").await?;
    let bank = environment.new_bank("movements").await?;
    let bank = BankPlan { settings: vec![("JANGBU_LOG".into(), "error".into())], ..bank };
    let mut bank = Bank::new(bank)?;
    bank.start(&[Part::Command(0)]).await.context("starting the bank")?;
    let address = bank.address(Part::Command(0))?;
    let keys = environment.keys.clone();
    let token = move |actor| keys.token(actor, 24);
    say("movements: opening accounts");
    let fleet = Fleet::set_up(&FleetPlan { members: 500, ..FleetPlan::default() }, address, &token, 1).await?;
    let operator = Credentials::operator(&token);
    let run = RandomIds.fresh().simple().to_string();
    let bench = Arc::new(MovementsBench { address, fleet, operator, keys: AtomicU64::new(0), run });
    let hardware = environment.hardware()?;
    let mut runs = Vec::new();
    let mut order = ALL;
    for _ in 0..plan.rounds {
        for movement in order {
            let per_second = measure(&bench, movement, plan.measure).await?;
            bank.check()?;
            say(&format!("movements: {}: {per_second:.0}/s", movement.name()));
            runs.push(MovementsRun { movement, per_second });
        }
        // Each is first in its turn: what was before it may go on for a while.
        order.rotate_left(1);
    }
    say("movements: plain transfers and those under limits, in turn");
    let mut pairs = Vec::new();
    for number in 0..plan.pairs {
        pairs.push(pair(&bench, number % 2 == 1, plan.slice).await?);
        bank.check()?;
    }
    bank.end_all().await?;
    environment.close()?;
    Ok(MovementsResults { taken_at: SystemClock.now(), revision: revision(), hardware, runs, pairs })
}

/// Plain transfers and those under limits, each first in turn.
async fn pair(bench: &Arc<MovementsBench>, is_limited_first: bool, slice: Duration) -> Result<[f64; 2]> {
    let (first, second) =
        if is_limited_first { (Movement::Limited, Movement::Plain) } else { (Movement::Plain, Movement::Limited) };
    let found = [measure(bench, first, slice).await?, measure(bench, second, slice).await?];
    Ok(if is_limited_first { [found[1], found[0]] } else { found })
}

async fn measure(bench: &Arc<MovementsBench>, movement: Movement, time: Duration) -> Result<f64> {
    let mut connection = Connection::to(bench.address);
    let cap = json!({"amount": "99999999999999"});
    let limit = json!({
        "asset": "KRW", "kinds": ["transfer"], "everyone": true, "per_day": cap, "per_month": cap,
    });
    if movement == Movement::Limited {
        bench.ask(&mut connection, ("PUT", "/v1/limits/bench"), &bench.operator, &limit).await?;
    }
    let (began, until) = (Instant::now(), Instant::now() + time);
    let mut clients = JoinSet::new();
    for number in 0..CONNECTIONS {
        let bench = bench.clone();
        clients.spawn(async move { bench.repeat(movement, number, until).await });
    }
    let mut done = 0;
    while let Some(client) = clients.join_next().await {
        done += client.context("a client broke")??;
    }
    let per_second = done as f64 / began.elapsed().as_secs_f64();
    if movement == Movement::Limited {
        bench.ask(&mut connection, ("DELETE", "/v1/limits/bench"), &bench.operator, &Value::Null).await?;
    }
    Ok(per_second)
}

impl MovementsBench {
    /// Does one thing again and again on one connection; how often.
    async fn repeat(&self, movement: Movement, number: usize, until: Instant) -> Result<u64> {
        let mut connection = Connection::to(self.address);
        let mut done = 0;
        // Each connection goes through the accounts in another order.
        let (count, stride) = (self.fleet.accounts.len(), 2 * number + 1);
        let mut at = number;
        while Instant::now() < until {
            at = (at + stride) % count;
            self.once(&mut connection, movement, at).await?;
            done += 1;
        }
        Ok(done)
    }

    async fn once(&self, connection: &mut Connection, movement: Movement, at: usize) -> Result<()> {
        let accounts = &self.fleet.accounts;
        let next = |step: usize| &accounts[(at + step) % accounts.len()];
        let (from, to) = (next(0), next(1));
        let owner = &self.fleet.members[from.owner].1;
        let money = json!({"asset": "KRW", "amount": "1"});
        let payment = json!({"source": from.id, "destination": to.id, "money": money});
        match movement {
            Movement::Plain | Movement::Limited => {
                self.ask(connection, ("POST", "/v1/transfers"), owner, &payment).await?;
            }
            Movement::HoldAndCapture => {
                let hold = self.ask(connection, ("POST", "/v1/holds"), owner, &payment).await?;
                let path = format!("/v1/holds/{}/capture", text(&hold, "hold_id")?);
                self.ask(connection, ("POST", &path), &self.operator, &json!({})).await?;
            }
            Movement::CodeAndCharge => {
                let source = json!({"source": from.id});
                let issued = self.ask(connection, ("POST", "/v1/payment-codes"), owner, &source).await?;
                let code = text(&issued, "code")?;
                let charge = json!({"code": code, "destination": to.id, "money": money, "reference": "bench"});
                self.ask(connection, ("POST", "/v1/charges"), &self.operator, &charge).await?;
            }
            Movement::Compound => {
                let posting =
                    |step: usize| json!({"source": next(step).id, "destination": next(step + 1).id, "money": money});
                let postings: Vec<Value> = (0..10).map(posting).collect();
                let body = json!({"postings": postings});
                self.ask(connection, ("POST", "/v1/transfers/compound"), &self.operator, &body).await?;
            }
        }
        Ok(())
    }

    async fn ask(
        &self,
        connection: &mut Connection,
        (method, path): (&str, &str),
        token: &str,
        body: &Value,
    ) -> Result<Value> {
        let key = format!("{}-{}", self.run, self.keys.fetch_add(1, Ordering::Relaxed));
        let headers = [("idempotency-key", key.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request { method, path, token, headers: &headers, body: &body, content_type: "" };
        let reply = connection.send(&request).await.with_context(|| format!("{method} {path}"))?;
        match reply.status {
            200 | 201 => Ok(serde_json::from_slice(reply.body)?),
            204 => Ok(Value::Null),
            status => bail!("{method} {path} was answered {status}: {}", String::from_utf8_lossy(reply.body)),
        }
    }
}

fn median(found: impl Iterator<Item = f64>) -> f64 {
    let mut found: Vec<f64> = found.collect();
    found.sort_unstable_by(f64::total_cmp);
    found.get(found.len() / 2).copied().unwrap_or(f64::NAN)
}

fn text<'a>(body: &'a Value, field: &str) -> Result<&'a str> {
    body[field].as_str().with_context(|| format!("no {field} in {body}"))
}

impl MovementsResults {
    /// The median rate.
    fn rate(&self, movement: Movement) -> f64 {
        let runs = self.runs.iter().filter(|run| run.movement == movement);
        median(runs.map(|run| run.per_second))
    }

    fn ratio(&self, movement: Movement) -> f64 {
        self.rate(movement) / self.rate(Movement::Plain)
    }

    /// What limits take of the rate: the median of the pairs.
    fn limits_take(&self) -> f64 {
        1.0 - median(self.pairs.iter().map(|[plain, limited]| limited / plain))
    }

    /// Whether limits take no more than they may.
    pub fn met(&self) -> bool {
        self.limits_take() <= LIMITS_TAKE
    }

    /// Prints what was measured.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Hardware { cpu, cores, memory_mib, .. } = &self.hardware;
        writeln!(out, "movements of money, write path, {CONNECTIONS} connections, {}", self.revision)?;
        writeln!(
            out,
            "  {cpu}, {cores} cores, {memory_mib} MiB; the generator takes more of a core than that of `bench`"
        )?;
        for movement in ALL {
            let (rate, ratio) = (self.rate(movement), self.ratio(movement));
            writeln!(out, "  {:<26} {rate:>7.0}/s  {ratio:.2} of plain transfers", movement.name())?;
        }
        let verdict = if self.met() { "met" } else { "MISSED" };
        let (taken, pairs) = (100.0 * self.limits_take(), self.pairs.len());
        writeln!(out, "  limits take {taken:.1} % by {pairs} pairs, at most 5 %: {verdict}")
    }

    /// Writes everything as JSON into a folder, named by the time; the file.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        keep(self, folder, &self.taken_at.format("%Y-%m-%dT%H%M-movements.json").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_compared() {
        let rates = [(Movement::Plain, 100.0), (Movement::Plain, 10.0), (Movement::Plain, 101.0)];
        let run = |(movement, per_second)| MovementsRun { movement, per_second };
        let runs = rates.into_iter().map(run).collect();
        let (taken_at, revision, hardware) = (DateTime::UNIX_EPOCH, String::new(), Hardware::default());
        let pairs = vec![[100.0, 96.0], [10.0, 9.6], [100.0, 5.0]];
        let mut found = MovementsResults { taken_at, revision, hardware, runs, pairs };
        assert!((found.rate(Movement::Plain) - 100.0).abs() < 1e-9, "{}", found.rate(Movement::Plain));
        assert!(found.met(), "{}", found.limits_take());
        found.pairs[1] = [10.0, 9.4];
        assert!(!found.met());
    }
}
