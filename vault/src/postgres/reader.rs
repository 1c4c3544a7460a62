//! What the query server has of the vault: keys to open with, revocations, and what members are shown of their devices.

use std::{collections::HashMap, sync::Arc};

use database::Pool;
use kernel::{MemberId, PartnerId};

use super::{
    devices::{devices, preferences},
    partners::quotas,
    revocation_reader::RevocationReader,
    revocations::revoked_after,
    sessions::sessions,
    store::Store,
};
use crate::{DataKey, Kek, KekFault, KeptDevice, KeptPreferences, KeptSession, PartnerQuota, Revocation, VaultError};

/// So many sessions of one member are shown.
const MOST_SESSIONS: i64 = 100;

/// The vault as the query server's role has it: it reads data keys, revocations, quotas, preferences, when sessions end, and of devices
/// all but the tokens. It cannot even ask for anything else.
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

    /// The devices of a member, without their tokens.
    pub async fn devices(&self, member: MemberId) -> Result<Vec<KeptDevice>, VaultError> {
        devices(&self.store.pool, member).await
    }

    /// The newest sessions of a member, those that end last first.
    pub async fn sessions(&self, member: MemberId) -> Result<Vec<KeptSession>, VaultError> {
        sessions(&self.store.pool, member, MOST_SESSIONS).await
    }

    /// What a member wants to be told; none if they never said.
    pub async fn preferences(&self, member: MemberId) -> Result<Option<KeptPreferences>, VaultError> {
        preferences(&self.store.pool, member).await
    }

    /// Follows revocations over a connection of its own: whoever revokes can wait for it.
    pub fn revocations(&self) -> RevocationReader {
        RevocationReader::new(&self.store.pool)
    }

    /// See [`crate::Revocations::revoked_after`].
    pub async fn revoked_after(&self, serial: i64) -> Result<Vec<Revocation>, VaultError> {
        revoked_after(&self.store.pool, serial).await
    }

    /// How often partners may ask, of each for which it was set.
    pub async fn quotas(&self) -> Result<Vec<(PartnerId, PartnerQuota)>, VaultError> {
        quotas(&self.store.pool).await
    }
}

impl std::fmt::Debug for VaultReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultReader(..)")
    }
}
