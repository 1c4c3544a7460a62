//! A webhook is created.

use std::sync::Arc;

use domain::{Refusal, WebhookList, webhook};
use events::recorded::{WebhookCreated, WebhookListed};
use kernel::WebhookId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, own_stream::is_opened_first, webhook_outcome::webhook_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Send events to an address; for whoever asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateWebhook {
    /// Where to.
    pub url: String,
    /// The short names of public events, or `*` alone; at least one.
    pub events: Vec<String>,
    /// The owner's words.
    pub description: Option<String>,
}

impl Command for CreateWebhook {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        is_opened_first(work)?;
        // The webhook has the id of its command.
        let id = WebhookId::new(work.command_id.uuid());
        match self.created(rules, work, id) {
            Ok((created, listed)) => {
                work.push(id.into(), created);
                work.push(work.actor.webhooks_stream(), listed);
            }
            Err(refusal) => {
                work.rests_on(work.actor.webhooks_stream());
                work.refuse(refusal);
            }
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

impl CreateWebhook {
    fn created(
        &self,
        rules: &MoneyRules,
        work: &Decision<'_>,
        id: WebhookId,
    ) -> Result<(WebhookCreated, WebhookListed), Refusal> {
        let (owner, description) = (work.actor, self.description.as_deref());
        let created = webhook::create(owner, &self.url, &self.events, description, &rules.webhook_networks)?;
        let listed = match work.get::<WebhookList>(owner.webhooks_stream()) {
            Some(list) => list.add(id)?,
            None => WebhookList::default().add(id)?,
        };
        Ok((created, listed))
    }
}
