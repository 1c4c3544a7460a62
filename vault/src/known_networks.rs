//! From where members log in.

use async_trait::async_trait;
use kernel::{MemberId, StreamId};
use uuid::Uuid;

use crate::VaultError;

/// The networks from which members logged in, as keyed hashes.
#[async_trait]
pub trait KnownNetworks: Send + Sync {
    /// Whether the member with this login logged in from this network before; `false` also if nobody has the login.
    async fn knows_network(&self, login: StreamId, network: Uuid) -> Result<bool, VaultError>;

    /// The member logged in from this network.
    async fn remember_network(&self, member: MemberId, network: Uuid) -> Result<(), VaultError>;
}
