//! Everything at once: lost, doubled and shuffled slices, two workers, kills and broken connections.

use std::time::Duration;

use projection_engine::testing::{Post, Random};
use tokio::time::sleep;

use crate::tally::{History, Numbers, TallyFixture};

#[tokio::test]
async fn two_workers_at_once_count_everything_once() {
    let history = History::random(40, 500);
    let fixture = TallyFixture::new(&history).await;
    let (mut one, mut two) = (fixture.start(), fixture.start());
    for commits in history.commits.chunks(3) {
        let slice = Post::of(&fixture.log).slice(commits, &Numbers);
        one.deliver(&slice);
        two.deliver(&slice);
    }
    one.at(history.end()).await;
    two.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    one.kill().await;
    two.kill().await;
    fixture.scratch.close().await;
}

/// The race by name: another worker has moved the checkpoint and has not committed yet when this one begins.
#[tokio::test]
async fn a_worker_overtaken_in_the_middle_of_its_transaction_writes_nothing() {
    let history = History::random(44, 40);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    let first = Post::of(&fixture.log).slice(&history.commits[..10], &Numbers);
    worker.deliver(&first);
    worker.at(first.last()).await;

    // What another worker would do with the next ten commits.
    let mut other = fixture.scratch.pool.begin().await.expect("begin");
    let end = history.commits[19].last();
    let step = "update registry.generations set position = $1, command_id = $2, recorded_at = $3 where view = 'tally'";
    sqlx::query(step)
        .bind(end.number())
        .bind(history.commits[19].command_id.uuid())
        .bind(history.commits[19].recorded_at)
        .execute(&mut *other)
        .await
        .expect("the other takes the step");
    let second = Post::of(&fixture.log).slice(&history.commits[10..20], &Numbers);
    worker.deliver(&second);
    let waits =
        "select pid::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while fixture.scratch.lines(waits).await.is_empty() {
        sleep(Duration::from_millis(2)).await;
    }
    for line in history.sums(end) {
        let columns: Vec<&str> = line.split(' ').collect();
        let write = "insert into tally_g1.sums select $1::text::uuid, $2::text::int8, $3::text::int8
            on conflict (stream) do update set total = excluded.total, version = excluded.version";
        let query = sqlx::query(write).bind(columns[0]).bind(columns[1]).bind(columns[2]);
        query.execute(&mut *other).await.expect("the other writes its rows");
    }
    other.commit().await.expect("the other commits");

    worker.at(end).await;
    assert_eq!(fixture.sums().await, history.sums(end));
    worker.deliver(&Post::of(&fixture.log).slice(&history.commits[20..], &Numbers));
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_worker_killed_anywhere_resumes_where_the_tables_are() {
    let history = History::random(41, 600);
    let fixture = TallyFixture::new(&history).await;
    let mut random = Random::new(41);
    for _ in 0..40 {
        let worker = fixture.start();
        worker.reach(history.end());
        sleep(Duration::from_micros(random.below(12_000) as u64)).await;
        worker.kill().await;
    }
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn replay_from_any_checkpoint_changes_nothing() {
    let history = History::random(42, 120);
    let fixture = TallyFixture::new(&history).await;
    for stop in [1, 17, 60, 61, 119, 120] {
        let mut worker = fixture.start();
        // From the very beginning each time, up to one commit further.
        for commits in history.commits[..stop].chunks(9) {
            worker.deliver(&Post::of(&fixture.log).slice(commits, &Numbers));
        }
        let end = history.commits[stop - 1].last();
        worker.at(end).await;
        assert_eq!(fixture.sums().await, history.sums(end), "after {stop} commits");
        worker.kill().await;
    }
    fixture.scratch.close().await;
}

#[tokio::test]
async fn whatever_happens_on_the_way_the_sums_are_right() {
    for seed in 0..6 {
        let history = History::random(100 + seed, 300);
        let fixture = TallyFixture::new(&history).await;
        let mut random = Random::new(seed);
        let mut workers = vec![fixture.start(), fixture.start()];
        let mut slices: Vec<_> = Vec::new();
        let mut rest = history.commits.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + random.below(rest.len().min(12)));
            slices.push(Post::of(&fixture.log).slice(now, &Numbers));
            rest = later;
        }
        for i in 0..slices.len() {
            if random.percent(20) {
                let other = (i + random.below(5)).min(slices.len() - 1);
                slices.swap(i, other);
            }
        }
        for slice in &slices {
            for worker in &workers {
                let copies = if random.percent(20) { 0 } else { 1 + usize::from(random.percent(20)) };
                (0..copies).for_each(|_| worker.deliver(slice));
            }
            if random.percent(10) {
                workers.remove(random.below(2)).kill().await;
                workers.push(fixture.start());
            }
            if random.percent(5) {
                fixture.scratch.cut_connections().await;
            }
            if random.percent(5) {
                fixture.log.fail(2);
            }
        }
        for mut worker in workers {
            worker.reach(history.end());
            worker.at(history.end()).await;
            worker.kill().await;
        }
        assert_eq!(fixture.sums().await, history.sums(history.end()), "seed {seed}");
        fixture.scratch.close().await;
    }
}
