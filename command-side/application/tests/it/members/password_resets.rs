//! Password resets, on the real vault.

use std::sync::atomic::Ordering;

use application::{ExecuteError, MemberError};
use domain::member::{Code, PasswordError};
use kernel::StreamId;
use secrecy::ExposeSecret;
use uuid::Uuid;
use vault::{Keys, Notice};

use super::{
    app::{TestApp, email, hash, login_id, meta, refused, until},
    faulty_vault::Break,
};

impl TestApp {
    /// The code of a reset that went to this address.
    fn reset_code(&self, reset: Uuid, address: &str) -> Code {
        let names = self.vault.names();
        let contact = names.contact(email(address).channel().as_str(), address);
        names.code_to(contact, StreamId::new(reset), 1).parse().expect("a code")
    }

    /// Lets the runner queue the code of a reset. It is worth something only with the contact that it went to.
    async fn send_code(&self, reset: Uuid) {
        self.vault.all_codes_are_sent.store(false, Ordering::Relaxed);
        let runner = self.runner();
        let is_it = |notice| notice == Notice::PasswordResetCode { reset };
        until("the code is queued", || async { self.messages().await.iter().any(|due| is_it(due.message.notice)) })
            .await;
        runner.stop().await;
    }
}

#[tokio::test]
async fn a_reset_is_completed_once_wherever_the_server_dies() {
    let mut app = TestApp::new().await;
    for (number, death) in [Break::Before, Break::After, Break::Death].into_iter().enumerate() {
        let (login, address) = (format!("minsu_{number}"), format!("kim{number}@example.com"));
        let member = app.joined(&login, &address).await;
        let (started, done) = (format!("r{number}"), format!("c{number}"));
        let reset = app.members.start_reset(&login_id(&login), None, meta(&started)).await.expect("begun").answer.id;
        let again = app.members.start_reset(&login_id(&login), None, meta(&started)).await.expect("begun");
        assert_eq!((again.answer.id, again.replayed), (reset, true));
        app.send_code(reset).await;
        let code = app.reset_code(reset, &address);
        assert_eq!(app.members.would_reset(reset, &code).await.expect("looked"), Some(member));

        let new = Some((member, Ok(hash("reset"))));
        app.vault.break_next("settle_reset", death);
        let members = app.members.clone();
        let (given, meta_of) = (code.clone(), meta(&done));
        let completing = tokio::spawn(async move { members.complete_reset(reset, given, new, meta_of).await });
        match death {
            Break::Death => {
                app.vault.dying.notified().await;
                completing.abort();
            }
            Break::Before | Break::After => {
                let lost = completing.await.expect("no panic");
                assert!(matches!(lost, Err(MemberError::VaultUnavailable(_))), "{lost:?}");
            }
        }
        app.restart();
        // Whether or not the client asks again, the password is in force.
        let runner = app.runner();
        until("the password is in force", || async {
            let (_, kept) = app.by_login(&login).await.expect("a password");
            kept.0.expose_secret() == hash("reset").0.expose_secret()
        })
        .await;
        runner.stop().await;
        let again = app.members.complete_reset(reset, code.clone(), None, meta(&done)).await.expect("an answer");
        assert_eq!((again.answer.member, again.replayed), (member, true));
        let late = app.members.complete_reset(reset, code, None, meta(&format!("l{number}"))).await;
        assert_eq!(refused(late), ("code-expired", None));
        app.vault.all_codes_are_sent.store(true, Ordering::Relaxed);
    }
    app.end().await;
}

#[tokio::test]
async fn a_code_that_was_never_sent_is_worth_nothing_and_no_one_is_told_why() {
    let app = TestApp::new().await;
    app.joined("minsu", "kim@example.com").await;
    app.vault.all_codes_are_sent.store(false, Ordering::Relaxed);
    let mut answers = Vec::new();
    for login in ["minsu", "nobody_at_all"] {
        let reset = app.members.start_reset(&login_id(login), None, meta(login)).await.expect("begun").answer.id;
        let code = app.reset_code(reset, "kim@example.com");
        assert_eq!(app.members.would_reset(reset, &code).await.expect("looked"), None);
        for n in 0..6 {
            let answer = app.members.complete_reset(reset, code.clone(), None, meta(&format!("{login}{n}"))).await;
            answers.push(refused(answer));
        }
    }
    assert_eq!(answers[..6], answers[6..]);
    assert_eq!(answers[0], ("code-wrong", Some(4)));
    assert_eq!(answers[5], ("code-exhausted", None));
    assert_eq!(app.log.count("PasswordResetCompleted"), 0);
    app.end().await;
}

/// A code that is looked at before it was sent, and arrives before it is decided, is asked for again.
#[tokio::test]
async fn a_right_code_without_a_kept_password_writes_nothing() {
    let app = TestApp::new().await;
    app.joined("minsu", "kim@example.com").await;
    app.vault.all_codes_are_sent.store(false, Ordering::Relaxed);
    let reset = app.members.start_reset(&login_id("minsu"), None, meta("r")).await.expect("begun").answer.id;
    app.send_code(reset).await;
    let code = app.reset_code(reset, "kim@example.com");
    let written = app.log.commits().len();
    let answer = app.members.complete_reset(reset, code, None, meta("c")).await;
    assert!(matches!(answer, Err(MemberError::Execute(ExecuteError::Contended))), "{answer:?}");
    assert_eq!(app.log.commits().len(), written);
    app.end().await;
}

/// A code is tried where it counts: what is said of the password is said to who has a right code, after all codes before it.
#[tokio::test]
async fn an_unfit_password_shows_no_more_of_a_code_than_five_tries_do() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let reset = app.members.start_reset(&login_id("minsu"), None, meta("r")).await.expect("begun").answer.id;
    let right = app.reset_code(reset, "kim@example.com");
    app.send_code(reset).await;
    let unfit = || Some((member, Err(PasswordError::ContainsLoginId)));
    let written = app.log.commits().len();
    let answer = app.members.complete_reset(reset, right.clone(), unfit(), meta("u")).await;
    assert!(matches!(answer, Err(MemberError::NewPassword(PasswordError::ContainsLoginId))), "{answer:?}");
    assert_eq!(app.log.commits().len(), written, "it costs no try");
    let wrong: Code = if right.expose() == "000000" { "000001" } else { "000000" }.parse().expect("a code");
    for left in (0..5).rev() {
        let answer = app.members.complete_reset(reset, wrong.clone(), unfit(), meta(&format!("w{left}"))).await;
        assert_eq!(refused(answer), ("code-wrong", Some(left)));
    }
    let answer = app.members.complete_reset(reset, right, unfit(), meta("late")).await;
    assert_eq!(refused(answer), ("code-exhausted", None));
    app.end().await;
}

/// The server that completed the first reset dies before the vault has its password, and the second is completed by another.
#[tokio::test]
async fn the_later_of_two_resets_wins_wherever_a_server_dies() {
    let mut app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let mut resets = Vec::new();
    for key in ["a", "b"] {
        resets.push(app.members.start_reset(&login_id("minsu"), None, meta(key)).await.expect("begun").answer.id);
        app.send_code(*resets.last().expect("one")).await;
    }
    let complete = |app: &TestApp, number: usize| {
        let (members, reset) = (app.members.clone(), resets[number]);
        let code = app.reset_code(reset, "kim@example.com");
        let new = Some((member, Ok(hash(["first", "second"][number]))));
        async move { members.complete_reset(reset, code, new, meta(["ca", "cb"][number])).await }
    };
    app.vault.break_next("settle_reset", Break::Before);
    let lost = complete(&app, 0).await;
    assert!(matches!(lost, Err(MemberError::VaultUnavailable(_))), "{lost:?}");
    complete(&app, 1).await.expect("completed");
    app.restart();
    let runner = app.runner();
    // A notice goes out after the password that it tells of was put in force, or was found to be an old one.
    let is_it = |due: &&vault::DueMessage| due.message.notice == Notice::PasswordChanged;
    until("both are followed", || async { app.messages().await.iter().filter(is_it).count() == 2 }).await;
    runner.stop().await;
    let (_, kept) = app.by_login("minsu").await.expect("a password");
    assert_eq!(kept.0.expose_secret(), hash("second").0.expose_secret());
    app.end().await;
}
