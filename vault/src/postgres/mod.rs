//! The vault in Postgres.

mod classify;
mod credentials;
mod devices;
mod erasures;
mod kek_watch;
mod key_epochs;
mod keyring;
mod keys;
mod known_networks;
mod messages;
mod notices;
mod notifications;
mod operators;
mod partners;
mod password_resets;
mod reader;
mod reader_locks;
mod revocation_reader;
mod revocations;
mod sessions;
mod store;
mod webhook_secrets;

use std::sync::Arc;

use database::Pool;

use self::store::Store;
use crate::{Kek, Names, VaultError};

pub use kek_watch::KekWatch;
pub use key_epochs::Rotated;
pub use keyring::{KeyCount, Keyring, Rewrapped};
pub use reader::VaultReader;
pub use revocation_reader::RevocationReader;
pub use webhook_secrets::WebhookKeyReader;

/// The whole vault, as the command server's role has it.
pub struct PostgresVault {
    store: Store,
    names: Names,
}

impl PostgresVault {
    /// Opens the vault behind these connections; a new one gets its secret. Servers that open it at once end with the same.
    pub async fn open(pool: Pool, kek: Arc<dyn Kek>) -> Result<Self, VaultError> {
        let store = Store::new(pool, kek);
        key_epochs::begin_missing(&store.pool).await?;
        let names = Names::new(store.secret().await?);
        store.begin_cursor().await?;
        Ok(Self { store, names })
    }
}

impl std::fmt::Debug for PostgresVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresVault(..)")
    }
}
