//! A webhook is deleted.

use std::sync::Arc;

use events::recorded::{WebhookDeleted, WebhookUnlisted};
use kernel::WebhookId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, webhook_access::webhook_for, webhook_outcome::webhook_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Send nothing to an address any more, for good; by the owner of the webhook or an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteWebhook {
    /// Which.
    pub webhook: WebhookId,
}

impl Command for DeleteWebhook {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let owner = webhook_for(work, self.webhook)?.owner;
        // The list is looked at before anything is written to it: a stream that is not known would count as new.
        if work.get::<domain::WebhookList>(owner.webhooks_stream()).is_none() && work.lacks_any() {
            return Ok(());
        }
        work.push(self.webhook.into(), WebhookDeleted {});
        work.push(owner.webhooks_stream(), WebhookUnlisted { webhook: self.webhook });
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
