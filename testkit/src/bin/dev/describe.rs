//! What databases look like that were made a moment ago, for `jangbu doctor` to compare others with.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;
use testkit::kit::{Databases, Options, Servers, descriptions};

/// Where to.
#[derive(Args)]
pub struct DescribeArgs {
    /// The folder
    folder: PathBuf,
}

/// Makes the databases of a bank on a private Postgres and writes a file for each.
pub async fn describe(args: &DescribeArgs) -> Result<ExitCode> {
    let servers = Servers::throw_away("describe", Options::default()).await?;
    let databases = Databases::on(&servers.postgres.url("postgres"))?;
    for (name, text) in descriptions(&databases.fresh_pair().await?).await? {
        let file = args.folder.join(format!("{name}.txt"));
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    servers.stop()?;
    Ok(ExitCode::SUCCESS)
}
