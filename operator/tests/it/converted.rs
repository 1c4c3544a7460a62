//! What the operator's tools do with a log in which a commit is one row: as before, and damage is found.

use crate::{
    archive::{Archived, digest},
    bank::account,
    databases::TestDatabases,
};

async fn converted() -> TestDatabases {
    let databases = TestDatabases::with_bank_before().await;
    databases.run(&["log", "convert", "--yes"]).expect(0);
    databases.project().await;
    databases
}

#[tokio::test]
async fn what_is_shown_of_a_converted_log_is_what_was_shown() {
    let databases = TestDatabases::with_bank_before().await;
    let (first, third) = (account(1).to_string(), account(3).to_string());
    let command = "c0de0000-0000-8000-8000-000000000009";
    let questions: [&[&str]; 9] = [
        &["log", "tail", "-n", "7", "--json"],
        &["log", "show", "22", "--json"],
        &["log", "show", &first, "--json"],
        &["log", "show", &first, "-n", "2", "--json"],
        &["log", "show", "7fe00000-0000-7000-8000-000000000006", "--json"],
        &["log", "show", "--request-id", command, "--json"],
        &["log", "show", "--correlation", "c0de0000-0000-8000-8000-00000000ee09", "--json"],
        &["accounts", "show", &first, "--json"],
        &["accounts", "show", &third, "--json"],
    ];
    let before: Vec<_> = questions.iter().map(|question| databases.run(question).expect(0).stdout).collect();
    databases.run(&["log", "convert", "--yes"]).expect(0);
    for (question, before) in questions.iter().zip(before) {
        assert_eq!(databases.run(question).expect(0).stdout, before, "{question:?}");
    }
    databases.project().await;
    databases.run(&["log", "verify"]).expect(0);
    databases.run(&["views", "rebuild", "--all", "--reason", "a test"]).expect(0);
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_converted_log_is_archived_and_restored_in_the_form_of_today() {
    let bank = Archived::of(converted().await);
    bank.run(&["archive", "run", "--segment", "20"]).expect(0);
    bank.run(&["archive", "verify", "--against-log"]).expect(0);
    let empty = TestDatabases::migrated().await;
    bank.run_on(&empty, &["archive", "restore"]).expect(0);
    assert_eq!(digest(&empty), digest(&bank.databases));
    assert_eq!(empty.rows("commits", "events").await, bank.databases.rows("commits", "events").await);
    let streams =
        "select string_agg(concat_ws('|', stream_id, version, kind, first_position, newest_position, owner), ';'
                   order by stream_id) from log_streams";
    assert_eq!(empty.log_text(streams).await, bank.databases.log_text(streams).await);
    assert_eq!(empty.log_text("select encode(digest, 'hex') from log_head").await.len(), 64);
    let full = bank.run_on(&empty, &["archive", "restore"]).expect(1);
    assert!(full.stderr.contains("not empty"), "{full:?}");
    empty.drop().await;
    bank.databases.drop().await;
}

#[tokio::test]
async fn an_archive_of_the_form_before_fits_the_converted_log() {
    let bank = Archived::of(TestDatabases::with_bank_before().await);
    bank.run(&["archive", "run", "--to", "60", "--segment", "20"]).expect(0);
    bank.databases.run(&["log", "convert", "--yes"]).expect(0);
    bank.run(&["archive", "verify", "--against-log"]).expect(0);
    bank.run(&["archive", "run"]).expect(0);
    bank.run(&["archive", "verify", "--against-log"]).expect(0);
    bank.databases.drop().await;
}

#[tokio::test]
async fn damage_of_a_converted_log_is_found() {
    let sound = converted().await;
    const CHAIN: &str = "the chain of digests ends as the head says";
    const STANDINGS: &str = "where a stream is said to stand, its events say so too";
    const STATES: &str = "a state that is kept of an account is what its events add up to";
    for (sql, words) in [
        (
            "update log_commits set events = replace(events::text, '\"amount\":\"300\"', '\"amount\":\"301\"')::json",
            &[CHAIN, "each asset sums"][..],
        ),
        ("update log_commits set correlation = gen_random_uuid() where first_position = 18", &[CHAIN]),
        (
            "delete from log_commits where first_position = 18",
            &[CHAIN, "positions 18..20 are missing", "table log_commits"],
        ),
        (
            "update log_commits set last_position = last_position + 1 where first_position = 18",
            &["commit 18..21 holds 3 events"],
        ),
        ("update log_commits set events = '[1]' where first_position = 18", &["every event can be read", CHAIN]),
        ("update log_head set digest = sha256('')", &[CHAIN]),
        ("delete from log_commands where first_position = 18", &["ids of commands are known"]),
        ("update log_streams set version = version + 1 where kind = 'member'", &[STANDINGS]),
        ("update log_streams set kind = 'transfer' where kind = 'account'", &[STANDINGS, "is a transfer at version"]),
        ("update log_streams set newest_position = newest_position - 1 where kind = 'account'", &[STANDINGS]),
        ("update log_streams set first_position = first_position + 1 where kind = 'account'", &[STANDINGS, "begins in"]),
        ("update log_streams set owner = gen_random_uuid() where kind = 'account'", &[STANDINGS, "was opened for"]),
        ("delete from log_streams where kind = 'account'", &[STANDINGS, "need a row that says where they stand"]),
        (
            "update log_streams set state_version = 1, state_schema = 1, state =
                 '{\"holder\":{\"kind\":\"system\",\"name\":\"x\"},\"asset\":\"KRW\",\"balance\":\"0\",\"status\":\"open\"}'
             where kind = 'account'",
            &[STATES, "says another holder"],
        ),
        (
            "insert into log_streams values (gen_random_uuid(), 1, 1, 1, null, null, null, 'account', null)",
            &[STANDINGS, "does not hold it"],
        ),
    ] {
        let databases = sound.with_copied_log().await;
        databases.on_log(sql).await;
        let run = databases.run(&["log", "verify", "--no-views"]);
        assert_eq!(run.code, i32::from(!words.is_empty()), "{sql}: {}", run.all());
        for word in words {
            assert!(run.stdout.contains(word), "{sql}: `{word}` is missing: {}", run.all());
        }
        databases.drop().await;
    }
    sound.drop().await;
}

#[tokio::test]
async fn the_doctor_knows_the_form_and_its_guards() {
    let databases = TestDatabases::with_bank_before().await;
    let shown = |run: crate::run::Run| run.json().to_string();
    assert!(
        shown(databases.run(&["doctor", "--watch-ms", "0", "--json"]))
            .contains("`jangbu log convert` brings it into those of this build")
    );
    databases.run(&["log", "convert", "--yes"]).expect(0);
    let after = shown(databases.run(&["doctor", "--watch-ms", "0", "--json"]));
    for words in ["a row for each commit", "2 are free behind", "triggers and unique indexes are in force"] {
        assert!(after.contains(words), "`{words}` is missing: {after}");
    }
    databases
        .on_log("alter table log_commands disable trigger append_only; drop table log_commits_00001, log_commits_00002")
        .await;
    let after = shown(databases.run(&["doctor", "--watch-ms", "0", "--json"]));
    for words in ["trigger append_only of log_commands", "none is free behind"] {
        assert!(after.contains(words), "`{words}` is missing: {after}");
    }
    databases.drop().await;
}

#[tokio::test]
async fn a_log_that_was_never_of_the_form_before_needs_no_conversion() {
    let databases = TestDatabases::with_bank().await;
    let done = databases.run(&["log", "convert", "--yes"]).expect(0);
    assert!(done.stderr.contains("nothing is to be converted") && !done.stderr.contains("--drop-old"), "{done:?}");
    databases.drop().await;
}
