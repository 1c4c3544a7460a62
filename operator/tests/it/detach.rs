//! `jangbu archive detach`: old partitions leave the database once the archive holds them.

use crate::{archive::Archived, databases::TestDatabases, run::Run};

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
    let first = detach(&bank, "100").expect(0);
    assert_eq!(first.json()["detached"], serde_json::json!(["log_commits_00000"]), "{first:?}");
    assert!(first.stderr.contains("log_commits_00040 is not archived"), "{first:?}");
    bank.run(&["archive", "run"]).expect(0);
    let second = detach(&bank, "100000000").expect(0).json();
    // The partition at the end of the log stays, whatever is asked for.
    assert_eq!((&second["detached"], &second["begins_at"]), (&serde_json::json!(["log_commits_00040"]), &80.into()));

    // What is new is shown, what is old is said to be elsewhere.
    bank.run(&["log", "show", &head.to_string()]).expect(0);
    bank.run(&["log", "tail", "-n", "3"]).expect(0);
    let old = bank.run(&["log", "show", "20"]).expect(1);
    assert!(old.stderr.contains("before position 80 are detached") && old.stderr.contains("archive"), "{old:?}");
    let verify = bank.run(&["log", "verify"]).expect(1);
    assert!(verify.stderr.contains("before position 80 are detached"), "{verify:?}");
    let shown = bank.run(&["doctor", "--watch-ms", "0", "--json"]).json().to_string();
    assert!(shown.contains("from position 80 on"), "{shown}");
    // A command whose commit is detached is still known.
    let known = bank.databases.log_number("select count(*) from log_commands where first_position < 80").await;
    assert!(known > 0);
    // The archive goes on, and views are rebuilt from it.
    bank.run(&["archive", "run"]).expect(0);
    bank.run(&["views", "rebuild", "accounts", "--from", "archive", "--reason", "a test"]).expect(0);
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
