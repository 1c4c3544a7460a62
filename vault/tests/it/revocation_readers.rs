//! Whoever revokes can wait for the servers that read revocations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use vault::Revocations;

use crate::fixture::{VaultFixture, member};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_waits_until_every_reader_has_read_it() {
    let fixture = VaultFixture::new().await;
    let vault = &fixture.vault;
    assert!(vault.revoke_everywhere(member(), SHORT).await.unwrap(), "nobody reads");
    let (still, busy) = (fixture.reader().revocations(), Arc::new(fixture.reader().revocations()));
    assert_eq!(still.revoked_after(0).await.unwrap().len(), 1);
    busy.revoked_after(0).await.unwrap();
    assert!(!vault.revoke_everywhere(member(), SHORT).await.unwrap(), "one of them has not read again");

    let over = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let (busy, over) = (busy.clone(), over.clone());
        async move {
            while !over.load(Ordering::Relaxed) {
                busy.revoked_after(0).await.unwrap();
                busy.applied().await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    assert!(!vault.revoke_everywhere(member(), SHORT).await.unwrap(), "the other one still has not");
    // A reader that is gone is not waited for.
    drop(still);
    for _ in 0..20 {
        let revoked = member();
        assert!(vault.revoke_everywhere(revoked, LONG).await.unwrap());
    }
    over.store(true, Ordering::Relaxed);
    reading.await.unwrap();

    // What was read does not count before it is in force.
    let revoked = member();
    vault.revoke_member(revoked).await.unwrap();
    let known = busy.revoked_after(0).await.unwrap();
    assert!(known.iter().any(|revocation| revocation.subject == revoked.uuid()));
    let waiting = vault.revoke_everywhere(revoked, SHORT).await.unwrap();
    assert!(!waiting, "the list was read before the wait, and an older one is in force");
    let waiting = vault.revoke_everywhere(revoked, LONG);
    let then = async {
        tokio::time::sleep(SHORT).await;
        busy.revoked_after(0).await.unwrap();
        tokio::time::sleep(SHORT).await;
        let applied = tokio::time::Instant::now();
        busy.applied().await.unwrap();
        applied
    };
    let done = async {
        assert!(waiting.await.unwrap());
        tokio::time::Instant::now()
    };
    let (done, applied) = tokio::join!(done, then);
    assert!(done >= applied);
    fixture.end().await;
}
