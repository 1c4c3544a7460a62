//! `jangbu log tail|show`, `jangbu views` and `jangbu accounts show`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use kernel::{Ids, RandomIds};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use testkit::kit::{EditedCommit, EditedEvent, fill_with_commits};

use crate::{
    databases::TestDatabases,
    run::{command, settings, with_rows_of},
};

const ACCOUNT: &str = "acc00000-0000-7000-8000-000000000003";
const TRANSFER: &str = "7fe00000-0000-7000-8000-000000000004";

#[tokio::test]
async fn the_log_is_shown_commit_by_commit() {
    let databases = TestDatabases::with_bank().await;
    let snapshot = |name: &str, arguments: &[&str]| insta::assert_snapshot!(name, databases.run(arguments).all());
    settings().bind(|| {
        snapshot("log_tail", &["log", "tail", "-n", "2"]);
        snapshot("log_tail_json", &["log", "tail", "-n", "1", "--json"]);
        snapshot("log_tail_after", &["log", "tail", "--after", "17", "-n", "2"]);
        snapshot("log_show_position", &["log", "show", "22"]);
        snapshot("log_show_stream", &["log", "show", ACCOUNT, "-n", "2"]);
        snapshot("log_show_transfer", &["log", "show", "--transfer", TRANSFER]);
        snapshot("log_show_command", &["log", "show", "--command", "c0de0000-0000-8000-8000-000000000001", "--json"]);
        snapshot("log_show_absent", &["log", "show", "100000"]);
        snapshot("accounts_show", &["accounts", "show", ACCOUNT]);
        snapshot("accounts_show_held", &["accounts", "show", "acc00000-0000-7000-8000-000000000001", "--json"]);
        snapshot("accounts_show_system", &["accounts", "show", "acc00000-0000-7000-8000-0000000003e8", "--json"]);
        snapshot("accounts_show_limited", &["accounts", "show", "acc00000-0000-7000-8000-00000000000b"]);
        snapshot("accounts_show_absent", &["accounts", "show", TRANSFER]);
    });
    let number = kernel::AccountNumber::from_digits(3).to_string();
    let by_number = databases.run(&["accounts", "show", &number, "--json"]).expect(0).json();
    assert_eq!(by_number["account_id"], ACCOUNT);
    let unknown = kernel::AccountNumber::from_digits(77).to_string();
    databases.run(&["accounts", "show", &unknown]).expect(1);
    databases.run(&["log", "show", &unknown]).expect(1);
    let spaced = format!("{} {}-{}", &number[..4], &number[4..8], &number[8..]);
    let by_spaced = databases.run(&["accounts", "show", &spaced, "--json"]).expect(0).json();
    assert_eq!(by_spaced, by_number);
    let by_id = databases.run(&["log", "show", ACCOUNT, "--json"]).expect(0).json();
    for number in [&number, &spaced] {
        assert_eq!(databases.run(&["log", "show", number, "--json"]).expect(0).json(), by_id);
    }
    databases.drop().await;
}

/// By what people quote. The ids of the bank count its commits: correlation ...ee09 is that of commit 9.
#[tokio::test]
async fn commits_are_found_by_reference_and_by_the_ids_of_a_request() {
    let databases = TestDatabases::with_bank().await;
    let commands = |arguments: &[&str]| -> Vec<String> {
        let shown = databases.run(&[&["log", "show", "--json"], arguments].concat()).expect(0).json();
        let commits = shown["commits"].as_array().expect("commits").iter();
        commits.map(|commit| commit["command_id"].as_str().expect("an id").to_owned()).collect()
    };
    let (correlation, command) = ("c0de0000-0000-8000-8000-00000000ee09", "c0de0000-0000-8000-8000-000000000009");
    assert_eq!(commands(&["--correlation", correlation]), [command]);
    assert_eq!(commands(&["--request-id", correlation]), [command]);
    assert_eq!(commands(&["--request-id", command]), [command], "a refusal quotes the id of its command");
    let everywhere = correlation.parse().expect("an id");
    databases.edit_log(|log| log.commits.iter_mut().for_each(|commit| commit.correlation = everywhere)).await;
    assert_eq!(commands(&["--correlation", correlation, "-n", "3"]).len(), 3);
    let first = databases.run(&["log", "show", "--correlation", correlation, "-n", "1"]).expect(0);
    assert!(first.stdout.ends_with("the newest 1; there are more, and -n shows them\n"), "{first:?}");
    let by_reference = databases.run(&["log", "show", "--reference", "ref-1", "--json"]).expect(0).json();
    let found = by_reference["commits"][0]["events"].to_string();
    assert!(found.contains(r#""reference":"ref-1""#), "{found}");
    for absent in [["--correlation", command], ["--request-id", ACCOUNT], ["--reference", "ref"]] {
        databases.run(&[&["log", "show"], &absent[..]].concat()).expect(1);
    }
    databases.run(&["log", "show"]).expect(2);
    databases.run(&["log", "show", "22", "--reference", "ref-1"]).expect(2);
    databases.drop().await;
}

/// A log of 40,000 commits with ids in no order: the look-up reads the filters and a few pages.
#[tokio::test]
async fn looking_for_a_correlation_id_does_not_read_the_log() {
    let databases = TestDatabases::migrated().await;
    fill_with_commits(databases.log.as_str(), 40_000).await.expect("commits");
    databases
        .on_log("select brin_summarize_new_values('log_commits_00000_correlation_idx'); analyze log_commits_00000")
        .await;
    let mut log = PgConnection::connect(databases.log.as_str()).await.expect("connect");
    let pages: i32 = sqlx::query_scalar("select relpages from pg_class where relname = 'log_commits_00000'")
        .fetch_one(&mut log)
        .await
        .expect("pages");
    sqlx::raw_sql("set enable_seqscan = off; set enable_indexscan = off").execute(&mut log).await.expect("set");
    let plan: Value = sqlx::query_scalar(
        "explain (analyze, buffers, format json)
         select first_position from commits where correlation = md5('7777')::uuid order by first_position desc limit 50",
    )
    .fetch_one(&mut log)
    .await
    .expect("a plan");
    let plan = &plan[0]["Plan"];
    let read =
        [&plan["Shared Hit Blocks"], &plan["Shared Read Blocks"]].map(|blocks| blocks.as_i64().expect("a count"));
    assert_eq!(plan["Actual Rows"].as_f64(), Some(1.0), "{plan:#}");
    assert!(read.iter().sum::<i64>() * 10 < i64::from(pages), "{read:?} of {pages} pages: {plan:#}");
    databases.drop().await;
}

/// The names of all views, as `jangbu` lists them.
fn sorted_names() -> Vec<&'static str> {
    let mut names = ::views::names();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn the_views_are_shown_with_their_lag() {
    let databases = TestDatabases::with_bank().await;
    let list = databases.run(&["views", "list", "--json"]).expect(0).json();
    let views: Vec<_> = list.as_array().expect("a list").iter().map(|v| v["view"].clone()).collect();
    assert_eq!(views, sorted_names());
    assert!(list.as_array().expect("a list").iter().all(|v| v["lag_events"] == 0 && v["lag_ms"] == 0), "{list}");
    databases
        .on_views(
            "update registry.generations set position = 20, command_id = null, recorded_at = null, stuck_since = '2026-03-01Z', error = 'no such account',
                 error_position = 22, error_type = 'AccountDebited' where view = 'transfers'",
        )
        .await;
    let mut hiding = settings();
    hiding.add_filter(r"\d{1,3}(,\d{3}){3,}", "[age]");
    hiding.add_filter(r"\d{11,} ms", "[age] ms");
    hiding.add_filter(r"(moved|promoted)( +)\S+Z", "$1$2[time]");
    hiding.bind(|| {
        let list = databases.run(&["views", "list"]).expect(1).all();
        let (list, names) = with_rows_of(&["accounts", "transfers"], "view ", &list);
        assert_eq!(names, sorted_names());
        insta::assert_snapshot!("views_list_stuck", list);
        insta::assert_snapshot!("views_show_stuck", databases.run(&["views", "show", "transfers"]).expect(1).all());
    });
    let unknown = databases.run(&["views", "show", "nothing"]).expect(1);
    let names = sorted_names().join(", ");
    assert_eq!(unknown.stderr, format!("jangbu: there is no view `nothing`; there are: {names}\n"));
    assert_eq!(unknown.stdout, "");
    // The log is away: what is known is shown, and that something is not known.
    let variables = [
        ("JANGBU_LOG_DATABASE_URL", "postgres://me@127.0.0.1:1/away".to_owned()),
        ("JANGBU_VIEWS_DATABASE_URL", databases.views.to_string()),
    ];
    let half = crate::run::jangbu(&variables, &["views", "list", "--json"]).expect(1);
    assert_eq!((half.json()[0]["position"].is_i64(), half.json()[0]["head"].is_null()), (true, true));
    assert!(half.stderr.contains("could not be asked"), "{half:?}");
    databases.drop().await;
}

#[tokio::test]
async fn following_shows_what_is_appended() {
    let databases = TestDatabases::with_bank().await;
    let mut child = command(&databases.variables(), &["log", "tail", "-f", "-n", "1", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON") };
    let last = next()["last_position"].as_i64().expect("a position");
    databases
        .edit_log(|log| {
            let newest = log.events().last().expect("events").clone();
            log.append(EditedCommit::new(vec![EditedEvent { stream: RandomIds.fresh(), version: 1, ..newest }]));
        })
        .await;
    assert_eq!(next()["first_position"], last + 1);
    child.kill().expect("kill");
    child.wait().expect("wait");
    databases.drop().await;
}

#[tokio::test]
async fn watching_shows_the_views_again_and_again() {
    let databases = TestDatabases::with_bank().await;
    let mut child = command(&databases.variables(), &["views", "list", "--watch", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    for _ in 0..2 {
        let list: Value = serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON");
        assert_eq!(list.as_array().map(Vec::len), Some(::views::names().len()));
    }
    child.kill().expect("kill");
    child.wait().expect("wait");
    databases.drop().await;
}
