//! Events that cannot be applied.

use std::sync::Arc;

use kernel::Position;
use projection_engine::{State, ensure};

use crate::tally::{History, Tally, TallyFixture};

fn history_with(payload: &str, event_type: &str) -> History {
    let mut history = History::random(20, 20);
    history.commit(&[(1, "Added", "5"), (2, event_type, payload)]).commit(&[(3, "Added", "6")]);
    history
}

/// The position of the last commit before the one at fault.
fn before(history: &History) -> Position {
    history.commits[19].last()
}

#[tokio::test]
async fn an_unknown_event_stops_the_view_before_its_commit() {
    let history = history_with("{}", "Surprise");
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    let reason = worker.stuck().await;
    assert!(reason.contains("Surprise is not known"), "{reason}");
    assert_eq!(worker.status().position, before(&history));
    assert_eq!(fixture.sums().await, history.sums(before(&history)), "everything before it, and nothing of its commit");
    let at = before(&history).plus(2);
    let expected = format!("1 {} stuck {at} Surprise Surprise is not known", before(&history));
    assert_eq!(fixture.registry().await, expected);
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn an_unreadable_event_that_the_view_does_not_use_does_not_stop_it() {
    let history = history_with("\"garbled\"", "Noise");
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_rule_that_fails_stops_at_the_event_it_names() {
    let history = history_with("13", "Added");
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    assert!(worker.stuck().await.contains("does not like 13"));
    assert_eq!(fixture.sums().await, history.sums(before(&history)));
    assert!(fixture.registry().await.contains(" stuck "));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_row_the_database_refuses_is_traced_to_its_commit() {
    let history = history_with("1000000000", "Added");
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    let reason = worker.stuck().await;
    assert!(reason.contains("sums_total_check"), "{reason}");
    assert_eq!(worker.status().position, before(&history), "all the commits before it were applied");
    assert_eq!(fixture.sums().await, history.sums(before(&history)));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_view_goes_on_by_itself_once_the_cause_is_gone() {
    let history = history_with("1000000000", "Added");
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.stuck().await;
    sqlx::raw_sql("alter table tally_g1.sums drop constraint sums_total_check")
        .execute(&fixture.scratch.pool)
        .await
        .expect("repair");
    worker.at(history.end()).await;
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    assert_eq!(worker.status().state, State::Live);
    assert_eq!(fixture.registry().await, format!("1 {} live", history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn one_stuck_view_does_not_hold_another() {
    let history = history_with("1000000000", "Added");
    let fixture = TallyFixture::new(&history).await;
    let other = Arc::new(Lenient(Tally { name: "lenient", version: 1 }));
    ensure(&fixture.scratch.database, &[other.clone() as crate::tally::View], kernel::Zone::UTC)
        .await
        .expect("generation 1");
    let (mut stuck, mut fine) = (fixture.start(), fixture.start_view(other));
    stuck.reach(history.end());
    fine.reach(history.end());
    stuck.stuck().await;
    fine.at(history.end()).await;
    assert_eq!(fine.status().state, State::Live);
    stuck.kill().await;
    fine.kill().await;
    fixture.scratch.close().await;
}

/// The same rule on a table without the check.
struct Lenient(Tally);

impl projection_engine::Projection for Lenient {
    type Event = crate::tally::Added;

    fn name(&self) -> &'static str {
        "lenient"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        "create table sums (stream uuid primary key, total bigint not null, version bigint not null)"
    }

    fn tables(&self) -> &'static [&'static str] {
        // Not published: the name is taken by the other view.
        &[]
    }

    fn uses(&self, event_type: &str) -> bool {
        self.0.uses(event_type)
    }

    fn fold(
        &self,
        commits: &[&projection_engine::Commit<Self::Event>],
    ) -> Result<Box<dyn projection_engine::Rows>, projection_engine::Fault> {
        self.0.fold(commits)
    }
}
