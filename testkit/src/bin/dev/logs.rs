//! `dev logs`.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;
use testkit::kit::Place;

/// Which logs, and how.
#[derive(Args)]
pub struct LogsArgs {
    /// Follow the logs
    #[arg(short, long)]
    follow: bool,
    /// How many lines of each
    #[arg(short = 'n', long, default_value_t = 30)]
    lines: u32,
    /// command-server, outbox-relay, projector, query-server, auditor, event-publisher, webhook-sender, console, doctor, mail, providers, postgres or nats;
    /// all of them if none is named
    name: Option<String>,
}

/// Shows logs with `tail`, which knows how to follow files.
pub fn logs(args: &LogsArgs) -> Result<ExitCode> {
    let place = Place::open()?;
    let mut files: Vec<_> = std::fs::read_dir(place.log_dir())
        .context("cannot read the log folder")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "log"))
        .filter(|path| args.name.as_ref().is_none_or(|name| path.file_stem().is_some_and(|stem| stem == name.as_str())))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("there is no such log in {}; ./justw up starts the processes that write them", place.log_dir().display());
    }
    let mut tail = Command::new("tail");
    tail.arg("-n").arg(args.lines.to_string());
    if args.follow {
        tail.arg("-F");
    }
    let status = tail.args(files).status().context("cannot run tail")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
