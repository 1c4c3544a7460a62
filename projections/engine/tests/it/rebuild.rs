//! Generations that are made beside the live one.

use std::sync::Arc;

use kernel::{Position, Zone};
use projection_engine::{
    Change, Expectation, Expected, Operator, Options, RebuildError, RebuildRequest, Rebuilder, Reporter, Shape, State,
    Until, testing::brisk,
};

use crate::{
    bulk_tally::{BulkTally, Flaw},
    tally::{Added, History, Numbers, Tally, TallyFixture, View},
};

pub fn operator() -> Operator {
    Operator { who: "somebody".into(), reason: "a test".into(), origin: Default::default() }
}

pub fn request(until: Until) -> RebuildRequest {
    RebuildRequest { until, expected: Expected::default(), restart: false, abandon_live: false, operator: operator() }
}

impl TallyFixture {
    pub fn rebuilder(&self, view: impl Into<View>) -> Rebuilder<Added> {
        Rebuilder {
            projection: view.into(),
            zone: Zone::UTC,
            database: self.scratch.database.clone(),
            log: self.log.clone(),
            ranges: self.log.clone(),
            decoder: Arc::new(Numbers),
            settings: brisk(),
            options: Options { connections: 3, catch_up_tries: 5, ..Options::default() },
            reporter: Reporter::default(),
        }
    }

    pub fn bulk(&self, flaw: Flaw) -> Rebuilder<Added> {
        self.rebuilder(Arc::new(BulkTally::flawed(flaw)) as View)
    }

    /// With the live generation at the end of the history.
    async fn level(seed: u64) -> (Self, History) {
        let history = History::random(seed, 300);
        let fixture = Self::new(&history).await;
        fixture.follow(history.end()).await;
        (fixture, history)
    }

    async fn follow(&self, end: Position) {
        let mut worker = self.start();
        worker.reach(end);
        worker.at(end).await;
        worker.kill().await;
    }

    async fn states(&self) -> Vec<String> {
        self.scratch
            .lines("select generation || ' ' || state || ' ' || position from registry.generations order by 1")
            .await
    }
}

#[tokio::test]
async fn a_view_without_a_bulk_rule_is_rebuilt_by_its_fold_and_promoted() {
    let (fixture, history) = TallyFixture::level(40).await;
    let end = history.end();
    let made = fixture.rebuilder(fixture.view.clone()).rebuild(&request(Until::Promoted)).await.expect("promoted");
    assert_eq!((made.generation, made.position, made.state), (2, end, "live"));
    let comparison = made.comparison.expect("it was compared");
    assert_eq!((comparison.unexpected, comparison.position), (0, end));
    assert_eq!(fixture.states().await, [format!("1 retired {end}"), format!("2 live {end}")]);
    assert_eq!(fixture.sums().await, history.sums(end));
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_bulk_load_in_ranges_gives_the_same_tables_and_indexes() {
    let (fixture, history) = TallyFixture::level(41).await;
    let made = fixture.bulk(Flaw::None).rebuild(&request(Until::Promoted)).await.expect("promoted");
    let comparison = made.comparison.expect("it was compared");
    assert_eq!(comparison.tables.len(), 1, "the staging table is gone: {comparison:?}");
    let table = &comparison.tables[0];
    assert_eq!((table.live_rows, table.new_rows, table.differing_buckets), (7, 7, 0));
    assert_eq!(table.sums.len(), 1);
    assert_eq!(table.sums[0].1, table.sums[0].2);
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    let indexes = "select replace(indexdef, schemaname, '') from pg_indexes where schemaname = 'tally_g2'";
    let before = "select replace(indexdef, schemaname, '') from pg_indexes where schemaname = 'tally_g1'";
    assert_eq!(fixture.scratch.lines(indexes).await, fixture.scratch.lines(before).await);
    let constraints = "select string_agg(conname || pg_get_constraintdef(oid), ',' order by conname) from pg_constraint
        where connamespace::regnamespace::text like 'tally_g_' group by connamespace order by connamespace";
    let constraints = fixture.scratch.lines(constraints).await;
    assert_eq!(constraints[0], constraints[1]);
    let audit =
        fixture.scratch.lines("select what || ' ' || who || ' ' || reason from registry.audit order by id").await;
    assert_eq!(audit, ["rebuild somebody a test", "promote somebody a test"]);
    fixture.scratch.close().await;
}

#[tokio::test]
async fn the_projector_goes_on_with_what_was_promoted() {
    let (fixture, mut history) = TallyFixture::level(42).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    fixture.bulk(Flaw::None).rebuild(&request(Until::Promoted)).await.expect("promoted");
    let old = history.end();
    for _ in 0..20 {
        history.commit(&[(1, "Added", "5"), (2, "Added", "7")]);
    }
    fixture.log.extend(history.commits[300..].iter().cloned());
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(worker.status().state, State::Live);
    assert_eq!(fixture.states().await, [format!("1 retired {old}"), format!("2 live {}", history.end())]);
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;

    // Back to the first one, which lacks what came since; and forth again.
    let shop = fixture.bulk(Flaw::None);
    let back = shop.rollback(None, &operator()).await.expect("rolled back");
    assert_eq!((back.generation, back.position), (1, history.end()));
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    shop.rollback(Some(2), &operator()).await.expect("rolled forward");
    assert_eq!(fixture.states().await, [format!("1 retired {}", history.end()), format!("2 live {}", history.end())]);
    let found = shop.compare(Some(1), &Expected::default(), &operator()).await.expect("compared");
    assert!(found.is_equal());
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_wrong_rule_is_found_and_not_promoted() {
    for (flaw, seed) in [(Flaw::Forgets, 43), (Flaw::Miscounts, 44), (Flaw::Invents, 45)] {
        let (fixture, history) = TallyFixture::level(seed).await;
        let made = fixture.bulk(flaw).rebuild(&request(Until::Promoted)).await.expect("an answer");
        assert_eq!(made.state, "failed");
        let found = made.comparison.expect("it was compared");
        assert_eq!((found.unexpected, found.shown.len()), (1, 1), "{flaw:?}");
        match (&found.shown[0].change, flaw) {
            (Change::Missing, Flaw::Forgets) | (Change::Extra, Flaw::Invents) => {}
            (Change::Columns(columns), Flaw::Miscounts) => {
                let [(column, Some(live), Some(new))] = columns.as_slice() else { panic!("{columns:?}") };
                assert_eq!(column, "total");
                assert_eq!(live.parse::<i64>().expect("number") + 1, new.parse::<i64>().expect("number"));
                assert_ne!(found.tables[0].sums[0].1, found.tables[0].sums[0].2);
            }
            (change, _) => panic!("{flaw:?}: {change:?}"),
        }
        assert_eq!(
            fixture.states().await,
            [format!("1 live {}", history.end()), format!("2 failed {}", history.end())]
        );
        let refused = fixture.bulk(flaw).promote(Some(2), &operator()).await.expect_err("it failed");
        assert!(matches!(refused, RebuildError::WrongState { .. }), "{refused}");
        fixture.bulk(flaw).drop_generation(2, &operator()).await.expect("dropped");
        assert!(
            fixture.scratch.lines("select nspname::text from pg_namespace where nspname = 'tally_g2'").await.is_empty()
        );
        fixture.scratch.close().await;
    }
}

#[tokio::test]
async fn what_is_expected_to_differ_may() {
    let (fixture, _) = TallyFixture::level(46).await;
    let mut request = request(Until::Promoted);
    let line = Expectation { table: "sums".into(), key: Some("0000*".into()), column: Some("total".into()), is: None };
    request.expected = Expected(vec![line]);
    let made = fixture.bulk(Flaw::Miscounts).rebuild(&request).await.expect("promoted");
    let found = made.comparison.expect("it was compared");
    assert_eq!((made.state, found.expected, found.unexpected), ("live", 1, 0));
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_view_as_it_was_stays_at_its_position_and_is_never_live() {
    let (fixture, history) = TallyFixture::level(47).await;
    let wanted = history.commits[120].last();
    for view in [fixture.view.clone(), Arc::new(BulkTally::sound()) as View] {
        let shop = fixture.rebuilder(view);
        // In the middle of a commit, or at its end: the last whole commit counts.
        let asked = if history.commits[121].events.len() > 1 { wanted.next() } else { wanted };
        let made = shop.rebuild(&request(Until::Side(asked))).await.expect("made");
        assert_eq!((made.position, made.state), (wanted, "ready"));
        let schema = format!("tally_g{}", made.generation);
        let sql = format!("select stream || ' ' || total || ' ' || version from {schema}.sums order by stream");
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&fixture.scratch.pool).await.expect("rows");
        assert_eq!(rows, history.sums(wanted));
        let refused = shop.promote(Some(made.generation), &operator()).await.expect_err("a side generation");
        assert!(refused.to_string().contains("side"), "{refused}");
        shop.drop_generation(made.generation, &operator()).await.expect("dropped");
    }
    let shop = fixture.rebuilder(fixture.view.clone());
    let time = history.commits[120].recorded_at;
    assert_eq!(shop.position_at(time).await.expect("a position"), wanted);
    let before = time - chrono::Duration::microseconds(1);
    assert_eq!(shop.position_at(before).await.expect("a position"), history.commits[119].last());
    fixture.scratch.close().await;
}

#[tokio::test]
async fn one_rebuild_of_a_view_at_a_time_and_the_live_one_is_never_dropped() {
    let (fixture, _) = TallyFixture::level(48).await;
    let mut lock = fixture.scratch.pool.acquire().await.expect("connect");
    sqlx::raw_sql("select pg_advisory_lock(hashtext('registry.rebuild'), hashtext('tally'))")
        .execute(&mut *lock)
        .await
        .expect("lock");
    let busy = fixture.bulk(Flaw::None).rebuild(&request(Until::Ready)).await.expect_err("busy");
    assert!(matches!(busy, RebuildError::Busy("tally")), "{busy}");
    sqlx::raw_sql("select pg_advisory_unlock_all()").execute(&mut *lock).await.expect("unlock");
    drop(lock);
    let refused = fixture.bulk(Flaw::None).drop_generation(1, &operator()).await.expect_err("live");
    assert!(matches!(refused, RebuildError::WrongState { .. }), "{refused}");
    let made = fixture.bulk(Flaw::None).rebuild(&request(Until::Ready)).await.expect("ready");
    assert_eq!(made.state, "ready");
    assert_eq!(fixture.registry().await.split(' ').next(), Some("1"), "nothing is live that was not promoted");
    fixture.bulk(Flaw::None).promote(None, &operator()).await.expect("promoted");
    assert_eq!(fixture.registry().await.split(' ').next(), Some("2"));
    fixture.scratch.close().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_ends_the_rebuild_and_harms_nothing() {
    let (fixture, history) = TallyFixture::level(49).await;
    for bulk in [false, true] {
        let mut longer = History::random(49, 300);
        longer.commit(&[(1, "Surprise", "{}")]);
        if !bulk {
            fixture.log.extend(longer.commits[300..].iter().cloned());
        }
        let shop = if bulk { fixture.bulk(Flaw::None) } else { fixture.rebuilder(fixture.view.clone()) };
        // A live generation is before the event, so only a side generation can be asked to go beyond it.
        let refused = shop.rebuild(&request(Until::Side(longer.end()))).await.expect_err("stuck");
        assert!(matches!(&refused, RebuildError::Stuck(fault) if fault.position == longer.end()), "{refused}");
    }
    let failed = fixture.scratch.lines("select failure from registry.generations where state = 'failed'").await;
    assert_eq!(failed.len(), 2);
    assert!(failed[0].contains("Surprise"), "{failed:?}");
    assert_eq!(fixture.states().await[0], format!("1 live {}", history.end()));
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_changed_view_is_compared_by_what_both_versions_have() {
    let (fixture, history) = TallyFixture::level(50).await;
    let newer = Arc::new(Wider(Tally { name: "tally", version: 2 }));
    let shop = fixture.rebuilder(newer.clone() as View);
    let made = shop.rebuild(&request(Until::Promoted)).await.expect("compared");
    assert_eq!(made.state, "failed", "a column that nobody said is new");
    let odd = &made.comparison.as_ref().expect("it was compared").shown[0].change;
    assert_eq!(*odd, Change::Shape { column: Some("doubled".into()), is: Shape::New });
    shop.drop_generation(made.generation, &operator()).await.expect("dropped");
    let new = Expectation { table: "sums".into(), key: None, column: Some("doubled".into()), is: Some(Shape::New) };
    let expecting = RebuildRequest { expected: Expected(vec![new]), ..request(Until::Promoted) };
    let made = shop.rebuild(&expecting).await.expect("promoted");
    let found = made.comparison.expect("it was compared");
    assert!(found.remarks.iter().any(|remark| remark.contains("sums.doubled is new")), "{:?}", found.remarks);
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    let doubled = fixture.scratch.lines("select bool_and(doubled = 2 * total)::text from live.sums").await;
    assert_eq!(doubled, ["true"]);
    // The old program steps aside, the new one takes over.
    let mut old = fixture.start();
    old.reach(history.end());
    assert!(old.standing_by().await.contains("version 2"));
    let mut new = fixture.start_view(newer);
    new.reach(history.end());
    new.at(history.end()).await;
    old.kill().await;
    new.kill().await;
    let refused = fixture.rebuilder(fixture.view.clone()).rollback(None, &operator()).await;
    assert!(refused.is_ok(), "the old program may go back to its own version: {refused:?}");
    fixture.scratch.close().await;
}

/// The same sums and one more column.
struct Wider(Tally);

impl projection_engine::Projection for Wider {
    type Event = Added;

    fn name(&self) -> &'static str {
        "tally"
    }

    fn version(&self) -> i32 {
        2
    }

    fn schema(&self) -> &'static str {
        "create table sums (stream uuid primary key, total bigint not null, version bigint not null,
            doubled bigint generated always as (2 * total) stored)"
    }

    fn tables(&self) -> &'static [&'static str] {
        self.0.tables()
    }

    fn uses(&self, event_type: &str) -> bool {
        self.0.uses(event_type)
    }

    fn fold(
        &self,
        commits: &[&projection_engine::Commit<Added>],
    ) -> Result<Box<dyn projection_engine::Rows>, projection_engine::Fault> {
        self.0.fold(commits)
    }
}
