//! Sessions that hold a view in the middle of a statement.

use std::time::Duration;

use projection_engine::testing::Post;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::sleep;

use crate::tally::{History, Numbers, TallyFixture};

/// Another worker's session that has locked the checkpoint.
async fn holder(fixture: &TallyFixture) -> PgConnection {
    let mut holder = PgConnection::connect_with(&fixture.scratch.database).await.expect("connect");
    let lock =
        "begin; select from registry.generations where view = 'tally' for update; create temp table heap (line text)";
    holder.execute(lock).await.expect("lock the checkpoint");
    holder
}

#[tokio::test]
async fn a_session_that_is_silent_in_the_middle_of_a_copy_holds_no_view() {
    let history = History::random(50, 40);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[..10], &Numbers));
    worker.at(history.commits[9].last()).await;
    let mut holder = holder(&fixture).await;
    let mut copy = holder.copy_in_raw("copy heap from stdin").await.expect("begin to copy");
    copy.send(b"a line\n".as_slice()).await.expect("send a line");
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[10..], &Numbers));
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    copy.finish().await.expect_err("its session is gone");
    worker.kill().await;
    fixture.scratch.close().await;
}

/// An operator who waits for the lock stands between the one who is silent and the next worker.
#[tokio::test]
async fn a_silent_session_is_ended_although_somebody_else_waits_for_it_first() {
    let history = History::random(52, 40);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[..10], &Numbers));
    worker.at(history.commits[9].last()).await;
    let mut holder = holder(&fixture).await;
    let mut copy = holder.copy_in_raw("copy heap from stdin").await.expect("begin to copy");
    copy.send(b"a line\n".as_slice()).await.expect("send a line");
    let mut operator = PgConnection::connect_with(&fixture.scratch.database).await.expect("connect");
    let operator = tokio::spawn(async move {
        let change = "begin; select from registry.generations where view = 'tally' for update; commit";
        operator.execute(change).await.map(drop)
    });
    let waits =
        "select pid::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while fixture.scratch.lines(waits).await.is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[10..], &Numbers));
    worker.at(history.end()).await;
    operator.await.expect("it ran").expect("the operator's turn came");
    copy.finish().await.expect_err("its session is gone");
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_slow_copy_whose_process_sends_now_and_then_is_waited_for() {
    let history = History::random(51, 40);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[..10], &Numbers));
    worker.at(history.commits[9].last()).await;
    let mut holder = holder(&fixture).await;
    let mut copy = holder.copy_in_raw("copy heap from stdin").await.expect("begin to copy");
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[10..], &Numbers));
    // Long enough for it to be ended twice.
    for _ in 0..60 {
        copy.send(b"a line\n".as_slice()).await.expect("it is still there");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(copy.finish().await.expect("it was never ended"), 60);
    holder.execute("commit").await.expect("commit");
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}
