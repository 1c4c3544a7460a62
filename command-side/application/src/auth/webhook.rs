//! The secrets of webhooks: derived here, because they stand in no log and in no table.

use kernel::WebhookId;
use zeroize::Zeroizing;

use super::{AuthError, AuthService};

/// What the owner of a webhook verifies signatures with.
pub struct WebhookKeys {
    /// The secret of the symmetric signature (`v1`): `whsec_` and Base64.
    pub secret: Zeroizing<String>,
    /// The public key of the asymmetric signature (`v1a`): `whpk_` and Base64.
    pub public_key: String,
}

impl AuthService {
    /// The secret of a webhook with this number: the same whenever it is asked for.
    pub async fn webhook_keys(&self, webhook: WebhookId, number: u32) -> Result<WebhookKeys, AuthError> {
        let secret = self.vault().webhook_secrets().await?.secret(webhook, number);
        Ok(WebhookKeys { secret: secret.shown(), public_key: secret.public_key() })
    }
}
