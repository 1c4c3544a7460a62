//! `jangbu views rebuild` and its neighbours, killed and resumed, on real databases.

use serde_json::Value;

use crate::{
    bank::{account, transfer},
    databases::TestDatabases,
    run::{Folder, Run, jangbu},
};

/// Every place at which a rebuild can be killed.
const POINTS: [&str; 9] =
    ["building", "merging", "indexing", "tailing", "comparing", "ready", "promoting", "swapping", "promoted"];

const WHY: [&str; 4] = ["--reason", "a test", "--operator", "somebody"];

impl TestDatabases {
    pub fn views(&self, arguments: &[&str]) -> Run {
        self.run(&[&["views"], arguments, &WHY, &["--json"]].concat())
    }

    /// Runs a rebuild that dies at a point.
    fn die(&self, view: &str, point: &str) -> Run {
        let mut variables = self.variables();
        variables.push(("JANGBU_FAULT_POINT", point.to_owned()));
        jangbu(&variables, &[&["views", "rebuild", view], &WHY[..], &["--json"]].concat())
    }

    fn generations(&self, view: &str) -> Vec<Value> {
        let shown = self.run(&["views", "show", view, "--json"]);
        shown.json().as_array().expect("a list").clone()
    }

    pub fn live(&self, view: &str) -> i64 {
        let live: Vec<i64> = self
            .generations(view)
            .iter()
            .filter(|generation| generation["state"] == "live")
            .filter_map(|generation| generation["generation"].as_i64())
            .collect();
        assert_eq!(live.len(), 1, "{view} must have one live generation");
        live[0]
    }
}

#[tokio::test]
async fn a_rebuild_killed_anywhere_goes_on_and_ends_equal() {
    let databases = TestDatabases::with_bank().await;
    for (view, points) in [
        ("accounts", &POINTS[..]),
        // No bulk rule: there is nothing to merge and no index that was put off.
        ("members", &["building", "tailing", "comparing", "ready", "promoting", "swapping", "promoted"]),
        ("transactions", &["building", "merging", "indexing", "swapping"]),
        ("transfers", &["building", "merging"]),
        ("overview", &["building", "merging"]),
    ] {
        for &point in points {
            let before = databases.live(view);
            let died = databases.die(view, point);
            assert_eq!(died.code, -1, "{view} should have died at {point}: {}", died.all());
            let after = databases.live(view);
            let promoted = point == "promoted";
            assert_eq!(after > before, promoted, "{view} killed at {point}: {before} is live, then {after}");
            let unfinished: Vec<Value> = databases.generations(view);
            let made = databases.views(&["rebuild", view]).expect(0).json();
            assert_eq!(made["state"], "live", "{view} after {point}");
            if !promoted {
                assert_eq!(made["generation"], unfinished[0]["generation"], "{view} after {point}: it must go on");
            }
            assert_eq!(databases.live(view), made["generation"].as_i64().expect("a number"));
            // What was made and compared before the kill is not compared again.
            if !matches!(point, "ready" | "promoting" | "swapping") {
                assert_eq!(made["comparison"]["equal"], true, "{view} after {point}");
            }
        }
        let old = databases.generations(view);
        for generation in old.iter().filter(|generation| generation["state"] == "retired").skip(1) {
            let number = generation["generation"].to_string();
            databases.views(&["drop", view, "--generation", &number, "--yes"]).expect(0);
        }
    }
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_view_goes_there_and_back() {
    let databases = TestDatabases::with_bank().await;
    let plan = databases.views(&["rebuild", "transactions", "--dry-run"]).expect(0).json();
    assert_eq!((&plan["live"], &plan["bulk"]), (&1.into(), &true.into()));
    assert_eq!(databases.live("transactions"), 1, "a dry run does nothing");

    let made = databases.views(&["rebuild", "transactions", "--no-promote"]).expect(0).json();
    assert_eq!((&made["generation"], &made["state"]), (&2.into(), &"ready".into()));
    assert_eq!(databases.live("transactions"), 1);
    databases.views(&["compare", "transactions"]).expect(0);
    databases.views(&["promote", "transactions"]).expect(0);
    assert_eq!(databases.live("transactions"), 2);
    databases.views(&["rollback", "transactions"]).expect(0);
    assert_eq!(databases.live("transactions"), 1);
    databases.views(&["rollback", "transactions", "--generation", "2"]).expect(0);
    databases.views(&["drop", "transactions", "--generation", "2", "--yes"]).expect(1);
    databases.views(&["drop", "transactions", "--generation", "1", "--yes"]).expect(0);
    databases.run(&["log", "verify"]).expect(0);

    let sql = "select row_to_json(a) from registry.audit as a order by id";
    let audit = databases.views_lines(sql).await;
    let what: Vec<&str> = audit.iter().filter_map(|line| line["what"].as_str()).collect();
    assert_eq!(what, ["rebuild", "compare", "promote", "rollback", "rollback", "drop"]);
    assert!(audit.iter().all(|line| line["who"] == "somebody" && line["reason"] == "a test"));
    // Whoever works here has neither account nor session.
    let nowhere = |line: &Value| ["operator_id", "session_id", "address"].iter().all(|name| line[*name].is_null());
    assert!(audit.iter().all(nowhere), "{audit:?}");
    let (before, after) = (&audit[3]["details"]["before"], &audit[3]["details"]["after"]);
    assert_eq!((&before["live"], &after["live"]), (&2.into(), &1.into()));
    for tampering in ["delete from registry.audit", "update registry.audit set who = 'x'", "truncate registry.audit"] {
        assert!(databases.views_refuse(tampering).await, "{tampering}");
    }
    databases.drop().await;
}

#[tokio::test]
async fn a_damaged_live_view_is_reported_row_by_row_and_nothing_is_promoted_unless_expected() {
    let databases = TestDatabases::with_bank().await;
    let (one, two) = (account(1), account(2));
    databases
        .on_views(&format!("update accounts_g1.accounts set balance = balance + 7 where account_id = '{one}'"))
        .await;
    databases.on_views(&format!("delete from accounts_g1.accounts where account_id = '{two}'")).await;
    let made = databases.views(&["rebuild", "accounts"]).expect(1).json();
    assert_eq!((&made["state"], &made["comparison"]["unexpected"]), (&"failed".into(), &2.into()));
    let found = made["comparison"]["differences"].as_array().expect("a list");
    let of = |key: &uuid::Uuid| found.iter().find(|d| d["key"] == key.to_string()).expect("it is reported");
    assert_eq!((&of(&one)["what"], &of(&one)["columns"][0]["column"]), (&"changed".into(), &"balance".into()));
    assert_eq!(of(&two)["what"], "extra");
    assert_eq!(databases.live("accounts"), 1);
    databases.views(&["promote", "accounts", "--generation", "2"]).expect(1);

    let folder = Folder::new();
    let file = folder.join("expected.jsonl");
    let lines = format!("{{\"table\":\"accounts\",\"key\":\"{one}\",\"column\":\"balance\"}}\n");
    std::fs::write(&file, &lines).expect("write");
    let made = databases.views(&["rebuild", "accounts", "--expect-differences", &file]).expect(1).json();
    assert_eq!((&made["comparison"]["unexpected"], &made["comparison"]["expected"]), (&1.into(), &1.into()));
    std::fs::write(&file, format!("{lines}{{\"table\":\"accounts\",\"key\":\"{two}\"}}\n")).expect("write");
    let made = databases.views(&["rebuild", "accounts", "--expect-differences", &file]).expect(0).json();
    assert_eq!(made["state"], "live");
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_view_as_it_was_can_be_read_and_nothing_else() {
    let databases = TestDatabases::with_bank().await;
    let made = databases.views(&["rebuild", "transfers", "--to-position", "40"]).expect(0).json();
    assert_eq!((&made["generation"], &made["state"]), (&2.into(), &"ready".into()));
    let position = made["position"].as_i64().expect("a number");
    assert!((35..=40).contains(&position), "{position}");
    let query = |sql: &str| databases.views(&["query", "transfers", "--generation", "2", sql]);
    let rows = query("select count(*) as n, max(position) as last from transfers").expect(0).json();
    assert!(rows["n"].as_i64() > Some(0) && rows["last"].as_i64() <= Some(position), "{rows}");
    let first = transfer(1);
    let row = query(&format!("select kind, status from transfers where transfer_id = '{first}'")).expect(0).stdout;
    assert_eq!(row.trim(), r#"{"kind":"deposit","status":"posted"}"#, "columns keep their order");
    for refused in [
        "delete from transfers returning 1",
        "select 1) as q; delete from transfers; select * from (select 1",
        "select * from registry.audit",
        "select set_config('role', 'none', false), pg_read_file('/etc/passwd')",
    ] {
        query(refused).expect(1);
    }
    databases.views(&["promote", "transfers", "--generation", "2"]).expect(1);
    assert_eq!(databases.live("transfers"), 1);

    let early = databases.views(&["rebuild", "accounts", "--as-of", "2026-03-01T10:00:00Z"]).expect(0).json();
    let later = databases.views(&["rebuild", "accounts", "--as-of", "2026-03-03T00:00:00Z"]).expect(0).json();
    assert!(early["position"].as_i64() < later["position"].as_i64(), "{early} {later}");
    for (view, generation) in [("transfers", "2"), ("accounts", "2"), ("accounts", "3")] {
        databases.views(&["drop", view, "--generation", generation, "--yes"]).expect(0);
    }
    databases.drop().await;
}

#[tokio::test]
async fn what_stops_a_view_is_parked_and_comes_in_later() {
    let databases = TestDatabases::with_bank().await;
    // Account 2 is unfrozen and frozen, twice; a constraint makes this build fail at a frozen one.
    let constraint = "alter table accounts_g1.accounts add constraint failure check (status <> 'frozen') not valid";
    databases.on_views(constraint).await;
    let head = databases.head().await;
    let two = account(2);
    databases.append_turns(two).await;
    databases.project_some(&["transactions", "transfers", "overview", "members"]).await;
    databases.project_until_stuck("accounts").await;
    let list = databases.run(&["views", "list"]).expect(1);
    assert!(list.stdout.contains("stuck"), "{}", list.all());
    let doctor = databases.run(&["doctor", "--watch-ms", "10"]).expect(1);
    assert!(doctor.stdout.contains(&format!("views parked add accounts --position {}", head + 2)), "{}", doctor.all());

    let parked =
        databases.views(&["parked", "add", "accounts", "--position", &(head + 2).to_string()]).expect(0).json();
    assert_eq!(parked["parked"], serde_json::json!([two.to_string()]));
    databases.project_some(&["accounts"]).await;
    let listed = databases.run(&["views", "parked", "list", "--json"]).expect(1).json();
    assert_eq!((&listed[0]["key"], &listed[0]["events"]), (&two.to_string().into(), &3.into()));
    let list = databases.run(&["views", "list"]).expect(1);
    assert!(list.stdout.contains("1 keys parked"), "{}", list.all());
    // Its row is behind, and that is no finding; but not everything is well.
    let proof = databases.run(&["log", "verify", "--json"]).expect(1).json();
    assert_eq!((&proof["sound"], &proof["parked_keys"]), (&true.into(), &1.into()), "{proof}");
    let accounts = &proof["views"][0]["tables"][0];
    assert_eq!((&accounts["parked"], &accounts["differing"]), (&1.into(), &0.into()), "{accounts}");
    let proof = databases.run(&["log", "verify"]).expect(1);
    assert!(proof.stdout.contains("Nothing is wrong, but 1 keys are parked"), "{}", proof.all());
    assert!(proof.stdout.contains(&two.to_string()) && !proof.stdout.contains("WRONG"), "{}", proof.all());
    // Another account's row that differs is one.
    let other = account(1);
    let forge =
        |by: i32| format!("update accounts_g1.accounts set balance = balance + {by} where account_id = '{other}'");
    databases.on_views(&forge(1)).await;
    let proof = databases.run(&["log", "verify", "--json"]).expect(1).json();
    let accounts = &proof["views"][0]["tables"][0];
    assert_eq!((&proof["sound"], &accounts["parked"], &accounts["differing"]), (&false.into(), &1.into(), &1.into()));
    databases.on_views(&forge(-1)).await;
    let status = format!("select status from accounts where account_id = '{two}'");
    assert_eq!(
        databases.views(&["query", "accounts", "--generation", "1", &status]).expect(0).json()["status"],
        "open"
    );

    // Not fixed yet: it stays.
    let still = databases.views(&["parked", "retry", "accounts"]).expect(1).json();
    assert!(still[0]["error"].as_str().is_some_and(|error| error.contains("failure")), "{still}");
    databases.on_views("alter table accounts_g1.accounts drop constraint failure").await;
    let retried = databases.views(&["parked", "retry", "accounts"]).expect(0).json();
    assert_eq!((&retried[0]["applied"], &retried[0]["lifted"]), (&3.into(), &true.into()));
    databases.run(&["views", "parked", "list"]).expect(0);
    databases.run(&["views", "list"]).expect(0);
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_paused_view_stands_still_until_it_is_resumed() {
    let databases = TestDatabases::with_bank().await;
    let head = databases.head().await;
    databases.views(&["pause", "accounts"]).expect(0);
    databases.append_turns(account(2)).await;
    databases.project_some(&["transactions", "transfers", "overview", "members"]).await;
    assert!(!databases.projects("accounts", std::time::Duration::from_millis(600)).await);
    let list = databases.run(&["views", "list", "--json"]).json();
    let accounts = &list[0];
    assert_eq!((&accounts["view"], &accounts["position"]), (&"accounts".into(), &head.into()));
    assert!(accounts["paused_since"].is_string() && accounts["lag_events"].as_i64() > Some(0), "{accounts}");
    databases.views(&["resume", "accounts"]).expect(0);
    databases.project_some(&["accounts"]).await;
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn who_says_neither_name_nor_reason_is_known_by_the_login() {
    let databases = TestDatabases::with_bank().await;
    databases.run(&["views", "pause", "accounts"]).expect(0);
    let audit = databases.views_lines("select row_to_json(a) from registry.audit as a order by id").await;
    assert_eq!((audit.len(), &audit[0]["what"], &audit[0]["reason"]), (1, &"pause".into(), &"not given".into()));
    assert!(audit[0]["who"].as_str().is_some_and(|who| !who.is_empty()));
    databases.drop().await;
}

#[tokio::test]
async fn wrong_requests_change_nothing_and_an_empty_reason_is_one() {
    let databases = TestDatabases::with_bank().await;
    for arguments in [
        &["views", "rebuild", "accounts", "--reason", " "][..],
        &["views", "drop", "accounts", "--generation", "1", "--reason", "", "--operator", "o"],
        &["views", "parked", "add", "accounts", "--reason", "r", "--operator", "o"],
    ] {
        databases.run(arguments).expect(2);
    }
    databases.views(&["rebuild", "nothing"]).expect(1);
    databases.views(&["rollback", "accounts"]).expect(1);
    let cancelled = databases.views(&["rebuild", "accounts", "--cancel"]).expect(1).json();
    assert_eq!(cancelled["dropped"], Value::Null);
    assert_eq!(databases.die("accounts", "indexing").code, -1);
    let cancelled = databases.views(&["rebuild", "accounts", "--cancel"]).expect(0).json();
    assert_eq!(cancelled["dropped"], 2);
    assert_eq!(databases.generations("accounts").len(), 1);
    databases.drop().await;
}
