//! The webhooks of the synthetic bank.

use events::recorded::{
    Event, WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookExampleAsked,
    WebhookListed, WebhookSecretRotated, WebhookUnlisted,
};
use kernel::{Actor, MemberId, Role, WebhookId};

use super::{
    Bank,
    ids::{member, webhook},
};

/// Whose webhook it is.
fn owner(n: u128) -> Actor {
    let role = if n.is_multiple_of(2) { Role::Operator } else { Role::Service };
    Actor { role, id: MemberId::new(member(0x5e + n)) }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Bank {
    /// Four webhooks: one that changes, gets another secret and is asked for an example, one that is disabled and enabled again, one that stays
    /// disabled, and one that is deleted.
    pub(super) fn send_webhooks(&mut self) {
        for n in 1..=4 {
            let created = WebhookCreated {
                owner: owner(n),
                url: format!("https://shop-{n}.example/jangbu"),
                events: texts(&["account.opened", "transfer.posted"]),
                description: (n == 1).then(|| "the shop".to_owned()),
            };
            let listed = WebhookListed { webhook: WebhookId::new(webhook(n)) };
            let list = owner(n).webhooks_stream().uuid();
            self.commit(vec![(webhook(n), created.into()), (list, listed.into())]);
        }
        let url = |n: u128| format!("https://shop-{n}.example/events");
        let all = || texts(&["*"]);
        self.turn_webhook(1, WebhookChanged { url: url(1), events: all(), enabled: true }.into());
        let overlap_until = self.now;
        self.turn_webhook(1, WebhookSecretRotated { secret: 2, overlap_until }.into());
        self.turn_webhook(1, WebhookExampleAsked { event: "hold.placed".to_owned() }.into());
        for n in [2, 3] {
            self.turn_webhook(n, WebhookDisabled { url: url(n), events: all() }.into());
        }
        self.turn_webhook(2, WebhookEnabled { url: url(2), events: all() }.into());
        let unlisted = WebhookUnlisted { webhook: WebhookId::new(webhook(4)) };
        let list = owner(4).webhooks_stream().uuid();
        self.commit(vec![(webhook(4), WebhookDeleted {}.into()), (list, unlisted.into())]);
    }

    fn turn_webhook(&mut self, n: u128, event: Event) {
        self.commit(vec![(webhook(n), event)]);
    }
}
