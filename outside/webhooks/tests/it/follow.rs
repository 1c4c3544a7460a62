//! From commits to what is to be sent to whom.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    AccountFrozen, AccountOpened, Event, FreezeScope, Holder, WebhookChanged, WebhookCreated, WebhookDeleted,
    WebhookDisabled, WebhookEnabled, WebhookExampleAsked, WebhookRecoverAsked, WebhookResendAsked,
};
use kernel::{
    AccountId, Actor, CommandId, CorrelationId, DeliveryId, LogId, MemberId, Minor, Position, Role, StreamId, Version,
    WebhookId,
};
use log::{Commit, Fingerprint, OwnedAccounts, ReadError};
use public_events::Earlier;
use serde_json::{Value, value::RawValue};
use uuid::Uuid;
use webhook_sender::{
    follow::{Page, Webhooks},
    store::Order,
};

const LOG: LogId = LogId::new(Uuid::from_u128(0x106));
const OWN: u128 = 0xa;
const OTHERS: u128 = 0xb;
const LATER: u128 = 0xc;

/// A log in which one customer has one account.
struct Owned;

#[async_trait]
impl OwnedAccounts for Owned {
    async fn owned_accounts(&self, owner: MemberId) -> Result<Vec<AccountId>, ReadError> {
        Ok(if owner == customer().id { vec![AccountId::new(Uuid::from_u128(OWN))] } else { vec![] })
    }
}

fn customer() -> Actor {
    Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(5)) }
}

fn service() -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(6)) }
}

fn at(position: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(position)
}

fn commit(position: i64, stream: u128, version: i64, event: impl Into<Event>) -> Commit {
    let event = event.into();
    let stored = log::Event {
        stream: StreamId::new(Uuid::from_u128(stream)),
        version: Version::new(version),
        event_type: event.event_type().name.to_owned(),
        schema_version: event.event_type().schema_version,
        payload: RawValue::from_string(event.payload().unwrap()).unwrap(),
    };
    Commit {
        first: Position::new(position),
        command_id: CommandId::new(Uuid::from_u128(position.unsigned_abs().into())),
        fingerprint: Fingerprint([0; 16]),
        actor: service(),
        correlation: CorrelationId::new(Uuid::from_u128(1)),
        recorded_at: at(position),
        events: vec![stored],
    }
}

fn created(owner: Actor, events: &[&str]) -> WebhookCreated {
    WebhookCreated {
        owner,
        url: "https://receiver.example".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        description: None,
    }
}

fn frozen() -> AccountFrozen {
    AccountFrozen { reason: None, balance: Minor::ZERO, held: Minor::ZERO, scope: FreezeScope::All }
}

fn webhook(stream: u128) -> WebhookId {
    WebhookId::new(Uuid::from_u128(stream))
}

async fn follow(webhooks: &mut Webhooks, commits: &[Commit]) -> Page {
    webhooks.follow(&Owned, LOG, (commits, &Earlier::default()), at(0)).await.unwrap()
}

/// For each webhook what is sent to it: position and type.
fn sent(page: &Page) -> BTreeMap<u128, Vec<(i64, &'static str)>> {
    let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for delivery in &page.deliveries {
        let to = sent.entry(delivery.webhook.uuid().as_u128()).or_default();
        to.push((delivery.position.number(), delivery.event_type));
    }
    sent
}

#[tokio::test]
async fn a_service_hears_of_everything_and_a_customer_of_its_own_accounts() {
    let mut webhooks = Webhooks::default();
    let holder = |number: &str| Holder::Member { owner: customer().id, number: number.parse().unwrap() };
    let opened = AccountOpened { holder: holder("123456789092"), asset: "KRW".parse().unwrap() };
    let page = follow(
        &mut webhooks,
        &[
            commit(1, OWN, 2, frozen()),
            commit(2, 1, 1, created(service(), &["*"])),
            commit(3, 2, 1, created(customer(), &["*"])),
            commit(4, OWN, 3, frozen()),
            commit(5, OTHERS, 2, frozen()),
            commit(6, LATER, 1, opened),
            commit(7, LATER, 2, frozen()),
        ],
    )
    .await;
    let (frozen, opened) = ("account.frozen", "account.opened");
    assert_eq!(
        sent(&page)[&1],
        [(4, frozen), (5, frozen), (6, opened), (7, frozen)],
        "nothing from before it was there"
    );
    assert_eq!(sent(&page)[&2], [(4, frozen), (6, opened), (7, frozen)]);
    assert_eq!(page.changed.len(), 2);
    let lines: Vec<&str> = page.deliveries.iter().map(|delivery| delivery.line.as_str()).collect();
    assert!(lines.contains(&Uuid::from_u128(LATER).to_string().as_str()), "the events of an account are one line");
    let body: Value = serde_json::from_str(&page.deliveries[0].payload).unwrap();
    assert_eq!(body["id"], page.deliveries[0].event.to_string());
}

#[tokio::test]
async fn a_filter_holds_from_its_event_on() {
    let mut webhooks = Webhooks::default();
    let (url, events) = ("https://other.example".to_owned(), vec!["hold.placed".to_owned()]);
    let changed = WebhookChanged { url, events, enabled: true };
    let page = follow(
        &mut webhooks,
        &[
            commit(1, 1, 1, created(service(), &["account.frozen"])),
            commit(2, OWN, 2, frozen()),
            commit(3, 1, 2, changed),
            commit(4, OWN, 3, frozen()),
        ],
    )
    .await;
    assert_eq!(sent(&page)[&1], [(2, "account.frozen")]);
    assert_eq!(webhooks.get(webhook(1)).unwrap().url, "https://other.example");
}

#[tokio::test]
async fn what_happens_while_a_webhook_is_disabled_is_not_kept() {
    let mut webhooks = Webhooks::default();
    let (url, events) = ("https://receiver.example".to_owned(), vec!["*".to_owned()]);
    let disabled = WebhookDisabled { url: url.clone(), events: events.clone() };
    let page = follow(
        &mut webhooks,
        &[
            commit(1, 1, 1, created(customer(), &["*"])),
            commit(2, OWN, 2, frozen()),
            commit(3, 1, 2, disabled),
            commit(4, OWN, 3, frozen()),
            commit(5, 1, 3, WebhookEnabled { url, events }),
            commit(6, OWN, 4, frozen()),
        ],
    )
    .await;
    assert_eq!(sent(&page)[&1], [(2, "account.frozen"), (6, "account.frozen")]);
    assert_eq!(page.orders, [Order::Drop { webhook: webhook(1), before: Position::new(4) }], "6 stays");
    let page = follow(&mut webhooks, &[commit(7, 1, 4, WebhookDeleted {}), commit(8, OWN, 5, frozen())]).await;
    assert!(page.deliveries.is_empty() && webhooks.get(webhook(1)).is_none());
    assert_eq!(page.deleted.len(), 1, "that it is gone is written down");
}

#[tokio::test]
async fn what_is_asked_for_is_passed_on() {
    let mut webhooks = Webhooks::default();
    let delivery = DeliveryId::new(Uuid::from_u128(9));
    let asked = [
        commit(1, 1, 1, created(service(), &["hold.placed"])),
        commit(2, 1, 2, WebhookExampleAsked { event: "transfer.posted".to_owned() }),
        commit(3, 1, 3, WebhookResendAsked { delivery }),
        commit(4, 1, 4, WebhookRecoverAsked { since: at(1) }),
    ];
    let page = follow(&mut webhooks, &asked).await;
    assert_eq!(sent(&page)[&1], [(2, "transfer.posted")], "whatever the filter says");
    let resend = Order::Resend { webhook: webhook(1), delivery };
    let recover = Order::Recover { webhook: webhook(1), since: at(1), asked: Position::new(4) };
    assert_eq!(page.orders, [resend, recover]);
    // Of the same events the same is made, with the same ids.
    let again = follow(&mut Webhooks::default(), &asked).await;
    assert_eq!(again.deliveries, page.deliveries);
}

#[tokio::test]
async fn what_was_recorded_too_early_is_not_sent() {
    let mut webhooks = Webhooks::default();
    let commits =
        [commit(1, 1, 1, created(service(), &["*"])), commit(2, OWN, 2, frozen()), commit(3, OWN, 3, frozen())];
    let earlier = Earlier::default();
    let page = webhooks.follow(&Owned, LOG, (&commits, &earlier), at(3)).await.unwrap();
    assert_eq!(sent(&page)[&1], [(3, "account.frozen")]);
    let endpoint = webhooks.get(webhook(1)).unwrap();
    let found = webhooks.of_one(endpoint, LOG, (&commits, &earlier), at(2)).unwrap();
    let positions: Vec<i64> = found.iter().map(|delivery| delivery.position.number()).collect();
    assert_eq!(positions, [2, 3], "read again for one webhook");
}
