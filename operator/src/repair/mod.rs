//! `jangbu repair`: puts back what this build expects and was lost.

mod grants;

use self::grants::GrantsArgs;
use crate::{config::Config, failure::Failure, output::Output};

/// Puts back what was lost.
#[derive(Debug, clap::Subcommand)]
pub enum RepairCommand {
    /// Grant the roles what they need and lack, as after a dump that was restored without privileges; exit code 1 if
    /// something stays wrong
    Grants(GrantsArgs),
}

/// Runs one of the commands; answers whether all is well now.
pub async fn run(command: &RepairCommand, config: &Config, output: Output) -> Result<bool, Failure> {
    match command {
        RepairCommand::Grants(args) => grants::run(args, config, output).await,
    }
}
