//! Opening the vault's keys.

use std::{sync::Arc, time::Duration};

use database::{Limits, Pool, PoolOptions};
use vault::{Kek, Keyring};

use crate::{config::Config, db::Database, failure::Failure};

/// The holder of the key-encryption key, and what is wrapped.
pub async fn open(config: &Config) -> Result<(Arc<dyn Kek>, Keyring), Failure> {
    let kek = config.kek()?.open(config.kek_token()).map_err(Failure::Kek)?;
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
pub fn failed(doing: &'static str) -> impl FnOnce(vault::VaultError) -> Failure {
    move |source| Failure::Vault { doing, source }
}
