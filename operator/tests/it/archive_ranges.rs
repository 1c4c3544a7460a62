//! The archive as rebuilds read it, and the snapshots in it, held against the log.

use event_archive::{ArchiveRanges, Place};
use kernel::Position;
use log::{Commit, CommitRanges, PositionRange, ReadCommits};
use operator::archive::{reader, snapshot_before};
use sqlx::{Connection, PgConnection};

use crate::{
    archive::{Archived, store},
    databases::TestDatabases,
};

async fn open(bank: &Archived) -> ArchiveRanges {
    let place = Place::new(format!("file://{}", bank.folder.path().display()), None);
    let mut log = PgConnection::connect(bank.databases.log.as_str()).await.expect("connect");
    reader(&place, &mut log).await.expect("an archive")
}

async fn read(archive: &ArchiveRanges, range: PositionRange) -> Vec<Commit> {
    let mut reader = archive.read(range).await.expect("a reader");
    let mut commits = Vec::new();
    while let Some(batch) = reader.next().await.expect("commits") {
        commits.extend(batch);
    }
    commits
}

/// Commits as text, payloads included.
fn text_of(commits: &[Commit]) -> String {
    serde_json::to_string(commits).expect("JSON")
}

#[tokio::test]
async fn planned_runs_together_are_the_log_from_wherever_to_wherever() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--segment", "13"]).expect(0);
    let log = store(&bank.databases);
    let all = log.read_commits(Position::ZERO, i64::MAX / 2).await.expect("the log");
    let ends: Vec<Position> = std::iter::once(Position::ZERO).chain(all.iter().map(Commit::last)).collect();
    let head = *ends.last().expect("an end");
    let archive = open(&bank).await;
    assert_eq!(archive.end(), head);
    for after in ends.iter().step_by(7) {
        for to in (1..=head.number() + 3).step_by(5).map(Position::new) {
            let runs = archive.plan(*after, to, 4).await.expect("a plan");
            assert!(runs.len() <= 4 && runs.windows(2).all(|pair| pair[0].to == pair[1].after), "{runs:?}");
            let mut found = Vec::new();
            for run in &runs {
                found.extend(read(&archive, *run).await);
            }
            let wanted: Vec<_> = all.iter().filter(|c| c.first > *after && c.last() <= to).cloned().collect();
            assert_eq!(text_of(&found), text_of(&wanted), "after {after} to {to}: {runs:?}");
        }
    }
    let whole = archive.plan(Position::ZERO, head, 3).await.expect("a plan");
    assert_eq!(whole.len(), 3, "{whole:?}");
    assert!(whole.iter().all(|run| run.events() > head.number() / 6), "of similar size: {whole:?}");
    // Several planned runs may be read as one.
    let joined = PositionRange { after: whole[0].after, to: whole[2].to };
    assert_eq!(text_of(&read(&archive, joined).await), text_of(&all));
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_run_that_does_not_begin_or_end_with_a_commit_is_refused_and_so_is_one_that_is_not_archived() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--segment", "40"]).expect(0);
    let archive = open(&bank).await;
    let log = store(&bank.databases);
    let all = log.read_commits(Position::ZERO, 1000).await.expect("the log");
    let long = all.iter().find(|c| c.events.len() == 3 && c.first.number() > 1).expect("a commit of three");
    let wrong = [
        PositionRange { after: long.first, to: archive.end() },
        PositionRange { after: Position::ZERO, to: long.first },
        PositionRange { after: Position::ZERO, to: archive.end().next() },
    ];
    for range in wrong {
        let failed = async {
            let mut reader = archive.read(range).await?;
            while reader.next().await?.is_some() {}
            Ok::<_, log::ReadError>(())
        };
        let error = failed.await.expect_err("refused");
        assert!(matches!(error, log::ReadError::Archive(_)), "{range:?}: {error:?}");
    }
    let none = archive.plan(archive.end(), archive.end(), 2).await.expect("a plan");
    assert!(none.is_empty(), "{none:?}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_file_damaged_between_opening_and_reading_is_reported_as_damage() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--segment", "40"]).expect(0);
    let archive = open(&bank).await;
    let files = bank.files("segments");
    let mut bytes = std::fs::read(&files[1]).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&files[1], bytes).expect("written");
    let mut reader = archive.read(PositionRange { after: Position::ZERO, to: archive.end() }).await.expect("a reader");
    let mut last = Position::ZERO;
    let error = loop {
        match reader.next().await {
            Ok(Some(commits)) => last = commits.last().expect("one").last(),
            Ok(None) => panic!("it ended at {last} as if nothing were wrong"),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, log::ReadError::Archive(what) if what.to_string().contains("SHA-256")), "{error:?}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_snapshot_upon_a_snapshot_is_the_same_as_one_of_all_and_what_the_view_shows() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "snapshot"]).expect(1);
    bank.run(&["archive", "run", "--to", "60", "--segment", "25"]).expect(0);
    let first = bank.run(&["archive", "snapshot", "--json"]).expect(0).json();
    assert_eq!((first["folded_from"].as_i64(), first["written"].as_bool()), (Some(0), Some(true)), "{first}");
    let again = bank.run(&["archive", "snapshot", "--json"]).expect(0).json();
    assert_eq!((&again["position"], again["written"].as_bool()), (&first["position"], Some(false)), "{again}");
    bank.run(&["archive", "run", "--segment", "25"]).expect(0);
    let second = bank.run(&["archive", "snapshot", "--json"]).expect(0).json();
    assert_eq!(second["folded_from"], first["position"], "{second}");
    let verified = bank.run(&["archive", "verify", "--against-log", "--json"]).expect(0).json();
    assert_eq!(verified["snapshots"].as_i64(), Some(2), "{verified}");

    let archive = open(&bank).await;
    let head = archive.end();
    let newest = snapshot_before(&archive, head).await.expect("read").expect("there");
    assert_eq!(newest.position, head);
    let before = snapshot_before(&archive, head.plus(-1)).await.expect("read").expect("there");
    assert_eq!(Some(before.position.number()), first["position"].as_i64());
    assert!(snapshot_before(&archive, Position::new(3)).await.expect("read").is_none());

    // The same from one archive that never had an earlier one.
    let whole = Archived::of(bank.databases.with_copied_views().await);
    whole.run(&["archive", "run"]).expect(0);
    let all = whole.run(&["archive", "snapshot", "--json"]).expect(0).json();
    assert_eq!(all["folded_from"].as_i64(), Some(0));
    let of_all = snapshot_before(&open(&whole).await, head).await.expect("read").expect("there");
    assert_eq!(of_all.accounts, newest.accounts);
    assert_eq!(shown(&bank.databases).await, newest.accounts.iter().map(line).collect::<Vec<_>>());
    whole.databases.drop().await;
    bank.databases.drop().await;
}

/// An account as both the view and the snapshot hold it.
fn line(state: &operator::archive::AccountState) -> String {
    let (account, at) = (&state.state, format!("{} {}", state.version, state.position));
    let freeze = account.freeze_scope().map(|scope| format!(" {}", scope.as_str())).unwrap_or_default();
    let (asset, status) = (account.asset, account.status.as_str());
    format!("{} {asset} {status} {} {} {at}{freeze}", state.account.uuid(), account.balance, account.held)
}

async fn shown(databases: &TestDatabases) -> Vec<String> {
    let mut connection = PgConnection::connect(databases.views.as_str()).await.expect("connect");
    sqlx::query_scalar(
        r#"select concat_ws(' ', account_id, asset, status, balance, held, version, position, "freeze")
           from live.accounts order by account_id"#,
    )
    .fetch_all(&mut connection)
    .await
    .expect("rows")
}
