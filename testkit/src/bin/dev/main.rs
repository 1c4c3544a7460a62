//! `dev`: a Jangbu of one's own on this machine. `./justw up`, `down`, `status`, `logs` and `test` run it.

mod browser;
#[cfg(feature = "generations")]
mod describe;
mod doctor;
mod down;
mod environment;
mod logs;
mod operators;
mod outside;
mod post;
mod private;
mod processes;
mod record;
mod say;
mod servers;
mod status;
mod up;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "dev", about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything in the background, wait until it is ready, and show the main job on real input
    Up(Box<up::UpArgs>),
    /// Stop everything that `up` started; the data stay
    Down,
    /// Show what runs, where, and whether it is ready; exit 1 if something is not
    Status,
    /// Show the logs of all processes, or of one
    Logs(logs::LogsArgs),
    /// Show the mail and the text messages that were caught
    Mail(post::MailArgs),
    /// Print the one-time code that an operator logs in with now
    OperatorCode(operators::CodeArgs),
    /// Write what `jangbu doctor` says once a minute, for the console; `up` starts it
    #[command(name = doctor::WRITE, hide = true)]
    WriteReports(doctor::WriteArgs),
    /// Run a command with a private Postgres and NATS and the test databases; they go when it ends
    Servers(private::CommandLine),
    /// Run a command with a bank of its own, every process of it; JANGBU_COMMAND_URL and JANGBU_QUERY_URL name it
    Bank(private::CommandLine),
    /// Write what databases look like that were made a moment ago into this folder (`migrations/expected`)
    #[cfg(feature = "generations")]
    Describe(describe::DescribeArgs),
    /// Run a command with DATABASE_URL set to a private database that holds every table (for the macros of sqlx)
    PrepareDb(private::CommandLine),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = run(Cli::parse().command).await;
    done.unwrap_or_else(|error| {
        say::failure(&error);
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up(args) => up::up(*args).await,
        Command::Down => down::down().await,
        Command::Status => status::status().await,
        Command::Logs(args) => logs::logs(&args),
        Command::Mail(args) => post::mail(args).await,
        Command::OperatorCode(args) => operators::code(&args),
        Command::WriteReports(args) => doctor::write(&args).await,
        Command::Servers(command) => private::servers(command).await,
        Command::Bank(command) => private::bank(command).await,
        #[cfg(feature = "generations")]
        Command::Describe(args) => describe::describe(&args).await,
        Command::PrepareDb(command) => private::prepare_db(command).await,
    }
}
