//! Those who read while the view under them is rebuilt, promoted and rolled back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use projection_engine::Until;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::{
    bulk_tally::Flaw,
    rebuild::{operator, request},
    tally::{History, TallyFixture},
};

/// What every reader of a position must find: the sum of the totals, and of the versions.
type Truth = Arc<BTreeMap<i64, (i64, i64)>>;

fn truth(history: &History) -> Truth {
    let (mut total, mut versions, mut truth) = (0, 0, BTreeMap::from([(0, (0, 0))]));
    for commit in &history.commits {
        for event in &commit.events {
            total += event.payload.get().parse::<i64>().expect("number");
            versions += 1;
        }
        truth.insert(commit.last().number(), (total, versions));
    }
    Arc::new(truth)
}

/// What the readers share.
struct Readers {
    truth: Truth,
    /// The highest position anybody has seen.
    highest: AtomicI64,
    stop: AtomicBool,
}

impl Readers {
    /// Reads until asked to stop; how long each read took.
    async fn read(self: Arc<Self>, database: PgConnectOptions) -> Vec<Duration> {
        let reader = database.options([("role", "jangbu_reader")]);
        let mut connection = PgConnection::connect_with(&reader).await.expect("connect");
        let mut took = Vec::new();
        while !self.stop.load(Ordering::SeqCst) {
            // A token: whatever anybody has seen before this read begins must be in it.
            let token = self.highest.load(Ordering::SeqCst);
            let began = Instant::now();
            let (position, total, versions): (i64, i64, i64) = sqlx::query_as(
                "select live.position, coalesce(sums.total, 0)::int8, coalesce(sums.versions, 0)::int8
                 from registry.live_positions as live,
                    (select sum(total) as total, sum(version) as versions from live.sums) as sums
                 where live.view = 'tally'",
            )
            .fetch_one(&mut connection)
            .await
            .expect("no read fails");
            took.push(began.elapsed());
            assert!(position >= token, "a read went back from {token} to {position}");
            assert_eq!(self.truth.get(&position), Some(&(total, versions)), "wrong at {position}");
            self.highest.fetch_max(position, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        took
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reader_sees_the_view_fail_go_back_or_lie() {
    let history = History::random(60, 4_000);
    let (fixture, worker) = TallyFixture::begun(&history, 1_000).await;
    let readers =
        Arc::new(Readers { truth: truth(&history), highest: AtomicI64::new(0), stop: AtomicBool::new(false) });
    let reading: Vec<_> =
        (0..8).map(|_| tokio::spawn(readers.clone().read(fixture.scratch.database.clone()))).collect();

    let mut rest = history.commits[1_000..].chunks(20);
    let mut write = |chunks: usize| {
        for commits in rest.by_ref().take(chunks) {
            fixture.log.extend(commits.iter().cloned());
            worker.reach(fixture.log.end());
        }
    };
    for round in 0..4 {
        write(12);
        let shop = fixture.bulk(Flaw::None);
        let (made, ()) =
            tokio::join!(async { shop.rebuild(&request(Until::Promoted)).await.expect("promoted") }, async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                write(12);
            });
        assert_eq!(made.state, "live", "round {round}: {:?}", made.comparison);
        write(6);
        shop.rollback(None, &operator()).await.expect("rolled back");
        write(6);
        let forward = shop.rollback(Some(made.generation), &operator()).await.expect("rolled forward");
        assert_eq!(forward.generation, made.generation);
    }
    write(1_000);
    let mut worker = worker;
    worker.at(history.end()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    readers.stop.store(true, Ordering::SeqCst);
    let mut took = Vec::new();
    for reader in reading {
        took.extend(reader.await.expect("no reader complained"));
    }
    took.sort_unstable();
    assert!(took.len() > 500, "{} reads", took.len());
    assert_eq!(readers.highest.load(Ordering::SeqCst), history.end().number());
    let p99 = took[took.len() * 99 / 100];
    // Far more than a promotion takes, far less than a reader would have to wait for a rebuild.
    assert!(p99 < Duration::from_secs(1), "p99 {p99:?}");
    worker.kill().await;
    fixture.scratch.close().await;
}
