//! `jangbu archive detach`: old partitions leave the database once the archive holds them.

use event_archive::{ArchivedLog, Place};
use event_store_postgres::{INDEXED_TYPES, PostgresLog};
use kernel::{CommandId, Position, Version};
use log::{CommitRanges, FromVersion, ReadCommits, ReadError, ReadHead, ReadStreams, ReadTyped, Wanted};

use crate::{
    archive::{Archived, store},
    databases::TestDatabases,
    run::Run,
};

impl TestDatabases {
    /// Partitions of a few positions each, where the migrations make them of millions. The log is not converted yet.
    async fn with_small_partitions(self) -> Self {
        self.on_log(
            "do $$ declare part regclass; begin
                 for part in select inhrelid::regclass from pg_inherits where inhparent = 'log_commits'::regclass
                     and inhrelid <> 'log_commits_probe'::regclass loop
                     execute format('drop table %s', part);
                 end loop;
             end $$;
             create table log_commits_00000 partition of log_commits for values from (0) to (40);
             create table log_commits_00040 partition of log_commits for values from (40) to (80);
             create table log_commits_00001 partition of log_commits for values from (80) to (40000000);
             create table log_commits_00002 partition of log_commits for values from (40000000) to (60000000)",
        )
        .await;
        self
    }
}

async fn converted() -> Archived {
    let databases = TestDatabases::with_bank_before().await.with_small_partitions().await;
    databases.run(&["log", "convert", "--yes"]).expect(0);
    databases.project().await;
    Archived::of(databases)
}

fn detach(bank: &Archived, before: &str) -> Run {
    bank.run(&["archive", "detach", "--before", before, "--yes", "--json"])
}

#[tokio::test]
async fn what_is_archived_leaves_the_database_and_nothing_else() {
    let bank = converted().await;
    let head = bank.databases.head().await;
    let nothing = detach(&bank, "100").expect(0);
    assert_eq!(nothing.json()["detached"], serde_json::json!([]), "nothing is archived: {nothing:?}");
    bank.run(&["archive", "run", "--to", "60", "--segment", "20"]).expect(0);
    let before = bank.run(&["log", "show", "20", "--json"]).expect(0).json();
    let first = detach(&bank, "100").expect(0);
    assert_eq!(first.json()["detached"], serde_json::json!(["log_commits_00000"]), "{first:?}");
    assert!(first.stderr.contains("log_commits_00040 is not archived"), "{first:?}");
    bank.run(&["archive", "run"]).expect(0);
    let verified = bank.run(&["log", "verify", "--json"]).expect(0).json();
    let tail_before = bank.run(&["log", "tail", "--after", "0", "-n", "1000", "--json"]).expect(0);
    let second = detach(&bank, "100000000").expect(0).json();
    // The partition at the end of the log stays, whatever is asked for.
    assert_eq!((&second["detached"], &second["begins_at"]), (&serde_json::json!(["log_commits_00040"]), &80.into()));

    // What is new is shown, and what is old is read in the archive.
    bank.run(&["log", "show", &head.to_string()]).expect(0);
    bank.run(&["log", "tail", "-n", "3"]).expect(0);
    assert_eq!(bank.run(&["log", "show", "20", "--json"]).expect(0).json(), before);
    let tail = bank.run(&["log", "tail", "--after", "0", "-n", "1000", "--json"]).expect(0);
    assert_eq!(tail.stdout, tail_before.stdout);
    let verify = bank.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(
        (&verify["log"]["digest"], &verify["log"]["commits"], &verify["log"]["events"]),
        (&verified["log"]["digest"], &verified["log"]["commits"], &verified["log"]["events"]),
        "one history, wherever it stands"
    );
    // Without the archive it is said where they are.
    for command in [vec!["log", "show", "20"], vec!["log", "verify"]] {
        let old = bank.databases.run(&command).expect(1);
        assert!(old.stderr.contains("JANGBU_ARCHIVE_URL"), "{old:?}");
    }
    let warned = bank.databases.run(&["doctor", "--watch-ms", "0", "--json"]).json().to_string();
    assert!(warned.contains("JANGBU_ARCHIVE_URL is not set here"), "{warned}");
    let shown = bank.run(&["doctor", "--watch-ms", "0", "--json"]).json().to_string();
    assert!(shown.contains("from position 81 on"), "{shown}");
    // A command whose commit is detached is still known.
    let known = bank.databases.log_number("select count(*) from log_commands where first_position < 80").await;
    assert!(known > 0);
    // The archive goes on, and views are rebuilt from it.
    bank.run(&["archive", "run"]).expect(0);
    bank.run(&["archive", "verify", "--against-log"]).expect(0);
    bank.run(&["views", "rebuild", "accounts", "--from", "archive", "--reason", "a test"]).expect(0);
    bank.run(&["views", "rebuild", "accounts", "--reason", "a test"]).expect(0);
    bank.databases.drop().await;
}

#[tokio::test]
async fn an_archive_of_an_earlier_build_does_not_stand_in_for_the_log() {
    let bank = converted().await;
    bank.run(&["archive", "run"]).expect(0);
    for path in bank.files("manifests") {
        let text = std::fs::read_to_string(&path).expect("a manifest").replace("\"format\": 2", "\"format\": 1");
        std::fs::write(path, text).expect("written");
    }
    let refused = detach(&bank, "100").expect(1);
    assert!(refused.stderr.contains("written by an earlier build"), "{refused:?}");
    bank.databases.drop().await;
}

/// A partition whose detachment was broken off is gone for readers, and is finished by the next run.
#[tokio::test]
async fn a_detachment_that_was_broken_off_is_finished() {
    let bank = converted().await;
    bank.run(&["archive", "run"]).expect(0);
    let before = bank.run(&["log", "show", "20", "--json"]).expect(0).json();
    bank.databases
        .on_log("set allow_system_table_mods = on; update pg_inherits set inhdetachpending = true where inhrelid = 'log_commits_00000'::regclass")
        .await;
    assert_eq!(bank.run(&["log", "show", "20", "--json"]).expect(0).json(), before);
    let finished = detach(&bank, "41").expect(0);
    assert_eq!(finished.json()["detached"], serde_json::json!(["log_commits_00000"]), "{finished:?}");
    assert_eq!(bank.run(&["log", "show", "20", "--json"]).expect(0).json(), before);
    bank.run(&["log", "verify"]).expect(0);
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_partition_that_the_archive_does_not_hold_as_it_is_stays() {
    let bank = converted().await;
    bank.run(&["archive", "run"]).expect(0);
    bank.databases.on_log("update log_commits set correlation = gen_random_uuid() where first_position = 18").await;
    let refused = detach(&bank, "100").expect(1);
    assert!(refused.stderr.contains("differs from the archive at position 18"), "{refused:?}");
    assert_eq!(bank.databases.log_number("select count(*) from log_commits where first_position = 18").await, 1);
    bank.databases.drop().await;
}

/// All that the port of the log gives, as text.
async fn all_of(log: &PostgresLog) -> Vec<String> {
    let head = log.head().await.expect("a head");
    let mut read = Vec::new();
    let mut after = Position::ZERO;
    while after < head.position {
        let page = log.read_commits(after, 7).await.expect("commits");
        after = page.last().expect("there is more").last();
        read.extend(page);
    }
    let mut all: Vec<String> = read.iter().map(|commit| format!("{commit:?}")).collect();
    let mut standing = None;
    let mut followed = Vec::new();
    loop {
        let page = log.read_following(head.log, standing, 11).await.expect("commits");
        let Some(last) = page.last() else { break };
        standing = Some(last.reference());
        followed.extend(page.iter().map(|commit| format!("{commit:?}")));
    }
    assert_eq!(followed, all);
    for parts in [1, 4] {
        let mut ranged = Vec::new();
        for range in log.plan(Position::ZERO, head.position, parts).await.expect("ranges") {
            let mut reader = log.read(range).await.expect("a reader");
            while let Some(commits) = reader.next().await.expect("commits") {
                ranged.extend(commits.iter().map(|commit| format!("{commit:?}")));
            }
        }
        assert_eq!(ranged, all, "{parts}");
    }
    let ends: Vec<Position> = (0..=head.position.number()).map(Position::new).collect();
    all.push(format!("{:?}", log.commit_refs(&ends).await.expect("references")));
    let types = [&INDEXED_TYPES[..], &["AccountOpened", "TransferPosted"]];
    for (types, from) in types.into_iter().flat_map(|types| [0, 5, 17, 60].map(|from| (types, from))) {
        for limit in [3, 1_000] {
            let picked = log.read_typed(types, Position::new(from), head.position, limit).await.expect("events");
            all.push(format!("{picked:?}"));
        }
    }
    for position in ends {
        all.push(format!("{:?}", log.recorded_after(position).await.expect("a time")));
        all.push(format!("{}", log.commit_end(position).await.expect("an end")));
    }
    let commands: Vec<CommandId> = read.iter().map(|commit| commit.command_id).collect();
    all.push(format!("{:?}", log.find_commits(&commands).await.expect("commits")));
    let mut streams: Vec<_> = read.iter().flat_map(|commit| &commit.events).map(|event| event.stream).collect();
    streams.sort();
    streams.dedup();
    for (from, stream) in streams.iter().flat_map(|stream| [0, 1, 2].map(|from| (from, *stream))) {
        let asked = (stream, FromVersion::After(Version::new(from)));
        all.push(format!("{:?}", log.read_streams(&[asked]).await));
        all.push(format!("{:?}", log.read_picked(stream, Version::new(from + 1)).await.expect("an event")));
    }
    all
}

#[tokio::test]
async fn a_reader_with_the_archive_reads_the_same_after_a_detachment() {
    let bank = converted().await;
    bank.run(&["archive", "run", "--segment", "9"]).expect(0);
    let place = Place::new(format!("file://{}", bank.folder.path().display()), None);
    let log = store(&bank.databases).with_archive(ArchivedLog::at(&place));
    let before = all_of(&log).await;
    let detached = bank.run(&["archive", "detach", "--before", "100", "--drop", "--yes", "--json"]).expect(0);
    assert_eq!(detached.json()["begins_at"], 80, "{detached:?}");
    let after = all_of(&store(&bank.databases).with_archive(ArchivedLog::at(&place))).await;
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }

    // Who does not wait is told what to fetch, and has it then.
    let impatient = store(&bank.databases).with_archive(ArchivedLog::at(&place)).without_waiting();
    let first = log.read_commits(Position::ZERO, 1).await.expect("commits").remove(0);
    let (command, stream) = (first.command_id, first.events[0].stream);
    let from = FromVersion::After(Version::ZERO);
    for wanted in [Wanted::Command(command), Wanted::Stream(stream, from)] {
        let read = async || match wanted {
            Wanted::Command(command) => impatient.find_commits(&[command]).await.map(drop),
            Wanted::Stream(stream, from) => impatient.read_streams(&[(stream, from)]).await.map(drop),
        };
        // The commit may be kept from the look before.
        if let Err(ReadError::NotFetched(not_fetched)) = read().await {
            assert_eq!(not_fetched, [wanted]);
            impatient.fetch(wanted).await.expect("fetched");
        }
        read().await.expect("it is in memory");
    }

    // Without the archive it is an error that says so, and never an end, a gap or damage.
    let blind = store(&bank.databases);
    let head = blind.head().await.expect("a head").position;
    let detached = |what: &str, error: Option<ReadError>| {
        assert!(matches!(error, Some(ReadError::Detached { end }) if end.number() >= 79), "{what}: {error:?}");
    };
    detached("commits", blind.read_commits(Position::ZERO, 5).await.err());
    detached("all commits", blind.read_commits(Position::ZERO, 1_000).await.err());
    detached("following", blind.read_following(blind.head().await.expect("a head").log, None, 5).await.err());
    let standing = Some(first.reference());
    detached("standing", blind.read_following(blind.head().await.expect("a head").log, standing, 5).await.err());
    detached("command", blind.find_commits(&[command]).await.err());
    detached("stream", blind.read_streams(&[(stream, from)]).await.err());
    detached("references", blind.commit_refs(&[first.last()]).await.err());
    detached("types", blind.read_typed(&INDEXED_TYPES, Position::ZERO, head, 5).await.err());
    detached("ranges", blind.plan(Position::ZERO, head, 2).await.err());
    detached("time", blind.recorded_after(Position::ZERO).await.err());
    bank.databases.drop().await;
}
