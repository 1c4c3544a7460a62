//! `jangbu log verify` on a log that is right, and what its report shows.

use sqlx::Connection;
use testkit::kit::{EditedCommit, EditedEvent};

use crate::{
    bank::{Bank, account, member, transfer},
    databases::TestDatabases,
    run::{settings, with_rows_of},
};

/// The views whose digests are in a snapshot: they show a change of the byte form of rows.
const SHOWN: [&str; 12] = [
    "accounts",
    "transactions",
    "transfers",
    "overview",
    "members",
    "top_movers",
    "holds",
    "limits",
    "items",
    "standing_orders",
    "payout_runs",
    "processes",
];

/// Every table that is proved, as the report names it.
fn all_tables() -> Vec<String> {
    let tables = audit::View::ALL.iter().flat_map(|view| view.tables().iter().map(move |table| (view, table)));
    tables.map(|(view, table)| format!("{}.{}", view.name(), table.name)).collect()
}

#[tokio::test]
async fn a_sound_bank_is_found_sound() {
    let databases = TestDatabases::with_bank().await;
    let run = databases.run(&["log", "verify"]).expect(0);
    let (report, tables) = with_rows_of(&SHOWN, "the views", &run.all());
    assert_eq!(tables, all_tables());
    settings().bind(|| insta::assert_snapshot!("verify_sound", report));
    let report = databases.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(report["sound"], true);
    assert_eq!(report["log"]["events"], Bank::busy().events());
    // The events of this bank were written without states of accounts.
    let checks = report["checks"].as_array().expect("a list").iter();
    let mut checks = checks.filter(|c| c["rule"] != "a state that is kept of an account is what its events add up to");
    assert!(checks.all(|c| c["checked"].as_u64() > Some(0)), "{report}");
    databases.drop().await;
}

#[tokio::test]
async fn many_differences_are_counted_and_the_first_are_shown() {
    let databases = TestDatabases::with_bank().await;
    databases.on_views("update transactions_g1.entries set kind = 'withdrawal' where kind <> 'withdrawal'").await;
    databases.on_views("delete from accounts_g1.accounts").await;
    let run = databases.run(&["log", "verify"]).expect(1);
    let (report, tables) = with_rows_of(&["accounts", "transactions"], "the views", &run.all());
    assert_eq!(tables, all_tables());
    settings().bind(|| insta::assert_snapshot!("verify_many_differences", report));
    databases.drop().await;
}

#[tokio::test]
async fn an_empty_bank_is_sound() {
    let databases = TestDatabases::migrated().await;
    let report = databases.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(report["log"]["events"], 0);
    assert_eq!(report["views"].as_array().map(Vec::len), Some(::views::names().len()));
    databases.drop().await;
}

#[tokio::test]
async fn views_that_are_behind_are_compared_where_they_are() {
    let databases = TestDatabases::with_bank().await;
    // The log goes on, and only one view follows; the others stay where they were.
    let before = databases.run(&["log", "verify", "--json"]).expect(0).json();
    databases
        .edit_log(|log| {
            let frozen = log.of_type("AccountFrozen").pop().expect("a frozen account").clone();
            let unfrozen = EditedEvent { version: frozen.version + 1, event_type: "AccountUnfrozen".into(), ..frozen };
            let later = log.head.recorded_at + chrono::TimeDelta::seconds(1);
            log.append_at(later, EditedCommit::new(vec![unfrozen]));
        })
        .await;
    let report = databases.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(report["log"]["events"].as_u64(), before["log"]["events"].as_u64().map(|n| n + 1));
    for view in report["views"].as_array().expect("views") {
        assert_eq!(view["position"].as_u64(), before["log"]["events"].as_u64(), "{view}");
    }
    databases.project().await;
    let report = databases.run(&["log", "verify", "--json"]).expect(0).json();
    for view in report["views"].as_array().expect("views") {
        assert_eq!(view["position"], report["log"]["head"], "{view}");
    }
    databases.drop().await;
}

/// The word that stands beside a table in the report.
fn word(databases: &TestDatabases, table: &str) -> String {
    let report = databases.run(&["log", "verify"]).expect(1);
    let line = report.stdout.lines().find(|line| line.starts_with(table)).expect("the table");
    line.split_whitespace().last().expect("a word").to_owned()
}

/// Parks these keys before the first event, and of a view that has none here every third stream that it uses; brings every
/// view to the end of the log. How many keys are parked.
async fn parked_bank(mut keys: Vec<(&'static str, uuid::Uuid)>) -> (TestDatabases, usize) {
    let databases = TestDatabases::migrated().await;
    Bank::busy().write(&databases.log).await;
    for view in ::views::all() {
        if keys.iter().all(|(named, _)| *named != view.name()) {
            let streams = streams_used_by(&databases, &view).await;
            keys.extend(streams.into_iter().step_by(3).map(|stream| (view.name(), stream)));
        }
    }
    for (view, key) in &keys {
        databases.views(&["parked", "add", view, "--key", &key.to_string()]).expect(0);
    }
    databases.project().await;
    (databases, keys.len())
}

/// The streams that have an event which changes something in a view.
async fn streams_used_by(databases: &TestDatabases, view: &::views::View) -> Vec<uuid::Uuid> {
    let mut log = sqlx::PgConnection::connect(databases.log.as_str()).await.expect("the log");
    let events: Vec<(String, uuid::Uuid)> = sqlx::query_as("select type, stream_id from events order by position")
        .fetch_all(&mut log)
        .await
        .expect("events");
    let mut streams: Vec<_> =
        events.into_iter().filter(|(kind, _)| view.uses(kind)).map(|(_, stream)| stream).collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

#[tokio::test]
async fn a_view_must_be_what_the_log_says_without_the_events_that_wait() {
    let keys = vec![
        ("accounts", account(1)),
        ("transactions", account(1)),
        ("transactions", transfer(7)),
        ("transfers", transfer(4)),
        ("transfers", transfer(30)),
        ("overview", account(4)),
        ("overview", account(2)),
        ("overview", transfer(5)),
        ("overview", transfer(1)),
        ("members", member(4)),
    ];
    let (databases, parked) = parked_bank(keys).await;
    let report = databases.run(&["log", "verify", "--json"]).expect(1).json();
    assert_eq!((&report["sound"], &report["parked_keys"]), (&true.into(), &parked.into()), "{report}");
    for view in report["views"].as_array().expect("views") {
        let tables = view["tables"].as_array().expect("tables");
        assert!(tables.iter().any(|table| table["parked"].as_u64() > Some(0)), "{view}");
        assert!(tables.iter().all(|table| table["differing"] == 0), "{view}");
    }
    assert_eq!(report["views"].as_array().map(Vec::len), Some(::views::names().len()));
    for view in ::views::names() {
        databases.views(&["parked", "retry", view]).expect(0);
    }
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn what_is_parked_excuses_no_other_difference() {
    let databases = TestDatabases::with_bank().await;
    let (head, two) = (databases.head().await, account(2));
    for view in ["accounts", "overview"] {
        databases.views(&["parked", "add", view, "--key", &two.to_string()]).expect(0);
    }
    databases.append_turns(two).await;
    databases.project().await;
    let report = databases.run(&["log", "verify"]).expect(1);
    assert!(report.stdout.contains("Nothing is wrong, but 2 keys are parked"), "{}", report.all());
    assert_eq!(word(&databases, "accounts.accounts"), "parked");

    let three = account(3);
    let waiting = head + 1;
    let tampered = [
        // A value that is the position of an event that waits, in a row of another account.
        (
            "accounts.accounts",
            format!("update accounts_g1.accounts set balance = {waiting} where account_id = '{three}'"),
        ),
        // The parked account's own row.
        (
            "accounts.accounts",
            format!(
                "update accounts_g1.accounts set balance = 777000000, owner = gen_random_uuid()
                 where account_id = '{two}'"
            ),
        ),
        // Even to what the whole log says: the events would be applied a second time.
        (
            "accounts.accounts",
            format!("update accounts_g1.accounts set version = version + 4 where account_id = '{two}'"),
        ),
        (
            "overview.asset_totals",
            "update overview_g1.asset_totals set member_sum = -member_sum, members_open = members_open + 40".to_owned(),
        ),
        ("overview.activity", "update overview_g1.activity set posted_count = posted_count + 1".to_owned()),
    ];
    for (table, sql) in tampered {
        let copy = databases.with_copied_views().await;
        copy.on_views(&sql).await;
        assert_eq!(word(&copy, table), "WRONG", "{sql}");
        let report = copy.run(&["log", "verify"]).expect(1);
        assert!(report.stdout.contains("Something is wrong"), "{sql}: {}", report.all());
        copy.drop().await;
    }
    databases.drop().await;
}

#[tokio::test]
async fn the_log_alone_needs_no_views() {
    let databases = TestDatabases::with_bank().await;
    let variables = [("JANGBU_LOG_DATABASE_URL", databases.log.to_string())];
    let report = crate::run::jangbu(&variables, &["log", "verify", "--no-views", "--json"]).expect(0).json();
    assert_eq!(report["views"].as_array().map(Vec::len), Some(0));
    databases.drop().await;
}
