//! `rooms`: checks the workspace against its dependency rule and its forbidden words (`docs/rooms.toml`), its imports for
//! circles, and its sizes, and keeps the graph of it.

mod circles;
mod graph;
mod modules;
mod rule;
mod tidy;
mod words;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;

/// Check the workspace against its dependency rule, for import circles, and for its size
#[derive(Parser)]
#[command(name = "rooms")]
struct Cli {
    /// Write docs/rooms.md instead of comparing it
    #[arg(long)]
    write: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            faults.iter().for_each(|fault| eprintln!("{fault}"));
            eprintln!("rooms: {} to fix", faults.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("rooms: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<Vec<String>> {
    let workspace = workspace::read()?;
    let file = workspace.root.join("docs/rooms.md");
    let drawn = graph::draw(&workspace.crates);
    if cli.write {
        std::fs::write(&file, drawn).with_context(|| format!("cannot write {}", file.display()))?;
        return Ok(vec![]);
    }
    let rule: rule::Rule =
        toml::from_str(&read(&workspace.root.join("docs/rooms.toml"))?).context("docs/rooms.toml cannot be read")?;
    let mut faults = rule::check(&workspace.crates, &rule);
    let (summary, untidy) = tidy::check(&workspace)?;
    faults.extend(untidy);
    faults.extend(circles::check(&workspace)?);
    faults.extend(words::check(&workspace.root, &rule.forbidden)?);
    if std::fs::read_to_string(&file).unwrap_or_default() != drawn {
        let fault = "docs/rooms.md is not the graph of this workspace: run `./justw rooms --write` and commit it";
        faults.push(fault.to_owned());
    }
    println!("rooms: {} crates, {summary}", workspace.crates.len());
    Ok(faults)
}

fn read(file: &PathBuf) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
