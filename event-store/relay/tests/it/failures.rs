//! Streams that are wiped, shared or strange, and a log that has lost its end.

use std::time::Duration;

use async_nats::HeaderMap;
use log::{ReadHead, seal::SliceKeys};
use tokio::time::{sleep, timeout};

use crate::fixture::{Found, RelayFixture, SOON};

#[tokio::test]
async fn a_deleted_stream_is_made_and_filled_again_while_the_relay_runs() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[3, 2, 60]).await;
    fixture.level().await;
    // Once while nothing is appended, once while something is.
    fixture.jetstream.delete_stream(fixture.stream()).await.unwrap();
    fixture.level().await;
    fixture.assert_stream_is_log(0).await;
    fixture.jetstream.delete_stream(fixture.stream()).await.unwrap();
    fixture.append(&[1, 4]).await;
    fixture.level().await;
    fixture.assert_stream_is_log(0).await;
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_purged_stream_is_filled_again() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[3, 2, 60, 1]).await;
    fixture.level().await;
    for _ in 0..2 {
        fixture.jetstream.get_stream(fixture.stream()).await.unwrap().purge().await.unwrap();
        fixture.level().await;
        fixture.assert_stream_is_log(0).await;
    }
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_stream_wiped_while_no_relay_ran_is_filled_with_the_end_of_the_log() {
    let fixture = RelayFixture::new().await;
    let config = || outbox_relay::Config { refill_events: 10, ..fixture.config() };
    let relay = fixture.start(config()).await;
    fixture.append(&[4, 4, 4, 4, 4]).await;
    fixture.level().await;
    relay.stop().await;
    fixture.jetstream.delete_stream(fixture.stream()).await.unwrap();
    let relay = fixture.start(config()).await;
    fixture.level().await;
    fixture.assert_stream_is_log(8).await;
    relay.stop().await;
    fixture.end().await;
}

/// The positions a message speaks of, if it is a slice.
fn range(message: &Found) -> Option<(i64, i64)> {
    let header = |name| message.headers.get(name)?.as_str().parse().ok();
    Some((header("Jangbu-First")?, header("Jangbu-Last")?))
}

#[tokio::test]
async fn a_stranger_in_the_stream_does_no_harm() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[3]).await;
    fixture.level().await;
    fixture.jetstream.publish(fixture.subject(), "not a slice".into()).await.unwrap().await.unwrap();
    fixture.append(&[2, 2]).await;
    fixture.level().await;
    let ranges: Vec<(i64, i64)> = fixture.messages().await.iter().filter_map(range).collect();
    // The stranger took the place of a slice under way. The slice right behind it may have found its own place still free;
    // readers then take the hole from the log, as after any loss. Never backwards, never twice, and to the end.
    let mut due = 1;
    for (first, last) in ranges {
        assert!(first >= due, "in order and once still: {first} after {due}");
        due = last + 1;
    }
    assert_eq!(due, 8, "the end of the log is there");
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn behind_the_slices_of_another_log_a_log_starts_from_its_own_cursor() {
    let (old, new) = (RelayFixture::new().await, RelayFixture::new().await);
    let stream = |fixture: &RelayFixture| outbox_relay::Config { nats_stream: old.stream(), ..fixture.config() };
    let relay = old.start(old.config()).await;
    old.append(&[9, 9]).await;
    old.level().await;
    relay.stop().await;
    new.append(&[1, 2]).await;
    let relay = new.start(stream(&new)).await;
    timeout(SOON, async {
        while old.last_position().await.as_deref() != Some("3") {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the new log is published behind the old one");
    relay.stop().await;
    let ids: Vec<_> =
        old.messages().await.iter().map(|m| m.headers.get("Jangbu-Log-Id").unwrap().to_string()).collect();
    assert_eq!(ids.first(), Some(&old.log.head().await.unwrap().log.to_string()), "nothing of the old log was removed");
    assert_eq!(ids.last(), Some(&new.log.head().await.unwrap().log.to_string()));
    old.end().await;
    new.end().await;
}

#[tokio::test]
async fn a_stream_ahead_of_the_log_stops_the_relay_and_is_reported() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[2]).await;
    fixture.level().await;
    relay.stop().await;
    fixture.send_sealed(&fixture.keys, 3, 900).await;

    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[5]).await;
    timeout(SOON, async {
        while !relay.get("/readyz").await.starts_with("HTTP/1.1 503") {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("it says that it is not ready");
    assert_eq!(fixture.last_position().await.as_deref(), Some("900"), "it publishes nothing");
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_forged_tail_neither_stops_nor_misleads_the_relay() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[2, 3]).await;
    fixture.level().await;
    relay.stop().await;
    let stranger = SliceKeys::new(fixture.keys.current(), [1; 32]);
    for last in [900, 4, 5, i64::MAX] {
        // With the right key's id and a wrong seal, and without any seal.
        fixture.send_sealed(&stranger, 3, last).await;
        let mut headers = HeaderMap::new();
        headers.insert("Jangbu-Log-Id", fixture.log.head().await.unwrap().log.to_string());
        headers.insert("Jangbu-First", "3");
        headers.insert("Jangbu-Last", last.to_string());
        fixture.jetstream.publish_with_headers(fixture.subject(), headers, "".into()).await.unwrap().await.unwrap();

        let relay = fixture.start(fixture.config()).await;
        fixture.append(&[1]).await;
        fixture.level().await;
        assert!(relay.get("/readyz").await.starts_with("HTTP/1.1 200"), "it publishes after {last}");
        relay.stop().await;
    }
    let mut due = 1;
    let authentic = |message: &&Found| message.headers.get("Jangbu-Seal").is_some() && !message.body.is_empty();
    for (first, last) in fixture.messages().await.iter().filter(authentic).filter_map(range) {
        assert!(first <= due, "nothing of the log is missing before {first}");
        due = due.max(last + 1);
    }
    assert_eq!(due, fixture.head().await.number() + 1);
    fixture.end().await;
}

#[tokio::test]
async fn a_flood_delays_the_relay_and_no_more() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[2, 3]).await;
    fixture.level().await;
    let flood = async {
        for _ in 0..300 {
            fixture.jetstream.publish(fixture.subject(), "water".into()).await.unwrap().await.unwrap();
        }
    };
    let appends = async {
        for _ in 0..20 {
            fixture.append(&[1]).await;
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::join!(flood, appends);
    fixture.append(&[1]).await;
    fixture.level().await;
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_relay_seals_with_the_newest_key_at_once() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[1]).await;
    fixture.level().await;
    let next = SliceKeys::rotate(&fixture.key_file).unwrap();
    timeout(SOON, async {
        loop {
            fixture.append(&[1]).await;
            fixture.level().await;
            let newest = fixture.messages().await.pop().unwrap();
            if newest.headers.get("Jangbu-Key-Id").unwrap().as_str() == next.current() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("the new key is used without a restart");
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_relay_without_keys_refuses_to_start_and_says_what_to_do() {
    let fixture = RelayFixture::new().await;
    let without = outbox_relay::Config { slice_key_file: None, ..fixture.config() };
    let absent = outbox_relay::Config { slice_key_file: Some("/nonexistent/keys.json".into()), ..fixture.config() };
    for config in [without, absent] {
        let listener = tokio::net::TcpListener::bind(config.addr).await.unwrap();
        let error = outbox_relay::run(config, listener, platform::shutdown::Shutdown::new()).await.unwrap_err();
        assert!(format!("{error:#}").contains("jangbu slice-keys init"), "{error:#}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn sessions_that_end_in_the_database_interrupt_nothing() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    for _ in 0..3 {
        fixture.append(&[2, 3]).await;
        fixture
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid() and application_name = 'outbox-relay'",
            )
            .await;
        fixture.append(&[1]).await;
        fixture.level().await;
    }
    relay.stop().await;
    fixture.assert_stream_is_log(0).await;
    fixture.end().await;
}

#[tokio::test]
async fn without_nats_it_lives_and_is_not_ready() {
    let fixture = RelayFixture::new().await;
    let relay =
        fixture.start(outbox_relay::Config { nats_url: "nats://127.0.0.1:9".to_owned(), ..fixture.config() }).await;
    assert!(relay.get("/livez").await.starts_with("HTTP/1.1 200"));
    assert!(relay.get("/readyz").await.starts_with("HTTP/1.1 503"));
    relay.stop().await;
    fixture.end().await;
}
