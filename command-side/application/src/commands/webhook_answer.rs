//! What is answered about webhooks.

use chrono::{DateTime, Utc};
use domain::WebhookSettings;
use kernel::{Actor, Position, WebhookId};
use serde::{Deserialize, Serialize};

/// A webhook as a command left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookAnswer {
    /// Which.
    pub webhook_id: WebhookId,
    /// Whose.
    pub owner: Actor,
    /// The owner's words.
    pub description: Option<String>,
    /// Where events are sent to, which, and whether at all.
    pub settings: WebhookSettings,
    /// The position of the command's last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// The new secret of a webhook, by its number: the secret itself is derived from both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotatedWebhook {
    /// Which webhook.
    pub webhook_id: WebhookId,
    /// The number of the secret.
    pub secret: u32,
    /// Until when the secret before it signs, too.
    pub overlap_until: DateTime<Utc>,
}
