//! `jangbu migrate`.

use crate::world::World;

#[tokio::test]
async fn migrations_are_told_applied_and_told_again() {
    let world = World::empty().await;
    let before = world.run(&["migrate", "status", "--json"]).expect(1).json();
    let lines = before.as_array().expect("a list");
    assert!(lines.iter().all(|line| line["state"] == "pending" && line["to_do"] == "jangbu migrate up"), "{before}");
    assert!(["log", "views", "vault"].iter().all(|database| lines.iter().any(|line| line["database"] == *database)));
    world.run(&["migrate", "up", "--database", "log"]).expect(0);
    let mixed = world.run(&["migrate", "status", "--json"]).expect(1).json();
    for line in mixed.as_array().expect("a list") {
        assert_eq!(line["state"], if line["database"] == "log" { "applied" } else { "pending" });
    }
    world.run(&["migrate", "status", "--database", "log"]).expect(0);
    world.run(&["migrate", "up"]).expect(0);
    world.run(&["migrate", "status"]).expect(0);
    let again = world.run(&["migrate", "up", "--json"]).expect(0);
    assert_eq!(again.json().as_array().map(Vec::len), Some(0));
    world.drop().await;
}

#[tokio::test]
async fn an_edited_migration_stops_everything_until_it_is_accepted() {
    let world = World::migrated().await;
    world.on_log("update migrations.event_store set checksum = '\\x00' where version = 20261120090400").await;
    world.on_views("insert into migrations.views values (20990101000000, 'from the future', '\\x00', now())").await;
    let status = world.run(&["migrate", "status", "--json"]).expect(1).json();
    let wrong: Vec<_> = status.as_array().expect("a list").iter().filter(|l| l["state"] != "applied").collect();
    assert_eq!(wrong.len(), 2, "{status}");
    assert_eq!((&wrong[0]["state"], &wrong[1]["state"]), (&"edited".into(), &"missing".into()));
    let up = world.run(&["migrate", "up"]).expect(1);
    assert!(up.stderr.contains("20261120090400"), "{up:?}");
    let unconfirmed = world.run(&["migrate", "repair"]).expect(2);
    assert!(unconfirmed.stderr.contains("--yes"), "{unconfirmed:?}");
    world.run(&["migrate", "status"]).expect(1);
    let repaired = world.run(&["migrate", "repair", "--yes", "--json"]).expect(0).json();
    assert_eq!((&repaired[0]["done"], &repaired[1]["done"]), (&"rewritten".into(), &"forgotten".into()));
    world.run(&["migrate", "status"]).expect(0);
    world.drop().await;
}

#[tokio::test]
async fn a_schema_of_other_origin_is_baselined() {
    let world = World::migrated().await;
    world.on_views("drop schema migrations cascade").await;
    let up = world.run(&["migrate", "up", "--database", "views"]).expect(1);
    assert!(up.stderr.contains("baseline"), "{up:?}");
    let versions = world.run(&["migrate", "status", "--database", "views", "--json"]).expect(1).json();
    let last = versions.as_array().and_then(|l| l.last()).expect("one")["version"].to_string();
    world.run(&["migrate", "baseline", &last, "--yes"]).expect(2);
    world.run(&["migrate", "baseline", &last, "--database", "views"]).expect(2);
    world.run(&["migrate", "baseline", "7", "--database", "views", "--yes"]).expect(1);
    world.run(&["migrate", "baseline", &last, "--database", "views", "--yes"]).expect(0);
    world.run(&["migrate", "status"]).expect(0);
    world.drop().await;
}
