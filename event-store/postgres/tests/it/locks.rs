//! Locks and leases that live as long as a connection, and the watch of the log.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use event_store_postgres::{AppendWatch, LockContender, ServerLease, SessionLock};
use log::Append;
use tokio::time::timeout;

use crate::fixture::{LogFixture, fresh};

const SOON: Duration = Duration::from_secs(10);

async fn end_sessions_with_locks(fixture: &LogFixture) {
    fixture
        .execute(
            "select pg_terminate_backend(pid) from pg_locks
             where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lock_has_one_holder_and_is_free_after_it() {
    let fixture = LogFixture::new().await;
    let take = async || SessionLock::try_acquire(&fixture.options(), "one").await.unwrap();
    let held = take().await.unwrap();
    assert!(held.is_held());
    assert!(take().await.is_none());
    assert!(SessionLock::try_acquire(&fixture.options(), "another").await.unwrap().is_some());
    held.release().await;
    drop(take().await.expect("free at once after a release"));
    timeout(SOON, async { while take().await.is_none() {} }).await.expect("free soon after it was dropped");
    fixture.end().await;
}

/// The next holder asks over a connection that is open already, so it is faster than the end of the last one's session.
#[tokio::test]
async fn a_released_lock_is_free_for_who_asks_at_once() {
    let fixture = LogFixture::new().await;
    let options = fixture.options();
    let mut contenders = [(); 2].map(|()| LockContender::new(&options, "one", SessionLock::LEASE));
    let mut held = contenders[0].try_take().await.unwrap().unwrap();
    for round in 1..50 {
        let next = &mut contenders[round % 2];
        assert!(next.try_take().await.unwrap().is_none(), "round {round}: it is held");
        held.release().await;
        held = next.try_take().await.unwrap().unwrap_or_else(|| panic!("round {round}: it is not free"));
    }
    held.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_lock_whose_session_ends_is_known_to_be_lost() {
    let fixture = LogFixture::new().await;
    let held = SessionLock::try_acquire(&fixture.options(), "one").await.unwrap().unwrap();
    end_sessions_with_locks(&fixture).await;
    timeout(SOON, held.lost()).await.expect("the loss is noticed");
    assert!(!held.is_held());
    assert!(SessionLock::try_acquire(&fixture.options(), "one").await.unwrap().is_some());
    held.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_holder_that_stands_still_loses_the_lock_and_is_the_first_to_know() {
    let fixture = LogFixture::new().await;
    let options = fixture.options();
    let (report, reported) = std::sync::mpsc::channel();
    let (wake, woken) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let held = runtime.block_on(SessionLock::try_acquire(&options, "one")).unwrap().unwrap();
        report.send(held.is_held()).unwrap();
        // Nothing of this runtime runs until it is woken.
        woken.recv().unwrap();
        let before = held.is_held();
        runtime.block_on(async { timeout(SOON, held.lost()).await.unwrap() });
        before
    });
    assert!(reported.recv().unwrap());
    let mut contender = LockContender::new(&fixture.options(), "one", SessionLock::LEASE);
    let taken = timeout(SOON, async {
        loop {
            if let Some(taken) = contender.try_take().await.unwrap() {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let taken = taken.await.expect("another takes over");
    wake.send(()).unwrap();
    assert!(!holder.join().unwrap(), "it knows before it has heard from Postgres");
    // One that renews it keeps it for longer than the lease.
    tokio::time::sleep(SessionLock::LEASE * 2).await;
    assert!(taken.is_held() && contender.try_take().await.unwrap().is_none());
    fixture.end().await;
}

#[tokio::test]
async fn servers_get_the_lowest_free_name() {
    let fixture = LogFixture::new().await;
    let lease = async || ServerLease::acquire(&fixture.pool, "server").await.unwrap();
    let (zero, one, two) = (lease().await, lease().await, lease().await);
    assert_eq!([zero.name(), one.name(), two.name()], ["server-0", "server-1", "server-2"]);
    one.release().await;
    assert_eq!(lease().await.name(), "server-1");
    assert_eq!(ServerLease::acquire(&fixture.pool, "till").await.unwrap().name(), "till-0");
    fixture.end().await;
}

#[tokio::test]
async fn an_append_is_heard_and_the_ear_opens_again_when_its_session_ends() {
    let fixture = LogFixture::new().await;
    let mut watch = AppendWatch::start(fixture.options());
    assert!(watch.wait(SOON).await, "the first time says that it listens from now on");
    assert!(!watch.wait(Duration::from_millis(50)).await, "nothing happened since");
    for _ in 0..3 {
        fixture.log.append(&[fresh(1), fresh(1)]).await.unwrap();
    }
    assert!(watch.wait(SOON).await);
    fixture
        .execute("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()")
        .await
        .unwrap();
    while watch.wait(Duration::from_millis(200)).await {}
    timeout(SOON, async {
        loop {
            fixture.log.append(&[fresh(1)]).await.unwrap();
            if watch.wait(Duration::from_millis(200)).await {
                return;
            }
        }
    })
    .await
    .expect("it listens again");
    fixture.end().await;
}
