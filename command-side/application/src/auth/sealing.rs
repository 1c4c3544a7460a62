//! What a process with the outside world has to know is sealed for the owner of the account.

use kernel::{MemberId, Place, ProcessId, Sealed};
use secrecy::SecretString;
use vault::VaultError;

use super::{AuthError, AuthService};
use crate::{ExecuteError, MemberError, commands::vault_failed};

impl AuthService {
    /// The process that tops an account up with a payment at a provider: of one payment there is one process.
    pub fn top_up(&self, provider: &str, payment_key: &str) -> ProcessId {
        self.vault().names().top_up(provider, payment_key)
    }

    /// Seals a text for a place, with the key of somebody who owns an account.
    pub async fn seal(&self, owner: MemberId, place: Place, text: &SecretString) -> Result<Sealed, AuthError> {
        let key = match self.vault().owner_key(owner).await {
            // Their token counts no more, and this server does not know it yet.
            Err(VaultError::Erased) => return Err(MemberError::from(ExecuteError::OwnerLeft).into()),
            key => key.map_err(vault_failed)?,
        };
        Ok(key.seal(&place, text).map_err(vault_failed)?)
    }
}
