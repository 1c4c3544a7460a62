//! Killed after each step, everything is completed once.

use application::MemberStanding;
use kernel::MemberId;
use uuid::Uuid;
use vault::{Credentials, Erasures, Keys, Messages, Revocations};

use super::{
    app::{TestApp, as_member, meta, until},
    faulty_vault::Break,
};
use crate::memory_log::Fault;

/// Where a server dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// When the log has written, before anyone hears of it.
    Log,
    /// When the vault has done this, before anyone hears of it.
    Vault(&'static str),
    /// When the vault could not be reached for this.
    Away(&'static str),
}

impl Death {
    fn prepare(self, app: &TestApp) {
        match self {
            Self::Log => app.log.fail_next(Fault::Death),
            Self::Vault(call) => app.vault.break_next(call, Break::Death),
            Self::Away(call) => app.vault.break_next(call, Break::Before),
        }
    }

    async fn come(self, app: &TestApp) {
        match self {
            Self::Log => app.log.dying.notified().await,
            Self::Vault(_) => app.vault.dying.notified().await,
            Self::Away(call) => until("it has broken", || async { app.vault.has_broken(call) }).await,
        }
    }
}

#[tokio::test]
async fn a_sign_up_is_completed_once_wherever_the_server_dies() {
    let deaths =
        [Death::Log, Death::Vault("settle"), Death::Away("settle"), Death::Vault("enqueue"), Death::Away("enqueue")];
    let mut app = TestApp::new().await;
    for (before, death) in deaths.into_iter().enumerate() {
        let (login, verifying) = (format!("minsu_{before}"), format!("v{before}"));
        let sent = app.sign_up(&login, &login, &format!("kim{before}@example.com")).await.expect("sent").answer;
        let (members, code, meta_of) = (app.members.clone(), app.code(sent.id, 1), meta(&verifying));
        death.prepare(&app);
        let verify = tokio::spawn(async move { members.verify(sent.id, code, None, meta_of).await });
        let runner = app.runner();
        death.come(&app).await;
        verify.abort();
        runner.kill().await;
        app.restart();

        let runner = app.runner();
        // The runner may die at the message before the code was taken: then nothing is begun, and the person tries again.
        if app.log.count("MemberJoined") == before {
            app.members.verify(sent.id, app.code(sent.id, 1), None, meta(&verifying)).await.expect("a member");
        }
        until("the member has a password", || async { app.by_login(&login).await.is_some() }).await;
        let answer =
            app.members.verify(sent.id, app.code(sent.id, 1), None, meta(&verifying)).await.expect("an answer");
        assert_eq!(app.by_login(&login).await.expect("a password").0, answer.answer, "{death:?}");
        until("the message is queued", || async { app.messages().await.len() == before + 1 }).await;
        runner.stop().await;
        for once in ["MemberJoined", "SignUpCompleted"] {
            assert_eq!(app.log.count(once), before + 1, "{death:?}");
        }
    }
    app.end().await;
}

#[tokio::test]
async fn an_erasure_is_completed_once_wherever_the_server_dies() {
    let deaths = [
        Death::Away("revoke_member"),
        Death::Vault("revoke_member"),
        Death::Away("erase"),
        Death::Vault("erase"),
        Death::Log,
        Death::Away("destroy_again"),
        Death::Vault("destroy_again"),
        Death::Away("enqueue"),
        Death::Vault("enqueue"),
    ];
    let mut app = TestApp::new().await;
    for (before, death) in deaths.into_iter().enumerate() {
        let member = app.joined(&format!("minsu_{before}"), "kim@example.com").await;
        let answer =
            app.members.request_erasure(member, as_member(member), None, None, meta(&format!("e{before}"))).await;
        let erasure = answer.expect("leaving").answer;
        death.prepare(&app);
        let runner = app.runner();
        death.come(&app).await;
        runner.kill().await;
        app.restart();

        let runner = app.runner();
        until("the erasure is done", || async { app.log.count("MemberErased") == before + 1 }).await;
        assert_erased(&app, member, erasure).await;
        assert!(app.by_login(&format!("minsu_{before}")).await.is_none());
        runner.stop().await;
        assert_eq!(app.log.count("MemberErased"), before + 1, "{death:?}: once");
        assert_eq!(app.log.count("NameReleased"), 2 * (before + 1), "{death:?}: the contact is free for the next");
    }
    app.end().await;
}

async fn assert_erased(app: &TestApp, member: MemberId, erasure: Uuid) {
    assert_eq!(app.members.state(member).await.expect("an answer"), Some(MemberStanding::Erased));
    assert!(app.vault.real.key(member).await.expect("the vault").is_none());
    assert!(app.vault.real.of(member).await.expect("the vault").is_none());
    let revoked = app.vault.real.revoked_after(0).await.expect("the vault");
    assert!(revoked.iter().any(|revocation| revocation.subject == member.uuid()));
    let certificate = app.members.certificate(erasure).await.expect("an answer").expect("a certificate");
    assert_eq!((certificate.member_id, certificate.requested_by), (member, as_member(member).to_string()));
}

/// The vault came back as it was before the erasure, and forgot that it ever knew better.
#[tokio::test]
async fn a_key_that_came_back_with_a_backup_is_destroyed_at_the_next_start() {
    let mut app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let backup = app.back_key_up(member).await;
    app.members.request_erasure(member, as_member(member), None, None, meta("e")).await.expect("leaving");
    let runner = app.runner();
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    until("it is followed", || async { app.vault.real.cursor().await.expect("the vault").number() >= 9 }).await;
    runner.stop().await;
    app.restore_key(backup).await;
    assert!(app.vault.real.key(member).await.expect("the vault").is_some());
    app.restart();
    let runner = app.runner();
    until("it is destroyed again", || async { app.vault.real.key(member).await.expect("the vault").is_none() }).await;
    assert!(!app.vault.real.destroy_again(member).await.expect("the vault"));
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn an_account_opened_in_the_last_moment_is_closed_before_the_member_is_gone() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.leave_as_in_an_older_bank(member).await;
    // An older server, and a token that it did not yet know to be revoked.
    app.open_as_in_an_older_bank(member).await;
    let runner = app.runner();
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    assert_eq!(app.log.count("AccountClosed"), 1);
    runner.stop().await;
    app.end().await;
}
