//! `demo`: the main job on real input. It books half a year of a Czech bank through the public API, and compares every
//! balance with a fold of the file that knows nothing of Jangbu. Run again, it finds everything booked and doubles nothing.
//! Then two people sign up, pay, and one is erased: other people each time. In the end money comes from outside, and a live stream and a
//! webhook tell of it.

mod accounts;
mod bank;
mod book;
mod check;
mod copies;
mod finish;
mod fold;
mod live;
mod members;
mod movements;
mod outside;
mod person;
mod progress;
mod public_event;
mod report;
mod services;
mod show;
mod stores;
mod transfers;
mod webhook;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;

use crate::bank::{Addresses, DemoBank};

/// Book half a year of a Czech bank and compare every balance with a fold of the file
#[derive(Parser)]
#[command(name = "demo")]
struct Cli {
    /// Where commands go
    #[arg(long, env = "JANGBU_COMMAND_URL", default_value = "http://127.0.0.1:7001")]
    command_url: String,
    /// Where reads go
    #[arg(long, env = "JANGBU_QUERY_URL", default_value = "http://127.0.0.1:7002")]
    query_url: String,
    /// The key that tokens are signed with
    #[arg(long, env = "JANGBU_SIGNING_KEY_FILE")]
    signing_key_file: PathBuf,
    /// Other movements, in a file of the same form; the ones under testkit/data if not given
    #[arg(long)]
    file: Option<PathBuf>,
    /// How many movements are under way at once, each on another account
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Leave the transfers between customers out
    #[arg(long)]
    no_transfers: bool,
    /// The mail catcher; without it nobody can sign up
    #[arg(long, env = "JANGBU_MAIL_URL")]
    mail_url: Option<String>,
    /// The local payment provider and bank; without them no money comes from outside
    #[arg(long, env = "JANGBU_PROVIDERS_URL")]
    providers_url: Option<String>,
    #[command(flatten)]
    stores: stores::Stores,
    #[command(flatten)]
    keys: copies::KeyOptions,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nthe demonstration stopped: {error:#}");
            eprintln!(
                "next: `./justw status` shows what runs; `./justw logs` why; `./justw up` goes on where it stopped"
            );
            ExitCode::FAILURE
        }
    }
}

/// Everything in turn; whether all balances were right.
async fn run(cli: &Cli) -> Result<bool> {
    let file = movements::File::read(cli.file.as_deref())?;
    let addresses = Addresses { command_url: &cli.command_url, query_url: &cli.query_url };
    let bank = DemoBank::open(addresses, &cli.signing_key_file, file.data_set.clone(), cli.connections)?;
    report::opening(&file);
    let mut fold = fold::Fold::of(&file.movements);
    let assets = show::Assets::read(&bank).await?;
    let czk = assets.czk();

    let accounts = accounts::open(&bank, &file).await?;
    let mut booked = book::book(&bank, &file, &accounts).await?;
    report::booked(&booked, &fold, &file, czk);
    if !cli.no_transfers {
        transfers::show_some(&bank, &accounts, &mut fold, &mut booked, czk).await?;
        let services = services::Services { bank: &bank, accounts: &accounts, assets: &assets };
        services.show(&mut fold, &mut booked).await?;
    }
    let verdict = check::check(&bank, &accounts, &check::Expected { file: &file, fold: &fold }, &booked, czk).await?;
    finish::largest_and_statement(&accounts, &verdict, &booked, czk).await?;
    let clean = match &cli.mail_url {
        Some(url) => {
            members::come_and_go(&bank, &cli.stores, &cli.keys, url, czk).await.context("two people sign up")?
        }
        None => {
            show::note("nobody signs up here: JANGBU_MAIL_URL does not say where mail can be read");
            true
        }
    };
    match (&cli.mail_url, &cli.providers_url) {
        (Some(mail), Some(providers)) => {
            outside::show(&bank, mail, providers, czk).await.context("money comes from outside")?;
        }
        _ => show::note("no top-up and no payout: JANGBU_PROVIDERS_URL does not say where the local providers are"),
    }
    finish::go_on(&bank)?;
    Ok(verdict.report() && clean)
}
