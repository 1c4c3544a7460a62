//! Who may do what with a webhook.

use domain::{Refusal, Webhook};
use kernel::{Role, WebhookId};

use crate::{ExecuteError, engine::Decision};

/// A webhook, for its owner or an operator. Nobody else learns that it is there, and one that was deleted is not there.
pub fn webhook_for(work: &Decision<'_>, id: WebhookId) -> Result<Webhook, ExecuteError> {
    let webhook: &Webhook = work.get(id.into()).ok_or(ExecuteError::WebhookUnknown)?;
    let may = work.actor.role == Role::Operator || webhook.owner == work.actor;
    match may && !webhook.is_deleted() {
        true => Ok(webhook.clone()),
        false => Err(ExecuteError::WebhookUnknown),
    }
}

/// A refusal of what somebody wants to do with a webhook is recorded.
pub fn refuse(work: &mut Decision<'_>, id: WebhookId, refusal: Refusal) {
    work.rests_on(id.into());
    work.refuse(refusal);
}
