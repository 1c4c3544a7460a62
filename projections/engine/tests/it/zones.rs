//! A view that counts by day, in generations of several zones.
//!
//! Every commit of a history is of the first second of 1970: that is the last day of 1969 in New York.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use kernel::Zone;
use projection_engine::{
    Bulk, Commit, DayColumn, Fault, Loader, ParkWhat, Projection, RebuildError, RebuildRequest, Rebuilder, Rows,
    SumColumn, Until, WriteError, ensure,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    rebuild::{operator, request},
    tally::{Added, History, TallyFixture, View},
};

/// Sums for each stream and day.
#[derive(Clone, Copy)]
struct ByDay {
    zone: Zone,
    bulk: bool,
    /// Whether it can apply the number 13.
    is_fixed: bool,
}

impl ByDay {
    /// As every program makes it; the engine takes it to the zone of a generation.
    fn view(bulk: bool) -> View {
        Arc::new(Self { zone: Zone::UTC, bulk, is_fixed: true })
    }

    fn broken() -> View {
        Arc::new(Self { zone: Zone::UTC, bulk: false, is_fixed: false })
    }

    fn add(&self, sums: &mut Sums, commit: &Commit<Added>) -> Result<(), Fault> {
        let day = self.zone.day_of(commit.recorded_at);
        for (position, event) in commit.positioned() {
            let Some(Added::Number(number)) = event.body else { continue };
            if number == 13 && !self.is_fixed {
                return Err(Fault { position, event_type: "Added".into(), reason: "it does not like 13".into() });
            }
            *sums.0.entry((event.stream.uuid(), day)).or_default() += number;
        }
        Ok(())
    }
}

impl Projection for ByDay {
    type Event = Added;

    fn name(&self) -> &'static str {
        "by_day"
    }

    fn version(&self) -> i32 {
        1
    }

    fn schema(&self) -> &'static str {
        "create table totals (stream uuid, day date, total bigint not null, primary key (stream, day))"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["totals"]
    }

    fn uses(&self, event_type: &str) -> bool {
        event_type != "Noise"
    }

    fn fold(&self, commits: &[&Commit<Added>]) -> Result<Box<dyn Rows>, Fault> {
        let mut sums = Sums::default();
        commits.iter().try_for_each(|commit| self.add(&mut sums, commit))?;
        Ok(Box::new(sums))
    }

    fn bulk(&self) -> Option<Box<dyn Bulk<Added>>> {
        self.bulk.then(|| Box::new(*self) as Box<dyn Bulk<Added>>)
    }

    fn sums(&self) -> &'static [SumColumn] {
        &[SumColumn { table: "totals", column: "total", by: None }]
    }

    fn in_zone(&self, zone: Zone) -> Option<View> {
        Some(Arc::new(Self { zone, ..*self }))
    }

    fn day_columns(&self) -> &'static [DayColumn] {
        &[DayColumn { table: "totals", column: "day", only: None }]
    }
}

#[derive(Default)]
struct Sums(BTreeMap<(Uuid, NaiveDate), i64>);

impl Sums {
    async fn insert(&self, sql: &'static str, connection: &mut PgConnection) -> Result<(), WriteError> {
        for ((stream, day), total) in &self.0 {
            sqlx::query(sql).bind(stream).bind(day).bind(total).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for Sums {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let add = "insert into totals values ($1, $2, $3)
            on conflict (stream, day) do update set total = totals.total + excluded.total";
        self.insert(add, connection).await
    }
}

impl Bulk<Added> for ByDay {
    fn staging(&self) -> &'static str {
        "create table parts (stream uuid not null, day date not null, total bigint not null)"
    }

    fn merge(&self) -> &'static [&'static str] {
        &["insert into totals select stream, day, sum(total) from parts group by stream, day", "drop table parts"]
    }

    fn loader(&self) -> Box<dyn Loader<Added>> {
        Box::new(Part { view: *self, sums: Sums::default() })
    }
}

struct Part {
    view: ByDay,
    sums: Sums,
}

#[async_trait]
impl Loader<Added> for Part {
    fn add(&mut self, commits: &[Commit<Added>]) -> Result<(), Fault> {
        commits.iter().try_for_each(|commit| self.view.add(&mut self.sums, commit))
    }

    fn held(&self) -> usize {
        0
    }

    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        std::mem::take(&mut self.sums).insert("insert into parts values ($1, $2, $3)", connection).await
    }
}

const IN_UTC: &str = "1970-01-01";
const IN_NEW_YORK: &str = "1969-12-31";

fn new_york() -> Zone {
    "America/New_York".parse().expect("a zone")
}

impl TallyFixture {
    /// With a live generation that counts the days of New York.
    async fn in_new_york(history: &History) -> Self {
        let fixture = Self::new(history).await;
        ensure(&fixture.scratch.database, &[ByDay::view(false)], new_york()).await.expect("made");
        fixture
    }

    async fn bring_to_the_end(&self, view: View) {
        let mut worker = self.start_view(view);
        worker.reach(self.log.end());
        worker.at(self.log.end()).await;
        worker.kill().await;
    }

    /// The days that readers see.
    async fn days(&self) -> Vec<String> {
        self.scratch.lines("select distinct day::text from live.totals").await
    }

    async fn zones(&self) -> Vec<String> {
        let sql = "select generation || ' ' || state || ' ' || zone from registry.generations where view = 'by_day'
            order by generation";
        self.scratch.lines(sql).await
    }

    /// Makes generations with the days of a zone.
    fn setting(&self, zone: Zone, bulk: bool) -> Rebuilder<Added> {
        Rebuilder { zone, ..self.rebuilder(ByDay::view(bulk)) }
    }

    async fn check_totals(&self, history: &History) {
        let found = self.scratch.lines("select stream || ' ' || total from live.totals order by stream").await;
        let sums = history.sums(history.end());
        let expected: Vec<_> = sums.iter().filter_map(|line| line.rsplit_once(' ').map(|(sum, _)| sum)).collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_generation_keeps_the_zone_that_it_was_made_with() {
    let history = History::random(90, 200);
    let fixture = TallyFixture::in_new_york(&history).await;
    // Another setting makes no difference to what is there.
    ensure(&fixture.scratch.database, &[ByDay::view(false)], Zone::SEOUL).await.expect("nothing to do");
    fixture.bring_to_the_end(ByDay::view(false)).await;
    assert_eq!(fixture.days().await, [IN_NEW_YORK]);
    assert_eq!(fixture.zones().await, ["1 live America/New_York"]);
    fixture.check_totals(&history).await;
    let changed = sqlx::query("update registry.generations set zone = 'UTC' where view = 'by_day'");
    let refused = changed.execute(&fixture.scratch.pool).await.expect_err("a zone is for good").to_string();
    assert!(refused.contains("America/New_York"), "{refused}");
    let others = "select distinct zone from registry.generations where view = 'tally'";
    assert_eq!(fixture.scratch.lines(others).await, ["UTC"], "a view that counts no days");
    fixture.scratch.close().await;
}

#[tokio::test]
async fn a_rebuild_takes_the_zone_that_is_set_and_is_compared_by_all_but_the_days() {
    for bulk in [false, true] {
        let mut history = History::random(91, 200);
        let fixture = TallyFixture::in_new_york(&history).await;
        fixture.bring_to_the_end(ByDay::view(bulk)).await;
        let shop = fixture.setting(Zone::UTC, bulk);
        let made = shop.rebuild(&request(Until::Promoted)).await.expect("promoted");
        let found = made.comparison.expect("it was compared");
        assert_eq!((made.state, found.unexpected), ("live", 0), "{:#?}", found.shown);
        let remarks = found.remarks.join("; ");
        assert!(remarks.contains("the days of America/New_York, the new one those of UTC"), "{remarks}");
        assert!(remarks.contains("totals was compared added up over all days"), "{remarks}");
        assert_eq!(found.tables[0].sums[0].1, found.tables[0].sums[0].2);
        assert_eq!(fixture.days().await, [IN_UTC]);
        fixture.check_totals(&history).await;

        // What follows goes to each generation in its own days: to the new one, and to the old one when it is live again.
        history.commit(&[(1, "Added", "5"), (2, "Added", "7")]);
        fixture.log.extend(history.commits.last().cloned());
        fixture.bring_to_the_end(ByDay::view(bulk)).await;
        assert_eq!(fixture.days().await, [IN_UTC]);
        shop.rollback(None, &operator()).await.expect("rolled back");
        assert_eq!(fixture.days().await, [IN_NEW_YORK]);
        assert_eq!(fixture.zones().await, ["1 live America/New_York", "2 retired UTC"]);
        fixture.check_totals(&history).await;
        fixture.scratch.close().await;
    }
}

#[tokio::test]
async fn a_wrong_total_is_found_although_the_days_differ() {
    let history = History::random(92, 200);
    let fixture = TallyFixture::in_new_york(&history).await;
    fixture.bring_to_the_end(ByDay::view(false)).await;
    let one = "update by_day_g1.totals set total = total + 1 where stream = (select min(stream::text)::uuid from by_day_g1.totals)";
    sqlx::query(one).execute(&fixture.scratch.pool).await.expect("a wrong total");
    let made = fixture.setting(Zone::UTC, true).rebuild(&request(Until::Promoted)).await.expect("an answer");
    assert_eq!((made.state, made.comparison.expect("it was compared").unexpected), ("failed", 1));
    assert_eq!(fixture.days().await, [IN_NEW_YORK]);
    fixture.scratch.close().await;
}

#[tokio::test]
async fn an_interrupted_rebuild_does_not_go_on_in_another_zone() {
    let history = History::random(93, 200);
    let fixture = TallyFixture::in_new_york(&history).await;
    fixture.bring_to_the_end(ByDay::view(false)).await;
    fixture.setting(Zone::UTC, true).rebuild(&request(Until::Ready)).await.expect("ready");
    let other = fixture.setting(Zone::SEOUL, true);
    let refused = other.rebuild(&request(Until::Promoted)).await.expect_err("another zone");
    assert!(matches!(&refused, RebuildError::WrongState { generation: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("with the days of UTC"), "{refused}");
    let restart = RebuildRequest { restart: true, ..request(Until::Promoted) };
    other.rebuild(&restart).await.expect("promoted");
    assert_eq!(fixture.zones().await, ["1 retired America/New_York", "2 live Asia/Seoul"]);
    fixture.scratch.close().await;
}

#[tokio::test]
async fn parked_events_come_in_with_the_days_of_the_generation() {
    let mut history = History::random(94, 20);
    history.commit(&[(1, "Added", "13")]).commit(&[(2, "Added", "1")]);
    let fixture = TallyFixture::in_new_york(&history).await;
    let mut worker = fixture.start_view(ByDay::broken());
    worker.reach(history.end());
    worker.stuck().await;
    let thirteen = history.commits[20].first;
    let shop = fixture.setting(Zone::SEOUL, false);
    shop.park(&ParkWhat::Event(thirteen), &operator()).await.expect("parked");
    worker.at(history.end()).await;
    worker.kill().await;
    let retried = shop.retry_parked(None, &operator()).await.expect("retried");
    assert!(retried.iter().all(|key| key.error.is_none() && key.applied > 0), "{retried:?}");
    assert_eq!(fixture.days().await, [IN_NEW_YORK]);
    fixture.check_totals(&history).await;
    fixture.scratch.close().await;
}
