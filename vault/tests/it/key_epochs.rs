//! Epochs of the key-encryption key: begun, retired, destroyed, and what that means for copies of a destroyed key.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use futures::future::join_all;
use kernel::MemberId;
use vault::{
    Copies, Credentials, Erasures, FileKek, Kek, KekError, KeyEpoch, KeySchedule, Keyring, Keys, PostgresVault,
    Purpose, Rotated, Wrapped,
};
use zeroize::Zeroizing;

use crate::fixture::{VaultFixture, hash, id, member, now};

const AT_ONCE: TimeDelta = TimeDelta::zero();
/// Nothing is due but what was made a day ago; what is retired goes at once.
const DAILY: KeySchedule = KeySchedule { rotate_every: Some(TimeDelta::days(1)), keep_retired: AT_ONCE };

fn keyring(fixture: &VaultFixture) -> Keyring {
    Keyring::new(fixture.pool_of("jangbu_vault"), fixture.kek())
}

/// A whole rotation, with everything older destroyed; returns what was destroyed.
async fn rotate(keyring: &Keyring) -> Vec<String> {
    let current = keyring.begin_epoch(None).await.unwrap().unwrap();
    keyring.rewrap_all(&current, |_| ()).await.unwrap();
    keyring.retire(&current).await.unwrap();
    keyring.destroy_retired(AT_ONCE).await.unwrap()
}

async fn copy_of(fixture: &VaultFixture, member: MemberId) -> Wrapped {
    let (kek, text) = sqlx::query_as("select kek, wrapped from vault.data_keys where member_id = $1")
        .bind(member.uuid())
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    Wrapped { kek, text }
}

fn living(epochs: &[KeyEpoch]) -> Vec<i64> {
    epochs.iter().filter(|epoch| epoch.retired_at.is_none()).map(|epoch| epoch.epoch).collect()
}

#[tokio::test]
async fn a_copy_of_an_erased_key_opens_until_its_epochs_are_destroyed_and_the_certificate_says_so() {
    let fixture = VaultFixture::new().await;
    let (keyring, kek) = (keyring(&fixture), fixture.kek());
    let ((erased, _), (other, _)) = (fixture.joined().await, fixture.joined().await);
    let first = copy_of(&fixture, erased).await;
    let current = keyring.begin_epoch(None).await.unwrap().unwrap();
    keyring.rewrap_all(&current, |_| ()).await.unwrap();
    assert_eq!(keyring.retire(&current).await.unwrap(), std::slice::from_ref(&first.kek));
    let second = copy_of(&fixture, erased).await;
    assert_ne!(first, second);

    let erasure = id();
    let certificate = fixture.vault.erase(erasure, erased, "member:x", now(), now()).await.unwrap();
    assert_eq!(certificate.key_epochs, Some(vec![1, 2]), "the first one still opens what it wrapped");
    assert_eq!(fixture.vault.certificate(erasure).await.unwrap().as_ref(), Some(&certificate));
    let copies = async || {
        let epochs = fixture.vault.key_epochs().await.unwrap();
        Copies::of(certificate.key_epochs.as_deref(), certificate.erased_at, &epochs, &KeySchedule::default())
    };
    assert!(matches!(copies().await, Copies::Readable { until: Some(until) } if until > now()));
    for copy in [&first, &second] {
        assert!(kek.unwrap(Purpose::Member(erased), copy).await.is_ok());
    }

    assert_eq!(keyring.destroy_retired(TimeDelta::days(1)).await.unwrap(), Vec::<String>::new(), "it was just retired");
    assert_eq!(keyring.destroy_retired(AT_ONCE).await.unwrap(), std::slice::from_ref(&first.kek));
    assert!(matches!(kek.unwrap(Purpose::Member(erased), &first).await, Err(KekError::Unknown(_))));
    assert!(matches!(copies().await, Copies::Readable { .. }), "the second epoch is still there");
    assert_eq!(rotate(&keyring).await, std::slice::from_ref(&second.kek));
    assert!(matches!(kek.unwrap(Purpose::Member(erased), &second).await, Err(KekError::Unknown(_))));
    assert!(matches!(copies().await, Copies::Unreadable { since } if since >= certificate.erased_at));
    assert!(fixture.vault.key(other).await.unwrap().is_some());
    let late = fixture.vault.erase(id(), other, "member:x", now(), now()).await.unwrap();
    assert_eq!(late.key_epochs, Some(vec![3]), "what is destroyed opens nothing");
    fixture.end().await;
}

/// Wraps, and returns what it wrapped only after a whole rotation.
struct Slow {
    real: Arc<FileKek>,
    meanwhile: Mutex<Option<Keyring>>,
}

#[async_trait]
impl Kek for Slow {
    async fn wrap(&self, purpose: Purpose, key: &[u8; 32]) -> Result<Wrapped, KekError> {
        let wrapped = self.real.wrap(purpose, key).await?;
        let keyring = self.meanwhile.lock().unwrap().take();
        if let Some(keyring) = keyring {
            assert_eq!(rotate(&keyring).await, std::slice::from_ref(&wrapped.kek));
        }
        Ok(wrapped)
    }

    async fn unwrap(&self, purpose: Purpose, wrapped: &Wrapped) -> Result<Zeroizing<[u8; 32]>, KekError> {
        self.real.unwrap(purpose, wrapped).await
    }

    async fn current(&self) -> Result<String, KekError> {
        self.real.current().await
    }

    async fn held(&self) -> Result<Vec<String>, KekError> {
        self.real.held().await
    }

    async fn rotate(&self) -> Result<String, KekError> {
        self.real.rotate().await
    }

    async fn drop_old(&self, doomed: &[String]) -> Result<Vec<String>, KekError> {
        self.real.drop_old(doomed).await
    }
}

#[tokio::test]
async fn a_key_that_was_wrapped_before_a_rotation_and_comes_after_it_is_wrapped_again() {
    let fixture = VaultFixture::new().await;
    let kek = Arc::new(Slow { real: fixture.kek(), meanwhile: Mutex::default() });
    let server = PostgresVault::open(fixture.pool_of("jangbu_vault"), kek.clone()).await.unwrap();
    *kek.meanwhile.lock().unwrap() = Some(keyring(&fixture));
    let member = member();
    let made = *server.make_key(member).await.unwrap().expose();
    assert_eq!(fixture.another().await.key(member).await.unwrap().unwrap().expose(), &made);
    assert_eq!(living(&server.key_epochs().await.unwrap()), [2]);
    fixture.end().await;
}

#[tokio::test]
async fn a_key_with_which_anything_is_wrapped_is_neither_retired_nor_destroyed() {
    let fixture = VaultFixture::new().await;
    let keyring = keyring(&fixture);
    let (one, _) = fixture.joined().await;
    fixture.joined().await;
    let current = keyring.begin_epoch(None).await.unwrap().unwrap();
    for round in 0..2 {
        assert_eq!(keyring.retire(&current).await.unwrap(), Vec::<String>::new());
        assert_eq!(keyring.destroy_retired(AT_ONCE).await.unwrap(), Vec::<String>::new());
        assert!(fixture.another().await.key(one).await.unwrap().is_some());
        // The second time only one member's key is left under it.
        if round == 0 {
            keyring.rewrap_secret(&current).await.unwrap();
            keyring.rewrap(&current, None, 1).await.unwrap();
        }
    }
    // Even if a row says that it was retired.
    fixture.execute("update vault.key_epochs set retired_at = clock_timestamp() where epoch = 1").await;
    assert_eq!(keyring.destroy_retired(AT_ONCE).await.unwrap(), Vec::<String>::new());
    // Nor is one that another rotation has just begun, by a rotation that knows nothing of it.
    keyring.rewrap_all(&current, |_| ()).await.unwrap();
    let newest = keyring.begin_epoch(None).await.unwrap().unwrap();
    keyring.retire(&current).await.unwrap();
    assert_eq!(living(&keyring.epochs().await.unwrap()), [2, 3]);
    assert_eq!(fixture.kek().current().await.unwrap(), newest);
    fixture.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_up_at_two_servers_while_keys_are_rotated_and_destroyed() {
    let fixture = VaultFixture::new().await;
    let servers = [Arc::new(fixture.another().await), Arc::new(fixture.another().await)];
    let joining: Vec<_> = (0..6)
        .map(|task| {
            let server = servers[task % 2].clone();
            tokio::spawn(async move {
                let mut made = Vec::new();
                for _ in 0..12 {
                    let member = member();
                    made.push((member, *server.make_key(member).await.unwrap().expose()));
                }
                made
            })
        })
        .collect();
    let keyring = keyring(&fixture);
    let mut destroyed = 0;
    for _ in 0..5 {
        destroyed += rotate(&keyring).await.len();
    }
    let made: Vec<_> = join_all(joining).await.into_iter().flat_map(Result::unwrap).collect();
    destroyed += rotate(&keyring).await.len();
    assert_eq!(destroyed, 6, "each epoch but the last");
    let late = fixture.another().await;
    for (member, key) in made {
        assert_eq!(late.key(member).await.unwrap().unwrap().expose(), &key);
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_rotation_that_ended_anywhere_is_completed_by_the_next_pass() {
    let fixture = VaultFixture::new().await;
    let (keyring, kek) = (keyring(&fixture), fixture.kek());
    let (one, _) = fixture.joined().await;
    fixture.joined().await;
    for broken_off in 0..6 {
        let old = kek.current().await.unwrap();
        match broken_off {
            // The key is there, and nothing has noted it.
            0 => drop(kek.rotate().await.unwrap()),
            step => {
                let current = keyring.begin_epoch(None).await.unwrap().unwrap();
                if step > 1 {
                    keyring.rewrap(&current, None, 1).await.unwrap();
                }
                if step > 2 {
                    keyring.rewrap_all(&current, |_| ()).await.unwrap();
                }
                if step > 3 {
                    keyring.retire(&current).await.unwrap();
                }
                if step > 4 {
                    // Its holder has destroyed it, and that is not noted.
                    fixture
                        .execute("update vault.key_epochs set destroying_at = retired_at where destroyed_at is null")
                        .await;
                    assert_eq!(kek.drop_old(std::slice::from_ref(&old)).await.unwrap(), std::slice::from_ref(&old));
                }
            }
        }
        let done = keyring.keep_schedule(&DAILY).await.unwrap();
        assert_eq!((done.made, done.lost, done.destroyed), (false, 0, 1), "broken off at {broken_off}");
        let epochs = keyring.epochs().await.unwrap();
        assert_eq!(living(&epochs), [broken_off + 2]);
        assert!(epochs.iter().all(|epoch| epoch.retired_at.is_none() || epoch.destroyed_at.is_some()));
        assert_eq!(kek.held().await.unwrap(), [kek.current().await.unwrap()]);
        assert!(fixture.another().await.key(one).await.unwrap().is_some());
        assert_eq!(keyring.keep_schedule(&DAILY).await.unwrap(), Rotated::default(), "nothing is left to do");
    }
    fixture.end().await;
}

#[tokio::test]
async fn of_servers_that_keep_one_schedule_one_makes_a_key_when_it_is_due() {
    let fixture = VaultFixture::new().await;
    let (member, _) = fixture.joined().await;
    let servers: Vec<Keyring> = (0..4).map(|_| keyring(&fixture)).collect();
    for round in 2..4 {
        let early = join_all(servers.iter().map(|server| server.keep_schedule(&DAILY))).await;
        assert!(early.into_iter().all(|done| done.unwrap() == Rotated::default()));
        fixture.execute("update vault.key_epochs set made_at = made_at - interval '25 hours'").await;
        let made = join_all(servers.iter().map(|server| server.begin_epoch(DAILY.rotate_every))).await;
        assert_eq!(made.into_iter().filter(|made| made.as_ref().unwrap().is_some()).count(), 1);
        let done = servers[0].keep_schedule(&DAILY).await.unwrap();
        assert_eq!((done.rewrapped, done.destroyed), (2, 1));
        assert_eq!(living(&servers[0].epochs().await.unwrap()), [round]);
    }
    assert!(fixture.vault.key(member).await.unwrap().is_some());
    fixture.end().await;
}

#[tokio::test]
async fn what_an_earlier_build_wrapped_is_the_first_epoch_and_its_leftovers_are_destroyed_too() {
    let fixture = VaultFixture::new().await;
    let (erased, _) = fixture.joined().await;
    let (stays, _) = fixture.joined().await;
    // It was rotated, everything is under the second key, and the first one is still in the file.
    let keyring = keyring(&fixture);
    let current = keyring.begin_epoch(None).await.unwrap().unwrap();
    let leftover = copy_of(&fixture, erased).await;
    keyring.rewrap_all(&current, |_| ()).await.unwrap();
    let erasure = id();
    fixture.vault.erase(erasure, erased, "member:x", now(), now()).await.unwrap();
    fixture.execute("delete from vault.key_epochs").await;
    fixture.execute("update vault.certificates set key_epochs = null").await;

    let upgraded = fixture.another().await;
    let epochs = upgraded.key_epochs().await.unwrap();
    assert_eq!(epochs.iter().map(|epoch| (epoch.epoch, epoch.inherited)).collect::<Vec<_>>(), [(1, true)]);
    assert_eq!(keyring.take_stock().await.unwrap(), current);
    let epochs = upgraded.key_epochs().await.unwrap();
    assert_eq!((living(&epochs), epochs.len()), (vec![1], 2));
    assert_eq!((&epochs[1].kek, epochs[1].inherited), (&leftover.kek, true));
    let certificate = upgraded.certificate(erasure).await.unwrap().unwrap();
    assert_eq!(certificate.key_epochs, None);
    let copies = |epochs: &[KeyEpoch]| Copies::of(None, certificate.erased_at, epochs, &DAILY);
    assert!(matches!(copies(&epochs), Copies::Readable { until: Some(_) }));

    assert_eq!(keyring.destroy_retired(AT_ONCE).await.unwrap(), std::slice::from_ref(&leftover.kek));
    assert!(matches!(copies(&keyring.epochs().await.unwrap()), Copies::Readable { .. }));
    rotate(&keyring).await;
    assert!(matches!(copies(&keyring.epochs().await.unwrap()), Copies::Unreadable { .. }));
    assert!(fixture.another().await.key(stays).await.unwrap().is_some());
    fixture.end().await;
}

#[tokio::test]
async fn a_key_that_no_longer_opens_keeps_the_others_from_nothing() {
    let fixture = VaultFixture::new().await;
    let keyring = keyring(&fixture);
    let (lost, _) = fixture.joined().await;
    let (kept, _) = fixture.joined().await;
    // As in a backup that is older than the destruction of its key-encryption key.
    let sql = format!("update vault.data_keys set kek = 'gone' where member_id = '{}'", lost.uuid());
    fixture.execute(&sql).await;
    let current = keyring.begin_epoch(None).await.unwrap().unwrap();
    let all = keyring.rewrap_all(&current, |_| ()).await.unwrap();
    assert_eq!((all.count, all.lost), (2, 1), "the secret and the other member");
    assert_eq!(keyring.retire(&current).await.unwrap().len(), 1);
    assert!(!living(&keyring.epochs().await.unwrap()).is_empty());
    assert!(fixture.another().await.key(kept).await.unwrap().is_some());
    // A holder that is not this vault's destroys nothing.
    let strange = crate::fixture::folder();
    vault::KeyFile::ensure(&strange.join("kek.json")).unwrap();
    let other = Arc::new(FileKek::open(&strange.join("kek.json")).unwrap());
    let stranger = Keyring::new(fixture.pool.clone(), other);
    assert!(stranger.destroy_retired(AT_ONCE).await.is_err());
    assert!(keyring.epochs().await.unwrap().iter().all(|epoch| epoch.destroyed_at.is_none()));
    std::fs::remove_dir_all(&strange).unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn a_sign_up_that_is_given_up_leaves_no_epoch_in_use() {
    let fixture = VaultFixture::new().await;
    let keyring = keyring(&fixture);
    let (sign_up, newcomer) = (id(), member());
    fixture.vault.make_key(newcomer).await.unwrap();
    fixture.vault.keep_pending(sign_up, newcomer, &hash("x"), None).await.unwrap();
    let current = keyring.begin_epoch(None).await.unwrap().unwrap();
    keyring.rewrap_secret(&current).await.unwrap();
    assert!(keyring.retire(&current).await.unwrap().is_empty());
    fixture.vault.discard(sign_up, newcomer).await.unwrap();
    assert_eq!(keyring.retire(&current).await.unwrap().len(), 1);
    fixture.end().await;
}
