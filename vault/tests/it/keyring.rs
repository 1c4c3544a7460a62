//! Rotation of the key-encryption key, while servers run.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use vault::{Erasures, Kek, KeyCount, Keyring, Keys};

use crate::fixture::{VaultFixture, id, member, now};

async fn rewrap_all(keyring: &Keyring, current: &str, batch: i64) -> u64 {
    let (mut done, mut after) = (keyring.rewrap_secret(current).await.unwrap(), None);
    loop {
        let batch = keyring.rewrap(current, after, batch).await.unwrap();
        done += batch.count;
        match batch.last {
            Some(last) => after = Some(last),
            None => return done,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_under_the_new_key_while_a_reader_reads() {
    let fixture = VaultFixture::new().await;
    let mut members = Vec::new();
    for _ in 0..40 {
        members.push(fixture.joined().await.0);
    }
    let reader = fixture.reader();
    let before: Vec<[u8; 32]> = {
        let keys = reader.keys(&members).await.unwrap();
        members.iter().map(|member| *keys[member].expose()).collect()
    };
    let login = fixture.vault.names().login("ada");

    let over = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let (reader, members, before, over) = (reader.clone(), members.clone(), before.clone(), over.clone());
        async move {
            let mut rounds = 0;
            while !over.load(Ordering::Relaxed) {
                let keys = reader.keys(&members).await.unwrap();
                assert!(members.iter().zip(&before).all(|(member, key)| keys[member].expose() == key));
                rounds += 1;
            }
            rounds
        }
    });
    let operator = fixture.kek();
    let keyring = Keyring::new(fixture.pool.clone(), operator.clone());
    let old = operator.current().await.unwrap();
    assert_eq!(keyring.count().await.unwrap(), [KeyCount { kek: old.clone(), wrapped: 41 }]);
    for _ in 0..3 {
        let current = operator.rotate().await.unwrap();
        assert_eq!(rewrap_all(&keyring, &current, 7).await, 41);
        assert_eq!(keyring.count().await.unwrap(), [KeyCount { kek: current.clone(), wrapped: 41 }]);
        assert_eq!(rewrap_all(&keyring, &current, 7).await, 0, "a second run finds nothing to do");
    }
    // A row that was read before it was wrapped again opens only while its key is there: retired keys are kept for that, too.
    over.store(true, Ordering::Relaxed);
    assert!(reading.await.unwrap() > 0);
    assert_eq!(operator.drop_old(&operator.held().await.unwrap()).await.unwrap().len(), 3);

    let late = fixture.another().await;
    assert_eq!(late.names().login("ada"), login, "the secret is the same");
    for (member, key) in members.iter().zip(&before) {
        assert_eq!(late.key(*member).await.unwrap().unwrap().expose(), key);
    }
    let fresh = member();
    fixture.vault.make_key(fresh).await.unwrap();
    assert_eq!(
        keyring.count().await.unwrap()[0].wrapped,
        42,
        "the server that ran all the time wraps with the new key"
    );
    fixture.end().await;
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_is_taken_up_and_an_erased_key_stays_destroyed() {
    let fixture = VaultFixture::new().await;
    let mut members = Vec::new();
    for _ in 0..9 {
        members.push(fixture.joined().await.0);
    }
    let operator = fixture.kek();
    let keyring = Keyring::new(fixture.pool.clone(), operator.clone());
    let old = operator.current().await.unwrap();
    let current = operator.rotate().await.unwrap();
    let first = keyring.rewrap(&current, None, 4).await.unwrap();
    assert_eq!((first.count, first.last.is_some()), (4, true));
    let counts = keyring.count().await.unwrap();
    assert_eq!(counts.iter().find(|count| count.kek == old).unwrap().wrapped, 6, "five keys and the secret");
    fixture.vault.erase(id(), members[8], "member:x", now(), now()).await.unwrap();
    assert_eq!(rewrap_all(&keyring, &current, 100).await, 5);
    assert_eq!(keyring.count().await.unwrap(), [KeyCount { kek: current, wrapped: 9 }]);
    assert!(fixture.vault.key(members[8]).await.unwrap().is_none());
    fixture.end().await;
}
