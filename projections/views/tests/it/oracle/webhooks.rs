//! What the table of webhooks must hold.

use std::collections::BTreeMap;

use events::recorded::{Event, WebhookCreated, WebhookEvent};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::or_dash;

struct Webhook {
    created: WebhookCreated,
    created_at: Moment,
    /// Address, filter, and whether it is enabled, as the last event that states them has them.
    settings: (String, Vec<String>, bool),
    moment: Moment,
}

#[derive(Default)]
pub struct Webhooks(BTreeMap<Uuid, Webhook>);

impl Webhooks {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        let Event::Webhook(event) = body else { return };
        let settings = match event {
            WebhookEvent::Created(created) => {
                let settings = (created.url.clone(), created.events.clone(), true);
                let webhook = Webhook { created: created.clone(), created_at: moment, settings, moment };
                assert!(self.0.insert(stream, webhook).is_none(), "a valid history");
                return;
            }
            WebhookEvent::Changed(changed) => (&changed.url, &changed.events, changed.enabled),
            WebhookEvent::Enabled(enabled) => (&enabled.url, &enabled.events, true),
            WebhookEvent::Disabled(disabled) => (&disabled.url, &disabled.events, false),
            WebhookEvent::Deleted(_) => {
                self.0.remove(&stream).expect("created");
                return;
            }
            _ => return,
        };
        let webhook = self.0.get_mut(&stream).expect("created");
        webhook.settings = (settings.0.clone(), settings.1.clone(), settings.2);
        webhook.moment = moment;
    }

    pub fn tables(self) -> Vec<Table> {
        let lines = self.0.iter().map(|(id, webhook)| {
            let Webhook { created, created_at, settings: (url, events, enabled), moment } = webhook;
            let (owner, description) = (created.owner, or_dash(&created.description));
            let (role, owner, events) = (owner.role.as_str(), owner.id, events.join(" "));
            let began = format!("{}|{}", created_at.position, created_at.at);
            format!("{id}|{role}|{owner}|{url}|{events}|{enabled}|{description}|{began}|{}|{}", moment.end, moment.at)
        });
        vec![Table::of("webhooks", SELECT, lines)]
    }
}

const SELECT: &str = "select concat_ws('|', webhook_id, owner_role, owner, url, events, enabled::text,
    coalesce(description, '-'), created_position, (extract(epoch from created_at) * 1000000)::int8, position,
    (extract(epoch from recorded_at) * 1000000)::int8)
    from live.webhooks";
