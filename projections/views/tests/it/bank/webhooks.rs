//! Webhooks: created, changed, asked for something, deleted.

use chrono::Duration;
use events::recorded::{
    WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookEvent, WebhookExampleAsked,
    WebhookListEvent, WebhookListed, WebhookRecoverAsked, WebhookResendAsked, WebhookSecretRotated, WebhookUnlisted,
};
use kernel::{Actor, DeliveryId, MemberId, Role, WebhookId};
use uuid::Uuid;

use super::Bank;

/// A webhook that was not deleted.
pub struct Hook {
    id: WebhookId,
    owner: Actor,
    version: i64,
    secret: u32,
    enabled: bool,
}

impl Bank {
    /// One more thing that can happen to webhooks.
    pub(super) fn webhook(&mut self) {
        if self.webhooks.is_empty() || self.random.percent(25) {
            self.create_webhook();
        }
        let at = self.random.below(self.webhooks.len());
        // Several changes within one commit are as good as one.
        for _ in 0..=self.random.below(2) {
            let url = format!("https://shop.example/{}", self.random.below(100));
            let events = self.filter();
            let now = self.now;
            let hook = &mut self.webhooks[at];
            let event: WebhookEvent = match self.random.below(10) {
                0 => WebhookChanged { url, events, enabled: hook.enabled }.into(),
                1 => {
                    hook.enabled = true;
                    WebhookEnabled { url, events }.into()
                }
                2 | 8 | 9 => {
                    hook.enabled = false;
                    WebhookDisabled { url, events }.into()
                }
                3 => {
                    hook.secret += 1;
                    WebhookSecretRotated { secret: hook.secret, overlap_until: now + Duration::minutes(1) }.into()
                }
                4 => WebhookExampleAsked { event: "transfer.posted".to_owned() }.into(),
                5 => WebhookResendAsked { delivery: DeliveryId::new(Uuid::from_u128(7)) }.into(),
                6 => WebhookRecoverAsked { since: now }.into(),
                _ => return self.delete_webhook(at),
            };
            self.on_webhook(at, event);
        }
    }

    fn on_webhook(&mut self, at: usize, event: WebhookEvent) {
        let hook = &mut self.webhooks[at];
        hook.version += 1;
        let (stream, version) = (hook.id.into(), hook.version);
        self.record(stream, version, event);
    }

    fn filter(&mut self) -> Vec<String> {
        let names = ["account.opened", "hold.placed", "transfer.posted"];
        match self.random.below(4) {
            0 => vec!["*".to_owned()],
            few => names.iter().take(few).map(|name| (*name).to_owned()).collect(),
        }
    }

    fn create_webhook(&mut self) {
        let id = WebhookId::new(Uuid::from_u128(self.random.bits()));
        let role = if self.random.percent(30) { Role::Operator } else { Role::Service };
        let owner = Actor { role, id: MemberId::new(Uuid::from_u128(self.random.below(3) as u128)) };
        let (events, description) = (self.filter(), self.memo());
        let created = WebhookCreated { owner, url: "https://shop.example/new".to_owned(), events, description };
        self.webhooks.push(Hook { id, owner, version: 0, secret: 1, enabled: true });
        let at = self.webhooks.len() - 1;
        self.on_webhook(at, created.into());
        self.list(owner, WebhookListed { webhook: id }.into());
    }

    fn delete_webhook(&mut self, at: usize) {
        self.on_webhook(at, WebhookDeleted {}.into());
        let Hook { id, owner, .. } = self.webhooks.remove(at);
        self.list(owner, WebhookUnlisted { webhook: id }.into());
    }

    fn list(&mut self, owner: Actor, event: WebhookListEvent) {
        let version = self.listed.entry(owner).or_default();
        *version += 1;
        let version = *version;
        self.record(owner.webhooks_stream(), version, event);
    }
}
