//! The signatures of an attempt, after Standard Webhooks.

use uuid::Uuid;
use vault::WebhookSecret;

/// The header `webhook-signature`: the signatures of every secret that is in force, separated by spaces.
pub fn signature(secrets: &[WebhookSecret], id: Uuid, timestamp: i64, body: &str) -> String {
    let content = format!("{id}.{timestamp}.{body}");
    secrets.iter().map(|secret| secret.signatures(content.as_bytes())).collect::<Vec<_>>().join(" ")
}
