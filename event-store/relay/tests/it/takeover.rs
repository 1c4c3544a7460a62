//! Several relays: one is active.

use std::time::Duration;

use event_store_postgres::RelayCursor;
use tokio::time::{sleep, timeout};

use crate::world::{SOON, World};

#[tokio::test]
async fn of_two_relays_one_is_active_and_the_other_takes_over() {
    let world = World::new().await;
    let named = |name: &str| outbox_relay::Config { name: name.to_owned(), ..world.config() };
    let first = world.start(named("first")).await;
    world.append(&[3, 2]).await;
    world.level().await;
    let second = world.start(named("second")).await;
    world.append(&[4]).await;
    world.level().await;
    sleep(Duration::from_millis(1_500)).await;
    let cursor = world.cursor().await;
    assert!(cursor.holder.starts_with("first"), "{} took over from one that is well", cursor.holder);
    assert!(second.get("/readyz").await.starts_with("HTTP/1.1 200"), "one that stands by is ready to");

    first.stop().await;
    world.append(&[1, 1, 1]).await;
    world.level().await;
    assert!(world.cursor().await.holder.starts_with("second"));
    assert_eq!(world.cursor().await.epoch, cursor.epoch + 1);
    second.stop().await;
    world.assert_stream_is_log(0).await;
    world.end().await;
}

#[tokio::test]
async fn a_relay_that_loses_its_lock_stops_and_one_goes_on() {
    let world = World::new().await;
    let relays = [world.start(world.config()).await, world.start(world.config()).await];
    world.append(&[3]).await;
    world.level().await;
    for _ in 0..3 {
        let epoch = world.cursor().await.epoch;
        world
            .execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
                 and database = (select oid from pg_database where datname = current_database())",
            )
            .await;
        world.append(&[2, 2]).await;
        timeout(SOON, async {
            while world.cursor().await.epoch == epoch {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("one takes over");
        world.append(&[1]).await;
        world.level().await;
    }
    for relay in relays {
        relay.stop().await;
    }
    world.assert_stream_is_log(0).await;
    world.end().await;
}

#[tokio::test]
async fn a_relay_whose_epoch_is_over_stops_publishing() {
    let world = World::new().await;
    let relay = world.start(world.config()).await;
    world.append(&[3]).await;
    world.level().await;
    let thief = RelayCursor::new(world.log.pool().clone());
    let stolen = thief.take_over("thief").await.unwrap();
    world.append(&[1]).await;
    // It notices when it writes its cursor, gives up, and asks for its turn again.
    timeout(SOON, async {
        while world.cursor().await.epoch == stolen.epoch {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it takes its turn under a new epoch");
    world.append(&[2]).await;
    world.level().await;
    assert!(!thief.advance(stolen.epoch, None).await.unwrap(), "now the thief is out");
    relay.stop().await;
    world.assert_stream_is_log(0).await;
    world.end().await;
}
