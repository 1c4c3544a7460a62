use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt, stream::BoxStream};

use super::*;
use crate::{
    event::tests::{at, posted},
    interest::tests::owner,
    places::Places,
};

type Frames = BoxStream<'static, Result<Bytes, Infallible>>;

/// A hub with events of account 10 at these positions.
fn hub(positions: std::ops::RangeInclusive<i64>) -> Arc<Hub> {
    let hub = Hub::new(1 << 20);
    positions.for_each(|position| assert_eq!(hub.publish(posted(position, 0, 10)), crate::hub::Published::New));
    hub.set_ready();
    hub
}

fn listen(hub: &Arc<Hub>, after: EventCursor, holds: Holds) -> Frames {
    let place = Places::new(1, 1).take(uuid::Uuid::nil()).expect("a place");
    let mut interest = Some(owner(1, &[10]));
    let (seat, missed) = hub.join(&mut interest, after, &holds).expect("joined");
    Client::new(hub.clone(), place, interest, holds, (after, Start::Present(seat, missed))).frames().boxed()
}

fn always() -> Holds {
    Arc::new(|| true)
}

/// The next frame; none at the end.
async fn frame(frames: &mut Frames) -> Option<String> {
    let Ok(frame) = frames.next().await?;
    Some(String::from_utf8(frame.to_vec()).expect("UTF-8"))
}

/// The ids of the next frames.
async fn ids(frames: &mut Frames, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let frame = frame(frames).await.expect("an event");
        let id = frame.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id");
        ids.push(id.to_owned());
    }
    ids
}

#[tokio::test]
async fn the_first_frame_says_where_the_client_is_and_the_rest_follows_once() {
    let hub = hub(1..=5);
    let mut frames = listen(&hub, at(3, 0), always());
    assert_eq!(frame(&mut frames).await.as_deref(), Some("retry: 2000\nid: 3.0\n\n"));
    // Between the first frame and the second, and later.
    hub.publish(posted(6, 0, 10));
    assert_eq!(ids(&mut frames, 3).await, ["4.0", "5.0", "6.0"]);
    hub.publish(posted(7, 0, 11));
    hub.publish(posted(8, 0, 10));
    assert_eq!(ids(&mut frames, 1).await, ["8.0"]);
    hub.close();
    assert_eq!(frame(&mut frames).await.as_deref(), Some(": the server is shutting down\n\n"));
    assert_eq!(frame(&mut frames).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_comment_comes_every_15_seconds_and_moves_the_place_of_the_client() {
    let hub = hub(1..=1);
    let mut frames = listen(&hub, at(1, 0), always());
    frame(&mut frames).await;
    for position in 2..=4 {
        // Nothing of theirs.
        hub.publish(posted(position, 0, 11));
        let begun = Instant::now();
        assert_eq!(frame(&mut frames).await, Some(format!(": all up to {position}.0\nid: {position}.0\n\n")));
        let waited = begun.elapsed().as_secs_f64();
        assert!((14.9..15.1).contains(&waited), "{waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_comment_passes_over_nothing_that_waits() {
    let hub = hub(1..=1);
    let mut frames = listen(&hub, at(1, 0), always());
    frame(&mut frames).await;
    hub.publish(posted(2, 0, 10));
    assert_eq!(ids(&mut frames, 1).await, ["2.0"]);
    hub.publish(posted(3, 0, 10));
    tokio::time::advance(BEAT).await;
    assert_eq!(frame(&mut frames).await.as_deref(), Some(": all up to 2.0\nid: 2.0\n\n"));
    assert_eq!(ids(&mut frames, 1).await, ["3.0"]);
}

#[tokio::test]
async fn one_that_is_slow_gets_what_waits_and_the_reason_and_resumes_there() {
    let hub = hub(1..=1);
    let mut frames = listen(&hub, at(1, 0), always());
    // Joined, and one event taken.
    frame(&mut frames).await;
    hub.publish(posted(2, 0, 10));
    assert_eq!(ids(&mut frames, 1).await, ["2.0"]);
    (3..=1000).for_each(|position| assert_eq!(hub.publish(posted(position, 0, 10)), crate::hub::Published::New));
    let got = ids(&mut frames, 256).await;
    assert_eq!(got.last().map(String::as_str), Some("258.0"));
    let dropped = frame(&mut frames).await.expect("a reason");
    assert_eq!(dropped, "event: dropped\ndata: {\"reason\":\"too-slow\"}\n\n");
    assert_eq!(frame(&mut frames).await, None);
    let mut again = listen(&hub, at(258, 0), always());
    frame(&mut again).await;
    assert_eq!(ids(&mut again, 742).await.last().map(String::as_str), Some("1000.0"));
}

#[tokio::test]
async fn nothing_is_sent_after_the_token_has_ended() {
    let hub = hub(1..=1);
    let held = Arc::new(AtomicBool::new(true));
    let asked = held.clone();
    let mut frames = listen(&hub, at(1, 0), Arc::new(move || asked.load(Ordering::Relaxed)));
    frame(&mut frames).await;
    hub.publish(posted(2, 0, 10));
    assert_eq!(ids(&mut frames, 1).await, ["2.0"]);
    hub.publish(posted(3, 0, 10));
    held.store(false, Ordering::Relaxed);
    hub.end_without_token().await;
    assert_eq!(frame(&mut frames).await.as_deref(), Some(": the token holds no more\n\n"));
    assert_eq!(frame(&mut frames).await, None);
}
