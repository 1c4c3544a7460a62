//! `demo`: the main job on real input. It books half a year of a Czech bank through the public API, and compares every
//! balance with a fold of the file that knows nothing of Jangbu. Run again, it finds everything booked and doubles nothing.
//! Then two people sign up, pay, and one is erased: other people each time.

mod accounts;
mod book;
mod check;
mod fold;
mod goodbye;
mod members;
mod movements;
mod person;
mod progress;
mod show;
mod stores;
mod transfers;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use kernel::{Actor, MemberId, Role};
use testkit::{
    client::{Bank, Caller},
    kit::Keys,
};
use uuid::Uuid;

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
    #[command(flatten)]
    stores: stores::Stores,
}

/// The names of the demonstration's people and keys: the same in every run, so that a run again is a replay.
const PEOPLE: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f64_656d_6f00_0000_0001);

/// What every step needs.
pub struct DemoBank {
    bank: Bank,
    /// Books deposits and withdrawals.
    clerk: Caller,
    /// Reads everything.
    operator: Caller,
    /// Which file this is: part of every name and key.
    data_set: String,
    connections: usize,
}

impl DemoBank {
    fn open(cli: &Cli, data_set: String) -> Result<Self> {
        let dir = cli.signing_key_file.parent().context("the path of the signing key has no folder")?;
        let bank = Bank::new(&cli.command_url, &cli.query_url, Arc::new(Keys::open(dir)?))?;
        let caller = |role, name: &str| bank.caller(Actor { role, id: someone(name) });
        let (clerk, operator) = (caller(Role::Service, "clerk"), caller(Role::Operator, "operator"));
        Ok(Self { clerk, operator, bank, data_set, connections: cli.connections.max(1) })
    }

    /// The owner of an account of the file.
    fn owner(&self, account: &str) -> Caller {
        let id = someone(&format!("{}/owner/{account}", self.data_set));
        self.bank.caller(Actor { role: Role::Member, id })
    }

    /// The key of one thing to be done.
    fn key(&self, what: &str) -> String {
        format!("{}/{what}", self.data_set)
    }
}

fn someone(name: &str) -> MemberId {
    MemberId::new(Uuid::new_v5(&PEOPLE, name.as_bytes()))
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
    let stage = DemoBank::open(cli, file.data_set.clone())?;
    show::opening(&file);
    let mut fold = fold::Fold::of(&file.movements);
    let assets = show::Assets::read(&stage).await?;
    let czk = assets.czk();

    let accounts = accounts::open(&stage, &file).await?;
    let mut booked = book::book(&stage, &file, &accounts).await?;
    show::booked(&booked, &fold, &file, czk);
    if !cli.no_transfers {
        transfers::show_some(&stage, &accounts, &mut fold, &mut booked, czk).await?;
    }
    let verdict = check::check(&stage, &accounts, &check::Expected { file: &file, fold: &fold }, &booked, czk).await?;
    goodbye::largest_and_statement(&accounts, &verdict, &booked, czk).await?;
    let clean = match &cli.mail_url {
        Some(url) => members::come_and_go(&stage, &cli.stores, url, czk).await.context("two people sign up")?,
        None => {
            show::note("nobody signs up here: JANGBU_MAIL_URL does not say where mail can be read");
            true
        }
    };
    goodbye::go_on(&stage)?;
    Ok(verdict.report() && clean)
}

/// A duration as people say it.
fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
