//! A webhook gets a new secret.

use std::sync::Arc;

use chrono::TimeDelta;
use kernel::WebhookId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, webhook_access::webhook_for, webhook_outcome::webhook_outcome};
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Sign with a new secret; by the owner of the webhook or an operator. The secret itself is not known here: only its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotateWebhook {
    /// Which.
    pub webhook: WebhookId,
    /// For how many seconds the secret of now signs beside the new one.
    pub overlap: u32,
}

impl Command for RotateWebhook {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let webhook = webhook_for(work, self.webhook)?;
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return Ok(()) };
        work.push(self.webhook.into(), webhook.rotate(now, TimeDelta::seconds(self.overlap.into())));
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
