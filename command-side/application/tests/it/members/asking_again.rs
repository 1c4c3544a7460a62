//! The same request twice, another one under its key, and answers that are lost.

use application::{ExecuteError, MemberError};
use secrecy::ExposeSecret;

use super::{
    app::{TestApp, as_member, email, hash, meta, operator, refused, sign_up_request, until},
    faulty_vault::Break,
};
use crate::memory_log::Fault;

#[tokio::test]
async fn every_answer_is_told_again_from_the_events() {
    let mut app = TestApp::new().await;
    let sent = app.sign_up("s", "minsu", "kim@example.com").await.expect("sent");
    app.wait(30);
    let resent = app.members.resend(sent.answer.id, meta("r")).await.expect("sent");
    let wrong = app.members.verify(sent.answer.id, app.wrong_code(sent.answer.id, 2), None, meta("w")).await;
    assert_eq!(refused(wrong), ("code-wrong", Some(4)));
    let member =
        app.members.verify(sent.answer.id, app.code(sent.answer.id, 2), None, meta("v")).await.expect("a member");
    let moved = app.members.change_contact(member.answer, email("new@example.com"), meta("c")).await.expect("sent");
    let shown = app.members.disclose(member.answer, operator(), "a call".into(), None, meta("d")).await.expect("shown");
    let code = app.code(member.answer.uuid(), 1);
    let verified = app.members.verify_contact(member.answer, code.clone(), meta("cv")).await.expect("moved");
    let erasure = app.members.request_erasure(member.answer, as_member(member.answer), None, None, meta("e")).await;
    let erasure = erasure.expect("leaving");
    let written = app.log.commits().len();
    app.restart();
    app.wait(10_000);

    let again = app.sign_up("s", "minsu", "kim@example.com").await.expect("an answer");
    assert_eq!((again.answer, again.token, again.replayed), (sent.answer, sent.token, true));
    let again = app.members.resend(sent.answer.id, meta("r")).await.expect("an answer");
    assert_eq!((again.answer, again.token, again.replayed), (resent.answer, resent.token, true));
    let again = app.members.verify(sent.answer.id, app.wrong_code(sent.answer.id, 2), None, meta("w")).await;
    assert_eq!(refused(again), ("code-wrong", Some(4)));
    let again =
        app.members.verify(sent.answer.id, app.code(sent.answer.id, 2), None, meta("v")).await.expect("an answer");
    assert_eq!((again.answer, again.token, again.replayed), (member.answer, member.token, true));
    let again =
        app.members.change_contact(member.answer, email("new@example.com"), meta("c")).await.expect("an answer");
    assert_eq!((again.answer, again.token, again.replayed), (moved.answer, moved.token, true));
    let again =
        app.members.disclose(member.answer, operator(), "a call".into(), None, meta("d")).await.expect("an answer");
    assert_eq!(again.answer.contact.expose_secret(), "kim@example.com", "as it was shown, not as it is");
    assert_eq!(shown.answer.contact.expose_secret(), "kim@example.com");
    let again = app.members.verify_contact(member.answer, code, meta("cv")).await.expect("an answer");
    assert_eq!((again.token, again.replayed), (verified.token, true));
    let again = app.members.request_erasure(member.answer, as_member(member.answer), None, None, meta("e")).await;
    let again = again.expect("an answer");
    assert_eq!((again.answer, again.token, again.replayed), (erasure.answer, erasure.token, true));
    assert_eq!(app.log.commits().len(), written);
    app.end().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let app = TestApp::new().await;
    let sent = app.sign_up("s#one", "minsu", "kim@example.com").await.expect("sent").answer;
    let other = app.sign_up("s#two", "minji", "lee@example.com").await;
    assert!(matches!(other, Err(MemberError::Execute(ExecuteError::KeyReused))));
    let other = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("s#three")).await;
    assert!(matches!(other, Err(MemberError::Execute(ExecuteError::KeyReused))));
    assert_eq!(app.log.commits().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn the_same_request_twice_at_once_is_told_to_wait() {
    let app = TestApp::new().await;
    let held = app.log.hold.lock().await;
    let members = app.members.clone();
    let first =
        tokio::spawn(async move { members.sign_up(sign_up_request("minsu", "kim@example.com"), meta("s")).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let second = app.sign_up("s", "minsu", "kim@example.com").await;
    assert!(matches!(second, Err(MemberError::Execute(ExecuteError::InFlight))));
    drop(held);
    assert!(!first.await.expect("task").expect("sent").replayed);
    app.end().await;
}

#[tokio::test]
async fn a_lost_append_is_found_or_done_once() {
    let app = TestApp::new().await;
    for (before, fault) in [Fault::LostBefore, Fault::LostAfter, Fault::LostAndLate].into_iter().enumerate() {
        let key = |what: &str| format!("{what} {before}");
        let login = format!("minsu_{before}");
        app.log.fail_next(fault);
        let sent = app.sign_up(&key("s"), &login, &format!("{login}@example.com")).await.expect("sent").answer;
        app.log.fail_next(fault);
        let code = app.code(sent.id, 1);
        let member = app.members.verify(sent.id, code, None, meta(&key("v"))).await.expect("a member").answer;
        app.log.fail_next(fault);
        let new = email(&format!("new_{login}@example.com"));
        app.members.change_contact(member, new, meta(&key("c"))).await.expect("sent");
        app.log.fail_next(fault);
        app.members.verify_contact(member, app.code(member.uuid(), 1), meta(&key("cv"))).await.expect("moved");
        app.log.fail_next(fault);
        app.members.password_changed(member, hash("second"), meta(&key("p"))).await.expect("changed");
        app.log.fail_next(fault);
        app.members.request_erasure(member, as_member(member), None, None, meta(&key("e"))).await.expect("leaving");
        for once in ["SignUpStarted", "MemberJoined", "ContactChanged", "PasswordChanged", "ErasureRequested"] {
            assert_eq!(app.log.count(once), before + 1, "{fault:?}: {once}");
        }
    }
    app.end().await;
}

#[tokio::test]
async fn while_the_log_or_the_vault_is_away_nothing_is_kept() {
    let app = TestApp::new().await;
    app.log.fail_next(Fault::Away);
    let away = app.sign_up("s", "minsu", "kim@example.com").await;
    assert!(matches!(away, Err(MemberError::Execute(ExecuteError::LogUnavailable))));
    for call in ["make_key", "keep_pending"] {
        app.vault.break_next(call, Break::Before);
        let away = app.sign_up("s", "minsu", "kim@example.com").await;
        assert!(matches!(away, Err(MemberError::VaultUnavailable(_))), "{call}");
    }
    assert!(app.log.commits().is_empty());
    app.sign_up("s", "minsu", "kim@example.com").await.expect("the same key, once they are back");
    app.end().await;
}

#[tokio::test]
async fn a_password_change_that_got_stuck_is_finished_by_the_same_request() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.vault.break_next("replace", Break::Before);
    let stuck = app.members.password_changed(member, hash("second"), meta("p")).await;
    assert!(matches!(stuck, Err(MemberError::VaultUnavailable(_))));
    assert!(app.members.answered_before(&meta("p")).await.expect("an answer").is_some(), "it is in the log");
    let answer = app.members.password_changed(member, hash("second"), meta("p")).await.expect("changed");
    assert!(answer.replayed);
    assert!(app.by_login("minsu").await.expect("a password").1.0.expose_secret().ends_with("second"));
    assert_eq!(app.log.count("PasswordChanged"), 1);
    app.end().await;
}

#[tokio::test]
async fn a_wrong_password_is_kept_under_its_key() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    assert!(app.members.answered_before(&meta("p")).await.expect("an answer").is_none());
    for _ in 0..2 {
        let refusal = app.members.refuse(as_member(member), "password-wrong", meta("p")).await;
        assert_eq!(refused::<()>(Err(refusal)), ("password-wrong", None));
    }
    assert_eq!(refused(app.members.answered_before(&meta("p")).await), ("password-wrong", None));
    assert_eq!(refused(app.members.password_changed(member, hash("x"), meta("p")).await), ("password-wrong", None));
    assert_eq!(app.log.count("CommandRefused"), 1);
    app.end().await;
}

/// Between the log and the vault nothing is left half done because a client hung up.
#[tokio::test]
async fn a_caller_who_goes_away_stops_nothing() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let held = app.log.hold.lock().await;
    let members = app.members.clone();
    let caller = tokio::spawn(async move { members.password_changed(member, hash("second"), meta("p")).await });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    caller.abort();
    let _ = caller.await;
    drop(held);
    until("the password is in force", || async {
        app.by_login("minsu").await.expect("a password").1.0.expose_secret().ends_with("second")
    })
    .await;
    app.end().await;
}
