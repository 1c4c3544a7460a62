//! The outcome of a command on a webhook, read from the events it wrote.

use std::sync::Arc;

use domain::{Webhook, webhook::settings_after};
use events::recorded::{Event, WebhookEvent};
use kernel::WebhookId;
use log::Appended;

use super::refusal_outcome::refusal_outcome;
use crate::{
    Outcome, RotatedWebhook, WebhookAnswer,
    engine::{IncompleteEvents, PendingEvent, UnitOfWork, position},
};

/// What the event of the webhook left of it, or the refusal. The event states all that can change; the rest never does.
pub fn webhook_outcome(
    events: &[PendingEvent],
    place: Option<Appended>,
    unit: &UnitOfWork,
) -> Result<Arc<Outcome>, IncompleteEvents> {
    let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
    if let Some(refused) = refusal_outcome(first) {
        return Ok(refused);
    }
    let of_webhook = events.iter().find_map(|pending| match &pending.recorded {
        Event::Webhook(event) => Some((pending.stream, event)),
        _ => None,
    });
    let (stream, event) = of_webhook.ok_or(IncompleteEvents)?;
    let webhook_id = WebhookId::new(stream.uuid());
    let answer = |owner, description| {
        Some(WebhookAnswer {
            webhook_id,
            owner,
            description,
            settings: settings_after(event)?,
            position: position(place.first, events.len() - 1),
            recorded_at: place.recorded_at,
        })
    };
    Ok(Arc::new(match event {
        WebhookEvent::Created(created) => {
            Outcome::WebhookCreated(answer(created.owner, created.description.clone()).ok_or(IncompleteEvents)?)
        }
        WebhookEvent::Changed(_) | WebhookEvent::Enabled(_) | WebhookEvent::Disabled(_) => {
            let Webhook { owner, description, .. } = unit.get::<Webhook>(stream).ok_or(IncompleteEvents)?.clone();
            Outcome::WebhookChanged(answer(owner, description).ok_or(IncompleteEvents)?)
        }
        WebhookEvent::SecretRotated(rotated) => Outcome::WebhookRotated(RotatedWebhook {
            webhook_id,
            secret: rotated.secret,
            overlap_until: rotated.overlap_until,
        }),
        WebhookEvent::ExampleAsked(_) | WebhookEvent::ResendAsked(_) | WebhookEvent::RecoverAsked(_) => {
            Outcome::WebhookAsked(webhook_id)
        }
        WebhookEvent::Deleted(_) => Outcome::WebhookDeleted,
    }))
}
