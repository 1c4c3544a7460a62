//! Many writers at once, from two processes.

use futures::future::join_all;
use kernel::Position;
use log::{Append, AppendError, Appended, Basis, ReadCommits, ReadStreams, StreamStanding};

use super::{Fixture, versions};
use crate::fixture::{commit, event, fresh, read_all, stream};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_are_gapless_under_twenty_writers_in_two_processes() {
    let fixture = Fixture::new().await;
    let other = fixture.other("");
    let reader = tokio::spawn({
        let log = fixture.log.clone();
        async move {
            // A reader that follows the log must never see a gap, at whatever moment it looks.
            let mut seen = Position::ZERO;
            while seen < Position::new(20 * 20 * 3) {
                for commit in log.read_commits(seen, 50).await.expect("no gap") {
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
    let fixture = Fixture::new().await;
    let other = fixture.other("");
    let hot = stream();
    for version in 1..=10 {
        let attempts = (0..20).map(|writer| {
            let log = if writer % 2 == 0 { fixture.log.clone() } else { other.clone() };
            tokio::spawn(async move { log.append(&[commit(vec![event(stream(), 1), event(hot, version)])]).await })
        });
        let answers: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|a| matches!(a, Err(AppendError::Conflict))).count(), 19, "{answers:?}");
    }
    assert_eq!(fixture.position().await, 20);
    assert!(fixture.log.read_event(hot, kernel::Version::new(11)).await.unwrap().is_none());
    fixture.end().await;
}

/// Two writers, each of which reads, decides and appends, as often as it takes: no update is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_on_few_streams_lose_nothing() {
    const EACH: usize = 150;
    let fixture = Fixture::new().await;
    let streams: Vec<_> = (0..5).map(|_| stream()).collect();
    let writers = [fixture.log.clone(), fixture.other("")].into_iter().enumerate().map(|(number, log)| {
        let streams = streams.clone();
        tokio::spawn(async move {
            let mut written = 0;
            for turn in 0.. {
                let pair = [streams[turn % 5], streams[(turn * (number + 2) + 1) % 5]];
                if pair[0] == pair[1] {
                    continue;
                }
                let asked = pair.map(|stream| (stream, log::FromVersion::After(kernel::Version::ZERO)));
                let read = log.read_streams(&asked).await.unwrap();
                let next = |index: usize| {
                    let standing: Option<&StreamStanding> = read[index].standing.as_ref();
                    event(pair[index], standing.map_or(0, |standing| standing.version.number()) + 1)
                };
                let held: Vec<_> = read
                    .iter()
                    .zip(pair)
                    .filter_map(|(read, stream)| {
                        let standing = read.standing.as_ref()?;
                        Some(log::HeldStream {
                            stream,
                            newest: standing.newest,
                            has_row: standing.has_row,
                            state: None,
                        })
                    })
                    .collect();
                match log.append_after(Basis::NONE, &[commit(vec![next(0), next(1)])], &held).await {
                    Ok(_) => written += 1,
                    Err(AppendError::Conflict) => {}
                    Err(error) => panic!("{error:?}"),
                }
                if written == EACH {
                    break;
                }
            }
        })
    });
    join_all(writers).await.into_iter().for_each(|done| done.unwrap());
    let mut events = 0;
    for stream in streams {
        events += versions(&fixture.log, stream).await.len();
    }
    assert_eq!(events, 2 * 2 * EACH);
    fixture.end().await;
}
