//! `jangbu migrate`.

use crate::databases::TestDatabases;

#[tokio::test]
async fn migrations_are_listed_applied_and_listed_again() {
    let databases = TestDatabases::empty().await;
    let before = databases.run(&["migrate", "status", "--json"]).expect(1).json();
    let lines = before.as_array().expect("a list");
    assert!(lines.iter().all(|line| line["state"] == "pending" && line["to_do"] == "jangbu migrate up"), "{before}");
    assert!(["log", "views", "vault"].iter().all(|database| lines.iter().any(|line| line["database"] == *database)));
    databases.run(&["migrate", "up", "--database", "log"]).expect(0);
    let mixed = databases.run(&["migrate", "status", "--json"]).expect(1).json();
    for line in mixed.as_array().expect("a list") {
        assert_eq!(line["state"], if line["database"] == "log" { "applied" } else { "pending" });
    }
    databases.run(&["migrate", "status", "--database", "log"]).expect(0);
    databases.run(&["migrate", "up"]).expect(0);
    databases.run(&["migrate", "status"]).expect(0);
    let again = databases.run(&["migrate", "up", "--json"]).expect(0);
    assert_eq!(again.json().as_array().map(Vec::len), Some(0));
    databases.drop().await;
}

#[tokio::test]
async fn an_edited_migration_stops_everything_until_it_is_accepted() {
    let databases = TestDatabases::migrated().await;
    databases.on_log("update migrations.event_store set checksum = '\\x00' where version = 20261120090400").await;
    databases.on_views("insert into migrations.views values (20990101000000, 'from the future', '\\x00', now())").await;
    let status = databases.run(&["migrate", "status", "--json"]).expect(1).json();
    let wrong: Vec<_> = status.as_array().expect("a list").iter().filter(|l| l["state"] != "applied").collect();
    assert_eq!(wrong.len(), 2, "{status}");
    assert_eq!((&wrong[0]["state"], &wrong[1]["state"]), (&"edited".into(), &"missing".into()));
    let up = databases.run(&["migrate", "up"]).expect(1);
    assert!(up.stderr.contains("20261120090400"), "{up:?}");
    let unconfirmed = databases.run(&["migrate", "repair"]).expect(2);
    assert!(unconfirmed.stderr.contains("--yes"), "{unconfirmed:?}");
    databases.run(&["migrate", "status"]).expect(1);
    let repaired = databases.run(&["migrate", "repair", "--yes", "--json"]).expect(0).json();
    assert_eq!((&repaired[0]["done"], &repaired[1]["done"]), (&"rewritten".into(), &"forgotten".into()));
    databases.run(&["migrate", "status"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_schema_of_other_origin_is_baselined() {
    let databases = TestDatabases::migrated().await;
    databases.on_views("drop schema migrations cascade").await;
    let up = databases.run(&["migrate", "up", "--database", "views"]).expect(1);
    assert!(up.stderr.contains("baseline"), "{up:?}");
    let versions = databases.run(&["migrate", "status", "--database", "views", "--json"]).expect(1).json();
    let last = versions.as_array().and_then(|l| l.last()).expect("one")["version"].to_string();
    databases.run(&["migrate", "baseline", &last, "--yes"]).expect(2);
    databases.run(&["migrate", "baseline", &last, "--database", "views"]).expect(2);
    databases.run(&["migrate", "baseline", "7", "--database", "views", "--yes"]).expect(1);
    databases.run(&["migrate", "baseline", &last, "--database", "views", "--yes"]).expect(0);
    databases.run(&["migrate", "status"]).expect(0);
    databases.drop().await;
}
