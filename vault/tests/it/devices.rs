//! Devices, preferences, and the pushes that wait for devices.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use kernel::{CommandId, MemberId, Place, Position, Sealed, StreamId, Version};
use uuid::Uuid;
use vault::{
    Credentials, DeviceCommand, DeviceOutcome, Devices, DuePush, Erasures, KeptPreferences, KnownNetworks,
    MessageBudget, Messages, NewDevice, NewMessage, NewNotification, Notice, Notifications, QUIET_HOURS, VaultError,
};

use crate::fixture::{VaultFixture, id, later, member, now};

const DONE: DeviceOutcome = DeviceOutcome::Done { replayed: false };

fn command() -> DeviceCommand {
    DeviceCommand { id: CommandId::new(id()), fingerprint: [7; 16] }
}

/// A device with a token of this name. What is sealed is the business of others.
fn device(device: Uuid, token_name: Uuid) -> NewDevice {
    NewDevice {
        device,
        platform: "android",
        token: Sealed::new("sealed"),
        token_name,
        masked: Sealed::new("masked"),
        locale: "ko".to_owned(),
        zone: "Asia/Seoul".to_owned(),
    }
}

fn preferences(push: &[&str], email: &[&str]) -> KeptPreferences {
    let words = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
    KeptPreferences { push: words(push), email: words(email), quiet: None }
}

fn notification(member: MemberId, kind: &'static str) -> NewNotification {
    NewNotification { id: id(), member, kind, about: "KRW 5".to_owned(), at: now(), until: later(600), mail: None }
}

fn mail(member: MemberId) -> NewMessage {
    let place = Place { stream: StreamId::new(member.uuid()), version: Version::new(1), field: "contact" };
    NewMessage {
        position: Position::ZERO,
        member,
        channel: "email",
        contact: Sealed::new("sealed"),
        stream: place.stream,
        version: place.version,
        field: place.field,
        notice: Notice::MoneyReceived,
        until: None,
        code_contact: None,
        charge: None,
    }
}

async fn enqueue(fixture: &VaultFixture, notifications: &[NewNotification], from: i64, to: i64) -> bool {
    let (from, to) = (Position::new(from), Position::new(to));
    fixture.vault.enqueue_notifications(notifications, MessageBudget::default(), now(), from, to).await.unwrap()
}

async fn take(fixture: &VaultFixture, at: DateTime<Utc>) -> Vec<DuePush> {
    let mut due = fixture.vault.take_due_pushes(at, at + TimeDelta::seconds(60), 100).await.unwrap();
    due.sort_by_key(|push| (push.member.uuid(), push.device));
    due
}

#[tokio::test]
async fn a_device_is_kept_once_and_a_command_is_answered_once() {
    let fixture = VaultFixture::new().await;
    let (one, _) = fixture.joined().await;
    let (phone, token, first) = (id(), id(), command());
    let keep = async |command, device: &NewDevice| fixture.vault.keep_device(one, command, device, 2).await.unwrap();
    assert_eq!(keep(first, &device(phone, token)).await, DONE);
    assert_eq!(keep(first, &device(phone, token)).await, DeviceOutcome::Done { replayed: true });
    let other = DeviceCommand { fingerprint: [8; 16], ..first };
    assert_eq!(keep(other, &device(phone, token)).await, DeviceOutcome::KeyReused);
    assert_eq!(keep(command(), &device(phone, id())).await, DONE, "another token for the same device");
    assert_eq!(keep(command(), &device(id(), id())).await, DONE);
    let third = command();
    assert_eq!(keep(third, &device(id(), id())).await, DeviceOutcome::TooMany { replayed: false });
    assert_eq!(keep(third, &device(id(), id())).await, DeviceOutcome::TooMany { replayed: true });
    assert_eq!(fixture.count("devices").await, 2);
    // A replay of an old registration does not bring a removed device back.
    let remove = command();
    assert_eq!(fixture.vault.remove_device(one, remove, phone).await.unwrap(), DONE);
    assert_eq!(keep(first, &device(phone, token)).await, DeviceOutcome::Done { replayed: true });
    assert_eq!(fixture.vault.remove_device(one, remove, phone).await.unwrap(), DeviceOutcome::Done { replayed: true });
    assert_eq!(fixture.vault.remove_device(one, command(), phone).await.unwrap(), DeviceOutcome::Unknown);
    assert_eq!(fixture.count("devices").await, 1);
    let nobody = fixture.vault.keep_device(member(), command(), &device(id(), id()), 2).await;
    assert!(matches!(nobody, Err(VaultError::Erased)));
    let shown = fixture.reader().devices(one).await.unwrap();
    assert_eq!((shown.len(), shown[0].platform.as_str(), shown[0].masked.as_str()), (1, "android", "masked"));
    fixture.end().await;
}

#[tokio::test]
async fn a_token_belongs_to_who_registered_it_last() {
    let fixture = VaultFixture::new().await;
    let ((one, _), (two, _)) = (fixture.joined().await, fixture.joined().await);
    let (phone, token) = (id(), id());
    fixture.vault.keep_device(one, command(), &device(phone, token), 10).await.unwrap();
    fixture.vault.begin_notifications(Position::ZERO).await.unwrap();
    assert!(enqueue(&fixture, &[notification(one, "money.received")], 0, 1).await);
    fixture.vault.keep_device(two, command(), &device(phone, token), 10).await.unwrap();
    assert!(fixture.reader().devices(one).await.unwrap().is_empty());
    assert!(take(&fixture, now()).await.is_empty(), "what waited for the first owner is gone");
    assert!(enqueue(&fixture, &[notification(two, "money.received")], 1, 2).await);
    assert_eq!(take(&fixture, now()).await[0].member, two);
    fixture.end().await;
}

#[tokio::test]
async fn the_cursor_and_the_pushes_move_together() {
    let fixture = VaultFixture::new().await;
    let (one, _) = fixture.joined().await;
    let cursor = async || fixture.vault.notification_cursor().await.unwrap();
    assert_eq!((cursor().await.position, cursor().await.anybody), (None, false));
    fixture.vault.begin_notifications(Position::new(5)).await.unwrap();
    fixture.vault.begin_notifications(Position::new(9)).await.unwrap();
    assert_eq!(cursor().await.position, Some(Position::new(5)), "it begins once");
    let early = notification(one, "money.received");
    fixture.vault.keep_device(one, command(), &device(id(), id()), 10).await.unwrap();
    fixture.vault.keep_device(one, command(), &device(id(), id()), 10).await.unwrap();
    assert!(cursor().await.anybody);
    let mailed = NewNotification { mail: Some(mail(one)), ..notification(one, "money.received") };
    assert!(enqueue(&fixture, &[early, mailed.clone()], 5, 8).await);
    assert!(!enqueue(&fixture, std::slice::from_ref(&mailed), 5, 8).await, "another server was faster");
    assert_eq!(fixture.count("pushes").await, 2, "one for each device, none of what was before them");
    assert_eq!(fixture.count("messages").await, 1);
    // The same notification again, as after the restore of a backup, is the same push.
    assert!(enqueue(&fixture, &[NewNotification { mail: None, ..mailed }], 8, 9).await);
    assert_eq!(fixture.count("pushes").await, 2);
    let letters = fixture.vault.take_due(now(), later(60), 10).await.unwrap();
    assert!(letters[0].message.position < Position::ZERO, "no event has that number");
    fixture.end().await;
}

#[tokio::test]
async fn only_what_is_wanted_waits_and_quiet_hours_are_looked_at_again() {
    let fixture = VaultFixture::new().await;
    let (one, _) = fixture.joined().await;
    fixture.vault.keep_device(one, command(), &device(id(), id()), 10).await.unwrap();
    fixture.vault.begin_notifications(Position::ZERO).await.unwrap();
    let wanted = KeptPreferences {
        quiet: NaiveTime::from_hms_opt(22, 0, 0).zip(NaiveTime::from_hms_opt(7, 0, 0)),
        ..preferences(&["hold.placed"], &["money.received"])
    };
    fixture.vault.set_preferences(one, command(), &wanted).await.unwrap();
    assert_eq!(fixture.reader().preferences(one).await.unwrap(), Some(wanted.clone()));
    let wishes = fixture.vault.wishes(&[one, member()]).await.unwrap();
    assert_eq!((wishes.len(), wishes[0].has_devices, &wishes[0].email), (1, true, &wanted.email));
    let both = [notification(one, "money.received"), notification(one, "hold.placed")];
    assert!(enqueue(&fixture, &both, 0, 1).await);
    let due = take(&fixture, now()).await;
    assert_eq!((due.len(), due[0].kind.as_str(), due[0].quiet), (1, "hold.placed", wanted.quiet));
    assert_eq!((due[0].is_wanted, due[0].attempts, due[0].token.as_str()), (true, 0, "sealed"));
    assert!(take(&fixture, now()).await.is_empty(), "it is leased");
    fixture.vault.postpone_push(&due[0], later(3_600), QUIET_HOURS).await.unwrap();
    assert!(take(&fixture, now()).await.is_empty());
    fixture.vault.set_preferences(one, command(), &preferences(&[], &[])).await.unwrap();
    let again = take(&fixture, now()).await;
    assert_eq!((again.len(), again[0].is_wanted, again[0].attempts), (1, false, 1));
    fixture.vault.settle_push(&again[0]).await.unwrap();
    assert_eq!(fixture.vault.waiting_pushes().await.unwrap(), 0);
    fixture.end().await;
}

#[tokio::test]
async fn a_token_that_is_good_for_nothing_goes_unless_it_was_replaced() {
    let fixture = VaultFixture::new().await;
    let (one, _) = fixture.joined().await;
    let phone = id();
    fixture.vault.keep_device(one, command(), &device(phone, id()), 10).await.unwrap();
    fixture.vault.begin_notifications(Position::ZERO).await.unwrap();
    assert!(enqueue(&fixture, &[notification(one, "hold.placed")], 0, 1).await);
    let due = take(&fixture, now()).await;
    fixture.vault.keep_device(one, command(), &device(phone, id()), 10).await.unwrap();
    fixture.vault.forget_token(&due[0]).await.unwrap();
    assert_eq!(fixture.count("devices").await, 1, "it has another token by now");
    let due = take(&fixture, later(61)).await;
    fixture.vault.forget_token(&due[0]).await.unwrap();
    assert_eq!((fixture.count("devices").await, fixture.count("pushes").await), (0, 0));
    fixture.end().await;
}

#[tokio::test]
async fn a_log_in_from_a_new_network_is_told_once() {
    let fixture = VaultFixture::new().await;
    let (one, _) = fixture.joined().await;
    fixture.vault.keep_device(one, command(), &device(id(), id()), 10).await.unwrap();
    let network = id();
    assert!(fixture.vault.is_new_network(one, network).await.unwrap());
    for _ in 0..2 {
        let told = NewNotification { mail: Some(mail(one)), ..notification(one, "login.new_device") };
        fixture.vault.note_log_in(one, network, &told).await.unwrap();
    }
    assert!(!fixture.vault.is_new_network(one, network).await.unwrap());
    assert_eq!((fixture.count("pushes").await, fixture.count("messages").await), (1, 1));
    let elsewhere = id();
    fixture.vault.remember_network(one, elsewhere).await.unwrap();
    assert!(!fixture.vault.is_new_network(one, elsewhere).await.unwrap());
    fixture.end().await;
}

#[tokio::test]
async fn all_of_it_goes_with_the_member() {
    let fixture = VaultFixture::new().await;
    let (one, _) = fixture.joined().await;
    fixture.vault.keep_device(one, command(), &device(id(), id()), 10).await.unwrap();
    fixture.vault.set_preferences(one, command(), &preferences(&["hold.placed"], &[])).await.unwrap();
    fixture.vault.begin_notifications(Position::ZERO).await.unwrap();
    assert!(enqueue(&fixture, &[notification(one, "hold.placed")], 0, 1).await);
    let certificate = fixture.vault.erase(id(), one, "member", now(), now()).await.unwrap();
    assert!(certificate.destroyed.contains(&("devices".to_owned(), 1)));
    for table in ["devices", "pushes", "notification_preferences", "device_commands"] {
        assert_eq!(fixture.count(table).await, 0, "{table}");
    }
    assert!(enqueue(&fixture, &[notification(one, "hold.placed")], 1, 2).await, "there is nobody to tell");
    assert!(fixture.vault.of(one).await.unwrap().is_none());
    fixture.end().await;
}
