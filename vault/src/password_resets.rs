//! What the vault does for password resets.

use async_trait::async_trait;
use kernel::{ConsistencyToken, MemberId};
use uuid::Uuid;

use crate::VaultError;

/// Password resets: where they came from, and the passwords that they put in force.
#[async_trait]
pub trait PasswordResets: Send + Sync {
    /// Notes where a reset came from, as a keyed hash, if that is known. Done for every login id, whether or not a member has it.
    async fn note_reset(&self, reset: Uuid, origin: Option<Uuid>) -> Result<(), VaultError>;

    /// Where a reset came from.
    async fn reset_origin(&self, reset: Uuid) -> Result<Option<Uuid>, VaultError>;

    /// After a reset was completed: the password that [`crate::Credentials::keep_pending`] keeps under this id is the member's
    /// from a place in the log on; all their sessions end and are revoked, and from where they logged in is forgotten, in one
    /// transaction. Returns the sessions that ended, then or before: whoever comes second tells of them too. Does nothing the second time, nothing for one who was erased meanwhile, and nothing
    /// if another password is in force since a later place: two resets may be carried to the vault in any order.
    async fn settle_reset(
        &self,
        password: Uuid,
        member: MemberId,
        since: ConsistencyToken,
    ) -> Result<Vec<Uuid>, VaultError>;
}
