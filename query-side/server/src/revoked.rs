//! The members, sessions and keys whose tokens are revoked, and the quotas of partners, read from the vault.

use std::error::Error;

use async_trait::async_trait;
use platform::auth::{QuotaSource, RequestQuota, RevocationSource};
use tokio::sync::watch;
use uuid::Uuid;
use vault::{RevocationReader, VaultReader};

/// The vault's list of revocations, and whether it was ever read.
pub struct Revoked {
    reader: RevocationReader,
    read: watch::Sender<bool>,
}

impl Revoked {
    /// The list of this vault.
    pub fn new(reader: RevocationReader) -> Self {
        Self { reader, read: watch::Sender::new(false) }
    }

    /// Whether the list was ever read.
    pub fn read(&self) -> watch::Receiver<bool> {
        self.read.subscribe()
    }
}

#[async_trait]
impl RevocationSource for Revoked {
    async fn after(&self, serial: i64) -> Result<Vec<(i64, Uuid)>, Box<dyn Error + Send + Sync>> {
        let found = self.reader.revoked_after(serial).await?;
        self.read.send_if_modified(|read| !std::mem::replace(read, true));
        Ok(found.into_iter().map(|revocation| (revocation.serial, revocation.subject)).collect())
    }

    async fn applied(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.reader.applied().await?)
    }
}

/// The quotas of partners, as the vault has them.
pub struct Quoted(pub VaultReader);

#[async_trait]
impl QuotaSource for Quoted {
    async fn quotas(&self) -> Result<Vec<(Uuid, RequestQuota)>, Box<dyn Error + Send + Sync>> {
        let quotas = self.0.quotas().await?.into_iter();
        Ok(quotas.map(|(id, quota)| (id.uuid(), RequestQuota::of(quota.requests_per_second, quota.burst))).collect())
    }
}
