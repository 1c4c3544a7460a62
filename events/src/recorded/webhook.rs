//! Events on a webhook's stream, and on the stream that counts the webhooks of one principal.
//!
//! No secret is recorded: secrets are derived from the webhook's id and the number of the secret with a key in the vault.

use chrono::{DateTime, Utc};
use kernel::{Actor, DeliveryId, WebhookId};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of a webhook.
    Webhook(WebhookEvent) {
        /// A webhook was created.
        Created(WebhookCreated) = 1, opens;
        /// Its address or its filter changed.
        Changed(WebhookChanged) = 1, on;
        /// It has a new secret.
        SecretRotated(WebhookSecretRotated) = 1, on;
        /// Nothing is sent until it is enabled.
        Disabled(WebhookDisabled) = 1, on;
        /// Events are sent again.
        Enabled(WebhookEnabled) = 1, on;
        /// An example is to be sent.
        ExampleAsked(WebhookExampleAsked) = 1, on;
        /// A delivery is to be sent again.
        ResendAsked(WebhookResendAsked) = 1, on;
        /// What was not delivered since a time is to be sent again.
        RecoverAsked(WebhookRecoverAsked) = 1, on;
        /// It is gone.
        Deleted(WebhookDeleted) = 1, on;
    }
}

event_types! {
    /// An event of the list of a principal's webhooks.
    WebhookList(WebhookListEvent) {
        /// A webhook was added.
        Added(WebhookListed) = 1, on;
        /// A webhook was taken off.
        Removed(WebhookUnlisted) = 1, on;
    }
}

/// What stands in a filter for every type of public event. It stands there alone.
pub const EVERY_EVENT: &str = "*";

/// A webhook was created, enabled and with secret number 1. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCreated {
    /// Whose it is. A partner hears of its own accounts and of itself, an operator and a service of everything.
    pub owner: Actor,
    /// Where events are sent to: absolute, without user information and without a fragment.
    pub url: String,
    /// The types of public events that are sent, by their short names (`transfer.posted`), sorted, each once; or [`EVERY_EVENT`] alone.
    pub events: Vec<String>,
    /// The owner's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The address or the filter changed; whether it is enabled did not. What is still to be sent goes to the new address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookChanged {
    /// As in [`WebhookCreated::url`]: as it is now.
    pub url: String,
    /// As in [`WebhookCreated::events`]: as it is now. It holds for what is recorded after this event.
    pub events: Vec<String>,
    /// Whether it is enabled.
    pub enabled: bool,
}

/// There is a new secret. The one before it signs together with it until `overlap_until`; those before that one sign no more, whatever their
/// rotation said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecretRotated {
    /// The number of the new secret: one more than that of the last.
    pub secret: u32,
    /// From this time on the secret before it does not sign.
    pub overlap_until: DateTime<Utc>,
}

/// Nothing is sent until the webhook is enabled; events that happen meanwhile are not kept for it. The address and the filter may have
/// changed with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDisabled {
    /// As in [`WebhookChanged::url`].
    pub url: String,
    /// As in [`WebhookChanged::events`].
    pub events: Vec<String>,
}

/// Events are sent from now on. It is recorded whenever it is asked for, because the sender stops by itself at an endpoint that fails for
/// too long or that answers 410 (Gone): this is what lets it go on. The address and the filter may have changed with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEnabled {
    /// As in [`WebhookChanged::url`].
    pub url: String,
    /// As in [`WebhookChanged::events`].
    pub events: Vec<String>,
}

/// One event that is made up is to be sent, whatever the filter says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookExampleAsked {
    /// The type of public event, by its short name.
    pub event: String,
}

/// A delivery is to be tried again now, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookResendAsked {
    /// The delivery. That it is one of this webhook is for the sender to see.
    pub delivery: DeliveryId,
}

/// Every event of the filter that was recorded since a time and not delivered is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRecoverAsked {
    /// Since when, by the log's clock.
    pub since: DateTime<Utc>,
}

/// The webhook is gone: nothing is sent to it any more. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDeleted {}

/// A webhook was created for the principal whose list it is; in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookListed {
    /// The webhook.
    pub webhook: WebhookId,
}

/// A webhook of the list was deleted, in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookUnlisted {
    /// The webhook.
    pub webhook: WebhookId,
}
