//! A log that was restored from a backup is another history.

use std::sync::Arc;

use kernel::Position;
use projection_engine::{
    ParkWhat, State, Until,
    testing::{Post, Random},
};

use crate::{
    rebuild::{operator, request},
    tally::{History, Numbers, TallyFixture, log_id},
};

/// A log of so many commits, of which `kept` are in a backup, and another history that goes on from there.
fn parted(seed: u64, commits: usize, kept: usize) -> (History, History) {
    let history = History::random(seed, commits);
    let mut other = History::random(seed, kept);
    let mut random = Random::new(seed + 1);
    while other.end() <= history.end() {
        other.commit(&[(random.below(7) as u128, "Added", "1")]);
        // The same positions and commands at other times: as clients write them that send their commands again.
        let last = other.commits.last_mut().expect("a commit");
        last.recorded_at += chrono::Duration::hours(1);
    }
    (history, other)
}

async fn restored(fixture: &TallyFixture, history: &History, other: &History, kept: usize) {
    fixture.log.lose_after(history.commits[kept - 1].last());
    fixture.log.extend(other.commits[kept..].iter().cloned());
}

#[tokio::test]
async fn a_view_is_not_moved_into_another_history_whatever_comes_first() {
    for (seed, way) in [(70, "slices"), (71, "log"), (72, "check"), (73, "start")] {
        let (history, other) = parted(seed, 60, 40);
        let fixture = TallyFixture::new(&history).await;
        let mut worker = fixture.start();
        worker.reach(history.end());
        worker.at(history.end()).await;
        if way == "start" {
            worker.kill().await;
            restored(&fixture, &history, &other, 40).await;
            worker = fixture.start();
        } else {
            restored(&fixture, &history, &other, 40).await;
        }
        let mut longer = other;
        longer.commit(&[(1, "Added", "2")]).commit(&[(2, "Added", "3")]);
        fixture.log.extend(longer.commits[longer.commits.len() - 2..].iter().cloned());
        match way {
            "slices" => {
                let post = Post::of(&fixture.log);
                worker.deliver(&post.slice(&longer.commits[45..], &Numbers));
            }
            "log" => worker.reach(fixture.log.end()),
            "check" => worker.recheck(),
            _ => {}
        }
        let reason = worker.of_another_history().await;
        assert!(reason.contains("another history") && reason.contains("views rebuild"), "{way}: {reason}");
        assert_eq!(fixture.sums().await, history.sums(history.end()), "{way}: nothing of the other history is applied");
        assert!(fixture.registry().await.contains("other-history"), "{way}: {}", fixture.registry().await);
        worker.kill().await;
        fixture.scratch.close().await;
    }
}

#[tokio::test]
async fn a_rebuild_without_a_flag_heals_it_and_the_lost_history_does_not_come_back() {
    let (history, other) = parted(74, 60, 40);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    restored(&fixture, &history, &other, 40).await;
    worker.recheck();
    worker.of_another_history().await;
    let shop = fixture.rebuilder(fixture.view.clone());
    let parking = shop.park(&ParkWhat::Key("any".into()), &operator()).await.expect_err("it would keep what is wrong");
    assert!(parking.to_string().contains("another history"), "{parking}");
    shop.rebuild(&request(Until::Promoted)).await.expect("rebuilt");
    worker.reach(fixture.log.end());
    worker.at(fixture.log.end()).await;
    while worker.status().state != State::Live {
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.sums().await, other.sums(other.end()));
    let back = shop.rollback(None, &operator()).await.expect_err("it is of the lost history");
    assert!(back.to_string().contains("another history"), "{back}");
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_view_follows_an_adopted_log_if_that_holds_its_commit() {
    let history = History::random(75, 30);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    fixture.log.adopt(log_id(2));
    let mut longer = history.commits.len();
    let mut all = history;
    all.commit(&[(3, "Added", "4")]);
    fixture.log.extend(all.commits[longer..].iter().cloned());
    longer += 1;
    worker.reach(fixture.log.end());
    worker.at(all.end()).await;
    assert_eq!((fixture.sums().await, longer), (all.sums(all.end()), all.commits.len()));
    let audit = fixture.scratch.lines("select what from registry.audit").await;
    assert_eq!(audit, ["follow adopted log"]);
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_checkpoint_of_the_build_before_is_bound_once_to_the_commit_it_stands_on() {
    let (history, other) = parted(76, 30, 20);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    worker.kill().await;
    let unbind = "update registry.generations set command_id = null";
    sqlx::raw_sql(unbind).execute(&fixture.scratch.pool).await.expect("unbound");
    let mut worker = fixture.start();
    let named = "select count(*)::text from registry.generations where command_id is not null";
    while fixture.scratch.lines(named).await != ["1"] {
        tokio::task::yield_now().await;
    }
    worker.kill().await;
    // It knows the time of its commit, so that a log that was restored before the upgrade is noticed as well.
    sqlx::raw_sql(unbind).execute(&fixture.scratch.pool).await.expect("unbound");
    restored(&fixture, &history, &other, 20).await;
    worker = fixture.start();
    worker.of_another_history().await;
    assert_eq!(worker.status().position, history.end());
    assert!(history.end() > Position::ZERO);
    worker.kill().await;
    fixture.scratch.close().await;
    drop(Arc::clone(&fixture.log));
}
