//! Passwords: pending, settled, replaced, swept.

use futures::future::join_all;
use kernel::StreamId;
use secrecy::ExposeSecret;
use vault::{Credentials, Erasures, Keys, Messages, Sessions};

use crate::world::{World, hash, id, later, member, now, token};

#[tokio::test]
async fn a_pending_password_becomes_the_members_once() {
    let world = World::new().await;
    let (sign_up, member, login) = (id(), member(), StreamId::new(id()));
    world.vault.make_key(member).await.unwrap();
    world.vault.keep_pending(sign_up, member, &hash("one"), None).await.unwrap();
    world.vault.keep_pending(sign_up, member, &hash("two"), None).await.unwrap();
    assert!(world.vault.by_login(login).await.unwrap().is_none(), "pending is not yet a password");
    let settled = join_all((0..8).map(|_| world.vault.settle(sign_up, member, login))).await;
    assert!(settled.iter().all(Result::is_ok), "{settled:?}");
    let (found, kept) = world.vault.by_login(login).await.unwrap().unwrap();
    assert_eq!((found, kept.0.expose_secret()), (member, hash("two").0.expose_secret()));
    assert_eq!(world.count("pending_passwords").await, 0);

    assert!(world.vault.replace(member, &hash("three")).await.unwrap());
    world.vault.keep_pending(sign_up, member, &hash("late"), None).await.unwrap();
    world.vault.settle(sign_up, member, login).await.unwrap();
    let kept = world.vault.of(member).await.unwrap().unwrap();
    assert_eq!(kept.0.expose_secret(), hash("three").0.expose_secret(), "a repetition brings no older password back");
    world.end().await;
}

#[tokio::test]
async fn nobody_takes_over_the_pending_password_of_another() {
    let world = World::new().await;
    let (sign_up, one, two, login) = (id(), member(), member(), StreamId::new(id()));
    world.vault.make_key(one).await.unwrap();
    world.vault.make_key(two).await.unwrap();
    world.vault.keep_pending(sign_up, one, &hash("one"), None).await.unwrap();
    world.vault.keep_pending(sign_up, two, &hash("two"), None).await.unwrap();
    world.vault.settle(sign_up, two, login).await.unwrap();
    assert!(world.vault.by_login(login).await.unwrap().is_none());
    world.vault.settle(sign_up, one, login).await.unwrap();
    assert_eq!(world.vault.by_login(login).await.unwrap().unwrap().0, one);
    world.end().await;
}

#[tokio::test]
async fn a_discarded_sign_up_leaves_nothing_and_a_member_is_never_discarded() {
    let world = World::new().await;
    let (sign_up, nobody) = (id(), member());
    world.vault.make_key(nobody).await.unwrap();
    world.vault.keep_pending(sign_up, nobody, &hash("x"), None).await.unwrap();
    world.vault.discard(sign_up, nobody).await.unwrap();
    world.vault.discard(sign_up, nobody).await.unwrap();
    assert!(world.vault.key(nobody).await.unwrap().is_none());
    assert_eq!(world.count("pending_passwords").await, 0);
    world.vault.settle(sign_up, nobody, StreamId::new(id())).await.unwrap();
    assert_eq!(world.count("credentials").await, 0, "what was discarded does not settle");

    let (member, login) = world.joined().await;
    world.vault.discard(id(), member).await.unwrap();
    assert!(world.vault.key(member).await.unwrap().is_some());
    assert!(world.vault.by_login(login).await.unwrap().is_some());
    world.end().await;
}

#[tokio::test]
async fn settling_after_an_erasure_does_nothing() {
    let world = World::new().await;
    let (sign_up, member, login) = (id(), member(), StreamId::new(id()));
    world.vault.make_key(member).await.unwrap();
    world.vault.keep_pending(sign_up, member, &hash("x"), None).await.unwrap();
    world.vault.erase(id(), member, "member:x", now(), now()).await.unwrap();
    assert_eq!(world.count("pending_passwords").await, 0, "what was pending went too");
    world.vault.keep_pending(sign_up, member, &hash("x"), None).await.unwrap();
    world.vault.settle(sign_up, member, login).await.unwrap();
    assert!(world.vault.by_login(login).await.unwrap().is_none());
    assert!(world.vault.key(member).await.unwrap().is_none());
    assert_eq!(world.count("pending_passwords").await, 0);
    assert!(!world.vault.replace(member, &hash("y")).await.unwrap(), "nor has the erased a password to replace");
    world.end().await;
}

#[tokio::test]
async fn sweeping_takes_what_is_old_and_provisional_only() {
    let world = World::new().await;
    let (member, login) = world.joined().await;
    let (sign_up, nobody) = (id(), crate::world::member());
    world.vault.make_key(nobody).await.unwrap();
    world.vault.keep_pending(sign_up, nobody, &hash("x"), None).await.unwrap();
    world.vault.open_session(id(), member, &hash("first"), token(), later(-10)).await.unwrap();
    let open = id();
    world.vault.open_session(open, member, &hash("first"), token(), later(3600)).await.unwrap();
    world.vault.end_session(open, member).await.unwrap();
    assert_eq!(world.vault.sweep(later(-60)).await.unwrap(), 0, "nothing is that old");
    assert_eq!(world.vault.sweep(later(60)).await.unwrap(), 2, "a key and a password");
    assert!(world.vault.key(nobody).await.unwrap().is_none());
    assert!(world.vault.key(member).await.unwrap().is_some());
    assert!(world.vault.by_login(login).await.unwrap().is_some());
    assert_eq!((world.count("sessions").await, world.count("refresh_tokens").await), (1, 1), "one had expired");
    assert_eq!(world.count("revocations").await, 1, "a revocation stays as long as access tokens may live");
    world.vault.sweep(later(2 * 86_400)).await.unwrap();
    assert_eq!(world.count("revocations").await, 0);
    assert_eq!(world.vault.cursor().await.unwrap(), kernel::Position::ZERO);
    world.end().await;
}

/// A log-in that began with the password before opens nothing once another one is in force, and hashing a password again
/// does not bring it back.
#[tokio::test]
async fn a_password_that_was_changed_opens_no_session_and_does_not_come_back() {
    let world = World::new().await;
    let (member, login) = world.joined().await;
    let (before, after) = (hash("first"), hash("second"));
    assert!(world.vault.replace(member, &after).await.unwrap());
    assert!(!world.vault.open_session(id(), member, &before, token(), later(60)).await.unwrap());
    assert_eq!((world.count("sessions").await, world.count("refresh_tokens").await), (0, 0));
    assert!(!world.vault.rehash(member, &before, &hash("first, with more work")).await.unwrap());
    let (_, kept) = world.vault.by_login(login).await.unwrap().unwrap();
    assert_eq!(kept.0.expose_secret(), after.0.expose_secret());
    assert!(world.vault.rehash(member, &after, &hash("third")).await.unwrap());
    assert!(world.vault.open_session(id(), member, &hash("third"), token(), later(60)).await.unwrap());
    world.end().await;
}
