use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    EvolveError, Refusal, Webhook,
    webhook::{MOST_WEBHOOKS, Networks, WebhookList, create},
};
use events::recorded::{
    WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookEvent, WebhookExampleAsked,
    WebhookListEvent, WebhookSecretRotated, WebhookUnlisted,
};
use kernel::{Actor, MemberId, Role, WebhookId};
use uuid::Uuid;

const URL: &str = "https://shop.example/hooks?for=jangbu";

fn service() -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(5)) }
}

fn id(number: usize) -> WebhookId {
    WebhookId::new(Uuid::from_u128(number as u128))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn loopback() -> Networks {
    "127.0.0.0/8, ::1/128".parse().expect("networks")
}

fn created() -> WebhookCreated {
    let events = texts(&["transfer.posted", "account.opened", "transfer.posted"]);
    create(service(), URL, &events, Some("the shop"), &Networks::default()).expect("a webhook")
}

fn given(events: &[WebhookEvent]) -> Webhook {
    let state = events.iter().try_fold(None, |state, event| Webhook::evolve(state, event).map(Some));
    state.expect("events that follow on one another").expect("a webhook")
}

fn then(events: &[WebhookEvent], next: impl Into<WebhookEvent>) -> Result<Webhook, EvolveError> {
    Webhook::evolve(Some(given(events)), &next.into())
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
}

#[test]
fn a_webhook_begins_enabled_with_the_first_secret_and_a_sorted_filter() {
    let webhook = given(&[created().into()]);
    assert_eq!(webhook.owner, service());
    assert_eq!(webhook.description.as_deref(), Some("the shop"));
    assert_eq!((webhook.secret, webhook.settings.enabled, webhook.is_deleted()), (1, true, false));
    assert_eq!(
        (webhook.settings.url.as_str(), &webhook.settings.events),
        (URL, &texts(&["account.opened", "transfer.posted"]))
    );
}

#[test]
fn a_change_states_all_that_it_leaves() {
    let nowhere = Networks::default();
    let webhook = given(&[created().into()]);
    let (url, events) = (URL.to_owned(), texts(&["account.opened", "transfer.posted"]));
    let other = "https://other.example/".to_owned();
    let changed = webhook.change(Some(&other), None, None, &nowhere).expect("a change");
    let states = WebhookChanged { url: other.clone(), events: events.clone(), enabled: true };
    assert_eq!(changed, WebhookEvent::from(states));
    let disabled = webhook.change(None, Some(&texts(&["*"])), Some(false), &nowhere).expect("a change");
    assert_eq!(disabled, WebhookEvent::from(WebhookDisabled { url: url.clone(), events: texts(&["*"]) }));
    let history: [WebhookEvent; 3] = [created().into(), changed, disabled.clone()];
    let settings = given(&history).settings;
    assert_eq!(
        (settings.url, settings.events, settings.enabled),
        (url, texts(&["*"]), false),
        "the last one states all"
    );
    // What is disabled stays so when its address changes.
    let moved = given(&[created().into(), disabled]).change(Some(&other), None, None, &nowhere);
    assert_eq!(moved, Ok(WebhookChanged { url: other, events: texts(&["*"]), enabled: false }.into()));
    // To enable what is enabled is recorded: the sender may have stopped by itself.
    let enabled = webhook.change(None, None, Some(true), &nowhere).expect("a change");
    assert_eq!(enabled, WebhookEvent::from(WebhookEnabled { url: URL.to_owned(), events }));
}

#[test]
fn secrets_are_counted() {
    let webhook = given(&[created().into()]);
    let rotated = webhook.rotate(now(), TimeDelta::seconds(60));
    assert_eq!(rotated, WebhookSecretRotated { secret: 2, overlap_until: now() + TimeDelta::seconds(60) });
    let webhook = then(&[created().into()], rotated.clone()).expect("it follows");
    assert_eq!((webhook.secret, webhook.rotate(now(), TimeDelta::zero()).secret), (2, 3));
    let again = then(&[created().into(), rotated.clone().into()], rotated);
    assert_eq!(again, Err(EvolveError::OutOfOrder));
}

#[test]
fn nothing_follows_on_the_end() {
    let example = || WebhookExampleAsked { event: "transfer.posted".to_owned() };
    assert_eq!(Webhook::evolve(None, &example().into()), Err(EvolveError::NotOpened));
    assert_eq!(then(&[created().into()], created()), Err(EvolveError::OpenedTwice));
    let asked = then(&[created().into()], example()).expect("it follows");
    assert_eq!(asked, given(&[created().into()]), "to ask for something changes nothing");
    let history: [WebhookEvent; 2] = [created().into(), WebhookDeleted {}.into()];
    assert!(given(&history).is_deleted());
    assert_eq!(then(&history, WebhookDeleted {}), Err(EvolveError::AfterTheLast));
    assert_eq!(then(&history, example()), Err(EvolveError::AfterTheLast));
}

#[test]
fn a_principal_has_so_many_webhooks_and_no_more() {
    let mut list: Option<WebhookList> = None;
    for number in 0..MOST_WEBHOOKS {
        let added = list.clone().unwrap_or_default().add(id(number)).expect("room");
        list = Some(WebhookList::evolve(list, &added.into()).expect("it follows"));
    }
    let full = list.expect("a list");
    assert_eq!(full.add(id(99)), Err(Refusal::TooManyWebhooks));
    let removed: WebhookListEvent = WebhookUnlisted { webhook: id(3) }.into();
    let fewer = WebhookList::evolve(Some(full), &removed).expect("it follows");
    assert!(fewer.add(id(99)).is_ok());
    assert_eq!(WebhookList::evolve(Some(fewer), &removed), Err(EvolveError::OutOfOrder));
    assert_eq!(WebhookList::evolve(None, &removed), Err(EvolveError::OutOfOrder));
}

#[test]
fn an_address_is_of_the_outside() {
    let nowhere = Networks::default();
    let may = |url: &str, allowed: &Networks| create(service(), url, &texts(&["*"]), None, allowed).map(drop);
    for url in [
        URL,
        "https://shop.example",
        "https://shop.example:8443/hooks",
        "https://203.0.113.7/",
        "https://[2606:4700::1111]/x",
        "https://localhost.example/",
    ] {
        assert_eq!(may(url, &nowhere), Ok(()), "{url}");
    }
    for url in [
        "http://shop.example/",
        "ftp://shop.example/",
        "https://user@shop.example/",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https:///hooks",
        "https:/shop.example/",
        "https://shop.example\\@127.0.0.1/",
        " https://shop.example/",
        "https://shop.example/\n",
        "shop.example",
        "",
        "javascript:alert(1)",
        "https://localhost/",
        "https://a.localhost./",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[ff02::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
    ] {
        assert_eq!(may(url, &nowhere), Err(Refusal::UrlNotAllowed), "{url}");
    }
    // Where a setting allows it, and over plain HTTP nowhere else.
    for url in ["http://127.0.0.1:9000/hook", "http://[::1]:9000/", "http://localhost:9000/", "https://127.9.9.9/"] {
        assert_eq!(may(url, &loopback()), Ok(()), "{url}");
    }
    for url in ["http://shop.example/", "http://10.0.0.1/", "https://10.0.0.1/", "http://user@127.0.0.1/"] {
        assert_eq!(may(url, &loopback()), Err(Refusal::UrlNotAllowed), "{url}");
    }
}

#[test]
fn a_list_of_networks_reads_and_holds() {
    for (networks, address, is_in) in [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ("192.168.1.7/32", "192.168.1.7", true),
        ("192.168.1.7/32", "192.168.1.6", false),
        ("0.0.0.0/0", "203.0.113.7", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "fe80::1", true),
        ("fd00::/8,::1/128", "::1", true),
        ("fd00::/8", "fe00::1", false),
        ("", "127.0.0.1", false),
    ] {
        let list: Networks = networks.parse().expect(networks);
        assert_eq!(list.contains(address.parse().expect(address)), is_in, "{address} in {networks}");
    }
    for wrong in ["10.0.0.0", "10.0.0.0/33", "::1/129", "10.0.0/8", "localhost/8", "10.0.0.0/-1", "10.0.0.0/8;::1/128"]
    {
        assert!(wrong.parse::<Networks>().is_err(), "{wrong}");
    }
}
