//! Several relays: one is active.

use std::time::Duration;

use event_store_postgres::RelayCursor;
use tokio::time::{sleep, timeout};

use crate::fixture::{RelayFixture, SOON};

#[tokio::test]
async fn of_two_relays_one_is_active_and_the_other_takes_over() {
    let fixture = RelayFixture::new().await;
    let named = |name: &str| outbox_relay::Config { name: name.to_owned(), ..fixture.config() };
    let first = fixture.start(named("first")).await;
    fixture.append(&[3, 2]).await;
    fixture.level().await;
    let second = fixture.start(named("second")).await;
    fixture.append(&[4]).await;
    fixture.level().await;
    sleep(Duration::from_millis(1_500)).await;
    let cursor = fixture.cursor().await;
    assert!(cursor.holder.starts_with("first"), "{} took over from one that is well", cursor.holder);
    assert!(second.get("/readyz").await.starts_with("HTTP/1.1 200"), "one that stands by is ready to");

    first.stop().await;
    fixture.append(&[1, 1, 1]).await;
    fixture.level().await;
    assert!(fixture.cursor().await.holder.starts_with("second"));
    assert_eq!(fixture.cursor().await.epoch, cursor.epoch + 1);
    second.stop().await;
    fixture.assert_stream_is_log(0).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_relay_that_loses_its_lock_stops_and_one_goes_on() {
    let fixture = RelayFixture::new().await;
    let relays = [fixture.start(fixture.config()).await, fixture.start(fixture.config()).await];
    fixture.append(&[3]).await;
    fixture.level().await;
    for _ in 0..3 {
        let epoch = fixture.cursor().await.epoch;
        fixture
            .execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
                 and database = (select oid from pg_database where datname = current_database())",
            )
            .await;
        fixture.append(&[2, 2]).await;
        timeout(SOON, async {
            while fixture.cursor().await.epoch == epoch {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("one takes over");
        fixture.append(&[1]).await;
        fixture.level().await;
    }
    for relay in relays {
        relay.stop().await;
    }
    fixture.assert_stream_is_log(0).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_relay_whose_epoch_is_over_stops_publishing() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[3]).await;
    fixture.level().await;
    let thief = RelayCursor::new(fixture.log.pool().clone());
    let stolen = thief.take_over("thief").await.unwrap();
    fixture.append(&[1]).await;
    // It notices when it writes its cursor, gives up, and asks for its turn again.
    timeout(SOON, async {
        while fixture.cursor().await.epoch == stolen.epoch {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it takes its turn under a new epoch");
    fixture.append(&[2]).await;
    fixture.level().await;
    assert!(!thief.advance(stolen.epoch, None).await.unwrap(), "now the thief is out");
    relay.stop().await;
    fixture.assert_stream_is_log(0).await;
    fixture.end().await;
}
