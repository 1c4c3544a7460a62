//! Password resets.

use secrecy::ExposeSecret;
use vault::{Credentials, Erasures, PasswordResets, Revocations, Sessions};

use crate::fixture::{VaultFixture, hash, id, later, now, token};

#[tokio::test]
async fn a_reset_puts_its_password_in_force_once_and_ends_all_sessions() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    let (session, password) = (id(), id());
    fixture.vault.open_session(session, member, &hash("first"), token(), later(60)).await.unwrap();
    fixture.vault.keep_pending(password, member, &hash("reset"), None).await.unwrap();
    assert!(fixture.vault.settle_reset(id(), member).await.unwrap().is_empty(), "another one is not there");
    assert_eq!(fixture.vault.settle_reset(password, member).await.unwrap(), [session]);
    let revoked = fixture.vault.revoked_after(0).await.unwrap();
    assert_eq!(revoked.iter().map(|revocation| revocation.subject).collect::<Vec<_>>(), [session]);
    let in_force = async || fixture.vault.by_login(login).await.unwrap().unwrap().1.0.expose_secret().to_owned();
    assert_eq!(in_force().await, hash("reset").0.expose_secret());
    // A change that comes later is not undone by a repetition.
    assert!(fixture.vault.replace(member, &hash("later")).await.unwrap());
    let open = id();
    fixture.vault.open_session(open, member, &hash("later"), token(), later(60)).await.unwrap();
    assert!(fixture.vault.settle_reset(password, member).await.unwrap().is_empty());
    assert_eq!(in_force().await, hash("later").0.expose_secret());
    fixture.end().await;
}

#[tokio::test]
async fn nobody_erased_gets_a_password_and_what_is_old_is_swept() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    let (password, reset, origin) = (id(), id(), id());
    fixture.vault.note_reset(reset, Some(origin)).await.unwrap();
    fixture.vault.note_reset(reset, None).await.unwrap();
    fixture.vault.note_reset(id(), None).await.unwrap();
    assert_eq!(fixture.vault.reset_origin(reset).await.unwrap(), Some(origin));
    assert_eq!(fixture.vault.reset_origin(id()).await.unwrap(), None);
    fixture.vault.erase(id(), member, "member:x", now(), now()).await.unwrap();
    fixture.vault.keep_pending(password, member, &hash("reset"), None).await.unwrap();
    assert!(fixture.vault.settle_reset(password, member).await.unwrap().is_empty());
    assert!(fixture.vault.by_login(login).await.unwrap().is_none());
    assert_eq!(fixture.count("pending_passwords").await, 0);
    fixture.vault.sweep(later(60)).await.unwrap();
    assert_eq!(fixture.count("password_resets").await, 0);
    fixture.end().await;
}
