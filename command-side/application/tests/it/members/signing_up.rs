//! From a request to a member, and every way that ends elsewhere.

use std::{sync::atomic::Ordering, time::Duration};

use application::{MemberError, MemberStanding, OtherLogin};
use kernel::{Clock, MemberId, StreamId};
use uuid::Uuid;
use vault::{Keys, Notice};

use super::app::{TestApp, login_id, meta, operator, refused, until};

#[tokio::test]
async fn a_person_becomes_a_member_with_a_password() {
    let app = TestApp::new().await;
    let sent = app.sign_up("s", "minsu", "kim@example.com").await.expect("a code is sent").answer;
    assert_eq!((sent.expires_at - app.clock.now()).num_minutes(), 10);
    assert_eq!((sent.resend_after - app.clock.now()).num_seconds(), 30);
    assert!(app.by_login("minsu").await.is_none(), "not before the contact is verified");
    let wrong = app.members.verify(sent.id, app.wrong_code(sent.id, 1), None, meta("w")).await;
    assert_eq!(refused(wrong), ("code-wrong", Some(4)));
    let answer = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("v")).await.expect("a member");
    let (member, _) = app.by_login("minsu").await.expect("a password");
    assert_eq!((answer.answer, answer.replayed), (member, false));
    assert_eq!(app.members.state(member).await.expect("an answer"), Some(MemberStanding::Active));
    assert_eq!(app.members.login_id(member).await.expect("an answer").expose(), "minsu");
    assert!(app.vault.key(member).await.expect("the vault").is_some());
    let actors: Vec<_> = app.log.commits().iter().map(|commit| commit.actor.id).collect();
    assert_eq!(actors, [member; 3], "whoever signs up is the member they will be");
    app.end().await;
}

#[tokio::test]
async fn a_resent_code_replaces_the_one_before() {
    let app = TestApp::new().await;
    let sent = app.sign_up("s", "minsu", "kim@example.com").await.expect("a code is sent").answer;
    let early = app.members.resend(sent.id, meta("r")).await;
    assert!(
        matches!(early, Err(MemberError::ResendTooEarly { retry_after }) if retry_after == Duration::from_secs(30))
    );
    assert_eq!(app.log.commits().len(), 1, "what is too early is not recorded: the same key may be used again");
    app.wait(30);
    let again = app.members.resend(sent.id, meta("r")).await.expect("another code").answer;
    assert_eq!((again.id, (again.resend_after - app.clock.now()).num_seconds()), (sent.id, 60));
    let old = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("old")).await;
    assert_eq!(refused(old), ("code-wrong", Some(4)));
    app.members.verify(sent.id, app.code(sent.id, 2), None, meta("new")).await.expect("a member");
    app.end().await;
}

#[tokio::test]
async fn codes_have_their_tries_and_their_time() {
    let app = TestApp::new().await;
    let sent = app.sign_up("s", "minsu", "kim@example.com").await.expect("a code is sent").answer;
    for left in [4, 3, 2, 1, 0] {
        let wrong = app.members.verify(sent.id, app.wrong_code(sent.id, 1), None, meta(&format!("w{left}"))).await;
        assert_eq!(refused(wrong), ("code-wrong", Some(left)));
    }
    let right = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("r")).await;
    assert_eq!(refused(right), ("code-exhausted", None));
    app.wait(30);
    app.members.resend(sent.id, meta("another")).await.expect("another code");
    app.wait(600);
    assert_eq!(
        refused(app.members.verify(sent.id, app.code(sent.id, 2), None, meta("late")).await),
        ("code-expired", None)
    );
    app.wait(3600);
    assert_eq!(
        refused(app.members.verify(sent.id, app.code(sent.id, 2), None, meta("over")).await),
        ("signup-ended", None)
    );
    assert_eq!(refused(app.members.resend(sent.id, meta("no more")).await), ("signup-ended", None));
    app.end().await;
}

#[tokio::test]
async fn what_never_was_is_unknown_and_leaves_nothing() {
    let app = TestApp::new().await;
    let nobody = Uuid::from_u128(5);
    let code = app.code(nobody, 1);
    let member = MemberId::new(nobody);
    assert!(matches!(app.members.verify(nobody, code.clone(), None, meta("v")).await, Err(MemberError::SignUpUnknown)));
    assert!(matches!(app.members.resend(nobody, meta("r")).await, Err(MemberError::SignUpUnknown)));
    let change = app.members.verify_contact(member, code, meta("c")).await;
    assert!(matches!(change, Err(MemberError::MemberUnknown)));
    assert_eq!(app.members.state(member).await.expect("an answer"), None);
    assert!(app.log.commits().is_empty());
    app.end().await;
}

#[tokio::test]
async fn a_taken_login_is_told_and_leaves_nothing() {
    let app = TestApp::new().await;
    app.joined("minji", "lee@example.com").await;
    let before = app.log.commits().len();
    assert!(matches!(app.sign_up("c", "minji", "x@example.com").await, Err(MemberError::LoginIdTaken)));
    assert_eq!(app.log.commits().len(), before);
    app.end().await;
}

#[tokio::test]
async fn a_login_id_that_was_taken_meanwhile_costs_no_try_and_another_may_be_given() {
    let app = TestApp::new().await;
    let first = app.sign_up("a", "minsu", "kim@example.com").await.expect("pending").answer;
    let second = app.sign_up("b", "minsu", "lee@example.com").await.expect("pending beside it").answer;
    app.members.verify(first.id, app.code(first.id, 1), None, meta("va")).await.expect("the first");
    let code = app.code(second.id, 1);
    for n in 0..6 {
        let taken = app.members.verify(second.id, code.clone(), None, meta(&format!("vb{n}"))).await;
        assert!(matches!(taken, Err(MemberError::LoginIdTaken)), "{taken:?}");
    }
    // What is said of another login id is said to who has a right code, and a wrong one counts.
    let other = |in_password| Some(OtherLogin { login_id: login_id("minsu_2"), in_password });
    let unfit = app.members.verify(second.id, code.clone(), other(true), meta("u")).await;
    assert!(matches!(unfit, Err(MemberError::LoginIdInPassword)), "{unfit:?}");
    let wrong = app.members.verify(second.id, app.wrong_code(second.id, 1), other(true), meta("w")).await;
    assert_eq!(refused(wrong), ("code-wrong", Some(4)));
    let login = other(false);
    let joined = app.members.verify(second.id, code, login, meta("vb")).await.expect("a free login id").answer;
    assert_eq!(app.by_login("minsu_2").await.expect("a password").0, joined);
    app.end().await;
}

#[tokio::test]
async fn a_code_that_was_never_sent_is_wrong() {
    let app = TestApp::new().await;
    app.vault.all_codes_are_sent.store(false, Ordering::Relaxed);
    let sent = app.sign_up("s", "minsu", "kim@example.com").await.expect("pending").answer;
    let guessed = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("v")).await;
    assert_eq!(refused(guessed), ("code-wrong", Some(4)), "nobody can have it: the process runner has not sent it");
    let runner = app.runner();
    until("the code is on its way", || async { app.messages().await.len() == 1 }).await;
    app.members.verify(sent.id, app.code(sent.id, 1), None, meta("w")).await.expect("a member");
    runner.stop().await;
    app.end().await;
}

/// One contact is a member's, the other is nobody's: whoever does not read its messages sees the same.
#[tokio::test]
async fn a_decoy_behaves_alike() {
    let app = TestApp::new().await;
    app.joined("owner", "known@example.com").await;
    let mut seen = Vec::new();
    for (who, address) in [("k", "known@example.com"), ("f", "free@example.com")] {
        let before = app.log.commits().len();
        let login = format!("{who}_login");
        let key = |what: &str| format!("{who} {what}");
        let sent = app.sign_up(&key("s"), &login, address).await.expect("a code is sent").answer;
        let mut told = vec![format!("{:?}", (sent.expires_at, sent.resend_after))];
        app.sign_up(&key("t"), &login, "z@example.com").await.expect("the same login id, pending beside it");
        for n in 0..6 {
            let wrong =
                app.members.verify(sent.id, app.wrong_code(sent.id, 1), None, meta(&key(&format!("w{n}")))).await;
            told.push(format!("{:?}", refused(wrong)));
        }
        let newer = app.sign_up(&key("n"), &format!("{login}2"), address).await.expect("a newer one").answer;
        let early = app.members.resend(sent.id, meta(&key("r"))).await;
        assert!(matches!(early, Err(MemberError::ResendTooEarly { .. })));
        told.push(format!("{:?}", (newer.expires_at, newer.resend_after)));
        let types = app.log.commits()[before..]
            .iter()
            .map(|commit| commit.events.iter().map(|e| e.event_type.clone()).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>();
        seen.push((told, types));
    }
    assert_eq!(seen[0], seen[1]);
    app.end().await;
}

#[tokio::test]
async fn no_code_is_sent_to_a_members_contact_so_none_is_right() {
    let app = TestApp::new().await;
    let owner = app.joined("owner", "known@example.com").await;
    app.vault.all_codes_are_sent.store(false, Ordering::Relaxed);
    let runner = app.runner();
    let sent = app.sign_up("s", "other", "known@example.com").await.expect("answered like any other").answer;
    until("the owner is told", || async {
        app.messages().await.iter().any(|due| due.message.notice == Notice::ContactIsMember)
    })
    .await;
    let guessed = app.members.verify(sent.id, app.code(sent.id, 1), None, meta("v")).await;
    assert_eq!(refused(guessed), ("code-wrong", Some(4)));
    assert_eq!(app.by_login("owner").await.expect("the owner").0, owner);
    assert_eq!(app.log.count("MemberJoined"), 1);
    runner.stop().await;
    app.end().await;
}

/// Anybody may name any id, and some streams are millions of events long: one that is no sign-up's is not read.
#[tokio::test]
async fn a_stream_that_is_no_sign_up_is_not_read_as_one() {
    let app = TestApp::new().await;
    let account = StreamId::from(app.client.funded("a", 100).await);
    *app.log.on_read.lock().expect("whole") = Some(Box::new(move |streams| {
        assert!(streams.iter().all(|(stream, _)| *stream != account), "the account is read");
    }));
    let resent = app.members.resend(account.uuid(), meta("r")).await;
    assert!(matches!(resent, Err(MemberError::SignUpUnknown)), "{resent:?}");
    let verified = app.members.verify(account.uuid(), app.code(account.uuid(), 1), None, meta("v")).await;
    assert!(matches!(verified, Err(MemberError::SignUpUnknown)), "{verified:?}");
    let member = MemberId::new(account.uuid());
    let erased = app.members.request_erasure(member, operator(), None, None, meta("e")).await;
    assert!(matches!(erased, Err(MemberError::MemberUnknown)), "{erased:?}");
    *app.log.on_read.lock().expect("whole") = None;
    app.end().await;
}
