//! Erasures: once, whole, for ever.

use futures::future::join_all;
use kernel::{Position, Sealed, StreamId, Version};
use vault::{
    Certificate, Credentials, Erasures, Keys, MessageBudget, Messages, NewMessage, Notice, Revocations, Rotation,
    Sessions,
};

use crate::fixture::{VaultFixture, at, hash, id, later, member, now, token};

#[tokio::test]
async fn everything_of_a_member_goes_and_nothing_of_another() {
    let fixture = VaultFixture::new().await;
    let ((erased, login), (other, others_login)) = (fixture.joined().await, fixture.joined().await);
    let current = token();
    fixture.vault.open_session(id(), erased, &hash("first"), current, later(60)).await.unwrap();
    fixture.vault.open_session(id(), erased, &hash("first"), token(), later(60)).await.unwrap();
    fixture.vault.open_session(id(), other, &hash("first"), token(), later(60)).await.unwrap();
    let message = NewMessage {
        position: Position::new(1),
        member: erased,
        channel: "phone",
        contact: Sealed::new("x"),
        stream: StreamId::new(id()),
        version: Version::new(1),
        field: "contact",
        notice: Notice::PasswordChanged,
        until: None,
        code_contact: None,
        charge: None,
    };
    let budget = MessageBudget::default();
    assert!(
        fixture
            .vault
            .enqueue(&[message], budget, now(), Position::ZERO, Position::new(1), None)
            .await
            .unwrap()
            .is_some()
    );
    let (erasure, asked, at) = (id(), later(-5), now());
    let certificate = fixture.vault.erase(erasure, erased, "operator:42", asked, at).await.unwrap();
    let destroyed = [("data key", 1), ("credential", 1), ("sessions", 2), ("messages", 1), ("devices", 0)];
    assert_eq!(
        certificate,
        Certificate {
            erasure_id: erasure,
            member_id: erased,
            requested_by: "operator:42".into(),
            requested_at: asked,
            erased_at: at,
            destroyed: destroyed.map(|(what, count)| (what.to_owned(), count)).to_vec(),
            key_epochs: Some(vec![1]),
        }
    );
    assert_eq!(fixture.vault.certificate(erasure).await.unwrap(), Some(certificate));
    assert_eq!(fixture.vault.certificate(id()).await.unwrap(), None);
    assert!(fixture.vault.key(erased).await.unwrap().is_none());
    assert!(fixture.vault.by_login(login).await.unwrap().is_none());
    assert_eq!(fixture.vault.rotate(current, token(), None, now(), later(60)).await.unwrap(), Rotation::Unknown);
    let revoked = fixture.vault.revoked_after(0).await.unwrap();
    assert!(revoked.iter().any(|revocation| revocation.subject == erased.uuid()));
    assert!(fixture.vault.key(other).await.unwrap().is_some());
    assert!(fixture.vault.by_login(others_login).await.unwrap().is_some());
    assert_eq!((fixture.count("sessions").await, fixture.count("messages").await), (1, 0));
    fixture.end().await;
}

#[tokio::test]
async fn erased_twice_or_by_many_at_once_there_is_one_certificate() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    for _ in 0..5 {
        let ((member, _), erasure) = (fixture.joined().await, id());
        let at = now();
        let all = join_all((0..12).map(|n| {
            let vault = if n % 2 == 0 { &fixture.vault } else { &other };
            vault.erase(erasure, member, "member:x", at, later(n))
        }))
        .await;
        let all: Vec<Certificate> = all.into_iter().map(Result::unwrap).collect();
        assert!(all.iter().all(|certificate| *certificate == all[0]), "{all:?}");
        assert_eq!(all[0].destroyed[0], ("data key".to_owned(), 1));
        let late = fixture.vault.erase(id(), member, "operator:1", now(), later(100)).await.unwrap();
        assert_eq!(late, all[0], "another erasure of the same member finds it done");
    }
    assert_eq!(fixture.count("certificates").await, 5);
    fixture.end().await;
}

/// A session that dies in the middle, whichever statement it had come to, leaves everything as it was.
#[tokio::test]
async fn what_fails_in_the_middle_has_not_begun() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    fixture.vault.open_session(id(), member, &hash("first"), token(), later(60)).await.unwrap();
    for table in ["credentials", "sessions", "data_keys", "certificates", "revocations"] {
        let when = if ["certificates", "revocations"].contains(&table) { "insert" } else { "delete" };
        fixture
            .execute(&format!(
                "create function vault.die() returns trigger language plpgsql as
                     $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
                 create trigger die after {when} on vault.{table} for each statement execute function vault.die()"
            ))
            .await;
        fixture.vault.erase(id(), member, "member:x", now(), now()).await.expect_err(table);
        fixture.execute("drop function vault.die() cascade").await;
        assert!(fixture.vault.key(member).await.unwrap().is_some(), "{table}");
        assert!(fixture.vault.by_login(login).await.unwrap().is_some(), "{table}");
        let counts =
            (fixture.count("sessions").await, fixture.count("certificates").await, fixture.count("revocations").await);
        assert_eq!(counts, (1, 0, 0), "{table}");
    }
    fixture.vault.erase(id(), member, "member:x", now(), now()).await.unwrap();
    assert!(fixture.vault.key(member).await.unwrap().is_none());
    fixture.end().await;
}

#[tokio::test]
async fn an_erasure_beside_everything_else_ends_and_leaves_nothing() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    for _ in 0..10 {
        let ((member, login), session, current, sign_up) = (fixture.joined().await, id(), token(), id());
        fixture.vault.open_session(session, member, &hash("first"), current, later(60)).await.unwrap();
        let (requested, first, changed) = (now(), hash("first"), hash("x"));
        let (erased, ..) = tokio::join!(
            fixture.vault.erase(id(), member, "member:x", requested, requested),
            other.rotate(current, token(), None, now(), later(60)),
            other.open_session(id(), member, &first, token(), later(60)),
            other.end_sessions(member, None),
            fixture.vault.settle(sign_up, member, login),
            other.replace(member, &changed, at(20)),
        );
        erased.unwrap();
    }
    for table in ["data_keys", "credentials", "sessions", "refresh_tokens"] {
        assert_eq!(fixture.count(table).await, 0, "{table}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_key_that_comes_back_with_a_backup_is_destroyed_again() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    fixture.execute("create table k as table vault.data_keys; create table c as table vault.credentials").await;
    fixture.vault.erase(id(), member, "member:x", now(), now()).await.unwrap();
    assert!(!fixture.vault.destroy_again(member).await.unwrap(), "nothing came back");
    fixture
        .execute(
            "insert into vault.data_keys select * from k; insert into vault.credentials select * from c;
             delete from vault.revocations",
        )
        .await;
    assert!(fixture.vault.destroy_again(member).await.unwrap());
    assert!(fixture.vault.key(member).await.unwrap().is_none());
    assert!(fixture.vault.by_login(login).await.unwrap().is_none());
    let revoked = fixture.vault.revoked_after(0).await.unwrap();
    assert_eq!(revoked.iter().map(|r| r.subject).collect::<Vec<_>>(), [member.uuid()]);
    fixture.end().await;
}

#[tokio::test]
async fn one_who_never_was_is_erased_all_the_same() {
    let fixture = VaultFixture::new().await;
    let (nobody, erasure) = (member(), id());
    let certificate = fixture.vault.erase(erasure, nobody, "operator:1", now(), now()).await.unwrap();
    assert!(certificate.destroyed.iter().all(|(_, count)| *count == 0), "and the certificate says so");
    fixture.end().await;
}
