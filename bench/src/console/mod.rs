//! `bench console`: how fast the console's pages are with a bank behind them, what a browser loads, and what operators who look cost those
//! who pay.

mod browser;
mod live;
mod pages;
mod plan;
mod results;
mod setup;
mod subjects;
mod walk;

use std::time::Duration;

use anyhow::{Result, ensure};
use kernel::{Clock, SystemClock};

use self::{browser::Browser, live::live, pages::pages, setup::ConsoleBench, subjects::Subjects, walk::walk};
pub use self::{live::LiveFound, plan::ConsolePlan, results::ConsoleResults, walk::PageFound};
use super::{environment::revision, load::Workload, progress::say};

/// Measures on a Postgres and a NATS server of its own, with every process of the bank.
pub async fn console(plan: ConsolePlan) -> Result<ConsoleResults> {
    ensure!(plan.operators > 0 && plan.accounts >= 1000, "at least one operator, and a thousand accounts");
    let mut bench = ConsoleBench::open(plan).await?;
    let person = bench.people().await?;
    bench.load(Workload::OneHot, (Duration::ZERO, plan.busy)).await?;
    bench.level().await?;
    say("console: making one of everything");
    let subjects = Subjects::make(&mut bench, &person).await?;
    let mut member = Browser::new(bench.console);
    member.log_in_as_member((&person.0, &person.1)).await?;
    let hardware = bench.environment.hardware()?;
    let all = pages(&subjects);
    say(&format!("console: asking {} times for each of {} pages", plan.samples, all.len()));
    let found = walk(&mut bench, all, &mut member, plan.samples).await?;
    let live = live(&mut bench).await?;
    bench.close().await?;
    Ok(ConsoleResults {
        taken_at: SystemClock.now(),
        revision: revision(),
        hardware,
        accounts: plan.accounts,
        transfers: plan.transfers,
        pages: found,
        live,
    })
}
