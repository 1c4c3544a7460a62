//! `jangbu vault`: the key-encryption keys, and everything that is wrapped with them.

mod init;
mod keyring;
mod rotate;
mod status;

use crate::{config::Config, failure::Failure, output::Output};

pub use keyring::{failed, open};
pub use rotate::RotateArgs;

/// The vault's keys.
#[derive(Debug, clap::Subcommand)]
pub enum VaultCommand {
    /// Make the key file that JANGBU_KEK names, with one fresh key; one that is there stays as it is
    Init,
    /// Show how many keys each key-encryption key wraps
    Status,
    /// Make a new key-encryption key and wrap everything with it, while the servers run
    Rotate(RotateArgs),
}

/// Runs one of the commands.
pub async fn run(command: &VaultCommand, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        VaultCommand::Init => init::run(config, output),
        VaultCommand::Status => status::run(config, output).await,
        VaultCommand::Rotate(args) => rotate::run(args, config, output).await,
    }
}
