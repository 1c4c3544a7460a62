//! What the servers have to know of partners between two looks into the log: keys that were revoked, and how often they may ask.

use async_trait::async_trait;
use kernel::{PartnerId, PartnerKeyId, Position};

use crate::VaultError;

/// How often a partner may ask; what is not set is the usual number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartnerQuota {
    /// So many requests in a second.
    pub requests_per_second: Option<u32>,
    /// So many at once.
    pub burst: Option<u32>,
}

/// Partners. The log says what is true of them; each call may be repeated.
#[async_trait]
pub trait Partners: Send + Sync {
    /// The access tokens that were given for a key count no more.
    async fn revoke_key(&self, key: PartnerKeyId) -> Result<(), VaultError>;

    /// Keeps a quota that was set at this position of the log, unless a later one is kept.
    async fn keep_quota(&self, partner: PartnerId, quota: PartnerQuota, position: Position) -> Result<(), VaultError>;
}
