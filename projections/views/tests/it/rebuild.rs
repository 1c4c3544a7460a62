//! Every view, rebuilt from ranges of the log, against the oracle and the live one.

use std::sync::Arc;

use events::recorded::Event;
use projection_engine::{
    Comparison, Expected, Operator, Options, RebuildRequest, Rebuilder, Reporter, Until, testing::brisk,
};
use views::{Decoder, View};

use crate::{bank::Bank, fixture::ViewsFixture};

pub fn operator() -> Operator {
    Operator { who: "somebody".into(), reason: "a test".into(), origin: Default::default() }
}

/// To make a generation, compare and promote it.
pub fn request() -> RebuildRequest {
    RebuildRequest {
        until: Until::Promoted,
        expected: Expected::default(),
        restart: false,
        abandon_live: false,
        operator: operator(),
    }
}

impl ViewsFixture {
    pub fn rebuilder(&self, view: View) -> Rebuilder<Event> {
        Rebuilder {
            projection: view,
            zone: self.zone,
            database: self.scratch.database.clone().options([("role", "jangbu_projector")]),
            log: self.log.clone(),
            ranges: self.log.clone(),
            decoder: Arc::new(Decoder),
            settings: brisk(),
            options: Options { connections: 3, ..Options::default() },
            reporter: Reporter::default(),
        }
    }

    pub async fn rebuild(&self, view: View) -> Comparison {
        let name = view.name();
        let made = self.rebuilder(view).rebuild(&request()).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let comparison = made.comparison.expect("it was compared");
        assert_eq!(made.state, "live", "{name}: {:#?}", comparison.shown);
        comparison
    }
}

#[tokio::test]
async fn every_view_made_anew_is_the_same_and_goes_on() {
    for (seed, commits) in [(70, 1), (71, 40), (72, 400)] {
        let bank = Bank::busy(seed, commits);
        let fixture = ViewsFixture::new(&bank).await;
        // What the rebuild begins with is not the end.
        let middle = bank.commits[bank.commits.len() * 2 / 3].last();
        for position in [middle, bank.end()] {
            for view in views::all() {
                let mut worker = fixture.start(view.clone());
                worker.reach(position);
                worker.at(position).await;
                worker.kill().await;
                let comparison = fixture.rebuild(view.clone()).await;
                let all: Vec<_> = comparison.tables.iter().map(|table| table.table.as_str()).collect();
                for table in view.tables() {
                    assert!(all.contains(table), "{table} was not compared: {all:?}");
                }
                assert!(comparison.remarks.is_empty(), "{:?}", comparison.remarks);
            }
        }
        for mut worker in fixture.start_all() {
            worker.reach(bank.end());
            worker.at(bank.end()).await;
            worker.kill().await;
        }
        fixture.check(&bank, bank.end()).await;
        fixture.scratch.close().await;
    }
}
