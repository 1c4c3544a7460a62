//! The operators of a Jangbu of one's own: two admins, and the codes that they log in with.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use kernel::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use testkit::kit::{CODE_SECONDS, Place, make_dir, one_time_code, write_secret};

use crate::{environment::Environment, say};

/// Two, for what one admin may not do alone.
pub const NAMES: [&str; 2] = ["admin", "second"];

/// What an operator logs in with, as `jangbu operators add --json` prints it.
#[derive(Serialize, Deserialize)]
struct LogIn {
    name: String,
    password: String,
    totp_secret: String,
}

fn file(place: &Place, name: &str) -> PathBuf {
    place.state.join("operators").join(format!("{name}.json"))
}

/// Those who can log in.
pub fn known(place: &Place) -> Vec<&'static str> {
    NAMES.into_iter().filter(|name| file(place, name).exists()).collect()
}

/// Adds the operators that are not there yet.
pub fn add(place: &Place, binaries: &Path, environment: &Environment) -> Result<()> {
    say::heading("Operators");
    make_dir(&place.state.join("operators"), 0o700)?;
    for name in NAMES {
        let file = file(place, name);
        if !file.exists() {
            // Under the same key for ever: after a loss of the file it is the same answer.
            let key = format!("up-{name}");
            let arguments = ["operators", "add", name, "--role", "admin", "--reason", "./justw up"];
            let output = Command::new(binaries.join("jangbu"))
                .args(arguments)
                .args(["--json", "--idempotency-key", &key])
                .envs(environment.pairs())
                .output()
                .context("cannot run jangbu; ./justw up builds it")?;
            if !output.status.success() {
                let why = String::from_utf8_lossy(&output.stderr);
                say::note(&format!("the operator `{name}` could not be added: {}", why.trim()));
                continue;
            }
            let added: LogIn =
                serde_json::from_slice(&output.stdout).context("reading what an operator logs in with")?;
            write_secret(&file, &serde_json::to_string_pretty(&added)?)?;
        }
        say::step(name, "has an account");
    }
    Ok(())
}

/// Whose code.
#[derive(Args)]
pub struct CodeArgs {
    /// admin, or second
    #[arg(default_value = "admin")]
    name: String,
}

/// Prints the code that an authenticator app shows now, and for how long. Each is good for one log-in.
pub fn code(args: &CodeArgs) -> Result<ExitCode> {
    let file = file(&Place::open()?, &args.name);
    let Ok(text) = std::fs::read_to_string(&file) else {
        bail!("there is no {}; ./justw up adds the operators {}", file.display(), NAMES.join(" and "))
    };
    let kept: LogIn = serde_json::from_str(&text).with_context(|| format!("{} cannot be read", file.display()))?;
    let now = SystemClock.now();
    println!("{}", one_time_code(&kept.totp_secret, now)?);
    // The servers also take the code before the current one, so there is always time to type it.
    let seconds = 2 * CODE_SECONDS - now.timestamp().rem_euclid(CODE_SECONDS);
    say::note(&format!("good for one log-in within {seconds} s"));
    Ok(ExitCode::SUCCESS)
}
