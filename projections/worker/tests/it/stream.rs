//! With the stream, without it, and with a stream that is not what it was.

use std::time::Duration;

use async_nats::HeaderMap;
use tokio::time::sleep;

use crate::world::{NOWHERE, World};

#[tokio::test]
async fn slices_reach_every_view_and_a_late_start_reads_the_log() {
    let world = World::new().await;
    // Before the projector is there: nobody will hear of it from the stream.
    let missed = world.open_accounts(300).await;
    world.publish(&missed).await;
    let projector = world.start(world.config()).await;
    world.level().await;
    projector.says("/metrics", "projector_stream_open 1").await;

    for _ in 0..20 {
        let commits = world.open_accounts(5).await;
        world.publish(&commits).await;
    }
    world.level().await;
    assert!(projector.metric("projector_slices_total").await >= 19.0, "the stream was used");
    projector.stop().await;
}

#[tokio::test]
async fn without_nats_the_views_follow_the_log() {
    let world = World::new().await;
    let mut config = world.config();
    config.nats_url = NOWHERE.to_owned();
    let projector = world.start(config).await;
    for _ in 0..5 {
        world.open_accounts(20).await;
        world.level().await;
    }
    projector.says("/readyz", "503").await;
    projector.says("/readyz", "nats").await;
    projector.stop().await;
}

#[tokio::test]
async fn a_silent_relay_does_not_hold_the_views() {
    let world = World::new().await;
    let projector = world.start(world.config()).await;
    let commits = world.open_accounts(5).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    world.publish(&commits).await;
    world.level().await;
    // From now on nothing is published.
    for _ in 0..5 {
        world.open_accounts(5).await;
        sleep(Duration::from_millis(200)).await;
    }
    world.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn a_stream_that_was_wiped_is_used_again() {
    let world = World::new().await;
    let projector = world.start(world.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    for _ in 0..10 {
        let commits = world.open_accounts(3).await;
        world.publish(&commits).await;
    }
    world.level().await;
    world.drop_stream().await;
    world.open_accounts(3).await;
    world.level().await;
    world.make_stream().await;

    let before = projector.metric("projector_slices_total").await;
    for _ in 0..200 {
        let commits = world.open_accounts(2).await;
        world.publish(&commits).await;
        if projector.metric("projector_slices_total").await > before + 3.0 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    assert!(projector.metric("projector_slices_total").await > before + 3.0, "slices come from the new stream");
    world.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn what_is_no_slice_of_this_log_changes_nothing() {
    let world = World::new().await;
    let projector = world.start(world.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    let foreign = World::new().await;
    let theirs = foreign.open_accounts(7).await;
    let ours = world.open_accounts(4).await;

    world.send(HeaderMap::new(), b"hello".to_vec()).await;
    let mut headers = HeaderMap::new();
    headers.insert("Jangbu-Log-Id", log_of(&foreign).await);
    headers.insert("Jangbu-First", "1");
    headers.insert("Jangbu-Last", "7");
    let slice = log::Slice::new(log_of(&foreign).await.parse().expect("id"), theirs).expect("a slice");
    world.send(headers.clone(), slice.encode().expect("json")).await;
    // The label says ours, the body is theirs.
    headers.insert("Jangbu-Log-Id", log_of(&world).await);
    world.send(headers.clone(), slice.encode().expect("json")).await;
    world.send(headers.clone(), b"{\"format\":1".to_vec()).await;
    world.publish(&ours).await;
    world.level().await;
    projector.says("/metrics", "projection_foreign_slices_total 1").await;
    projector.says("/metrics", "projector_slices_unreadable_total 3").await;
    projector.stop().await;
}

#[tokio::test]
async fn a_slice_too_large_for_a_message_is_read_from_the_log() {
    let world = World::new().await;
    let projector = world.start(world.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    world.open_accounts(50).await;
    let mut headers = HeaderMap::new();
    headers.insert("Jangbu-Log-Id", log_of(&world).await);
    headers.insert("Jangbu-First", "1");
    headers.insert("Jangbu-Last", "50");
    headers.insert("Jangbu-Body", "log");
    world.send(headers, Vec::new()).await;
    world.level().await;
    projector.stop().await;
}

async fn log_of(world: &World) -> String {
    use log::ReadHead;
    world.log.head().await.expect("the head").log.to_string()
}
