//! Passwords: pending, settled, replaced, swept.

use futures::future::join_all;
use kernel::StreamId;
use secrecy::ExposeSecret;
use vault::{Credentials, Erasures, Keys, Messages, Sessions};

use crate::fixture::{VaultFixture, at, hash, id, later, member, now, token};

#[tokio::test]
async fn a_pending_password_becomes_the_members_once() {
    let fixture = VaultFixture::new().await;
    let (sign_up, member, login) = (id(), member(), StreamId::new(id()));
    fixture.vault.make_key(member).await.unwrap();
    fixture.vault.keep_pending(sign_up, member, &hash("one"), None).await.unwrap();
    fixture.vault.keep_pending(sign_up, member, &hash("two"), None).await.unwrap();
    assert!(fixture.vault.by_login(login).await.unwrap().is_none(), "pending is not yet a password");
    let settled = join_all((0..8).map(|_| fixture.vault.settle(sign_up, member, login))).await;
    assert!(settled.iter().all(Result::is_ok), "{settled:?}");
    let (found, kept) = fixture.vault.by_login(login).await.unwrap().unwrap();
    assert_eq!((found, kept.0.expose_secret()), (member, hash("two").0.expose_secret()));
    assert_eq!(fixture.count("pending_passwords").await, 0);

    assert!(fixture.vault.replace(member, &hash("three"), at(20)).await.unwrap());
    fixture.vault.keep_pending(sign_up, member, &hash("late"), None).await.unwrap();
    fixture.vault.settle(sign_up, member, login).await.unwrap();
    let kept = fixture.vault.of(member).await.unwrap().unwrap();
    assert_eq!(kept.0.expose_secret(), hash("three").0.expose_secret(), "a repetition brings no older password back");
    fixture.end().await;
}

#[tokio::test]
async fn nobody_takes_over_the_pending_password_of_another() {
    let fixture = VaultFixture::new().await;
    let (sign_up, one, two, login) = (id(), member(), member(), StreamId::new(id()));
    fixture.vault.make_key(one).await.unwrap();
    fixture.vault.make_key(two).await.unwrap();
    fixture.vault.keep_pending(sign_up, one, &hash("one"), None).await.unwrap();
    fixture.vault.keep_pending(sign_up, two, &hash("two"), None).await.unwrap();
    fixture.vault.settle(sign_up, two, login).await.unwrap();
    assert!(fixture.vault.by_login(login).await.unwrap().is_none());
    fixture.vault.settle(sign_up, one, login).await.unwrap();
    assert_eq!(fixture.vault.by_login(login).await.unwrap().unwrap().0, one);
    fixture.end().await;
}

#[tokio::test]
async fn a_discarded_sign_up_leaves_nothing_and_a_member_is_never_discarded() {
    let fixture = VaultFixture::new().await;
    let (sign_up, nobody) = (id(), member());
    fixture.vault.make_key(nobody).await.unwrap();
    fixture.vault.keep_pending(sign_up, nobody, &hash("x"), None).await.unwrap();
    fixture.vault.discard(sign_up, nobody).await.unwrap();
    fixture.vault.discard(sign_up, nobody).await.unwrap();
    assert!(fixture.vault.key(nobody).await.unwrap().is_none());
    assert_eq!(fixture.count("pending_passwords").await, 0);
    fixture.vault.settle(sign_up, nobody, StreamId::new(id())).await.unwrap();
    assert_eq!(fixture.count("credentials").await, 0, "what was discarded does not settle");

    let (member, login) = fixture.joined().await;
    fixture.vault.discard(id(), member).await.unwrap();
    assert!(fixture.vault.key(member).await.unwrap().is_some());
    assert!(fixture.vault.by_login(login).await.unwrap().is_some());
    fixture.end().await;
}

#[tokio::test]
async fn settling_after_an_erasure_does_nothing() {
    let fixture = VaultFixture::new().await;
    let (sign_up, member, login) = (id(), member(), StreamId::new(id()));
    fixture.vault.make_key(member).await.unwrap();
    fixture.vault.keep_pending(sign_up, member, &hash("x"), None).await.unwrap();
    fixture.vault.erase(id(), member, "member:x", now(), now()).await.unwrap();
    assert_eq!(fixture.count("pending_passwords").await, 0, "what was pending went too");
    fixture.vault.keep_pending(sign_up, member, &hash("x"), None).await.unwrap();
    fixture.vault.settle(sign_up, member, login).await.unwrap();
    assert!(fixture.vault.by_login(login).await.unwrap().is_none());
    assert!(fixture.vault.key(member).await.unwrap().is_none());
    assert_eq!(fixture.count("pending_passwords").await, 0);
    assert!(
        !fixture.vault.replace(member, &hash("y"), at(20)).await.unwrap(),
        "nor has the erased a password to replace"
    );
    fixture.end().await;
}

#[tokio::test]
async fn sweeping_takes_what_is_old_and_provisional_only() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    let (sign_up, nobody) = (id(), crate::fixture::member());
    fixture.vault.make_key(nobody).await.unwrap();
    fixture.vault.keep_pending(sign_up, nobody, &hash("x"), None).await.unwrap();
    fixture.vault.open_session(id(), member, &hash("first"), token(), later(-10)).await.unwrap();
    let open = id();
    fixture.vault.open_session(open, member, &hash("first"), token(), later(3600)).await.unwrap();
    fixture.vault.end_session(open, member).await.unwrap();
    assert_eq!(fixture.vault.sweep(later(-60)).await.unwrap(), 0, "nothing is that old");
    assert_eq!(fixture.vault.sweep(later(60)).await.unwrap(), 2, "a key and a password");
    assert!(fixture.vault.key(nobody).await.unwrap().is_none());
    assert!(fixture.vault.key(member).await.unwrap().is_some());
    assert!(fixture.vault.by_login(login).await.unwrap().is_some());
    assert_eq!((fixture.count("sessions").await, fixture.count("refresh_tokens").await), (1, 1), "one had expired");
    assert_eq!(fixture.count("revocations").await, 1, "a revocation stays as long as access tokens may live");
    fixture.vault.sweep(later(2 * 86_400)).await.unwrap();
    assert_eq!(fixture.count("revocations").await, 0);
    assert_eq!(fixture.vault.cursor().await.unwrap(), kernel::Position::ZERO);
    fixture.end().await;
}

/// A log-in that began with the password before opens nothing once another one is in force, and hashing a password again
/// does not bring it back.
#[tokio::test]
async fn a_password_that_was_changed_opens_no_session_and_does_not_come_back() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    let (before, after) = (hash("first"), hash("second"));
    assert!(fixture.vault.replace(member, &after, at(20)).await.unwrap());
    assert!(!fixture.vault.open_session(id(), member, &before, token(), later(60)).await.unwrap());
    assert_eq!((fixture.count("sessions").await, fixture.count("refresh_tokens").await), (0, 0));
    assert!(!fixture.vault.rehash(member, &before, &hash("first, with more work")).await.unwrap());
    let (_, kept) = fixture.vault.by_login(login).await.unwrap().unwrap();
    assert_eq!(kept.0.expose_secret(), after.0.expose_secret());
    assert!(fixture.vault.rehash(member, &after, &hash("third")).await.unwrap());
    assert!(fixture.vault.open_session(id(), member, &hash("third"), token(), later(60)).await.unwrap());
    fixture.end().await;
}
