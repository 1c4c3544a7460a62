//! `jangbu vault rotate`.

use std::time::Duration;

use serde::Serialize;
use vault::{Kek, Keyring};

use super::{
    keyring::{failed, open},
    status::{self, Line},
};
use crate::{
    config::Config,
    failure::Failure,
    output::{Confirm, Output},
};

/// How a rotation goes.
#[derive(Debug, clap::Args)]
pub struct RotateArgs {
    /// Make no new key: only wrap what is still under an older one, as after a rotation that was broken off
    #[arg(long)]
    resume: bool,

    /// Give up the older keys once nothing uses them: backups of the vault from before cannot be read any more
    #[arg(long)]
    drop_old: bool,

    /// How long to wait before older keys are given up, for a server that has just wrapped with one
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    wait_ms: u64,

    #[command(flatten)]
    confirm: Confirm,
}

/// Rows wrapped in one transaction.
const BATCH: i64 = 500;

#[derive(Serialize)]
struct Report {
    current: String,
    rewrapped: u64,
    dropped: Vec<String>,
    keys: Vec<Line>,
}

pub async fn run(args: &RotateArgs, config: &Config, output: Output) -> Result<(), Failure> {
    let (kek, keyring) = open(config).await?;
    if args.drop_old {
        args.confirm.ask("giving up the older key-encryption keys, and with them the vault's backups from before")?;
    }
    let current = match args.resume {
        true => kek.current().await.map_err(Failure::Kek)?,
        false => kek.rotate().await.map_err(Failure::Kek)?,
    };
    output.remark(format!("the key-encryption key is now {current}"));
    let mut rewrapped = rewrap(&keyring, &current, output).await?;
    let mut dropped = Vec::new();
    if args.drop_old {
        // A server that took the old key a moment ago has written by now what it wrapped with it.
        tokio::time::sleep(Duration::from_millis(args.wait_ms)).await;
        rewrapped += rewrap(&keyring, &current, output).await?;
        dropped = drop_old(&*kek, &keyring).await?;
    }
    let keys = status::lines(&*kek, &keyring).await?;
    output.show(&Report { current, rewrapped, dropped, keys }, |report| {
        let dropped: String = report.dropped.iter().map(|id| format!("given up: {id}\n")).collect();
        format!("{dropped}{}", status::text(&report.keys))
    })
}

/// Wraps everything with the current key, in batches; returns how many. A repeated run goes on where this stopped.
async fn rewrap(keyring: &Keyring, current: &str, output: Output) -> Result<u64, Failure> {
    let mut done = keyring.rewrap_secret(current).await.map_err(failed("rewrapping the vault's secret"))?;
    let mut after = None;
    loop {
        let batch = keyring.rewrap(current, after, BATCH).await.map_err(failed("rewrapping data keys"))?;
        done += batch.count;
        match batch.last {
            Some(last) => after = Some(last),
            None => return Ok(done),
        }
        output.remark(format!("{done} rewrapped"));
    }
}

async fn drop_old(kek: &dyn Kek, keyring: &Keyring) -> Result<Vec<String>, Failure> {
    let counts = keyring.count().await.map_err(failed("counting wrapped keys"))?;
    let used: Vec<String> = counts.into_iter().map(|count| count.kek).collect();
    kek.drop_old(&used).await.map_err(Failure::Kek)
}
