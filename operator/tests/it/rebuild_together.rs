//! `jangbu views rebuild` of several views, killed and resumed, on real databases.

use crate::{
    databases::TestDatabases,
    run::{Run, jangbu},
};

const WHY: [&str; 5] = ["--reason", "a test", "--operator", "somebody", "--json"];
const BOTH: [&str; 2] = ["accounts", "transactions"];

impl TestDatabases {
    fn rebuild(&self, views: &[&str], more: &[&str]) -> Run {
        self.run(&[&["views", "rebuild"], views, more, &WHY[..]].concat())
    }

    fn die_together(&self, views: &[&str], point: &str) {
        let mut variables = self.variables();
        variables.push(("JANGBU_FAULT_POINT", point.to_owned()));
        let died = jangbu(&variables, &[&["views", "rebuild"], views, &WHY[..]].concat());
        assert_eq!(died.code, -1, "it should have died at {point}: {}", died.all());
    }

    async fn in_the_making(&self) -> i64 {
        let sql =
            "select json_build_object('n', count(*)) from registry.generations where state not in ('live', 'retired')";
        self.views_lines(sql).await[0]["n"].as_i64().expect("a number")
    }
}

#[tokio::test]
async fn several_views_killed_anywhere_go_on_together_and_end_equal() {
    let databases = TestDatabases::with_bank().await;
    for point in
        ["building", "merging", "indexing", "tailing", "comparing", "ready", "promoting", "swapping", "promoted"]
    {
        databases.die_together(&BOTH, point);
        let made = databases.rebuild(&BOTH, &[]).expect(0).json();
        let states: Vec<_> = made.as_array().expect("a list").iter().map(|made| made["state"].clone()).collect();
        assert_eq!(states, ["live", "live"], "after {point}: {made}");
        assert_eq!(databases.in_the_making().await, 0, "after {point}");
        databases.run(&["log", "verify"]).expect(0);
    }
    databases.drop().await;
}

#[tokio::test]
async fn what_one_view_has_loaded_is_kept_when_more_join_in() {
    let databases = TestDatabases::with_bank().await;
    databases.die_together(&["accounts"], "building");
    databases.die_together(&BOTH, "merging");
    let plan = databases.rebuild(&[], &["--all", "--dry-run"]).expect(0).json();
    let plans = plan.as_array().expect("a list");
    assert_eq!(plans.len(), views::all().len());
    assert_eq!(plans[0]["resumes"]["generation"], 2, "{plan}");
    let made = databases.rebuild(&[], &["--all"]).expect(0).json();
    for made in made.as_array().expect("a list") {
        assert_eq!((&made["state"], &made["generation"]), (&"live".into(), &2.into()), "{made}");
        assert_eq!(made["comparison"]["equal"], true, "{made}");
    }
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_view_that_differs_is_not_promoted_and_the_other_one_is() {
    let databases = TestDatabases::with_bank().await;
    databases.on_views("update accounts_g1.accounts set name = 'forged' where name is not null").await;
    let made = databases.rebuild(&BOTH, &[]).expect(1).json();
    assert_eq!((&made[0]["view"], &made[0]["state"]), (&"accounts".into(), &"failed".into()), "{made}");
    assert_eq!((&made[1]["view"], &made[1]["state"]), (&"transactions".into(), &"live".into()), "{made}");
    let cancelled = databases.rebuild(&BOTH, &["--cancel"]).expect(1).json();
    assert_eq!(cancelled.as_array().map(Vec::len), Some(2));
    databases.rebuild(&["accounts", "transfers"], &["--from-snapshots"]).expect(2);
    databases.drop().await;
}
