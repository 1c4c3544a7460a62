//! Slices as they come: twice, late, in the wrong order, or not at all.

use std::sync::Arc;

use kernel::Position;
use projection_engine::{
    Slice,
    testing::{MemoryLog, Post},
};

use crate::tally::{History, Numbers, TallyFixture, log_id};

#[tokio::test]
async fn slices_in_order_are_applied_without_reading_the_log() {
    let history = History::random(1, 60);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    for commits in history.commits.chunks(7) {
        worker.deliver(&Post::of(&fixture.log).slice(commits, &Numbers));
    }
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    assert_eq!(fixture.log.reads(), 0, "the slices were enough");
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn the_same_slice_twice_counts_once() {
    let history = History::random(2, 30);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    for commits in history.commits.chunks(5) {
        let slice = Post::of(&fixture.log).slice(commits, &Numbers);
        worker.deliver(&slice);
        worker.at(slice.last()).await;
        worker.deliver(&slice);
    }
    // Overlapping: commits that were applied come again together with one that was not.
    let mut longer = History::random(2, 31);
    fixture.log.extend(longer.commits.drain(30..));
    let all = History::random(2, 31);
    worker.deliver(&Post::of(&fixture.log).slice(&all.commits[20..], &Numbers));
    worker.at(all.end()).await;
    assert_eq!(fixture.sums().await, all.sums(all.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_lost_slice_is_read_from_the_log() {
    let history = History::random(3, 40);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[..10], &Numbers));
    worker.at(history.commits[9].last()).await;
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[30..], &Numbers));
    worker.at(history.end()).await;
    assert!(fixture.log.reads() > 0);
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn slices_in_the_wrong_order_come_out_right() {
    let history = History::random(4, 60);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    let slices: Vec<_> = history.commits.chunks(6).map(|c| Post::of(&fixture.log).slice(c, &Numbers)).collect();
    for pair in slices.rchunks(2) {
        pair.iter().rev().for_each(|slice| worker.deliver(slice));
    }
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn without_any_slice_the_log_alone_is_followed() {
    let history = History::random(5, 300);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(Position::new(1));
    worker.at(Position::new(1)).await;
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_log_that_does_not_answer_is_asked_again() {
    let history = History::random(6, 50);
    let fixture = TallyFixture::new(&history).await;
    fixture.log.fail(3);
    let mut worker = fixture.start();
    assert!(worker.waiting().await.contains("log cannot be read"));
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn broken_connections_lose_no_position() {
    let history = History::random(7, 400);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    for commits in history.commits.chunks(20) {
        worker.deliver(&Post::of(&fixture.log).slice(commits, &Numbers));
        fixture.scratch.cut_connections().await;
    }
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_slice_of_another_log_is_refused() {
    let history = History::random(8, 20);
    let foreign = History::random(9, 20);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[..10], &Numbers));
    worker.at(history.commits[9].last()).await;
    let elsewhere = MemoryLog::new(log_id(2), foreign.commits.clone());
    let slice: Arc<Slice<_>> = Post::of(&elsewhere).slice(&foreign.commits, &Numbers);
    worker.deliver(&slice);
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[10..], &Numbers));
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_view_of_another_log_is_not_touched() {
    let history = History::random(10, 20);
    let mut fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    worker.kill().await;

    fixture.log = Arc::new(MemoryLog::new(log_id(2), History::random(11, 90).commits));
    let mut worker = fixture.start();
    worker.reach(fixture.log.end());
    assert!(worker.waiting().await.contains("was made from log"), "{:?}", worker.status());
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_view_ahead_of_its_log_says_so() {
    let history = History::random(12, 20);
    let mut fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    worker.kill().await;

    fixture.log = Arc::new(MemoryLog::new(log_id(1), history.commits[..10].to_vec()));
    let mut worker = fixture.start();
    assert!(worker.of_another_history().await.contains("ahead of the log"), "{:?}", worker.status());
    worker.kill().await;
    fixture.scratch.close().await;
}
