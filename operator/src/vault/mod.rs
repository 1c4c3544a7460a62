//! `jangbu vault`: the key-encryption keys, and everything that is wrapped with them.

mod init;
mod rotate;
mod status;

use std::{sync::Arc, time::Duration};

use database::{Limits, Pool, PoolOptions};
use vault::{Kek, Keyring};

use crate::{config::Config, db::Database, failure::Failure, output::Output};

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
pub async fn run(command: &VaultCommand, yes: bool, config: &Config, output: Output) -> Result<(), Failure> {
    match command {
        VaultCommand::Init => init::run(config, output),
        VaultCommand::Status => status::run(config, output).await,
        VaultCommand::Rotate(args) => rotate::run(args, yes, config, output).await,
    }
}

/// The holder of the key-encryption key, and what is wrapped.
async fn open(config: &Config) -> Result<(Arc<dyn Kek>, Keyring), Failure> {
    let kek = config.kek()?.open(config.kek_token_file.as_deref()).map_err(Failure::Kek)?;
    let pool = connect(config).await?;
    Ok((kek.clone(), Keyring::new(pool, kek)))
}

async fn connect(config: &Config) -> Result<Pool, Failure> {
    // Distinguished from a pool that is only busy: the first connection is tried by itself.
    drop(Database::Vault.connect(config).await?);
    let options = PoolOptions {
        max_connections: 2,
        acquire: Duration::from_secs(5),
        limits: Limits::whole(Duration::from_secs(30)),
        settings: Vec::new(),
    };
    Ok(Pool::new(Database::Vault.options(config)?, options))
}

/// Names what was being done when the vault failed.
fn failed(doing: &'static str) -> impl FnOnce(vault::VaultError) -> Failure {
    move |source| Failure::Vault { doing, source }
}
