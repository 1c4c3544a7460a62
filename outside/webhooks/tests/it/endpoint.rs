//! A webhook as the log tells of it.

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookEvent, WebhookSecretRotated,
};
use kernel::{Actor, MemberId, Role, WebhookId};
use public_events::EventType;
use uuid::Uuid;
use webhook_sender::{
    endpoint::{Endpoint, Wanted},
    health::{Health, StopReason},
};

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn id() -> WebhookId {
    WebhookId::new(Uuid::from_u128(7))
}

fn created(events: &[&str]) -> Endpoint {
    let created = WebhookCreated {
        owner: Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(1)) },
        url: "https://receiver.example/hooks".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        description: None,
    };
    Endpoint::after(None, id(), &created.into()).expect("it opens its stream")
}

fn then(endpoint: Endpoint, event: impl Into<WebhookEvent>) -> Endpoint {
    Endpoint::after(Some(endpoint), id(), &event.into()).expect("it is there")
}

#[test]
fn its_filter_names_types_or_all() {
    let some = created(&["hold.placed", "transfer.posted"]);
    assert!(some.names(EventType::TransferPosted) && !some.names(EventType::TransferRejected));
    let all = created(&["*"]);
    assert!(EventType::ALL.iter().all(|event_type| all.names(*event_type)));
    let (url, events) = ("https://other.example".to_owned(), vec!["item.minted".to_owned()]);
    let changed = then(all, WebhookChanged { url, events, enabled: true });
    assert_eq!(changed.url, "https://other.example");
    assert!(changed.names(EventType::ItemMinted) && !changed.names(EventType::HoldPlaced));
}

#[test]
fn secrets_sign_together_until_their_overlap_is_over() {
    let signing = |endpoint: &Endpoint, minutes| endpoint.signing(at(minutes)).collect::<Vec<_>>();
    let rotate = |secret, until| WebhookSecretRotated { secret, overlap_until: at(until) };
    let one = created(&["*"]);
    assert_eq!(signing(&one, 0), [1]);
    let two = then(one, rotate(2, 60));
    assert_eq!((signing(&two, 59), signing(&two, 60)), (vec![2, 1], vec![2]));
    // Two sign at most, whatever is rotated.
    let three = then(two.clone(), rotate(3, 90));
    assert_eq!((signing(&three, 59), signing(&three, 90)), (vec![3, 2], vec![3]));
    let at_once = then(two, rotate(3, 20));
    assert_eq!(signing(&at_once, 20), [3], "a rotation without overlap ends all before it");
}

#[test]
fn its_owner_disables_enables_and_deletes_it() {
    let endpoint = created(&["*"]);
    assert!(endpoint.is_served());
    let (url, events) = ("https://other.example".to_owned(), vec!["item.minted".to_owned()]);
    let disabled = then(endpoint, WebhookDisabled { url: url.clone(), events: vec!["*".to_owned()] });
    assert!(!disabled.is_served() && disabled.url == url);
    let enable = || WebhookEnabled { url: "https://receiver.example".to_owned(), events: events.clone() };
    let mut enabled = then(disabled, enable());
    assert!(enabled.is_served() && enabled.url == "https://receiver.example" && enabled.filter == events);
    enabled.health = Health { stopped: Some((at(3), StopReason::Gone)), ..Health::default() };
    assert!(!enabled.is_served());
    let again = then(enabled, enable());
    assert!(again.is_served() && again.health == Health::default(), "what was known of the address is forgotten");
    let deleted = then(again, WebhookDeleted {});
    assert!(deleted.wanted == Wanted::Deleted && !deleted.is_served());
}
