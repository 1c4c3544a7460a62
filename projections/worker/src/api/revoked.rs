//! Whose tokens count no more, read from the vault: all that the projector has of it.

use std::error::Error;

use async_trait::async_trait;
use database::Pool;
use platform::auth::RevocationSource;
use tokio::sync::watch;
use uuid::Uuid;
use vault::RevocationReader;

/// The vault's list of revocations, and whether it was ever read.
pub(crate) struct Revoked {
    reader: RevocationReader,
    read: watch::Sender<bool>,
}

impl Revoked {
    /// The list in this vault.
    pub(crate) fn new(vault: &Pool) -> Self {
        Self { reader: RevocationReader::new(vault), read: watch::Sender::new(false) }
    }

    /// Whether the list was ever read.
    pub(crate) fn read(&self) -> watch::Receiver<bool> {
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
