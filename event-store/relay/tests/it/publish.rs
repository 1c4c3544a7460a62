//! What a relay publishes while nothing goes wrong.

use std::time::Duration;

use futures::future::join_all;
use log::Append;
use tokio::time::{Instant, sleep, timeout};

use crate::fixture::{RelayFixture, SOON, commit};

#[tokio::test]
async fn the_stream_holds_the_log_in_order_and_once() {
    let fixture = RelayFixture::new().await;
    fixture.append(&[3, 1, 120, 2, 49, 50, 51]).await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[1; 30]).await;
    fixture.level().await;
    fixture.assert_stream_is_log(0).await;

    let sequences: Vec<u64> = fixture.messages().await.iter().map(|m| m.sequence).collect();
    assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>(), "nothing was refused on the way");
    relay.stop().await;
    assert_eq!(fixture.cursor().await.position, fixture.head().await, "the cursor is written at the end");
    fixture.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_of_writers_is_published_in_the_order_of_the_log() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    let writers = (0..8).map(|_| {
        let log = fixture.log.clone();
        tokio::spawn(async move {
            for size in [1, 3, 2, 7, 3].repeat(8) {
                log.append(&[commit(size, 30), commit(1, 30)]).await.unwrap();
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    fixture.level().await;
    fixture.assert_stream_is_log(0).await;
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_restart_goes_on_after_the_tail() {
    let fixture = RelayFixture::new().await;
    for round in 0..3 {
        fixture.append(&[2, 5, 1]).await;
        let relay = fixture.start(fixture.config()).await;
        fixture.append(&[3]).await;
        fixture.level().await;
        relay.stop().await;
        assert_eq!(fixture.cursor().await.epoch, round + 1);
    }
    fixture.assert_stream_is_log(0).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_commit_too_large_for_a_message_is_announced_without_its_body() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    // Servers take a megabyte by default, eight in the set-up here.
    let large = commit(3, 3_000_000);
    fixture.log.append(&[commit(1, 1), large, commit(1, 1)]).await.unwrap();
    fixture.level().await;
    let messages = fixture.messages().await;
    let range = |i: usize| {
        let header = |name| messages[i].headers.get(name).map(|v| v.as_str().to_owned());
        (header("Jangbu-First"), header("Jangbu-Last"), header("Jangbu-Body"))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(messages.len(), 3);
    assert_eq!(range(0), (some("1"), some("1"), None));
    assert_eq!(range(1), (some("2"), some("4"), some("log")));
    assert!(messages[1].body.is_empty());
    assert_eq!(range(2), (some("5"), some("5"), None));
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn an_append_is_published_at_once() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[1]).await;
    fixture.level().await;
    // Far less than the poll: it was heard. The best of several, since the machine may be busy.
    let mut best = Duration::MAX;
    for _ in 0..10 {
        sleep(Duration::from_millis(30)).await;
        let appended = Instant::now();
        fixture.append(&[3]).await;
        fixture.level().await;
        best = best.min(appended.elapsed());
    }
    assert!(best < Duration::from_millis(250), "{best:?}");
    relay.stop().await;
    fixture.end().await;
}

#[tokio::test]
async fn probes_and_metrics_report_what_it_does() {
    let fixture = RelayFixture::new().await;
    let relay = fixture.start(fixture.config()).await;
    fixture.append(&[3, 3]).await;
    fixture.level().await;
    assert!(relay.get("/livez").await.starts_with("HTTP/1.1 200"));
    let ready = relay.get("/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    let names =
        ["relay_active 1", "relay_position 6", "relay_events_sent_total", "relay_lag_events 0", "relay_lag_seconds 0"];
    timeout(SOON, async {
        for name in names {
            while !relay.get("/metrics").await.contains(name) {
                sleep(Duration::from_millis(50)).await;
            }
        }
    })
    .await
    .unwrap_or_else(|_| panic!("the metrics do not show {names:?}"));
    relay.stop().await;
    fixture.end().await;
}
