//! The back office: messages, endings, and the vault brought after the log.

use kernel::Place;
use secrecy::ExposeSecret;
use vault::{Credentials, Keys, Messages, Notice};

use super::{
    faulty_vault::Break,
    town::{Town, email, hash, meta, refused, until},
};

/// Waits until the office has worked off everything there is.
async fn level(town: &Town) {
    until("the office is level", || async {
        let last = town
            .log
            .commits()
            .iter()
            .rev()
            .find(|c| {
                c.events.iter().any(|e| {
                    !matches!(
                        e.event_type.as_str(),
                        "NameReserved"
                            | "NameReleased"
                            | "MemberJoined"
                            | "SignUpCodeRefused"
                            | "ContactCodeRefused"
                            | "CommandRefused"
                            | "PersonalDataDisclosed"
                    )
                })
            })
            .map_or(0, |c| c.first.number());
        town.vault.real.cursor().await.expect("the vault").number() >= last
    })
    .await;
}

#[tokio::test]
async fn every_event_that_asks_for_a_message_gets_one_to_the_right_contact() {
    let town = Town::new().await;
    let office = town.office();
    let sent = town.sign_up("s", "minsu", "kim@example.com").await.expect("sent").answer;
    town.wait(30);
    town.members.resend(sent.id, meta("r")).await.expect("sent");
    // Whom a contact belongs to is judged when its message is queued, so each message is waited for.
    level(&town).await;
    let member = town.members.verify(sent.id, town.code(sent.id, 2), None, meta("v")).await.expect("a member").answer;
    town.sign_up("decoy", "other", "kim@example.com").await.expect("sent");
    level(&town).await;
    town.members.change_contact(member, email("new@example.com"), meta("c")).await.expect("sent");
    town.members.verify_contact(member, town.code(member.uuid(), 1), meta("cv")).await.expect("moved");
    town.members.password_changed(member, hash("second"), meta("p")).await.expect("changed");
    level(&town).await;
    let mut got = Vec::new();
    for due in town.messages().await {
        let message = due.message;
        let key = town.vault.key(message.member).await.expect("the vault").expect("a key");
        let place = Place { stream: message.stream, version: message.version, field: message.field };
        let to = key.open(&place, &message.contact).expect("it opens where it stands").expose_secret().to_owned();
        assert_eq!(message.channel, "email");
        got.push((message.notice, to));
    }
    let sign_up = sent.id;
    let to = |address: &str| address.to_owned();
    assert_eq!(
        got,
        [
            (Notice::SignUpCode { sign_up, serial: 1 }, to("kim@example.com")),
            (Notice::SignUpCode { sign_up, serial: 2 }, to("kim@example.com")),
            (Notice::ContactIsMember, to("kim@example.com")),
            (Notice::ContactCode { member, serial: 1 }, to("new@example.com")),
            (Notice::ContactReplaced, to("kim@example.com")),
            (Notice::PasswordChanged, to("new@example.com")),
        ]
    );
    office.stop().await;
    town.end().await;
}

#[tokio::test]
async fn two_offices_queue_every_message_once() {
    let town = Town::new().await;
    let (one, two) = (town.office(), town.office());
    for n in 0..20 {
        town.sign_up(&format!("s{n}"), &format!("minsu_{n}"), &format!("k{n}@example.com")).await.expect("sent");
    }
    until("all are queued", || async { town.messages().await.len() == 20 }).await;
    one.kill().await;
    two.stop().await;
    assert_eq!(town.messages().await.len(), 20);
    town.end().await;
}

#[tokio::test]
async fn a_message_is_queued_once_whatever_the_vault_answers() {
    let town = Town::new().await;
    for (before, how) in [Break::Before, Break::After].into_iter().enumerate() {
        for call in ["enqueue", "cursor"] {
            town.vault.break_next(call, how);
        }
        let office = town.office();
        for n in [2 * before, 2 * before + 1] {
            let login = format!("minsu_{n}");
            town.sign_up(&login, &login, &format!("{login}@example.com")).await.expect("sent");
            level(&town).await;
            assert_eq!(town.messages().await.len(), n + 1, "{how:?}");
        }
        office.stop().await;
    }
    town.end().await;
}

#[tokio::test]
async fn a_sign_up_out_of_time_is_ended_and_what_it_left_is_destroyed() {
    let mut town = Town::new().await;
    let office = town.office();
    town.sign_up("s", "minsu", "kim@example.com").await.expect("sent");
    let member = town.log.commits()[0].actor.id;
    level(&town).await;
    office.stop().await;
    town.wait(3599);
    town.restart();
    let office = town.office();
    town.wait(1);
    until("it is ended", || async { town.log.count("SignUpEnded") == 1 }).await;
    assert_eq!(town.log.count("NameReleased"), 0, "it held no name");
    until("its key is destroyed", || async { town.vault.real.key(member).await.expect("the vault").is_none() }).await;
    office.stop().await;
    let office = town.office();
    town.sign_up("t", "minsu", "x@example.com").await.expect("the login is free");
    level(&town).await;
    assert_eq!(town.log.count("SignUpEnded"), 1, "ended once");
    office.stop().await;
    town.end().await;
}

#[tokio::test]
async fn what_never_reached_the_log_is_swept_and_what_did_is_not() {
    let town = Town::new().await;
    let member = town.joined("minsu", "kim@example.com").await;
    town.log.fail_next(crate::memory_log::Fault::Away);
    town.sign_up("s", "minji", "lee@example.com").await.expect_err("the log is away");
    town.wait(3 * 3600);
    assert_eq!(
        town.vault.real.sweep(kernel::Clock::now(&kernel::SystemClock)).await.expect("the vault"),
        2,
        "a key, a password"
    );
    assert!(town.vault.key(member).await.expect("the vault").is_some());
    let office = town.office();
    town.joined("minji", "lee@example.com").await;
    office.stop().await;
    town.end().await;
}

#[tokio::test]
async fn the_others_end_when_the_first_is_verified_and_the_log_tells_it_at_their_time() {
    let town = Town::new().await;
    let office = town.office();
    let lost = town.sign_up("s", "minsu", "kim@example.com").await.expect("sent").answer;
    let first = town.log.commits()[0].actor.id;
    let second = town.sign_up("t", "minsu", "kim@example.com").await.expect("sent").answer;
    level(&town).await;
    assert!(town.vault.real.key(first).await.expect("the vault").is_some(), "both are pending");
    let member = town.members.verify(second.id, town.code(second.id, 1), None, meta("v")).await.expect("won").answer;
    until("the other is over", || async {
        town.vault.real.pending(lost.id).await.expect("the vault").is_some_and(|pending| pending.ended)
    })
    .await;
    assert!(town.vault.real.key(member).await.expect("the vault").is_some());
    assert_eq!(town.log.count("SignUpEnded"), 0, "nothing in the log tells its stranger");
    let wrong = town.members.verify(lost.id, town.wrong_code(lost.id, 1), None, meta("w")).await;
    assert_eq!(refused(wrong), ("code-wrong", Some(4)));
    let right = town.members.verify(lost.id, town.code(lost.id, 1), None, meta("r")).await;
    assert_eq!(refused(right), ("signup-ended", None));
    town.wait(3600);
    until("it ends with its time", || async { town.log.count("SignUpEnded") == 1 }).await;
    until("its key is destroyed", || async { town.vault.real.key(first).await.expect("the vault").is_none() }).await;
    office.stop().await;
    town.end().await;
}

/// The log goes back to before what the office has seen, and forward again past it: what is there now is followed all the same.
#[tokio::test]
async fn a_log_that_is_restored_under_a_running_office_is_followed_from_where_it_parted() {
    let town = Town::new().await;
    let member = town.joined("minsu", "kim@example.com").await;
    let office = town.office();
    level(&town).await;
    let kept = town.log.commits().len();
    for n in 0..6 {
        town.teller.funded(&format!("lost {n}"), 100).await;
    }
    let lost = town.log.commits().len();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    town.log.restore(kept);
    let (erasing, mut number) = (meta("e"), 0);
    town.members.request_erasure(member, super::town::as_member(member), None, erasing).await.expect("leaving");
    let again = crate::teller::Teller::on(town.log.clone(), "server-1", |_| {});
    while town.log.commits().len() <= lost {
        again.open(crate::teller::member(7), &format!("new {number}")).await;
        number += 1;
    }
    until("the member is erased", || async { town.log.count("MemberErased") == 1 }).await;
    office.stop().await;
    town.end().await;
}
