//! A command whose token is revoked while it waits.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use application::{
    Command, ExecuteError, MemberError, MemberOptions, Members, Meta, OpenAccount, PresentedToken, RevokedTokens,
};
use kernel::{MemberId, RandomIds};
use uuid::Uuid;

use crate::{
    client::{TestClient, krw, member, posted, submission, transfer},
    members::app::{TestApp, email, meta, options},
};

/// Everything is revoked, once it is.
#[derive(Debug, Default)]
struct Everything(AtomicBool);

impl RevokedTokens for Everything {
    fn insert(&self, _: Uuid) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn contains(&self, _: Uuid) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn token_of(subject: MemberId) -> Option<PresentedToken> {
    Some(PresentedToken { subject, session: None })
}

#[tokio::test]
async fn a_command_is_dropped_when_it_is_taken_from_the_queue() {
    let revoked = Arc::new(Everything::default());
    let client = TestClient::on(Arc::default(), "server-0", |options| options.revoked = Some(revoked.clone()));
    let ask = |key: &str| {
        let mut submission = submission(member(1), key, Command::OpenAccount(OpenAccount { asset: krw() }));
        submission.meta.token = token_of(member(1).id);
        client.bank.execute(submission)
    };
    ask("before").await.expect("an account");
    revoked.insert(Uuid::nil());
    let written = client.log.commits().len();
    assert_eq!(ask("after").await.expect_err("refused"), ExecuteError::TokenRefused);
    assert_eq!(client.log.commits().len(), written);
    // What the bank does itself comes without a token.
    client.open(member(1), "by the bank").await;
}

/// The streams of a command are read after its token was looked at: what is revoked meanwhile still counts.
#[tokio::test]
async fn a_command_is_dropped_when_its_token_is_revoked_while_its_streams_are_read() {
    let first = TestClient::new();
    let (from, to) = (first.funded("a", 100).await, first.open(member(2), "b").await);
    let revoked = Arc::new(Everything::default());
    // Another server: it knows none of the streams.
    let second = TestClient::on(first.log.clone(), "server-1", |options| options.revoked = Some(revoked.clone()));
    let seen = revoked.clone();
    *first.log.on_read.lock().expect("whole") = Some(Box::new(move |_| seen.insert(Uuid::nil())));
    let written = first.log.commits().len();
    let mut submission = submission(member(1), "t", transfer(from, to, 60));
    submission.meta.token = token_of(member(1).id);
    assert_eq!(second.bank.execute(submission).await.expect_err("refused"), ExecuteError::TokenRefused);
    assert_eq!(first.log.commits().len(), written);
    *first.log.on_read.lock().expect("whole") = None;
    posted(&second.outcome(member(1), "without a token", transfer(from, to, 60)).await);
}

/// A process that stood still does not know who logged out meanwhile.
#[derive(Debug)]
struct Outdated;

impl RevokedTokens for Outdated {
    fn insert(&self, _: Uuid) {}

    fn contains(&self, _: Uuid) -> bool {
        false
    }

    fn are_outdated(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_members_command_is_not_written_while_nobody_knows_whether_its_session_has_ended() {
    let app = TestApp::new().await;
    let options = MemberOptions { revoked: Some(Arc::new(Outdated)), ..options() };
    let (log, vault) = (app.log.clone(), app.vault.clone());
    let members = Members::new(log, vault, Arc::new(RandomIds), app.clock.clone(), options);
    let member = app.joined("minsu", "kim@example.com").await;
    let token = Some(PresentedToken { subject: member, session: Some(Uuid::nil()) });
    let refused = members.change_contact(member, email("new@example.com"), Meta { token, ..meta("c") }).await;
    assert!(matches!(refused, Err(MemberError::Execute(ExecuteError::DeadlinePassed))), "{refused:?}");
    drop(members);
    app.end().await;
}

#[tokio::test]
async fn a_members_command_is_dropped_before_it_is_written() {
    let app = TestApp::new().await;
    let revoked = Arc::new(Everything::default());
    let options = MemberOptions { revoked: Some(revoked.clone()), ..options() };
    let (log, vault) = (app.log.clone(), app.vault.clone());
    let members = Members::new(log, vault, Arc::new(RandomIds), app.clock.clone(), options);
    let member = app.joined("minsu", "kim@example.com").await;
    revoked.insert(member.uuid());
    let written = app.log.commits().len();
    let meta = Meta { token: token_of(member), ..meta("c") };
    let refused = members.change_contact(member, email("new@example.com"), meta).await;
    assert!(matches!(refused, Err(MemberError::Execute(ExecuteError::TokenRefused))), "{refused:?}");
    assert_eq!(app.log.commits().len(), written);
    drop(members);
    app.end().await;
}
