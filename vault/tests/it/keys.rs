//! Data keys, and the secret behind keyed hashes.

use std::sync::Arc;

use futures::future::join_all;
use kernel::MemberId;
use vault::{Certificate, Erasures, Keys, PostgresVault, VaultError};

use crate::fixture::{VaultFixture, member, now};

#[tokio::test]
async fn a_key_is_made_once_and_is_the_same_for_every_server() {
    let fixture = VaultFixture::new().await;
    let other = fixture.another().await;
    let member = member();
    assert!(fixture.vault.key(member).await.unwrap().is_none());
    let made =
        join_all((0..16).map(|n| if n % 2 == 0 { fixture.vault.make_key(member) } else { other.make_key(member) }));
    let made: Vec<_> = made.await.into_iter().map(|key| *key.unwrap().expose()).collect();
    assert!(made.iter().all(|key| *key == made[0]), "sixteen at once are given one key");
    assert_eq!(fixture.vault.key(member).await.unwrap().unwrap().expose(), &made[0]);
    assert_ne!(fixture.vault.make_key(crate::fixture::member()).await.unwrap().expose(), &made[0]);
    fixture.end().await;
}

#[tokio::test]
async fn servers_that_open_a_new_vault_at_once_have_one_secret() {
    let fixture = VaultFixture::new().await;
    fixture.execute("delete from vault.secret; delete from vault.message_cursor").await;
    let servers: Vec<PostgresVault> = join_all((0..8).map(|_| fixture.another())).await;
    let logins: Vec<_> = servers.iter().map(|vault| vault.names().login("ada")).collect();
    assert!(logins.iter().all(|login| *login == logins[0]));
    assert_eq!((fixture.count("secret").await, fixture.count("message_cursor").await), (1, 1));
    assert_eq!(fixture.another().await.names().login("ada"), logins[0], "and one that comes later has the same");
    fixture.end().await;
}

#[tokio::test]
async fn a_wrapped_key_that_was_moved_cut_or_changed_does_not_open() {
    let fixture = VaultFixture::new().await;
    let (one, two) = (member(), member());
    fixture.vault.make_key(one).await.unwrap();
    fixture.vault.make_key(two).await.unwrap();
    let refused = async |member: MemberId| match fixture.vault.key(member).await {
        Err(VaultError::Unwrap) => {}
        other => panic!("{other:?}"),
    };
    fixture
        .execute(&format!(
            "create table kept as select * from vault.data_keys;
             update vault.data_keys set wrapped = (select wrapped from kept where member_id = '{two}') where member_id = '{one}'"
        ))
        .await;
    refused(one).await;
    for change in ["left(wrapped, -1)", "left(wrapped, 20)", "''", "'!'", "overlay(wrapped placing 'AAAA' from 60)"] {
        let sql = format!(
            "update vault.data_keys k set wrapped = {} from kept where kept.member_id = k.member_id and k.member_id = '{one}'",
            change.replace("wrapped", "kept.wrapped")
        );
        fixture.execute(&sql).await;
        refused(one).await;
    }
    fixture.execute(&format!("update vault.data_keys set kek = 'unheard-of' where member_id = '{two}'")).await;
    assert!(matches!(fixture.vault.key(two).await, Err(VaultError::Kek(_))), "nobody has that key");
    fixture.end().await;
}

#[tokio::test]
async fn the_secret_of_names_is_no_members_key() {
    let fixture = VaultFixture::new().await;
    let member = member();
    fixture.vault.make_key(member).await.unwrap();
    fixture.execute("update vault.data_keys set (kek, wrapped) = (select kek, wrapped from vault.secret)").await;
    assert!(matches!(fixture.vault.key(member).await, Err(VaultError::Unwrap)));
    fixture.execute("update vault.secret set wrapped = left(wrapped, -4) || 'AAAA'").await;
    let opened = PostgresVault::open(fixture.pool.clone(), fixture.kek()).await;
    assert!(matches!(opened, Err(VaultError::Unwrap)), "a damaged secret is never replaced by a new one");
    fixture.end().await;
}

#[tokio::test]
async fn an_erased_member_gets_no_key_again() {
    let fixture = VaultFixture::new().await;
    let (member, _) = fixture.joined().await;
    let _: Certificate = fixture.vault.erase(crate::fixture::id(), member, "member:x", now(), now()).await.unwrap();
    assert!(matches!(fixture.vault.make_key(member).await, Err(VaultError::Erased)));
    assert!(fixture.vault.key(member).await.unwrap().is_none());
    fixture.end().await;
}

#[tokio::test]
async fn what_a_dead_database_says_is_that_it_is_not_there() {
    let fixture = VaultFixture::new().await;
    let gone = fixture.pool_of("jangbu_vault");
    gone.close().await;
    let opened = PostgresVault::open(gone, fixture.kek()).await;
    assert!(matches!(opened, Err(VaultError::Unavailable(_))));
    let _: Arc<_> = fixture.kek();
    fixture.end().await;
}
