//! Views rebuilt from the archive, and balances from a snapshot in it.

use crate::archive::Archived;

const REASON: [&str; 2] = ["--reason", "the drill"];

fn rebuild(bank: &Archived, view: &str, options: &[&str]) -> crate::run::Run {
    let mut variables = bank.variables();
    variables.push(("JANGBU_OPERATOR", "tests".to_owned()));
    crate::run::jangbu(&variables, &[&["views", "rebuild", view, "--json"], options, &REASON].concat())
}

/// The last line: what came of it.
fn outcome(run: &crate::run::Run) -> serde_json::Value {
    let start = run.stdout.rfind("\n{").map_or(0, |at| at + 1);
    serde_json::from_str(&run.stdout[start..]).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[tokio::test]
async fn every_view_is_rebuilt_from_the_archive_and_the_end_of_the_log() {
    let bank = Archived::bank().await;
    // The archive ends in the middle: the rest comes from the log.
    bank.run(&["archive", "run", "--to", "100", "--segment", "20"]).expect(0);
    for view in views::all() {
        let view = view.name();
        let made = outcome(&rebuild(&bank, view, &["--from", "archive"]).expect(0));
        assert_eq!((made["state"].as_str(), made["generation"].as_i64()), (Some("live"), Some(2)), "{made}");
    }
    bank.databases.run(&["log", "verify"]).expect(0);
    bank.databases.drop().await;
}

#[tokio::test]
async fn balances_from_a_snapshot_and_later_events_equal_the_full_rebuild() {
    let bank = Archived::bank().await;
    let none = rebuild(&bank, "accounts", &["--from-snapshots"]).expect(1);
    assert!(none.stderr.contains("holds nothing of log"), "{none:?}");
    bank.run(&["archive", "run", "--to", "70", "--segment", "20"]).expect(0);
    let none = rebuild(&bank, "accounts", &["--from-snapshots"]).expect(1);
    assert!(none.stderr.contains("jangbu archive snapshot"), "{none:?}");
    bank.run(&["archive", "snapshot"]).expect(0);
    let other = rebuild(&bank, "transactions", &["--from-snapshots"]).expect(2);
    assert!(other.stderr.contains("--from archive"), "{other:?}");

    // If a snapshot were not what it was built from, the comparison with the live generation would say so.
    let made = outcome(&rebuild(&bank, "accounts", &["--from-snapshots"]).expect(0));
    assert_eq!((made["state"].as_str(), made["generation"].as_i64()), (Some("live"), Some(2)), "{made}");
    bank.databases.run(&["log", "verify"]).expect(0);
    let full = outcome(&rebuild(&bank, "accounts", &[]).expect(0));
    assert_eq!((full["state"].as_str(), full["generation"].as_i64()), (Some("live"), Some(3)), "{full}");
    let compared = full["comparison"].to_string();
    assert!(!compared.contains("null"), "{full}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_snapshot_at_the_very_end_of_the_log_is_taken() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run"]).expect(0);
    bank.run(&["archive", "snapshot"]).expect(0);
    // Whoever read the log from its beginning would stop here.
    bank.databases.edit_log(|log| log.event_at(1).become_a("Unheard", "{}")).await;
    let made = outcome(&rebuild(&bank, "accounts", &["--from-snapshots"]).expect(0));
    assert_eq!((made["state"].as_str(), made["generation"].as_i64()), (Some("live"), Some(2)), "{made}");
    assert_eq!(made["position"].as_i64(), Some(bank.databases.head().await), "{made}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn what_is_before_the_snapshot_is_not_read() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--to", "70", "--segment", "20"]).expect(0);
    bank.run(&["archive", "snapshot"]).expect(0);
    // The first event cannot be read any more. Who begins with it stops; who begins with the snapshot never meets it.
    bank.databases.edit_log(|log| log.event_at(1).become_a("Unheard", "{}")).await;
    rebuild(&bank, "accounts", &[]).expect(1);
    let made = outcome(&rebuild(&bank, "accounts", &["--from-snapshots", "--restart"]).expect(0));
    assert_eq!(made["state"].as_str(), Some("live"), "{made}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn an_archive_of_a_lost_history_is_not_continued_with_the_log_that_was_restored() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--to", "100", "--segment", "20"]).expect(0);
    bank.run(&["archive", "snapshot"]).expect(0);
    // A restored log is at first shorter than the archive, then as long again and longer, under the same id.
    bank.databases.restore_to(85).await;
    for grown in ["the archive ends at", "is not the one in the archive"] {
        for from in [&["--from-snapshots"][..], &["--from", "archive"], &["--from", "archive", "--to-position", "60"]] {
            let refused = rebuild(&bank, "accounts", from).expect(1);
            assert!(refused.stderr.contains(grown), "{refused:?}");
            assert!(refused.stderr.contains("without --from archive"), "{refused:?}");
        }
        let refused = bank.run(&["archive", "run"]).expect(1);
        assert!(refused.stderr.contains(grown), "{refused:?}");
        let found = bank.run(&["archive", "verify", "--against-log"]).expect(1);
        assert!(found.stdout.contains("the log does not hold"), "{found:?}");
        while bank.databases.head().await < 120 {
            bank.databases.append_turns(crate::bank::account(2)).await;
        }
    }
    // What the advice says heals it: the log, a new id, and another archive.
    let made = outcome(&rebuild(&bank, "accounts", &[]).expect(0));
    assert_eq!(made["state"].as_str(), Some("live"), "{made}");
    bank.run(&["log", "adopt", "--yes", "--reason", "restored"]).expect(0);
    bank.run(&["archive", "run", "--to", "110"]).expect(0);
    let log = bank.databases.log_id().await.to_string();
    bank.run(&["archive", "snapshot", "--log", &log]).expect(0);
    let made = outcome(&rebuild(&bank, "accounts", &["--from-snapshots"]).expect(0));
    assert_eq!(made["state"].as_str(), Some("live"), "{made}");
    bank.databases.drop().await;
}

#[tokio::test]
async fn a_load_that_began_with_a_snapshot_is_not_gone_on_with_without_it() {
    let bank = Archived::bank().await;
    bank.run(&["archive", "run", "--to", "70", "--segment", "20"]).expect(0);
    bank.run(&["archive", "snapshot"]).expect(0);
    // Killed before it has loaded anything: its ranges begin after the snapshot.
    let mut variables = bank.variables();
    variables.push(("JANGBU_FAULT_POINT", "planned".to_owned()));
    let arguments = ["views", "rebuild", "accounts", "--from-snapshots", "--reason", "the drill"];
    let killed = crate::run::jangbu(&variables, &arguments);
    assert_eq!(killed.code, -1, "{killed:?}");
    let refused = rebuild(&bank, "accounts", &["--abandon-live"]).expect(1);
    assert!(refused.stderr.contains("--restart"), "{refused:?}");
    let made = outcome(&rebuild(&bank, "accounts", &["--from-snapshots"]).expect(0));
    assert_eq!((made["state"].as_str(), made["generation"].as_i64()), (Some("live"), Some(2)), "{made}");
    bank.databases.drop().await;
}
