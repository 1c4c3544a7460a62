//! Password resets.

use kernel::ConsistencyToken;
use secrecy::ExposeSecret;
use vault::{Credentials, Erasures, KnownNetworks, PasswordResets, Revocations, Sessions};

use crate::fixture::{VaultFixture, at, hash, id, later, now, token};

#[tokio::test]
async fn a_reset_puts_its_password_in_force_once_and_ends_all_sessions() {
    let fixture = VaultFixture::new().await;
    let (member, login) = fixture.joined().await;
    let (session, password) = (id(), id());
    fixture.vault.open_session(session, member, &hash("first"), token(), later(60)).await.unwrap();
    fixture.vault.keep_pending(password, member, &hash("reset"), None).await.unwrap();
    assert!(fixture.vault.settle_reset(id(), member, at(9)).await.unwrap().is_empty(), "another one is not there");
    assert_eq!(fixture.vault.settle_reset(password, member, at(9)).await.unwrap(), [session]);
    let revoked = fixture.vault.revoked_after(0).await.unwrap();
    assert_eq!(revoked.iter().map(|revocation| revocation.subject).collect::<Vec<_>>(), [session]);
    let in_force = async || fixture.vault.by_login(login).await.unwrap().unwrap().1.0.expose_secret().to_owned();
    assert_eq!(in_force().await, hash("reset").0.expose_secret());
    // A change that comes later is not undone by a repetition.
    assert!(fixture.vault.replace(member, &hash("later"), at(20)).await.unwrap());
    let open = id();
    fixture.vault.open_session(open, member, &hash("later"), token(), later(60)).await.unwrap();
    let told = fixture.vault.settle_reset(password, member, at(9)).await.unwrap();
    assert_eq!(told, [session], "who comes second is told what ended, and ends nothing");
    assert_eq!(in_force().await, hash("later").0.expose_secret());
    // Nor by a reset that stands before it in the log and comes to the vault after it. Of another log nothing is known.
    fixture.vault.remember_network(member, id()).await.unwrap();
    let late = async |since| {
        fixture.vault.keep_pending(password, member, &hash("late"), None).await.unwrap();
        fixture.vault.settle_reset(password, member, since).await.unwrap()
    };
    assert_eq!(late(at(19)).await, [session]);
    assert_eq!(in_force().await, hash("later").0.expose_secret());
    assert_eq!((fixture.count("pending_passwords").await, fixture.count("known_networks").await), (0, 1));
    assert!(fixture.vault.replace(member, &hash("earlier"), at(19)).await.unwrap(), "the member is there");
    assert_eq!(in_force().await, hash("later").0.expose_secret());
    assert_eq!(late(ConsistencyToken { log: kernel::LogId::new(id()), ..at(3) }).await.len(), 2);
    assert_eq!(in_force().await, hash("late").0.expose_secret());
    assert_eq!(fixture.count("known_networks").await, 0, "from there it may have been somebody else");
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
    assert!(fixture.vault.settle_reset(password, member, at(9)).await.unwrap().is_empty());
    assert!(fixture.vault.by_login(login).await.unwrap().is_none());
    assert_eq!(fixture.count("pending_passwords").await, 0);
    fixture.vault.sweep(later(60)).await.unwrap();
    assert_eq!(fixture.count("password_resets").await, 0);
    fixture.end().await;
}
