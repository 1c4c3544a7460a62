//! What the authentication service needs of the server around it.

use std::{error::Error, fmt::Debug};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{MemberId, OperatorId, OperatorRole, PartnerId, PartnerKeyId, Scopes};
use secrecy::SecretString;
use uuid::Uuid;

/// Signs access tokens.
#[async_trait]
pub trait SignTokens: Send + Sync {
    /// Whether the servers take the tokens that it signs now.
    async fn is_ready(&self) -> bool {
        true
    }

    /// A token of a member's session, good from one time until another.
    fn sign(
        &self,
        member: MemberId,
        session: Uuid,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SecretString, Box<dyn Error + Send + Sync>>;

    /// A token for a partner's key, good from one time until another.
    fn sign_partner(
        &self,
        partner: PartnerId,
        key: PartnerKeyId,
        scopes: Scopes,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SecretString, Box<dyn Error + Send + Sync>>;

    /// A token of an operator's session, good from one time until another.
    fn sign_operator(
        &self,
        operator: OperatorId,
        session: Uuid,
        role: OperatorRole,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SecretString, Box<dyn Error + Send + Sync>>;
}

/// Whose access tokens this server refuses. It reads them from the vault twice a second; what happens here is told at once.
pub trait RevokedTokens: Debug + Send + Sync {
    /// From now on the tokens of this member, or of this session, are refused.
    fn insert(&self, id: Uuid);

    /// Whether they are.
    fn contains(&self, id: Uuid) -> bool;

    /// Whether what is known is too old to be sure that a session has not ended elsewhere.
    fn are_outdated(&self) -> bool {
        false
    }
}
