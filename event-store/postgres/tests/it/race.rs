//! Many writers at once, from two processes.

use futures::future::join_all;
use kernel::Position;
use log::{Append, AppendError, Appended, ReadStreams};

use crate::fixture::{LogFixture, commit, event, fresh, read_all, stream};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_are_gapless_under_twenty_writers_in_two_processes() {
    let fixture = LogFixture::new().await;
    let other = event_store_postgres::PostgresLog::new(fixture.other_pool(""));
    let reader = tokio::spawn({
        let log = fixture.log.clone();
        async move {
            // A reader that follows the log must never see a gap, at whatever moment it looks.
            let mut seen = Position::ZERO;
            while seen < Position::new(20 * 20 * 3) {
                for commit in log::ReadCommits::read_commits(&log, seen, 50).await.expect("no gap") {
                    assert_eq!(commit.first, seen.next());
                    seen = commit.last();
                }
            }
        }
    });
    let writers = (0..20).map(|writer| {
        let log = if writer % 2 == 0 { fixture.log.clone() } else { other.clone() };
        tokio::spawn(async move {
            let mut written = Vec::new();
            for round in 0..20 {
                let commits: Vec<_> = if round % 2 == 0 { vec![fresh(3)] } else { vec![fresh(1), fresh(2)] };
                let Appended { first, recorded_at, .. } = log.append(&commits).await.unwrap();
                written.extend([(first, commits[0].command_id, recorded_at)]);
            }
            written
        })
    });
    let answers: Vec<_> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    reader.await.unwrap();

    let commits = read_all(&fixture.log, 100).await;
    assert_eq!(fixture.position().await, 20 * 20 * 3);
    for (first, command, recorded_at) in answers {
        let found = commits.iter().find(|c| c.command_id == command).unwrap();
        assert_eq!((found.first, found.recorded_at), (first, recorded_at), "what was answered is what was written");
    }
    fixture.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_take_the_same_version_one_wins() {
    let fixture = LogFixture::new().await;
    let other = event_store_postgres::PostgresLog::new(fixture.other_pool(""));
    let hot = stream();
    for version in 1..=10 {
        let attempts = (0..20).map(|writer| {
            let log = if writer % 2 == 0 { fixture.log.clone() } else { other.clone() };
            tokio::spawn(async move { log.append(&[commit(vec![event(stream(), 1), event(hot, version)])]).await })
        });
        let answers: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
        assert_eq!(answers.iter().filter(|a| matches!(a, Err(AppendError::Conflict))).count(), 19);
    }
    assert_eq!(fixture.position().await, 20);
    assert!(fixture.log.read_event(hot, kernel::Version::new(11)).await.unwrap().is_none());
    fixture.end().await;
}
