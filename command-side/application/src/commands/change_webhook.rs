//! The settings of a webhook change.

use std::sync::Arc;

use kernel::WebhookId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{
    MoneyRules,
    webhook_access::{refuse, webhook_for},
    webhook_outcome::webhook_outcome,
};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Change where events are sent to, which, or whether at all; by the owner of the webhook or an operator. What is not given stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeWebhook {
    /// Which.
    pub webhook: WebhookId,
    /// Where to.
    pub url: Option<String>,
    /// The short names of public events, or `*` alone; at least one.
    pub events: Option<Vec<String>>,
    /// Whether anything is sent.
    pub enabled: Option<bool>,
}

impl Command for ChangeWebhook {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let webhook = webhook_for(work, self.webhook)?;
        match webhook.change(self.url.as_deref(), self.events.as_deref(), self.enabled, &rules.webhook_networks) {
            Ok(event) => work.push(self.webhook.into(), event),
            Err(refusal) => refuse(work, self.webhook, refusal),
        }
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
