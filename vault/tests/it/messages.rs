//! The queue of messages.

use futures::future::join_all;
use kernel::{CommandId, CommitRef, MemberId, Position, Sealed, StreamId, Version};
use uuid::Uuid;
use vault::{Charge, Credentials, Erasures, Keys, MessageBudget, Messages, NewMessage, Notice, Queued, SentCode};

use crate::fixture::{VaultFixture, id, later, member, now};

fn message(position: i64, member: MemberId, notice: Notice) -> NewMessage {
    NewMessage {
        position: Position::new(position),
        member,
        channel: "email",
        contact: Sealed::new("c2VhbGVk"),
        stream: StreamId::new(id()),
        version: Version::new(3),
        field: "contact",
        notice,
        until: Some(later(600)),
        code_contact: None,
        charge: None,
    }
}

async fn serials_sent(fixture: &VaultFixture, subject: Uuid) -> Vec<u32> {
    fixture.vault.codes_sent(subject).await.unwrap().into_iter().map(|code| code.serial).collect()
}

async fn enqueue(fixture: &VaultFixture, messages: &[NewMessage], from: i64, to: i64) -> bool {
    let budget = MessageBudget::default();
    fixture
        .vault
        .enqueue(messages, budget, now(), Position::new(from), Position::new(to), None)
        .await
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn what_is_queued_comes_out_as_it_was_and_again_until_it_is_settled() {
    let fixture = VaultFixture::new().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    let mut messages = vec![
        message(3, member, Notice::SignUpCode { sign_up: id(), serial: 4_000_000_000 }),
        message(5, member, Notice::ContactIsMember),
        message(6, member, Notice::ContactCode { member, serial: 2 }),
        message(8, member, Notice::ContactReplaced),
        message(9, member, Notice::PasswordChanged),
    ];
    messages[3].field = "old_contact";
    messages[3].channel = "phone";
    messages[4].until = None;
    assert!(enqueue(&fixture, &messages, 0, 20).await);
    assert_eq!(fixture.vault.cursor().await.unwrap(), Position::new(20));
    let mut due = fixture.vault.take_due(now(), later(30), 100).await.unwrap();
    due.sort_by_key(|due| due.message.position);
    assert_eq!(due.iter().map(|due| due.message.clone()).collect::<Vec<_>>(), messages);
    assert!(due.iter().all(|due| due.attempts == 0));
    assert!(fixture.vault.take_due(later(29), later(60), 100).await.unwrap().is_empty(), "they are leased");

    fixture.vault.settle_message(Position::new(3)).await.unwrap();
    fixture.vault.settle_message(Position::new(3)).await.unwrap();
    fixture.vault.postpone(Position::new(5), later(300), "the provider answered 503").await.unwrap();
    let again = fixture.vault.take_due(later(31), later(60), 100).await.unwrap();
    assert_eq!(again.len(), 3, "neither the sent nor the postponed");
    assert!(again.iter().all(|due| due.attempts == 1));
    assert_eq!(fixture.vault.take_due(later(301), later(400), 100).await.unwrap().len(), 4);
    fixture.end().await;
}

#[tokio::test]
async fn of_servers_that_bring_the_same_events_one_moves_the_cursor() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    let mut expected = 0;
    for round in 0..10 {
        let (from, to) = (round * 10, round * 10 + 10);
        let messages =
            [message(from + 1, member, Notice::PasswordChanged), message(to, member, Notice::PasswordChanged)];
        let moved = join_all((0..8).map(|n| {
            let vault = if n % 2 == 0 { &fixture.vault } else { &other };
            vault.enqueue(&messages, MessageBudget::default(), now(), Position::new(from), Position::new(to), None)
        }))
        .await;
        assert_eq!(moved.into_iter().filter(|moved| moved.as_ref().unwrap().is_some()).count(), 1);
        expected += 2;
        assert_eq!(fixture.count("messages").await, expected, "each message once");
    }
    assert!(!enqueue(&fixture, &[message(500, member, Notice::PasswordChanged)], 90, 500).await);
    assert!(enqueue(&fixture, &[], 100, 200).await);
    fixture.end().await;
}

#[tokio::test]
async fn workers_that_take_at_once_take_each_message_once() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    let messages: Vec<_> = (1..=100).map(|n| message(n, member, Notice::PasswordChanged)).collect();
    assert!(enqueue(&fixture, &messages, 0, 100).await);
    let taken = join_all((0..20).map(|n| {
        let vault = if n % 2 == 0 { &fixture.vault } else { &other };
        vault.take_due(now(), later(30), 7)
    }))
    .await;
    let mut positions: Vec<i64> =
        taken.into_iter().flat_map(Result::unwrap).map(|due| due.message.position.number()).collect();
    positions.extend(
        fixture.vault.take_due(now(), later(30), 100).await.unwrap().iter().map(|d| d.message.position.number()),
    );
    positions.sort();
    assert_eq!(positions, (1..=100).collect::<Vec<_>>());
    fixture.end().await;
}

#[tokio::test]
async fn to_an_erased_member_nothing_is_sent() {
    let fixture = VaultFixture::new().await;
    let (erased, _) = fixture.joined().await;
    let (other, _) = fixture.joined().await;
    let both = |n| [message(n, erased, Notice::ContactReplaced), message(n + 1, other, Notice::ContactReplaced)];
    assert!(enqueue(&fixture, &both(1), 0, 2).await);
    fixture.vault.erase(id(), erased, "member:x", now(), now()).await.unwrap();
    assert!(enqueue(&fixture, &both(3), 2, 4).await, "events from before the erasure that are processed after it");
    let due = fixture.vault.take_due(now(), later(30), 10).await.unwrap();
    assert_eq!(due.len(), 2);
    assert!(due.iter().all(|due| due.message.member == other));
    fixture.end().await;
}

#[tokio::test]
async fn what_waits_is_counted_by_channel_with_the_age_of_the_oldest() {
    let fixture = VaultFixture::new().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    assert_eq!(fixture.vault.waiting_messages().await.unwrap(), []);
    let mut messages = [1, 2, 3].map(|position| message(position, member, Notice::PasswordChanged));
    messages[2].channel = "phone";
    assert!(enqueue(&fixture, &messages, 0, 3).await);
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let mut waiting = fixture.vault.waiting_messages().await.unwrap();
    waiting.sort_by_key(|waiting| waiting.channel.clone());
    assert_eq!(waiting.iter().map(|w| (w.channel.as_str(), w.count)).collect::<Vec<_>>(), [("email", 2), ("phone", 1)]);
    assert!(waiting.iter().all(|w| (20..60_000).contains(&w.oldest.as_millis())), "{waiting:?}");
    fixture.vault.settle_message(Position::new(3)).await.unwrap();
    assert_eq!(fixture.vault.waiting_messages().await.unwrap().len(), 1);
    fixture.end().await;
}

/// Queues one message to a contact, charged to an origin; whether it may be sent.
struct Post<'a> {
    fixture: &'a VaultFixture,
    member: MemberId,
    position: i64,
}

impl Post<'_> {
    async fn to(&mut self, contact: StreamId, origin: Option<Uuid>, seconds: i64) -> bool {
        let charge = Some(Charge { contact, origin });
        let message = NewMessage { charge, ..message(self.position + 1, self.member, Notice::ContactIsMember) };
        let (from, to) = (Position::new(self.position), Position::new(self.position + 1));
        self.position += 1;
        let budget = MessageBudget::default();
        let queued = self.fixture.vault.enqueue(&[message], budget, later(seconds), from, to, None).await.unwrap();
        queued.unwrap() == Queued { held: 0 }
    }
}

#[tokio::test]
async fn five_messages_an_hour_and_twenty_a_day_reach_one_contact() {
    let fixture = VaultFixture::new().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    let mut post = Post { fixture: &fixture, member, position: 0 };
    let (contact, other) = (StreamId::new(id()), StreamId::new(id()));
    const HOUR: i64 = 3600;
    for hour in 0..4 {
        for n in 0..7 {
            assert_eq!(post.to(contact, None, hour * HOUR + n).await, n < 5, "hour {hour}, message {n}");
        }
        assert!(post.to(other, None, hour * HOUR).await, "another contact is another matter");
    }
    assert!(!post.to(contact, None, 5 * HOUR).await, "twenty in a day");
    assert!(post.to(contact, None, 24 * HOUR + 10).await, "and then again");
    assert_eq!(fixture.count("messages").await, 20 + 4 + 1, "what was held is not queued");
    fixture.end().await;
}

#[tokio::test]
async fn one_origin_leaves_something_for_others() {
    let fixture = VaultFixture::new().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    let mut post = Post { fixture: &fixture, member, position: 0 };
    let (contact, stranger, owner) = (StreamId::new(id()), Some(id()), Some(id()));
    for n in 0..8 {
        assert_eq!(post.to(contact, stranger, n).await, n < 4);
    }
    assert!(post.to(contact, owner, 9).await);
    assert!(!post.to(contact, owner, 10).await, "that was the fifth");
    for hour in 1..5 {
        for n in 0..8 {
            post.to(contact, stranger, hour * 3600 + 20 + n).await;
        }
    }
    assert!(post.to(contact, owner, 5 * 3600).await, "sixteen a day are the most that one origin causes");
    fixture.end().await;
}

#[tokio::test]
async fn a_code_counts_as_sent_when_its_message_is_queued() {
    let fixture = VaultFixture::new().await;
    let (sign_up, member, contact) = (id(), member(), StreamId::new(id()));
    fixture.vault.make_key(member).await.unwrap();
    fixture.vault.keep_pending(sign_up, member, &crate::fixture::hash("x"), Some(id())).await.unwrap();
    let charge = Some(Charge { contact, origin: None });
    let code = |serial: u32| NewMessage {
        charge,
        stream: StreamId::new(sign_up),
        ..message(serial.into(), member, Notice::SignUpCode { sign_up, serial })
    };
    assert!(serials_sent(&fixture, sign_up).await.is_empty());
    // The address the sign-up came from is charged: it causes four of them.
    let all: Vec<_> = (1..=6).map(code).collect();
    let budget = MessageBudget::default();
    let queued = fixture.vault.enqueue(&all, budget, now(), Position::ZERO, Position::new(6), None).await.unwrap();
    assert_eq!(queued, Some(Queued { held: 2 }));
    let mut sent = serials_sent(&fixture, sign_up).await;
    sent.sort_unstable();
    assert_eq!(sent, [1, 2, 3, 4]);
    let nobody = NewMessage { charge, ..message(7, crate::fixture::member(), Notice::ContactIsMember) };
    let queued =
        fixture.vault.enqueue(&[nobody], budget, now(), Position::new(6), Position::new(7), None).await.unwrap();
    assert_eq!(queued, Some(Queued { held: 1 }), "to whom nothing can be sent, nothing is charged");
    fixture.end().await;
}

/// A log that was restored gives its positions out again: what was counted at one of them is no other message's.
#[tokio::test]
async fn a_message_at_a_position_of_a_lost_history_is_sent() {
    let fixture = VaultFixture::new().await;
    let (member, _) = fixture.joined().await;
    let contact = StreamId::new(id());
    let code = |sign_up: Uuid| NewMessage {
        charge: Some(Charge { contact, origin: None }),
        ..message(7, member, Notice::SignUpCode { sign_up, serial: 1 })
    };
    let (lost, new) = (id(), id());
    assert!(enqueue(&fixture, &[code(lost)], 0, 7).await);
    fixture.execute("delete from vault.messages; update vault.message_cursor set position = 0").await;
    assert!(enqueue(&fixture, &[code(new)], 0, 7).await);
    assert_eq!(serials_sent(&fixture, new).await, [1]);
    assert!(serials_sent(&fixture, lost).await.is_empty());
    assert_eq!(fixture.count("messages").await, 1);
    fixture.end().await;
}

#[tokio::test]
async fn the_cursor_takes_the_commit_with_it_that_was_seen() {
    let fixture = VaultFixture::new().await;
    let seen = |position| CommitRef {
        position: Position::new(position),
        command_id: CommandId::new(id()),
        recorded_at: now(),
    };
    let (first, second) = (seen(12), seen(40));
    let budget = MessageBudget::default();
    let (zero, ten, forty) = (Position::ZERO, Position::new(10), Position::new(40));
    assert!(fixture.vault.enqueue(&[], budget, now(), zero, ten, Some(first)).await.unwrap().is_some());
    assert_eq!(fixture.vault.noted_commit().await.unwrap(), Some(first));
    assert!(fixture.vault.enqueue(&[], budget, now(), zero, forty, Some(second)).await.unwrap().is_none());
    assert_eq!(fixture.vault.noted_commit().await.unwrap(), Some(first), "another server was faster");
    assert!(fixture.vault.enqueue(&[], budget, now(), ten, forty, Some(second)).await.unwrap().is_some());
    assert_eq!(fixture.vault.noted_commit().await.unwrap(), Some(second));
    fixture.end().await;
}

#[tokio::test]
async fn a_code_is_bound_to_the_contact_that_it_was_sent_to() {
    let fixture = VaultFixture::new().await;
    let (member, _) = fixture.joined().await;
    let contacts = [StreamId::new(id()), StreamId::new(id())];
    let names = fixture.vault.names();
    let [one, other] = contacts.map(|contact| names.code_to(contact, StreamId::new(member.uuid()), 1));
    assert_ne!(one, other);
    assert_ne!(one, names.code(StreamId::new(member.uuid()), 1));
    let bound = NewMessage {
        code_contact: Some(contacts[0]),
        charge: Some(Charge { contact: contacts[0], origin: None }),
        ..message(1, member, Notice::ContactCode { member, serial: 1 })
    };
    assert!(enqueue(&fixture, &[bound], 0, 1).await);
    let sent = fixture.vault.codes_sent(member.uuid()).await.unwrap();
    assert_eq!(sent, [SentCode { serial: 1, contact: Some(contacts[0]) }]);
    let due = fixture.vault.take_due(later(1), later(2), 10).await.unwrap();
    assert_eq!(due[0].message.code_contact, Some(contacts[0]), "the courier writes the same code");
    fixture.end().await;
}
