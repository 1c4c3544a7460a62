//! Events that this program cannot read, taken aside until it can.

use std::{sync::Arc, time::Duration};

use events::recorded;
use kernel::{Position, StreamId, Version};
use projection_engine::{Decode, ParkWhat, testing::Worker, testing::brisk};
use views::{Decoder, View};

use crate::{bank::Bank, fixture::ViewsFixture, rebuild::operator};

/// Cannot read one event.
struct Blind(StreamId, Version);

impl Decode for Blind {
    type Event = recorded::Event;

    fn decode(&self, event: &log::Event) -> Result<recorded::Event, String> {
        if (event.stream, event.version) == (self.0, self.1) {
            return Err("it is dark".into());
        }
        Decoder.decode(event)
    }
}

/// The first event of a type in the later half of a history, and its position.
fn some(bank: &Bank, event_type: &str) -> (StreamId, Version, Position) {
    let later = &bank.commits[bank.commits.len() / 3..];
    let mut all = later.iter().flat_map(|commit| commit.positioned());
    let (position, event) = all.find(|(_, event)| event.event_type == event_type).expect("one");
    (event.stream, event.version, position)
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_comes_in_later_in_order() {
    for event_type in [
        "AccountCredited",
        "TransferPosted",
        "AccountOpened",
        "AccountFrozen",
        "AccountFundsHeld",
        "HoldPlaced",
        "AccountLimitsAssigned",
        "LimitSet",
        "ItemTransferred",
        "OfferOpened",
        "StandingOrderRan",
        "PayoutRunStarted",
        "PayoutRowsAdded",
        "PayoutRowsPaid",
    ] {
        let bank = Bank::busy(80, 300);
        let fixture = ViewsFixture::new(&bank).await;
        let (stream, version, position) = some(&bank, event_type);
        let mut parked = 0;
        for view in views::all() {
            parked += pass(&fixture, &bank, view, &Arc::new(Blind(stream, version)), position).await;
        }
        assert!(parked > 0, "nothing stopped at {event_type}");
        fixture.check(&bank, bank.end()).await;
        let left = fixture.scratch.lines("select key from registry.parked_keys").await;
        assert!(left.is_empty(), "{left:?}");
        fixture.scratch.close().await;
    }
}

/// Brings a view to the end with a program that cannot read an event, parking what stops it; then fixes the program.
async fn pass(fixture: &ViewsFixture, bank: &Bank, view: View, blind: &Arc<Blind>, position: Position) -> usize {
    let name = view.name();
    let database = fixture.scratch.database.clone().options([("role", "jangbu_projector")]);
    let worker = Worker::start(view.clone(), &database, fixture.log.clone(), blind.clone(), brisk());
    let mut shop = fixture.rebuilder(view);
    shop.decoder = blind.clone();
    worker.reach(bank.end());
    let mut parked = 0;
    while let Some(at) = stuck_or_done(fixture, &worker, name, bank.end()).await {
        let commit = bank.commits.iter().find(|commit| commit.last() >= position).expect("it is there");
        assert!(commit.first <= at && at <= commit.last(), "{name} stuck at {at}, not in the commit of {position}");
        let keys = shop.park(&ParkWhat::Event(at), &operator()).await.expect("parked");
        parked += keys.len();
        assert!(parked < 10, "{name}: parking does not help");
    }
    worker.kill().await;
    if parked > 0 {
        let still = shop.retry_parked(None, &operator()).await.expect("an answer");
        assert!(still.iter().any(|key| key.error.is_some()), "{name}: nothing was fixed: {still:?}");
        shop.decoder = Arc::new(Decoder);
        let retried = shop.retry_parked(None, &operator()).await.expect("applied");
        assert!(retried.iter().all(|key| key.error.is_none()), "{name}: {retried:?}");
    }
    parked
}

/// The event at which the view stands still; none once it is at the end.
async fn stuck_or_done(
    fixture: &ViewsFixture,
    worker: &Worker<recorded::Event>,
    view: &str,
    end: Position,
) -> Option<Position> {
    for _ in 0..2000 {
        if worker.status().position >= end {
            return None;
        }
        let stuck = fixture
            .scratch
            .lines("select view || ':' || error_position from registry.live_positions where state = 'stuck'")
            .await;
        // An event that is parked already is not what stops it now.
        let parked = fixture.scratch.lines("select view || ':' || position from registry.parked_keys").await;
        let found = stuck.iter().find(|line| line.starts_with(&format!("{view}:")) && !parked.contains(line));
        if let Some(at) = found.and_then(|line| line.rsplit(':').next()?.parse().ok()) {
            return Some(Position::new(at));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{view} neither goes on nor is stuck: {:?}", worker.status());
}
