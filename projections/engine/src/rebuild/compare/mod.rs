//! Holding a generation against the live one at the same position, before anybody sees it.

mod beside;
mod differ;
mod difference;
mod digest;
mod expected;
mod fingerprint;
pub(super) mod found;
mod tables;

use std::collections::BTreeSet;

use sqlx::PgConnection;

use self::{
    beside::beside,
    differ::differences,
    digest::Digest,
    tables::{Pair, Tables, pairs},
};
pub use self::{
    difference::{Change, Difference, Shape},
    expected::{Expectation, Expected},
    fingerprint::Fingerprint,
    found::{Comparison, TableComparison},
};
use super::{
    Phase, Rebuilder,
    error::{RebuildError, doing},
    session::{Generation, Session, connect_for_long},
};
use crate::{DayColumn, SumColumn, limits::awake, registry::run, status::Report};

/// The live generation, standing still in one snapshot.
pub(super) struct Frozen {
    connection: PgConnection,
    pub(super) live: Generation,
}

impl Frozen {
    /// Takes the snapshot; the position it shows is that of its tables.
    pub(super) async fn take(
        session: &mut Session,
        database: &sqlx::postgres::PgConnectOptions,
    ) -> Result<Self, RebuildError> {
        let mut connection = connect_for_long(database).await?;
        let begin = "begin isolation level repeatable read, read only".to_owned();
        run(&mut connection, begin).await.map_err(doing("taking a snapshot"))?;
        let mut frozen = Session { connection, view: session.view, right: None };
        let live = frozen.live().await?;
        Ok(Self { connection: frozen.connection, live })
    }
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Brings a generation exactly to where the live one stands in a snapshot, and holds them against each other.
    pub(super) async fn compare_at_one_position(
        &self,
        session: &mut Session,
        making: &Generation,
        expected: &Expected,
    ) -> Result<Comparison, RebuildError> {
        let mut frozen = self.freeze_level(session, making).await?;
        tasks::kill_point("comparing");
        let mut new = connect_for_long(&self.database).await?;
        let (live_schema, new_schema) = (frozen.live.schema.clone(), making.schema.clone());
        let newer = frozen.live.version < making.version;
        let expected = &if newer { expected.with_new(self.projection.new_columns()) } else { expected.clone() };
        let (zones, days) = self.days_apart(&frozen.live, making);
        let schemas = (live_schema.as_str(), new_schema.as_str());
        let Tables { pairs, remarks, odd } = pairs(&mut new, schemas, expected, days).await?;
        self.reporter.phase(Phase::Comparing, 0, pairs.len() as i64);
        let mut fingerprint = Fingerprint::default();
        odd.iter().for_each(|difference| fingerprint.add(difference));
        let mut comparison = Comparison {
            live: frozen.live.generation,
            new: making.generation,
            position: frozen.live.position,
            remarks: zones.into_iter().chain(remarks).collect(),
            unexpected: odd.len() as u64,
            fingerprint,
            shown: odd,
            ..Comparison::default()
        };
        for pair in &pairs {
            self.compare_table(&mut frozen.connection, &mut new, pair, expected, &mut comparison).await?;
            session.beat(making.generation).await?;
            self.reporter.add(1);
        }
        Ok(comparison)
    }

    /// What two generations of different zones cannot be compared by, and that it is so.
    fn days_apart(&self, live: &Generation, new: &Generation) -> (Option<String>, &'static [DayColumn]) {
        if live.zone == new.zone {
            return (None, &[]);
        }
        let remark = format!("the live generation counts the days of {}, the new one those of {}", live.zone, new.zone);
        (Some(remark), self.projection.day_columns())
    }

    /// A snapshot of the live generation at a position that the other one has been brought to.
    async fn freeze_level(&self, session: &mut Session, making: &Generation) -> Result<Frozen, RebuildError> {
        let report = Report::new(self.projection.name());
        let mut tries = 0;
        loop {
            let mut frozen = Frozen::take(session, &self.database).await?;
            let at = session.generation(making.generation).await?.position;
            if at == frozen.live.position {
                return Ok(frozen);
            }
            if at < frozen.live.position {
                let mut tail = self.tail(making.generation, &report).await?;
                let caught_up = awake(&mut frozen.connection, tail.to(frozen.live.position)).await;
                caught_up.map_err(doing("keeping the snapshot of the live generation"))??;
                if tail.position() == frozen.live.position {
                    return Ok(frozen);
                }
            }
            tries += 1;
            if tries > self.options.catch_up_tries {
                let new = session.generation(making.generation).await?.position;
                return Err(RebuildError::LiveBehind { live: frozen.live.position, new });
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    async fn compare_table(
        &self,
        live: &mut PgConnection,
        new: &mut PgConnection,
        pair: &Pair,
        expected: &Expected,
        comparison: &mut Comparison,
    ) -> Result<(), RebuildError> {
        let known = |column: &str| pair.columns.iter().any(|known| known == column);
        let wanted = self.projection.sums().iter().filter(|sum| sum.table == pair.table);
        let wanted: Vec<&SumColumn> = wanted.filter(|sum| known(sum.column) && sum.by.is_none_or(known)).collect();
        let digest_of_live = async |live: &mut PgConnection| Digest::of(live, &pair.live, &wanted).await;
        let (on_live, on_new) = beside(live, digest_of_live, Digest::of(new, &pair.new, &wanted)).await?;
        let buckets = on_live.differing(&on_new);
        let sums = on_live.sums(&on_new, &wanted);
        let mut explained = Explained::default();
        differences(live, new, pair, &buckets, |difference| {
            explained.by(&difference.change);
            comparison.add(difference, expected, self.options.shown);
        })
        .await?;
        // Equal digests with unequal sums cannot both be right.
        for sum in sums.iter().filter(|sum| sum.live != sum.new && !explained.column(&sum.column)) {
            let change = Change::Sum { of: sum.of.clone(), live: sum.live.clone(), new: sum.new.clone() };
            let difference = Difference { table: pair.table.clone(), key: String::new(), change };
            comparison.add(difference, expected, self.options.shown);
        }
        comparison.tables.push(TableComparison {
            table: pair.table.clone(),
            live_rows: on_live.rows(),
            new_rows: on_new.rows(),
            buckets: digest::BUCKETS,
            differing_buckets: buckets.len(),
            sums: sums.into_iter().map(|sum| (sum.of, sum.live, sum.new)).collect(),
        });
        Ok(())
    }
}

/// Which columns are known to differ in some row of a table.
#[derive(Default)]
struct Explained {
    /// Rows that only one generation has differ in every column.
    all: bool,
    columns: BTreeSet<String>,
}

impl Explained {
    fn by(&mut self, change: &Change) {
        match change {
            Change::Columns(columns) => self.columns.extend(columns.iter().map(|(column, ..)| column.clone())),
            Change::Missing | Change::Extra => self.all = true,
            Change::Shape { .. } | Change::Sum { .. } => {}
        }
    }

    fn column(&self, column: &str) -> bool {
        self.all || self.columns.contains(column)
    }
}

impl Comparison {
    /// Counts a difference, and keeps it if it is one of the first that nobody expected.
    fn add(&mut self, difference: Difference, expected: &Expected, shown: usize) {
        if expected.expects(&difference) {
            self.expected += 1;
            return;
        }
        self.unexpected += 1;
        self.fingerprint.add(&difference);
        if self.shown.len() < shown {
            self.shown.push(difference);
        }
    }
}
