//! What the query server has of the vault: keys to open with, and revocations.

use std::{collections::HashMap, sync::Arc};

use database::Pool;
use kernel::MemberId;

use super::{revocation_reader::RevocationReader, revocations::revoked_after, store::Store};
use crate::{DataKey, Kek, KekFault, Revocation, VaultError};

/// The vault as the query server's role has it: it reads data keys and revocations, and cannot even ask for anything else.
#[derive(Clone)]
pub struct VaultReader {
    store: Store,
}

impl VaultReader {
    /// Behind these connections. Nothing is asked before it is needed.
    pub fn new(pool: Pool, kek: Arc<dyn Kek>) -> Self {
        Self { store: Store::new(pool, kek) }
    }

    /// The data key of a member, if it was not destroyed.
    pub async fn key(&self, member: MemberId) -> Result<Option<DataKey>, VaultError> {
        self.store.key(member).await
    }

    /// The data keys of several members; those who have none are left out.
    pub async fn keys(&self, members: &[MemberId]) -> Result<HashMap<MemberId, DataKey>, VaultError> {
        Ok(self.store.keys(members).await?.into_iter().collect())
    }

    /// Whether the key-encryption key opens what is wrapped here: the data keys of the oldest and of the newest member are
    /// tried, and one that opens is enough. Nothing that is wrapped, or a database that does not answer, says nothing against the key.
    pub async fn check_kek(&self) -> Result<(), KekFault> {
        self.store.check_kek().await
    }

    /// Follows revocations over a connection of its own: whoever revokes can wait for it.
    pub fn revocations(&self) -> RevocationReader {
        RevocationReader::new(&self.store.pool)
    }

    /// See [`crate::Revocations::revoked_after`].
    pub async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError> {
        revoked_after(&self.store.pool, serial).await
    }
}

impl std::fmt::Debug for VaultReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultReader(..)")
    }
}
