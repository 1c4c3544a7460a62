//! `jangbu archive` on a folder: what goes in comes out, and what was tampered with is found.

use std::path::{Path, PathBuf};

use kernel::{Ids, RandomIds};

use crate::{
    databases::TestDatabases,
    run::{Folder, Run, command, jangbu},
};

/// A bank and a folder for its archive.
pub struct Archived {
    pub databases: TestDatabases,
    pub folder: Folder,
    /// The variables that say where the archive is.
    pub place: Vec<(&'static str, String)>,
}

impl Archived {
    pub async fn bank() -> Self {
        let databases = TestDatabases::with_bank().await;
        // Payloads that only a careful copy keeps: spaces around, a line break within.
        databases
            .edit_log(|log| {
                let fourth = log.event_at(4);
                fourth.payload = fourth.payload.replacen('{', "{  ", 1);
                for position in [5, 60] {
                    let event = log.event_at(position);
                    event.payload = event.payload.replace(',', ",\n\t");
                }
            })
            .await;
        Self::of(databases)
    }

    /// An archive in a folder, for this bank.
    pub fn of(databases: TestDatabases) -> Self {
        let folder = Folder::new();
        let place = vec![("JANGBU_ARCHIVE_URL", format!("file://{}", folder.path().display()))];
        Self { databases, folder, place }
    }

    /// The binary on this bank and archive.
    pub fn run(&self, arguments: &[&str]) -> Run {
        jangbu(&self.variables(), arguments)
    }

    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.databases.variables();
        variables.extend(self.place.iter().cloned());
        variables
    }

    /// The binary on this archive and another log.
    pub fn run_on(&self, other: &TestDatabases, arguments: &[&str]) -> Run {
        let mut variables = self.variables();
        variables.retain(|(name, _)| *name != "JANGBU_LOG_DATABASE_URL");
        variables.push(("JANGBU_LOG_DATABASE_URL", other.log.to_string()));
        jangbu(&variables, arguments)
    }

    /// The files of a kind, in order.
    pub fn files(&self, kind: &str) -> Vec<PathBuf> {
        let log = std::fs::read_dir(self.folder.path()).expect("the archive").flatten().next().expect("a log").path();
        let mut files: Vec<_> = std::fs::read_dir(log.join(kind)).expect(kind).flatten().map(|e| e.path()).collect();
        files.sort();
        files
    }
}

/// What `log verify` says of a log alone.
pub fn digest(databases: &TestDatabases) -> (serde_json::Value, serde_json::Value, serde_json::Value) {
    let report = databases.run(&["log", "verify", "--no-views", "--json"]).expect(0).json();
    let log = &report["log"];
    (log["log_id"].clone(), log["head"].clone(), log["digest"].clone())
}

/// The log of these databases, as the servers read and write it.
pub fn store(databases: &TestDatabases) -> event_store_postgres::PostgresLog {
    let options = event_store_postgres::PoolOptions::log("operator tests", 4);
    event_store_postgres::PostgresLog::new(
        event_store_postgres::connect(databases.log.as_str(), &options).expect("a pool"),
    )
}

#[tokio::test]
async fn a_log_restored_from_its_archive_is_the_same_log_to_the_byte() {
    let bank = Archived::bank().await;
    let first = bank.run(&["archive", "run", "--segment", "20", "--to", "90", "--json"]).expect(0).json();
    let then = bank.run(&["archive", "run", "--segment", "20", "--json"]).expect(0).json();
    assert!(first["archived"].as_i64() <= Some(90) && first["archived"].as_i64() >= Some(85), "{first}");
    assert_eq!(then["archived"], then["head"], "{then}");
    let again = bank.run(&["archive", "run", "--segment", "20", "--json"]).expect(0).json();
    assert_eq!((again["segments"].as_i64(), &again["archived"]), (Some(0), &then["head"]), "{again}");
    let verified = bank.run(&["archive", "verify", "--against-log", "--json"]).expect(0).json();
    assert_eq!(verified["events"], then["head"], "{verified}");
    assert!(verified["segments"].as_i64() > Some(5), "{verified}");

    let other = TestDatabases::migrated().await;
    let restored = bank.run_on(&other, &["archive", "restore"]).expect(0);
    assert!(restored.stdout.contains("found equal"), "{restored:?}");
    assert_eq!(digest(&other), digest(&bank.databases));
    bank.run_on(&other, &["archive", "verify", "--against-log"]).expect(0);
    // Views follow it, and it goes on where it was.
    other.project().await;
    other.run(&["log", "verify"]).expect(0);
    let refused = bank.run_on(&other, &["archive", "restore"]).expect(1);
    assert!(refused.stderr.contains("is not empty") && refused.stderr.contains("migrate up"), "{refused:?}");
    other.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_restored_log_knows_its_former_ids() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--to", "40"]).expect(0);
    for reason in ["restored", "restored again"] {
        bank.run(&["log", "adopt", "--yes", "--again", "--reason", reason]).expect(0);
    }
    let log = bank.databases.log_id().await.to_string();
    bank.run(&["archive", "run", "--to", "90"]).expect(0);
    bank.run(&["archive", "snapshot", "--log", &log]).expect(0);
    bank.run(&["archive", "run"]).expect(0);
    bank.run(&["archive", "verify", "--log", &log]).expect(0);
    let other = TestDatabases::migrated().await;
    bank.run_on(&other, &["archive", "restore", "--log", &log]).expect(0);
    // Tokens and checkpoints of the former ids are read through this.
    let adoptions = log::ReadHead::adoptions(&store(&bank.databases)).await.expect("adoptions");
    assert_eq!((adoptions.len(), adoptions.last().map(|last| last.new.uuid().to_string())), (2, Some(log)));
    assert_eq!(log::ReadHead::adoptions(&store(&other)).await.expect("adoptions"), adoptions);
    // With another time a repeated command would get another id, and be carried out again.
    let ordered_from = store(&other).command_ids_ordered_from().await.expect("a time");
    assert_eq!(ordered_from, store(&bank.databases).command_ids_ordered_from().await.expect("a time"));
    assert_eq!(digest(&other), digest(&bank.databases));
    // Who and why stay with it, and it is no empty log any more.
    bank.run_on(&other, &["archive", "restore", "--log", &adoptions[1].new.uuid().to_string()]).expect(1);
    other.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_restored_log_takes_the_next_command_and_refuses_an_old_one() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run"]).expect(0);
    let other = TestDatabases::migrated().await;
    bank.run_on(&other, &["archive", "restore"]).expect(0);
    let log = store(&other);
    let head = log::ReadHead::head(&log).await.expect("a head").position;
    let used = log::ReadCommits::read_commits(&log, kernel::Position::ZERO, 1).await.expect("commits")[0].command_id;
    let commit = |command: uuid::Uuid| log::NewCommit {
        command_id: kernel::CommandId::new(command),
        fingerprint: log::Fingerprint([1; 16]),
        actor: kernel::Actor { role: kernel::Role::Service, id: kernel::MemberId::new(command) },
        correlation: kernel::CorrelationId::new(command),
        events: vec![log::NewEvent {
            stream: kernel::StreamId::new(RandomIds.fresh()),
            version: kernel::Version::new(1),
            event_type: "CommandRefused",
            schema_version: 1,
            payload: r#"{"code":"account-not-empty"}"#.into(),
            kind: "refused command",
            opens_stream: true,
            owner: None,
        }],
    };
    let twice = log::Append::append(&log, &[commit(used.uuid())]).await.expect_err("used before");
    assert!(matches!(twice, log::AppendError::Conflict), "{twice:?}");
    let next = log::Append::append(&log, &[commit(RandomIds.fresh())]).await.expect("appended");
    assert_eq!(next.first, head.next());
    // The archive goes on after it too.
    let grown = bank.run_on(&other, &["archive", "run", "--json"]).expect(0).json();
    assert_eq!((grown["segments"].as_i64(), grown["events"].as_i64()), (Some(1), Some(1)), "{grown}");
    other.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn archivers_at_once_make_one_chain() {
    let bank = Archived::bank().await;
    let start = |segment: &str| {
        let arguments = ["archive", "run", "--json", "--segment", segment];
        command(&bank.variables(), &arguments).stdout(std::process::Stdio::piped()).spawn().expect("it runs")
    };
    let running: Vec<_> = ["3", "3", "4", "7"].into_iter().map(start).collect();
    let mut events = 0;
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        events += report["events"].as_i64().expect("a count");
    }
    let verified = bank.run(&["archive", "verify", "--against-log", "--json"]).expect(0).json();
    assert_eq!(verified["events"].as_i64(), Some(events), "each event is archived by one of them: {verified}");
    assert_eq!(verified["archived"], verified["head"], "{verified}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn what_an_archiver_left_when_it_was_killed_is_in_nobodys_way() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--segment", "50"]).expect(0);
    // Killed between the file and its manifest: nobody has noted the manifest either.
    std::fs::remove_file(bank.files("manifests").last().expect("one")).expect("removed");
    bank.databases.on_log("delete from log_archives").await;
    let verified = bank.run(&["archive", "verify", "--json"]).expect(0).json();
    assert_eq!(verified["unnamed"].as_array().map(Vec::len), Some(1), "{verified}");
    bank.run(&["archive", "run", "--segment", "50"]).expect(0);
    let verified = bank.run(&["archive", "verify", "--against-log", "--json"]).expect(0).json();
    assert_eq!((verified["unnamed"].as_array().map(Vec::len), &verified["archived"]), (Some(0), &verified["head"]));
    bank.run(&["archive", "run", "--segment", "50", "--full-only"]).expect(0);
    bank.databases.drop().await;
}

#[tokio::test]
async fn what_does_not_fill_a_file_may_wait() {
    let bank = Archived::bank().await;
    let run = bank.run(&["archive", "run", "--segment", "50", "--full-only", "--json"]).expect(0).json();
    assert!(run["archived"].as_i64() < run["head"].as_i64() && run["segments"].as_i64() > Some(1), "{run}");
    let verified = bank.run(&["archive", "verify", "--json"]).expect(0).json();
    assert_eq!(verified["archived"], run["archived"]);
    bank.databases.drop().await;
}

fn edit(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(file).expect("a file");
    change(&mut bytes);
    std::fs::write(file, bytes).expect("written");
}

fn replace(file: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(file).expect("a file");
    assert!(text.contains(old), "{text}");
    std::fs::write(file, text.replacen(old, new, 1)).expect("written");
}

type Damage = (&'static str, fn(&Archived), &'static str);

const DAMAGES: &[Damage] = &[
    ("a bit turned", |bank| edit(&bank.files("segments")[2], |bytes| bytes[40] ^= 4), "SHA-256"),
    ("a file cut short", |bank| edit(&bank.files("segments")[2], |bytes| bytes.truncate(100)), "bytes, not"),
    ("a file gone", |bank| std::fs::remove_file(&bank.files("segments")[2]).expect("removed"), "is not there"),
    ("a manifest gone", |bank| std::fs::remove_file(&bank.files("manifests")[2]).expect("removed"), "manifest 3"),
    ("a manifest edited", |bank| replace(&bank.files("manifests")[2], "\"commits\": ", "\"commits\": 1"), "manifest 4"),
    (
        "a manifest's time edited",
        |bank| replace(&bank.files("manifests")[2], "\"written_at\": \"2", "\"written_at\": \"3"),
        "manifest 4",
    ),
    (
        "a manifest of another format",
        |bank| replace(&bank.files("manifests")[0], "\"format\": 2", "\"format\": 3"),
        "format 3 is not known",
    ),
    (
        "two manifests exchanged",
        |bank| {
            let files = bank.files("manifests");
            let other = files[0].with_extension("x");
            std::fs::rename(&files[2], &other).expect("moved");
            std::fs::rename(&files[3], &files[2]).expect("moved");
            std::fs::rename(&other, &files[3]).expect("moved");
        },
        "manifest 3",
    ),
    ("no manifest but noise", |bank| edit(&bank.files("manifests")[1], |bytes| bytes.truncate(7)), "manifest 2"),
];

#[tokio::test]
async fn every_damage_is_found_and_nothing_is_restored_from_it() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--segment", "20"]).expect(0);
    let other = TestDatabases::migrated().await;
    let empty = digest(&other);
    for (what, damage, problem) in DAMAGES {
        let copy = Archived::of(bank.databases.with_copied_views().await);
        copy_tree(bank.folder.path(), copy.folder.path());
        copy.run(&["archive", "verify"]).expect(0);
        damage(&copy);
        let verified = copy.run(&["archive", "verify"]).expect(1);
        assert!(verified.all().contains(problem), "{what}: {}", verified.all());
        copy.run_on(&other, &["archive", "restore"]).expect(1);
        assert_eq!(digest(&other), empty, "{what}");
        copy.databases.drop().await;
    }
    other.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn an_archive_that_lost_its_end_does_not_pass() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--segment", "20"]).expect(0);
    let whole = bank.run(&["archive", "verify", "--json"]).expect(0).json();
    assert!(whole["end_unknown"].is_null(), "{whole}");
    for lost in bank.files("manifests").iter().rev().take(2) {
        std::fs::remove_file(lost).expect("removed");
    }
    let verified = bank.run(&["archive", "verify"]).expect(1);
    assert!(verified.stdout.contains("its end is lost"), "{verified:?}");

    // Without the log nobody can know; that is said, and the rest is proved all the same.
    let verified = jangbu(&bank.place, &["archive", "verify", "--json"]).expect(0).json();
    assert!(verified["end_unknown"].as_str().is_some_and(|why| why.contains("JANGBU_LOG_DATABASE_URL")), "{verified}");

    // What the log still holds is archived again, and the archive is whole.
    let run = bank.run(&["archive", "run", "--segment", "20"]).expect(0);
    assert!(run.stderr.contains("its end is lost"), "{run:?}");
    bank.run(&["archive", "verify", "--against-log"]).expect(0);
    bank.databases.drop().await;
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[tokio::test]
async fn a_log_that_went_another_way_is_not_archived_over_the_old_one() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run"]).expect(0);
    let fork = bank.databases.with_copied_log().await;
    fork.edit_log(|log| log.commits.last_mut().expect("commits").command_id = RandomIds.fresh()).await;
    let run = bank.run_on(&fork, &["archive", "run"]).expect(1);
    assert!(run.stderr.contains("not the one in the archive") && run.stderr.contains("restore.md"), "{run:?}");
    let verified = bank.run_on(&fork, &["archive", "verify", "--against-log"]).expect(1);
    assert!(verified.stdout.contains("the log does not hold"), "{verified:?}");
    // One that lost its end.
    fork.edit_log(|log| log.cut_after(log.head.position - 1)).await;
    let run = bank.run_on(&fork, &["archive", "run"]).expect(1);
    assert!(run.stderr.contains("the archive ends at"), "{run:?}");
    fork.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_damaged_log_is_not_archived() {
    let bank = Archived::bank().await;
    bank.databases.edit_log(|log| log.lose_event(20)).await;
    let run = bank.run(&["archive", "run"]).expect(1);
    assert!(run.stderr.contains("near position 20") && run.stderr.contains("log verify"), "{run:?}");
    bank.databases.drop().await;
}

#[test]
fn a_place_that_is_none_is_wrong_use() {
    for place in ["", "nonsense", "http://host/x", "s3:///x", "file://host/x"] {
        let variables = [("JANGBU_ARCHIVE_URL", place.to_owned())];
        let run = jangbu(&variables, &["archive", "verify"]).expect(2);
        assert!(run.stderr.contains("JANGBU_ARCHIVE_URL"), "{place}: {run:?}");
    }
    let run = jangbu(&[], &["archive", "verify"]).expect(2);
    assert!(run.stderr.contains("JANGBU_ARCHIVE_URL"), "{run:?}");
    let nowhere = [("JANGBU_ARCHIVE_URL", "file:///nonexistent/archive".to_owned())];
    let run = jangbu(&nowhere, &["archive", "verify"]).expect(1);
    assert!(run.stderr.contains("file:///nonexistent/archive"), "{run:?}");
}
