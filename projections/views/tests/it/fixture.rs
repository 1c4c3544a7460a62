//! A views database with every view, and a log.

use std::{collections::HashSet, sync::Arc};

use events::recorded::Event;
use kernel::{LogId, Position, Zone};
use log::Commit;
use projection_engine::{
    Slice, ensure,
    testing::{MemoryLog, Post, Scratch, Worker, brisk},
};
use uuid::Uuid;
use views::{Decoder, View};

use crate::{bank::Bank, oracle};

pub struct ViewsFixture {
    pub scratch: Scratch,
    pub log: Arc<MemoryLog>,
    /// Whose days new generations count.
    pub zone: Zone,
}

impl ViewsFixture {
    pub async fn new(bank: &Bank) -> Self {
        Self::in_zone(Zone::SEOUL, bank).await
    }

    /// With the days of another zone.
    pub async fn in_zone(zone: Zone, bank: &Bank) -> Self {
        let scratch = Scratch::new().await;
        ensure(&scratch.database, &views::all(), zone).await.expect("generation 1");
        let log = Arc::new(MemoryLog::new(LogId::new(Uuid::from_u128(1)), bank.commits.clone()));
        Self { scratch, log, zone }
    }

    /// Starts one view, by its role alone.
    pub fn start(&self, view: View) -> Worker<Event> {
        let database = self.scratch.database.clone().options([("role", "jangbu_projector")]);
        Worker::start(view, &database, self.log.clone(), Arc::new(Decoder), brisk())
    }

    /// Starts every view.
    pub fn start_all(&self) -> Vec<Worker<Event>> {
        views::all().into_iter().map(|view| self.start(view)).collect()
    }

    pub fn slice(&self, commits: &[Commit]) -> Arc<Slice<Event>> {
        Post::of(&self.log).slice(commits, &Decoder)
    }

    /// Checks that every table is what the oracle says at a position.
    pub async fn check(&self, bank: &Bank, position: Position) {
        let expected = oracle::tables(&bank.commits, position, self.zone);
        let names: Vec<_> = expected.iter().map(|table| table.name).collect();
        let shown: Vec<_> = views::all().iter().flat_map(|view| view.tables()).copied().collect();
        assert_eq!(names, shown, "the oracle has an expectation for each table of each view");
        for table in expected {
            same(table.name, &self.scratch.lines(table.select).await, &table.lines);
        }
        let unbalanced =
            self.scratch.lines("select asset from live.asset_totals where member_sum + system_sum <> 0").await;
        assert!(unbalanced.is_empty(), "these do not add up to zero: {unbalanced:?}");
    }
}

fn same(table: &str, found: &[String], expected: &[String]) {
    let (have, want): (HashSet<_>, HashSet<_>) = (found.iter().collect(), expected.iter().collect());
    let extra: Vec<_> = found.iter().filter(|line| !want.contains(line)).take(5).collect();
    let missing: Vec<_> = expected.iter().filter(|line| !have.contains(line)).take(5).collect();
    assert!(
        found.len() == expected.len() && extra.is_empty() && missing.is_empty(),
        "{table}: {} rows, expected {}\n found but wrong: {extra:#?}\n expected: {missing:#?}",
        found.len(),
        expected.len()
    );
}
