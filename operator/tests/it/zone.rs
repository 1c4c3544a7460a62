//! The bank's days in the views: what `jangbu` says about those of another zone, and what it does.

use serde_json::Value;

use crate::{
    databases::TestDatabases,
    doctor::{QUICK, assert_about},
    run::{Run, jangbu},
};

const WHY: [&str; 4] = ["--reason", "the bank moved", "--operator", "somebody"];

impl TestDatabases {
    /// Runs the binary where `JANGBU_ZONE` is set.
    fn run_in(&self, zone: &str, arguments: &[&str]) -> Run {
        let mut variables = self.variables();
        variables.push(("JANGBU_ZONE", zone.to_owned()));
        jangbu(&variables, arguments)
    }
}

fn remarks(comparison: &Value) -> String {
    comparison["remarks"].to_string()
}

#[tokio::test]
async fn views_with_the_days_of_another_zone_are_reported_and_rebuilt() {
    let databases = TestDatabases::with_bank().await;
    for view in ["view overview", "view top_movers"] {
        assert_about(&databases.run(&QUICK), view, "ok", "generation 1");
    }
    let run = |arguments: &[&str]| databases.run_in("Europe/Berlin", arguments);
    // Another setting makes nothing wrong: the auditor goes by what the views were made with.
    run(&["log", "verify"]).expect(0);
    let doctor = run(&QUICK);
    assert_about(&doctor, "view overview", "warn", "counts the days of Asia/Seoul");
    assert_about(&doctor, "view overview", "warn", "`jangbu views rebuild overview --reason WHY`");
    assert_about(&doctor, "view top_movers", "warn", "JANGBU_ZONE is Europe/Berlin");
    assert_about(&doctor, "view accounts", "ok", "generation 1");
    let list = run(&["views", "list"]).expect(0).stdout;
    assert_eq!(list.matches("days of Asia/Seoul").count(), 2, "{list}");
    let shown = run(&["views", "show", "overview"]).expect(0).stdout;
    assert!(shown.contains("of Asia/Seoul; JANGBU_ZONE is Europe/Berlin"), "{shown}");
    let due = run(&[&["views", "upgrade", "--dry-run", "--json"], &WHY[..]].concat()).expect(0).json();
    let zones = due.as_array().expect("a list").iter().map(|due| (due["view"].as_str(), due["zone"].as_str()));
    let berlin = Some("Europe/Berlin");
    assert_eq!(zones.collect::<Vec<_>>(), [(Some("overview"), berlin), (Some("top_movers"), berlin)]);

    let made = run(&[&["views", "rebuild", "overview", "--json"], &WHY[..]].concat()).expect(0).json();
    assert_eq!((&made["generation"], &made["state"]), (&2.into(), &"live".into()));
    let said = remarks(&made["comparison"]);
    assert!(said.contains("the days of Asia/Seoul, the new one those of Europe/Berlin"), "{said}");
    assert!(said.contains("activity was compared added up over all days"), "{said}");
    assert_about(&run(&QUICK), "view overview", "ok", "generation 2");
    let made = run(&[&["views", "upgrade", "--json"], &WHY[..]].concat()).expect(0).json();
    assert_eq!((&made[0]["view"], &made[0]["state"]), (&"top_movers".into(), &"live".into()));
    assert_about(&run(&QUICK), "view top_movers", "ok", "generation 2");
    run(&["log", "verify"]).expect(0);
    assert_eq!(run(&[&["views", "upgrade", "--json"], &WHY[..]].concat()).expect(0).json(), Value::Array(vec![]));

    // Who still has the zone of before is told, and changes nothing by looking.
    assert_about(&databases.run(&QUICK), "view top_movers", "warn", "counts the days of Europe/Berlin");
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[test]
fn a_zone_that_there_is_not_is_refused() {
    let run = jangbu(&[("JANGBU_ZONE", "Europe/Atlantis".to_owned())], &["views", "list"]).expect(2);
    assert!(run.stderr.contains("IANA"), "{}", run.all());
}
