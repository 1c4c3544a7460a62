//! What operators log in with, and their sessions.

use chrono::TimeDelta;
use kernel::{OperatorId, OperatorRole, Version};
use uuid::Uuid;
use vault::{
    NewOperatorSession, OperatorProof, Operators, PasswordHash, PostgresVault, Revocations, SessionPlace, TokenDigest,
};

use crate::fixture::{VaultFixture, hash, id, later, now, token};

const IDLE: TimeDelta = TimeDelta::minutes(30);

fn operator() -> OperatorId {
    OperatorId::new(id())
}

fn place(address: &str) -> SessionPlace {
    SessionPlace { address: address.to_owned(), agent: "test".to_owned() }
}

fn new(operator: OperatorId, version: i64, proof: OperatorProof) -> NewOperatorSession {
    NewOperatorSession {
        session: id(),
        operator,
        version: Version::new(version),
        number: 1,
        proof,
        name: "minji".to_owned(),
        role: OperatorRole::Support,
        token: token(),
        place: place("192.0.2.7"),
        began_at: now(),
        ends_at: later(3_600),
    }
}

/// With the first password.
fn first(operator: OperatorId, version: i64) -> NewOperatorSession {
    new(operator, version, OperatorProof::Password(None))
}

async fn is_good(vault: &PostgresVault, token: TokenDigest) -> bool {
    vault.use_operator_session(token, &place("192.0.2.8"), now(), IDLE).await.unwrap().is_some()
}

async fn revoked(vault: &PostgresVault) -> Vec<Uuid> {
    vault.revoked_after(0).await.unwrap().into_iter().map(|revocation| revocation.subject).collect()
}

#[tokio::test]
async fn a_code_counts_once_and_a_reset_begins_anew() {
    let fixture = VaultFixture::new().await;
    let (vault, operator) = (&fixture.vault, operator());
    assert!(vault.use_operator_step(operator, 1, 100).await.unwrap());
    for used in [100, 99] {
        assert!(!vault.use_operator_step(operator, 1, used).await.unwrap(), "{used}");
    }
    assert!(vault.use_operator_step(operator, 1, 101).await.unwrap());
    assert!(vault.use_operator_step(operator, 2, 50).await.unwrap(), "another secret");
    assert!(!vault.use_operator_step(operator, 1, 102).await.unwrap(), "the one before counts no more");
    // Of two at once one is first.
    let both = tokio::join!(vault.use_operator_step(operator, 2, 60), vault.use_operator_step(operator, 2, 60));
    assert_eq!([both.0.unwrap(), both.1.unwrap()].iter().filter(|is_good| **is_good).count(), 1);
    fixture.end().await;
}

#[tokio::test]
async fn a_password_and_a_subject_belong_to_their_credentials() {
    let fixture = VaultFixture::new().await;
    let (vault, operator) = (&fixture.vault, operator());
    let kept = |number| async move {
        let kept = vault.operator_credentials(operator, number).await.unwrap();
        (kept.hash.is_some(), kept.subject)
    };
    assert_eq!(kept(1).await, (false, None));
    assert!(vault.replace_operator_password(operator, 1, &hash("one")).await.unwrap());
    assert!(vault.bind_operator_subject(operator, 1, "sub-1").await.unwrap());
    assert!(vault.bind_operator_subject(operator, 1, "sub-1").await.unwrap());
    assert!(!vault.bind_operator_subject(operator, 1, "sub-2").await.unwrap(), "it is bound to another");
    assert_eq!(kept(1).await, (true, Some("sub-1".to_owned())));
    assert_eq!(kept(2).await, (false, None));
    assert!(vault.use_operator_step(operator, 2, 1).await.unwrap());
    assert_eq!((kept(1).await, kept(2).await), ((false, None), (false, None)), "a reset takes all of it");
    assert!(!vault.replace_operator_password(operator, 1, &hash("two")).await.unwrap());
    assert!(!vault.bind_operator_subject(operator, 1, "sub-1").await.unwrap());
    fixture.end().await;
}

#[tokio::test]
async fn a_session_is_good_until_it_ends_or_is_not_used() {
    let fixture = VaultFixture::new().await;
    let (vault, operator) = (&fixture.vault, operator());
    let session = first(operator, 1);
    assert!(vault.open_operator_session(&session).await.unwrap());
    let used = vault.use_operator_session(session.token, &place("192.0.2.8"), later(60), IDLE).await.unwrap().unwrap();
    assert_eq!((used.session, used.operator, used.role), (session.session, operator, OperatorRole::Support));
    assert_eq!((used.began, used.used), (place("192.0.2.7"), place("192.0.2.8")));
    assert_eq!((used.began_at, used.ends_at), (session.began_at, session.ends_at));
    assert!(vault.knows_operator_address(operator, "192.0.2.8").await.unwrap());
    assert!(!vault.knows_operator_address(operator, "192.0.2.9").await.unwrap());
    let at = |seconds| vault.use_operator_session(session.token, &session.place, later(seconds), IDLE);
    assert!(at(60 + 1_801).await.unwrap().is_none(), "half an hour without use");
    assert!(at(60 + 1_700).await.unwrap().is_some());
    assert!(at(3_500).await.unwrap().is_some());
    assert!(at(3_601).await.unwrap().is_none(), "in any case");
    assert_eq!(vault.operator_sessions(operator, later(3_500), IDLE).await.unwrap().len(), 1);
    assert!(vault.operator_sessions(operator, later(3_601), IDLE).await.unwrap().is_empty());
    assert_eq!(vault.forget_operator_sessions(now()).await.unwrap(), 0);
    assert_eq!(vault.forget_operator_sessions(later(3_700)).await.unwrap(), 1);
    fixture.end().await;
}

#[tokio::test]
async fn what_happens_to_an_operator_ends_the_sessions_before_it_and_none_after() {
    let fixture = VaultFixture::new().await;
    let (vault, operator) = (&fixture.vault, operator());
    let (old, young) = (first(operator, 1), first(operator, 3));
    assert!(vault.open_operator_session(&old).await.unwrap() && vault.open_operator_session(&young).await.unwrap());
    assert_eq!(vault.end_operator_sessions(operator, Version::new(2)).await.unwrap(), [old.session]);
    assert!(vault.end_operator_sessions(operator, Version::new(2)).await.unwrap().is_empty(), "once");
    assert_eq!(revoked(vault).await, [old.session]);
    assert!(!is_good(vault, old.token).await && is_good(vault, young.token).await);
    assert!(!vault.open_operator_session(&first(operator, 1)).await.unwrap(), "it was read before the event");
    assert!(vault.open_operator_session(&first(operator, 2)).await.unwrap());
    fixture.end().await;
}

#[tokio::test]
async fn a_session_needs_the_password_that_is_in_force() {
    let fixture = VaultFixture::new().await;
    let (vault, operator) = (&fixture.vault, operator());
    let with = |hash: Option<PasswordHash>| new(operator, 1, OperatorProof::Password(hash));
    assert!(vault.open_operator_session(&with(None)).await.unwrap());
    vault.replace_operator_password(operator, 1, &hash("one")).await.unwrap();
    assert!(!vault.open_operator_session(&with(None)).await.unwrap(), "the first password counts no more");
    assert!(!vault.open_operator_session(&with(Some(hash("two")))).await.unwrap());
    assert!(vault.open_operator_session(&with(Some(hash("one")))).await.unwrap());
    assert!(vault.open_operator_session(&new(operator, 1, OperatorProof::Provider)).await.unwrap());
    vault.use_operator_step(operator, 2, 1).await.unwrap();
    assert!(!vault.open_operator_session(&with(Some(hash("one")))).await.unwrap(), "they were reset");
    fixture.end().await;
}

#[tokio::test]
async fn one_session_is_ended_by_its_operator_and_the_others_by_a_new_password() {
    let fixture = VaultFixture::new().await;
    let (vault, one, other) = (&fixture.vault, operator(), operator());
    let sessions = [first(one, 1), first(one, 1), first(one, 1), first(other, 1)];
    for session in &sessions {
        assert!(vault.open_operator_session(session).await.unwrap());
    }
    assert!(!vault.end_operator_session(sessions[3].session, one).await.unwrap(), "another's");
    assert!(vault.end_operator_session(sessions[0].session, one).await.unwrap());
    assert!(vault.end_operator_session(sessions[0].session, one).await.unwrap(), "again");
    assert_eq!(vault.end_other_operator_sessions(one, sessions[1].session).await.unwrap(), [sessions[2].session]);
    let good = [is_good(vault, sessions[1].token).await, is_good(vault, sessions[3].token).await];
    assert_eq!(good, [true, true]);
    assert_eq!(revoked(vault).await, [sessions[0].session, sessions[2].session]);
    // A vault that came back from a backup may not know a session: its token is refused all the same.
    let lost = id();
    assert!(vault.end_operator_session(lost, one).await.unwrap() && revoked(vault).await.contains(&lost));
    fixture.end().await;
}
