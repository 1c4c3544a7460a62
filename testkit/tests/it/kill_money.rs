//! kill -9 at random, while holds and offers expire, orders catch up, and runs pay.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter::repeat_n,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use testkit::chaos::Part;
use uuid::Uuid;

use crate::{
    one_leader::leader,
    support::{
        Answer, EarlyTimers, Ledger, LogClock, TestApp, TestClient, eventually, fresh_key, money,
        payout::{PayoutRun, Row},
        people::post,
        rounds, verify,
    },
};

const TWO: [Part; 5] = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query];
const ORDERS: usize = 6;
const HOLDS: usize = 3;
const OFFERS: usize = 2;
const ROWS: usize = 2_000;
/// For so many days the bank stands still in each round: each order has missed as many runs.
const DAYS: usize = 3;

/// What is due, and who waits for it.
struct Work {
    service: TestClient,
    payer: TestClient,
    seller: TestClient,
    /// The number of an account of the seller.
    number: String,
    from: Uuid,
    to: Uuid,
    orders: Vec<Uuid>,
    runs: Vec<PayoutRun>,
    rounds: usize,
}

impl Work {
    /// Orders that pay each morning of all rounds, and a run.
    async fn begin(app: &mut TestApp, rounds: usize) -> Self {
        let (payer, from) = app.funded_member(10_000_000).await;
        let (seller, to) = app.funded_member(0).await;
        let opened = seller.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
        let (service, number) = (app.service(), opened.text("account_number"));
        let (orders, runs) = (Vec::new(), Vec::new());
        let mut work = Self { service, payer, seller, number, from, to, orders, runs, rounds };
        let schedule = json!({"every": "day", "time": "09:00", "zone": "UTC", "count": DAYS * rounds});
        for _ in 0..ORDERS {
            let body = json!({"source": from, "destination": to, "money": money("KRW", 10), "schedule": schedule});
            let placed = ask(&work.payer, "/v1/standing-orders", body).await;
            work.orders.push(placed.id("order_id"));
        }
        work
    }

    /// Holds and offers that expire before the next round, and a run if none is being paid.
    async fn add(&mut self, round: usize) {
        for _ in 0..HOLDS {
            let body = json!({"source": self.from, "money": money("KRW", 100), "expires_in": 3_600});
            ask(&self.payer, "/v1/holds", body).await;
        }
        for number in 0..OFFERS {
            let serial = format!("{round}-{number}");
            let minted = json!({"collection": "Kills", "serial": serial, "owner": self.number});
            let item = ask(&self.service, "/v1/items", minted).await.id("item_id");
            let price = money("KRW", 450);
            let body = json!({"item_id": item, "price": price, "destination": self.to, "expires_in": 3_600});
            ask(&self.seller, "/v1/offers", body).await;
        }
        let is_paying = match self.runs.last() {
            Some(run) => !run.is_finished().await,
            None => false,
        };
        if !is_paying {
            let name = format!("run-{}", self.runs.len());
            let rows: Vec<Row> = repeat_n((self.to, 10), ROWS).collect();
            let run = PayoutRun::start(&self.service, self.from, &name, &rows).await;
            self.runs.push(run);
        }
    }

    /// Waits until all of it is over.
    async fn is_done(&self, app: &TestApp) {
        let due = [
            ("StandingOrderRan", ORDERS * DAYS * self.rounds),
            ("HoldExpired", HOLDS * self.rounds),
            ("OfferExpired", OFFERS * self.rounds),
        ];
        for (kind, count) in due {
            eventually(kind, async || {
                let found = usize::try_from(app.count_events(kind).await).unwrap();
                if found >= count { Ok(()) } else { Err(format!("{found} of {count}")) }
            })
            .await;
        }
        for run in &self.runs {
            let done = run.finished().await;
            assert_eq!((done.number("posted"), done.number("refused")), (ROWS as i64, 0));
            assert_eq!(done.text("paid"), (10 * ROWS).to_string());
        }
    }

    /// Each of it happened once, by the log.
    fn check(&self, ledger: &Ledger, first: DateTime<Utc>) {
        let days = i32::try_from(DAYS * self.rounds).unwrap();
        let due: BTreeSet<DateTime<Utc>> = (0..days).map(|day| first + TimeDelta::days(1) * day).collect();
        for order in &self.orders {
            let order = &ledger.agreements.orders[order];
            let ran: BTreeSet<DateTime<Utc>> = order.runs.keys().copied().collect();
            assert_eq!((order.next_at, &ran), (None, &due));
        }
        // That each ends once, the fold of the log has checked.
        assert_eq!(ledger.holds.len(), HOLDS * self.rounds);
        assert!(ledger.holds.values().all(|hold| (hold.captured, hold.released) == (0, 100)));
        assert_eq!(ledger.agreements.items.len(), OFFERS * self.rounds);
        let is_back = |owner: Uuid, offer: Option<Uuid>| owner == self.seller.id && offer.is_none();
        assert!(ledger.agreements.items.values().all(|item| is_back(item.owner, item.offer)));

        let mut paid: BTreeMap<&str, usize> = BTreeMap::new();
        for posted in ledger.posted.values().filter(|posted| posted.kind == "payout") {
            *paid.entry(posted.memo.as_deref().unwrap_or_default()).or_default() += 1;
        }
        for run in &self.runs {
            for row in 1..=ROWS {
                assert_eq!(paid.remove(run.memo(row).as_str()), Some(1), "{}", run.memo(row));
            }
        }
        assert!(paid.is_empty(), "paid, but in no table: {paid:?}");
        let moved = 10 * (ORDERS * DAYS * self.rounds + ROWS * self.runs.len());
        assert_eq!(ledger.accounts[&self.to].balance, moved as i128);
        assert_eq!(ledger.accounts[&self.from].balance, 10_000_000 - moved as i128);
    }
}

/// Asks for something to be made, again under the same key where a server was away.
async fn ask(client: &TestClient, path: &str, body: Value) -> Answer {
    post(client, path, &fresh_key(), &body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_what_is_due_happens_once() {
    let start: DateTime<Utc> = "2027-06-10T08:00:00Z".parse().unwrap();
    let settings = [("JANGBU_PAYOUT_BATCH", "10"), ("JANGBU_PAYOUT_SHARE", "0.25")];
    let mut app = TestApp::start_with(&[], &settings).await;
    let mut clock = LogClock::take_over(&app, start).await;
    app.bank.start(&TWO).await.unwrap();
    let timers = EarlyTimers::start(&app).await;
    let mut random = SmallRng::seed_from_u64(39);
    let mut work = Work::begin(&mut app, rounds(6)).await;
    let mut now = start;
    for round in 0..work.rounds {
        work.add(round).await;
        // Each part has its turn; the order within four rounds is chance.
        let (leading, following) = leader(&mut app).await;
        let parts = [Part::Command(leading), Part::Command(following), Part::Relay, Part::Projector];
        let part = parts[(round + random.random_range(0..2)) % parts.len()];
        now += TimeDelta::days(1) * i32::try_from(DAYS).unwrap();
        clock.set(now).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..900))).await;
        app.bank.kill(part).unwrap();
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        app.bank.start(&[part]).await.unwrap();
    }
    work.is_done(&app).await;
    drop(timers);
    assert_eq!(clock.steps_back().await, 0);
    println!("{} rounds, {} runs of {ROWS} rows", work.rounds, work.runs.len());
    let ledger = verify(app).await;
    work.check(&ledger, start + TimeDelta::hours(1));
}
