//! The key behind the secrets of webhooks. It stands among the members' data keys, under an id that is no member's: so it is wrapped
//! again in a rotation, counts for the epochs of key-encryption keys, and is in the backups, like any of them.

use std::sync::Arc;

use async_trait::async_trait;
use database::Pool;
use kernel::MemberId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{PostgresVault, classify::failed, store::Store};
use crate::{DataKey, Kek, Purpose, VaultError, WebhookSecrets, Webhooks, Wrapped};

/// Not a member: ids of members are random. It also stands in the view `vault.webhook_key`.
const WEBHOOKS: MemberId = MemberId::new(Uuid::from_u128(0x6a61_6e67_6275_8077_a562_686f_6f6b_7301));

#[async_trait]
impl Webhooks for PostgresVault {
    async fn webhook_secrets(&self) -> Result<WebhookSecrets, VaultError> {
        // Settled when it is made: it belongs to no sign-up that could be given up.
        let key = match self.store.key(WEBHOOKS).await? {
            Some(key) => key,
            None => self.make_settled_key(WEBHOOKS).await?,
        };
        Ok(secrets(&key))
    }
}

/// What the webhook sender has of the vault: the key behind the secrets of webhooks.
#[derive(Clone)]
pub struct WebhookKeyReader {
    store: Store,
}

impl WebhookKeyReader {
    /// Behind these connections. Nothing is asked before it is needed.
    pub fn new(pool: Pool, kek: Arc<dyn Kek>) -> Self {
        Self { store: Store::new(pool, kek) }
    }

    /// What derives the secrets; nothing until the first webhook was created.
    pub async fn secrets(&self) -> Result<Option<WebhookSecrets>, VaultError> {
        let row = sqlx::query_as!(Wrapped, r#"select kek as "kek!", wrapped as "text!" from vault.webhook_key"#)
            .fetch_optional(&self.store.pool)
            .await
            .map_err(failed)?;
        let Some(wrapped) = row else { return Ok(None) };
        let key = DataKey::from_bytes(self.store.kek.unwrap(Purpose::Member(WEBHOOKS), &wrapped).await?);
        Ok(Some(secrets(&key)))
    }
}

impl std::fmt::Debug for WebhookKeyReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookKeyReader(..)")
    }
}

fn secrets(key: &DataKey) -> WebhookSecrets {
    WebhookSecrets::new(Zeroizing::new(*key.expose()))
}
