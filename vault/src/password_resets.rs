//! What the vault does for password resets.

use async_trait::async_trait;
use kernel::MemberId;
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
    /// from now on, and all their sessions end and are revoked, in one transaction. Returns which sessions. Does nothing the
    /// second time, and nothing for one who was erased meanwhile.
    async fn settle_reset(&self, password: Uuid, member: MemberId) -> Result<Vec<Uuid>, VaultError>;
}
