//! The process runner: messages, endings, and the vault brought up to the log.

use std::sync::{Arc, atomic::Ordering};

use kernel::Place;
use secrecy::ExposeSecret;
use vault::{Credentials, Keys, Messages, Notice};

use super::{
    app::{TestApp, email, hash, meta, refused, until},
    faulty_vault::Break,
};
use crate::memory_processes::MemoryProcesses;

/// Waits until the runner has worked off everything there is.
async fn level(app: &TestApp) {
    until("the runner is level", || async {
        let last = app
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
        app.vault.real.cursor().await.expect("the vault").number() >= last
    })
    .await;
}

#[tokio::test]
async fn every_event_that_asks_for_a_message_gets_one_to_the_right_contact() {
    let app = TestApp::new().await;
    let runner = app.runner();
    let sent = app.sign_up("s", "minsu", "kim@example.com").await.expect("sent").answer;
    app.wait(30);
    app.members.resend(sent.id, meta("r")).await.expect("sent");
    // Whom a contact belongs to is judged when its message is queued, so each message is waited for.
    level(&app).await;
    let member = app.members.verify(sent.id, app.code(sent.id, 2), None, meta("v")).await.expect("a member").answer;
    app.sign_up("decoy", "other", "kim@example.com").await.expect("sent");
    level(&app).await;
    app.members.change_contact(member, email("new@example.com"), meta("c")).await.expect("sent");
    app.members.verify_contact(member, app.code(member.uuid(), 1), meta("cv")).await.expect("moved");
    app.members.password_changed(member, hash("second"), meta("p")).await.expect("changed");
    level(&app).await;
    let mut got = Vec::new();
    for due in app.messages().await {
        let message = due.message;
        let key = app.vault.key(message.member).await.expect("the vault").expect("a key");
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
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn two_runners_queue_every_message_once() {
    let app = TestApp::new().await;
    let (one, two) = (app.runner(), app.runner());
    for n in 0..20 {
        app.sign_up(&format!("s{n}"), &format!("minsu_{n}"), &format!("k{n}@example.com")).await.expect("sent");
    }
    until("all are queued", || async { app.messages().await.len() == 20 }).await;
    one.kill().await;
    two.stop().await;
    assert_eq!(app.messages().await.len(), 20);
    app.end().await;
}

/// The first start on a bank with history: its instances are made of all events since the beginning.
#[tokio::test]
async fn new_messages_do_not_wait_until_old_instances_are_made() {
    let mut app = TestApp::new().await;
    let runner = app.runner();
    app.sign_up("s", "minsu", "kim@example.com").await.expect("sent");
    level(&app).await;
    runner.stop().await;
    app.processes = Arc::new(MemoryProcesses::default());
    app.processes.is_broken.store(true, Ordering::SeqCst);
    let runner = app.runner();
    app.sign_up("t", "jiwoo", "lee@example.com").await.expect("sent");
    until("its message is queued", || async { app.messages().await.len() == 2 }).await;
    assert_eq!(app.processes.states("sign-up-expiry"), []);
    app.processes.is_broken.store(false, Ordering::SeqCst);
    until("the instances are made", || async { app.processes.states("sign-up-expiry").len() == 2 }).await;
    assert_eq!(app.messages().await.len(), 2);
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_message_is_queued_once_whatever_the_vault_answers() {
    let app = TestApp::new().await;
    for (before, how) in [Break::Before, Break::After].into_iter().enumerate() {
        for call in ["enqueue", "cursor"] {
            app.vault.break_next(call, how);
        }
        let runner = app.runner();
        for n in [2 * before, 2 * before + 1] {
            let login = format!("minsu_{n}");
            app.sign_up(&login, &login, &format!("{login}@example.com")).await.expect("sent");
            level(&app).await;
            assert_eq!(app.messages().await.len(), n + 1, "{how:?}");
        }
        runner.stop().await;
    }
    app.end().await;
}

#[tokio::test]
async fn a_sign_up_out_of_time_is_ended_and_what_it_left_is_destroyed() {
    let mut app = TestApp::new().await;
    let runner = app.runner();
    app.sign_up("s", "minsu", "kim@example.com").await.expect("sent");
    let member = app.log.commits()[0].actor.id;
    level(&app).await;
    runner.stop().await;
    app.wait(3599);
    app.restart();
    let runner = app.runner();
    app.wait(1);
    until("it is ended", || async { app.log.count("SignUpEnded") == 1 }).await;
    assert_eq!(app.log.count("NameReleased"), 0, "it held no name");
    until("its key is destroyed", || async { app.vault.real.key(member).await.expect("the vault").is_none() }).await;
    runner.stop().await;
    let runner = app.runner();
    app.sign_up("t", "minsu", "x@example.com").await.expect("the login is free");
    level(&app).await;
    assert_eq!(app.log.count("SignUpEnded"), 1, "ended once");
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn what_never_reached_the_log_is_swept_and_what_did_is_not() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.log.fail_next(crate::memory_log::Fault::Away);
    app.sign_up("s", "minji", "lee@example.com").await.expect_err("the log is away");
    app.wait(3 * 3600);
    assert_eq!(
        app.vault.real.sweep(kernel::Clock::now(&kernel::SystemClock)).await.expect("the vault"),
        2,
        "a key, a password"
    );
    assert!(app.vault.key(member).await.expect("the vault").is_some());
    let runner = app.runner();
    // By this clock everything is old enough to be swept: whoever signs up now comes after the sweep.
    until("the vault is swept", || async { app.processes.swept.load(Ordering::SeqCst) > 0 }).await;
    app.joined("minji", "lee@example.com").await;
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn the_others_end_when_the_first_is_verified_and_the_log_tells_it_at_their_time() {
    let app = TestApp::new().await;
    let runner = app.runner();
    let lost = app.sign_up("s", "minsu", "kim@example.com").await.expect("sent").answer;
    let first = app.log.commits()[0].actor.id;
    let second = app.sign_up("t", "minsu", "kim@example.com").await.expect("sent").answer;
    level(&app).await;
    assert!(app.vault.real.key(first).await.expect("the vault").is_some(), "both are pending");
    let member = app.members.verify(second.id, app.code(second.id, 1), None, meta("v")).await.expect("won").answer;
    until("the other is over", || async {
        app.vault.real.pending(lost.id).await.expect("the vault").is_some_and(|pending| pending.ended)
    })
    .await;
    assert!(app.vault.real.key(member).await.expect("the vault").is_some());
    assert_eq!(app.log.count("SignUpEnded"), 0, "nothing in the log tells its stranger");
    let wrong = app.members.verify(lost.id, app.wrong_code(lost.id, 1), None, meta("w")).await;
    assert_eq!(refused(wrong), ("code-wrong", Some(4)));
    let right = app.members.verify(lost.id, app.code(lost.id, 1), None, meta("r")).await;
    assert_eq!(refused(right), ("signup-ended", None));
    app.wait(3600);
    until("it ends with its time", || async { app.log.count("SignUpEnded") == 1 }).await;
    until("its key is destroyed", || async { app.vault.real.key(first).await.expect("the vault").is_none() }).await;
    runner.stop().await;
    app.end().await;
}

/// The log goes back to before what the runner has seen, and forward again past it: what is there now is followed all the same.
#[tokio::test]
async fn a_log_that_is_restored_under_a_running_runner_is_followed_from_where_it_parted() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let runner = app.runner();
    level(&app).await;
    let kept = app.log.commits().len();
    for n in 0..6 {
        app.client.funded(&format!("lost {n}"), 100).await;
    }
    let lost = app.log.commits().len();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    app.log.restore(kept);
    // That the log cannot be asked at that moment hides nothing: the next round asks again.
    app.log.refs_away.store(1, Ordering::SeqCst);
    let (erasing, mut number) = (meta("e"), 0);
    app.members.request_erasure(member, super::app::as_member(member), None, None, erasing).await.expect("leaving");
    let again = crate::client::TestClient::on(app.log.clone(), "server-1", |_| {});
    while app.log.commits().len() <= lost {
        again.open(crate::client::member(7), &format!("new {number}")).await;
        number += 1;
    }
    until("the member is erased", || async { app.log.count("MemberErased") == 1 }).await;
    runner.stop().await;
    app.end().await;
}
