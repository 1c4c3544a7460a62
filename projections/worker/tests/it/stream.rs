//! With the stream, without it, and with a stream that is not what it was.

use std::time::Duration;

use async_nats::HeaderMap;
use kernel::Position;
use log::seal::{Label, SliceKeys, seal};
use tokio::time::sleep;

use crate::fixture::{NOWHERE, ProjectorFixture, headers};

#[tokio::test]
async fn slices_reach_every_view_and_a_late_start_reads_the_log() {
    let fixture = ProjectorFixture::new().await;
    // Before the projector is there: the stream will not bring it.
    let missed = fixture.open_accounts(300).await;
    fixture.publish(&missed).await;
    let projector = fixture.start(fixture.config()).await;
    fixture.level().await;
    projector.says("/metrics", "projector_stream_open 1").await;

    for _ in 0..20 {
        let commits = fixture.open_accounts(5).await;
        fixture.publish(&commits).await;
    }
    fixture.level().await;
    assert!(projector.metric("projector_slices_total").await >= 19.0, "the stream was used");
    projector.stop().await;
}

#[tokio::test]
async fn without_nats_the_views_follow_the_log() {
    let fixture = ProjectorFixture::new().await;
    let mut config = fixture.config();
    config.nats_url = NOWHERE.to_owned();
    let projector = fixture.start(config).await;
    for _ in 0..5 {
        fixture.open_accounts(20).await;
        fixture.level().await;
    }
    projector.says("/readyz", "503").await;
    projector.says("/readyz", "nats").await;
    projector.stop().await;
}

#[tokio::test]
async fn a_silent_relay_does_not_hold_the_views() {
    let fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    let commits = fixture.open_accounts(5).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    fixture.publish(&commits).await;
    fixture.level().await;
    // From now on nothing is published.
    for _ in 0..5 {
        fixture.open_accounts(5).await;
        sleep(Duration::from_millis(200)).await;
    }
    fixture.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn a_stream_that_was_wiped_is_used_again() {
    let fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    for _ in 0..10 {
        let commits = fixture.open_accounts(3).await;
        fixture.publish(&commits).await;
    }
    fixture.level().await;
    fixture.drop_stream().await;
    fixture.open_accounts(3).await;
    fixture.level().await;
    fixture.make_stream().await;

    let before = projector.metric("projector_slices_total").await;
    for _ in 0..200 {
        let commits = fixture.open_accounts(2).await;
        fixture.publish(&commits).await;
        if projector.metric("projector_slices_total").await > before + 3.0 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    assert!(projector.metric("projector_slices_total").await > before + 3.0, "slices come from the new stream");
    fixture.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn what_is_no_slice_of_this_log_changes_nothing() {
    let fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    let foreign = ProjectorFixture::new().await;
    let theirs = foreign.open_accounts(7).await;
    let ours = fixture.open_accounts(4).await;

    let (our_log, their_log) = (log_of(&fixture).await, log_of(&foreign).await);
    let slice = log::Slice::new(their_log, None, theirs).expect("a slice").encode().expect("json");
    let label = |log| Label { log, first: Position::new(1), last: Position::new(7), in_log: false };
    fixture.send(HeaderMap::new(), b"hello".to_vec()).await;
    // Of another log, sealed by a relay that has our keys.
    fixture.send_sealed(&label(their_log), slice.clone()).await;
    // Sealed, and not what the label says.
    fixture.send_sealed(&label(our_log), slice.clone()).await;
    fixture.send_sealed(&label(our_log), b"{\"format\":1".to_vec()).await;
    // As the build before sent it, with another bank's key, and with another seal.
    let sealed = seal(&fixture.keys, &fixture.subject(), &label(our_log), &slice);
    fixture.send(headers(&sealed[..3]), slice.clone()).await;
    fixture.send(headers(&seal(&foreign.keys, &fixture.subject(), &label(our_log), &slice)), slice.clone()).await;
    fixture.send(headers(&sealed), b"another body".to_vec()).await;
    fixture.publish(&ours).await;
    fixture.level().await;
    projector.says("/metrics", "projection_foreign_slices_total 1").await;
    projector.says("/metrics", "projector_slices_unreadable_total 2").await;
    for reason in ["not-a-slice", "unsealed", "unknown-key", "forged"] {
        projector.says("/metrics", &format!("projector_slices_rejected_total{{reason=\"{reason}\"}} 1")).await;
    }
    projector.stop().await;
}

#[tokio::test]
async fn a_slice_too_large_for_a_message_is_read_from_the_log() {
    let fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    fixture.open_accounts(50).await;
    let (first, last) = (Position::new(1), Position::new(50));
    fixture.send_sealed(&Label { log: log_of(&fixture).await, first, last, in_log: true }, Vec::new()).await;
    fixture.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn keys_are_rotated_while_slices_flow() {
    let mut fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    projector.says("/metrics", "projector_stream_open 1").await;
    let mut taken = 0.0;
    for _ in 0..3 {
        fixture.keys = SliceKeys::rotate(&fixture.key_file).expect("rotated");
        // The first message with a new key may come before the file is looked at again: views then read the log.
        taken += 1.0;
        while projector.metric("projector_slices_total").await < taken {
            let commits = fixture.open_accounts(1).await;
            fixture.publish(&commits).await;
            sleep(Duration::from_millis(20)).await;
        }
        taken = projector.metric("projector_slices_total").await;
    }
    // A key that was taken out of the file is believed no longer.
    let old = SliceKeys::read(&fixture.key_file).expect("keys");
    SliceKeys::rotate(&fixture.key_file).expect("rotated");
    SliceKeys::retire(&fixture.key_file).expect("retired");
    fixture.keys = old;
    while projector.metric("projector_slices_rejected_total{reason=\"unknown-key\"}").await < 1.0 {
        let commits = fixture.open_accounts(1).await;
        fixture.publish(&commits).await;
        sleep(Duration::from_millis(20)).await;
    }
    fixture.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn a_projector_without_keys_refuses_to_start_and_says_what_to_do() {
    let fixture = ProjectorFixture::new().await;
    let config = projector::Config { slice_key_file: None, ..fixture.config() };
    let listener = tokio::net::TcpListener::bind(config.addr).await.expect("a port");
    let error = projector::run(config, listener, platform::shutdown::Shutdown::new()).await.expect_err("no keys");
    assert!(error.to_string().contains("jangbu slice-keys init"), "{error}");
}

async fn log_of(fixture: &ProjectorFixture) -> kernel::LogId {
    use log::ReadHead;
    fixture.log.head().await.expect("the head").log
}
