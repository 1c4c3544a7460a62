//! Something is asked of the sender of webhooks: an example, a delivery once more, everything since a time.
//!
//! It stands in the log, which the sender follows: so it is asked for once, whatever is retried, and what was asked for can be seen.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use events::recorded::{WebhookEvent, WebhookExampleAsked, WebhookRecoverAsked, WebhookResendAsked};
use kernel::{DeliveryId, WebhookId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, webhook_access::webhook_for, webhook_outcome::webhook_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WebhookRequest {
    /// An event that is made up, of the type with this short name.
    Example(String),
    /// A delivery, once more.
    Resend(DeliveryId),
    /// Everything that was not delivered since this time.
    Recover(DateTime<Utc>),
}

/// Ask for something; by the owner of the webhook or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskWebhook {
    /// Which.
    pub webhook: WebhookId,
    /// What for.
    pub request: WebhookRequest,
}

impl Command for AskWebhook {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        webhook_for(work, self.webhook)?;
        let asked: WebhookEvent = match &self.request {
            WebhookRequest::Example(event) => WebhookExampleAsked { event: event.clone() }.into(),
            WebhookRequest::Resend(delivery) => WebhookResendAsked { delivery: *delivery }.into(),
            WebhookRequest::Recover(since) => WebhookRecoverAsked { since: *since }.into(),
        };
        work.push(self.webhook.into(), asked);
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        webhook_outcome(events, place, unit)
    }
}
