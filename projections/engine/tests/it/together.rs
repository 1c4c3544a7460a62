//! Several views that are rebuilt in one pass.

use std::sync::Arc;

use kernel::{Position, Zone};
use projection_engine::{RebuildError, Rebuilder, Until, ensure, rebuild_together};
use sqlx::AssertSqlSafe;

use crate::{
    bulk_tally::{BulkTally, Flaw},
    rebuild::request,
    tally::{Added, History, Tally, TallyFixture, View},
};

const OTHERS: [&str; 2] = ["tally_two", "tally_three"];

impl TallyFixture {
    fn view_of(name: &'static str, flaw: Flaw) -> View {
        Arc::new(BulkTally { tally: Tally { name, version: 1 }, flaw })
    }

    /// Three views of the same sums; the live generations of two of them are copies of the first one's, each at its commit.
    async fn with_three(seed: u64, commits: [usize; 2]) -> (Self, History) {
        let history = History::random(seed, 300);
        let fixture = Self::new(&history).await;
        for (name, commits) in OTHERS.into_iter().zip(commits) {
            fixture.reach(history.commits[commits - 1].last()).await;
            // Their tables have the same name, so readers would see only one of them.
            fixture.run("drop view live.sums").await;
            ensure(&fixture.scratch.database, &[Self::view_of(name, Flaw::None)], Zone::UTC).await.expect("made");
            fixture.follow_copy(name).await;
        }
        fixture.reach(history.end()).await;
        (fixture, history)
    }

    async fn reach(&self, end: Position) {
        let mut worker = self.start();
        worker.reach(end);
        worker.at(end).await;
        worker.kill().await;
    }

    async fn follow_copy(&self, name: &str) {
        self.run(&format!("insert into {name}_g1.sums select * from tally_g1.sums")).await;
        self.run(&format!(
            "update registry.generations as other set position = first.position, recorded_at = first.recorded_at,
                log_id = first.log_id, command_id = first.command_id
             from registry.generations as first where first.view = 'tally' and other.view = '{name}'"
        ))
        .await;
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.scratch.pool).await.expect(sql);
    }

    fn shops(&self, flaws: [Flaw; 3]) -> Vec<Rebuilder<Added>> {
        let names = ["tally", OTHERS[0], OTHERS[1]];
        names.into_iter().zip(flaws).map(|(name, flaw)| self.rebuilder(Self::view_of(name, flaw))).collect()
    }

    async fn sums_of(&self, name: &str, generation: i32) -> Vec<String> {
        let sql =
            format!("select stream || ' ' || total || ' ' || version from {name}_g{generation}.sums order by stream");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&self.scratch.pool).await.expect("rows")
    }

    async fn of_all(&self) -> Vec<String> {
        let sql =
            "select view || ' ' || generation || ' ' || state from registry.generations order by view, generation";
        self.scratch.lines(sql).await
    }
}

#[tokio::test]
async fn every_range_is_read_once_for_all_and_the_tables_are_the_same() {
    let (fixture, history) = TallyFixture::with_three(60, [300, 300]).await;
    let shops = fixture.shops([Flaw::None; 3]);
    let before = fixture.log.ranges_read();
    let made = rebuild_together(&shops.iter().collect::<Vec<_>>(), &request(Until::Ready)).await.expect("made");
    let ranges = fixture.scratch.lines("select distinct after_position::text from registry.ranges").await;
    assert_eq!(fixture.log.ranges_read() - before, ranges.len(), "each range once");
    for (shop, made) in shops.iter().zip(made) {
        let made = made.expect("ready");
        assert_eq!((made.state, made.position), ("ready", history.end()));
        assert!(made.comparison.is_some_and(|found| found.is_equal()));
        assert_eq!(fixture.sums_of(shop.projection.name(), 2).await, history.sums(history.end()));
    }
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_wrong_view_is_caught_and_the_others_are_promoted() {
    let (fixture, _) = TallyFixture::with_three(61, [300, 300]).await;
    let shops = fixture.shops([Flaw::Miscounts, Flaw::None, Flaw::Fails]);
    let all: Vec<_> = shops.iter().collect();
    // All three publish a table of one name: only one of them can be promoted here.
    let made = rebuild_together(&all, &request(Until::Ready)).await.expect("an answer");
    let states: Vec<&str> = made.iter().map(|made| made.as_ref().map_or("error", |made| made.state)).collect();
    assert_eq!(states, ["failed", "ready", "error"]);
    assert!(matches!(made[2], Err(RebuildError::Rows { .. })), "{:?}", made[2]);
    assert_eq!(made[0].as_ref().map(|made| made.comparison.as_ref().map(|found| found.unexpected)).ok(), Some(Some(1)));
    let states = fixture.of_all().await;
    assert_eq!(
        states,
        [
            "tally 1 live",
            "tally 2 failed",
            "tally_three 1 live",
            "tally_three 2 failed",
            "tally_two 1 live",
            "tally_two 2 ready"
        ]
    );
    fixture.scratch.close().await;
}

#[tokio::test]
async fn what_is_loaded_for_one_view_is_read_again_only_for_those_that_lack_it() {
    let (fixture, history) = TallyFixture::with_three(62, [300, 300]).await;
    let shops = fixture.shops([Flaw::None; 3]);
    let all: Vec<_> = shops.iter().collect();
    // The log fails in the middle, and then one view is gone on with alone.
    fixture.log.break_after(2);
    rebuild_together(&all, &request(Until::Ready)).await.expect_err("the log is away");
    rebuild_together(&all[..1], &request(Until::Ready)).await.expect("made");
    let lacking = "select distinct after_position::text from registry.ranges where done_at is null";
    let (lacking, before) = (fixture.scratch.lines(lacking).await, fixture.log.ranges_read());
    assert!(!lacking.is_empty(), "two views were left in the middle");
    let made = rebuild_together(&all, &request(Until::Ready)).await.expect("made");
    assert_eq!(fixture.log.ranges_read() - before, lacking.len(), "what some view lacks, once");
    for (shop, made) in shops.iter().zip(made) {
        assert_eq!(made.expect("ready").state, "ready");
        assert_eq!(fixture.sums_of(shop.projection.name(), 2).await, history.sums(history.end()));
    }
    fixture.scratch.close().await;
}

#[tokio::test]
async fn views_at_different_positions_share_the_ranges_they_have_in_common() {
    let (fixture, history) = TallyFixture::with_three(63, [40, 170]).await;
    let shops = fixture.shops([Flaw::None; 3]);
    let made = rebuild_together(&shops.iter().collect::<Vec<_>>(), &request(Until::Ready)).await.expect("made");
    let live = "select position::text from registry.generations where generation = 1";
    let mut live = fixture.scratch.lines(live).await;
    live.sort_by_key(|position| position.parse::<i64>().expect("a number"));
    let mut reached = Vec::new();
    for made in made {
        let made = made.expect("ready");
        assert_eq!(made.state, "ready");
        assert!(made.comparison.is_some_and(|found| found.is_equal()));
        reached.push(made.position);
    }
    reached.sort_unstable();
    assert_eq!(reached.iter().map(ToString::to_string).collect::<Vec<_>>(), live);
    assert!(reached[0] < reached[1] && reached[1] < reached[2] && reached[2] == history.end(), "{reached:?}");
    let ranges = fixture.scratch.lines("select distinct after_position::text from registry.ranges").await;
    assert_eq!(fixture.log.ranges_read(), ranges.len(), "each range once");
    fixture.scratch.close().await;
}
