//! The log's clock jumps, stands still, and lives through the nights on which clocks are set.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use kernel::Role;
use serde_json::{Value, json};
use testkit::chaos::Part;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Answer, EarlyTimers, LogClock, TestApp, TestClient, count_on, eventually, money, verify};

const TWO: [Part; 5] = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query];

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

fn time_in(answer: &Answer, field: &str) -> DateTime<Utc> {
    time(&answer.text(field))
}

/// A bank with two command servers whose log shows this time.
async fn start_at(now: DateTime<Utc>) -> (TestApp, LogClock) {
    let mut app = TestApp::start(&[]).await;
    let mut clock = LogClock::take_over(&app, now).await;
    app.bank.start(&TWO).await.unwrap();
    // However long the processes took to start.
    clock.set(now).await;
    (app, clock)
}

fn order(source: Uuid, destination: Uuid, schedule: Value) -> Value {
    json!({"source": source, "destination": destination, "money": money("KRW", 100), "schedule": schedule})
}

/// An order that pays once.
async fn once(payer: &TestClient, (source, destination): (Uuid, Uuid), at: DateTime<Utc>) -> Uuid {
    let schedule = json!({"at": at.to_rfc3339_opts(SecondsFormat::Micros, true)});
    payer.post("/v1/standing-orders", order(source, destination, schedule)).await.expect(201).id("order_id")
}

async fn hold(payer: &TestClient, source: Uuid, expires_in: u32) -> Answer {
    let body = json!({"source": source, "money": money("KRW", 100), "expires_in": expires_in});
    payer.post("/v1/holds", body).await.expect(201)
}

/// A limit of one account in a day of a zone, for transfers.
async fn limit(app: &mut TestApp, name: &str, (account, most, zone): (Uuid, u64, &str)) {
    let per_day = json!({"amount": most.to_string()});
    let body = json!({"asset": "KRW", "kinds": ["transfer"], "everyone": false, "per_day": per_day, "zone": zone});
    let operator = app.operator();
    operator.put(&format!("/v1/limits/{name}"), body).await.expect(200);
    operator.put(&format!("/v1/accounts/{account}/limits"), json!({"names": [name]})).await.expect(200);
}

/// Waits until the log has so many events of a type.
pub async fn wait_for(app: &TestApp, kind: &str, count: i64) {
    eventually(kind, async || {
        let found = app.count_events(kind).await;
        if found >= count { Ok(()) } else { Err(format!("{found} of {count}")) }
    })
    .await;
}

/// Somebody with a limit of 300 in a day of universal time.
struct Spender {
    clients: [TestClient; 2],
    from: Uuid,
    to: Uuid,
}

impl Spender {
    async fn new(app: &mut TestApp) -> Self {
        let (client, from) = app.funded_member(10_000).await;
        let (_, to) = app.funded_member(0).await;
        limit(app, "daily", (from, 300, "UTC")).await;
        Self { clients: [0, 1].map(|server| app.client_at(server, Role::Member, client.id)), from, to }
    }

    /// Pays ten again and again at both servers; how often it could be paid.
    async fn spend(&self, resets_at: &str) -> usize {
        let mut at_once = JoinSet::new();
        for number in 0..40 {
            let (client, from, to) = (self.clients[number % 2].clone(), self.from, self.to);
            at_once.spawn(async move { client.transfer(from, to, 10).await });
        }
        let (paid, refused): (Vec<_>, Vec<_>) = at_once.join_all().await.into_iter().partition(|a| a.status == 201);
        for answer in refused {
            let refused = answer.expect_problem(422, "limit-exceeded");
            assert_eq!((refused.text("remaining"), time_in(&refused, "resets_at")), ("0".into(), time(resets_at)));
        }
        paid.len()
    }
}

/// An hour forward, back, and forward, over the end of a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_loses_no_run_doubles_none_and_counts_in_one_window() {
    const TODAY: &str = "2027-06-16T00:00:00Z";
    const TOMORROW: &str = "2027-06-17T00:00:00Z";
    let start = time("2027-06-15T23:30:00Z");
    let (mut app, mut clock) = start_at(start).await;
    let spender = Spender::new(&mut app).await;
    let (payer, from) = app.funded_member(10_000).await;
    let (_, to) = app.funded_member(0).await;
    let mut due: Vec<DateTime<Utc>> = (1..=12).map(|number| start + minutes(10 * number)).collect();
    let mut orders = Vec::new();
    for at in &due {
        orders.push(once(&payer, (from, to), *at).await);
    }
    for seconds in [600, 1_200, 1_800, 3_600, 5_400] {
        hold(&payer, from, seconds).await;
    }
    let timers = EarlyTimers::start(&app).await;
    assert_eq!(spender.spend(TODAY).await, 30);
    clock.is_too_early(orders[0], Some(due[0])).await;
    assert_eq!((app.count_events("StandingOrderRan").await, app.count_events("HoldExpired").await), (0, 0));

    // Forward: half of the orders are due, four holds have expired, and it is the next day.
    clock.set(start + minutes(65)).await;
    wait_for(&app, "StandingOrderRan", 6).await;
    wait_for(&app, "HoldExpired", 4).await;
    assert_eq!(spender.spend(TOMORROW).await, 30);

    // Back: the time of the log stands still, and the day before does not come again.
    clock.set(start).await;
    assert_eq!(spender.spend(TOMORROW).await, 0);
    due.push(start + minutes(75));
    orders.push(once(&payer, (from, to), due[12]).await);
    let late = hold(&payer, from, 60).await;
    assert!(time_in(&late, "recorded_at") >= start + minutes(65), "{}", late.body);
    clock.is_too_early(orders[12], Some(due[12])).await;
    clock.is_too_early(late.id("hold_id"), None).await;
    assert_eq!((app.count_events("StandingOrderRan").await, app.count_events("HoldExpired").await), (6, 4));

    // Forward: everything else is due.
    clock.set(start + minutes(121)).await;
    wait_for(&app, "StandingOrderRan", 13).await;
    wait_for(&app, "HoldExpired", 6).await;
    clock.set(start + minutes(30)).await;
    assert_eq!(spender.spend(TOMORROW).await, 0);
    drop(timers);
    assert_eq!(clock.steps_back().await, 0);
    let ledger = verify(app).await;
    for (order, due) in orders.iter().zip(due) {
        let order = &ledger.agreements.orders[order];
        assert_eq!((order.next_at, order.runs.keys().copied().collect::<Vec<_>>()), (None, vec![due]));
    }
    assert!(ledger.holds.values().all(|hold| (hold.captured, hold.released) == (0, 100)), "{:?}", ledger.holds);
    assert_eq!(ledger.accounts[&from].balance, 10_000 - 13 * 100);
    assert_eq!(ledger.accounts[&spender.from].balance, 10_000 - 2 * 300);
}

/// The clocks of the servers are ahead of the log's, and then behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_expires_does_so_by_the_logs_clock() {
    let start = time("2027-06-15T12:00:00Z");
    let (mut app, mut clock) = start_at(start).await;
    let (payer, from) = app.funded_member(10_000).await;
    let (payee, to) = app.funded_member(0).await;
    let dollars = payer.open("USD").await;
    let (service, operator) = (app.service(), app.operator());
    let number = payee.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number");
    let minted = json!({"collection": "Clocks", "serial": "1", "owner": number});
    let item = service.post("/v1/items", minted).await.expect(201).id("item_id");
    operator.put("/v1/rates/KRW/USD", json!({"rate": "0.001", "valid_for": 300})).await.expect(200);

    let held = hold(&payer, from, 300).await.id("hold_id");
    let offered = json!({"item_id": item, "price": money("KRW", 10), "destination": to, "expires_in": 300});
    let offer = payee.post("/v1/offers", offered).await.expect(201).id("offer_id");
    let code = payer.post("/v1/payment-codes", json!({"source": from})).await.expect(201).text("code");
    let quote = json!({"source": from, "destination": dollars, "pay": "1000"});
    let quoted = payer.post("/v1/exchanges/quotes", quote.clone()).await.expect(201).id("quote_id");

    // The process tries, and is told that it is too early.
    clock.is_too_early(held, None).await;
    clock.is_too_early(offer, None).await;
    let capture = format!("/v1/holds/{held}/capture");
    let part = json!({"money": money("KRW", 1), "destination": to, "final": false});
    service.post(&capture, part.clone()).await.expect(201);

    // Whatever the processes have recorded by then.
    clock.set(start + minutes(10)).await;
    service.post(&capture, part).await.expect_problem(422, "hold-expired");
    service.post(&format!("/v1/holds/{held}/release"), json!({})).await.expect_problem(422, "hold-expired");
    payer
        .post(&format!("/v1/offers/{offer}/accept"), json!({"source": from}))
        .await
        .expect_problem(422, "offer-expired");
    payee.delete(&format!("/v1/offers/{offer}")).await.expect_problem(422, "offer-expired");
    let charge = json!({"code": code, "destination": to, "money": money("KRW", 1), "reference": "late"});
    service.post("/v1/charges", charge).await.expect_problem(422, "payment-code-invalid");
    payer.post("/v1/exchanges", json!({"quote_id": quoted})).await.expect_problem(422, "quote-expired");
    payer.post("/v1/exchanges/quotes", quote).await.expect_problem(422, "rate-unknown");
    wait_for(&app, "HoldExpired", 1).await;
    wait_for(&app, "OfferExpired", 1).await;
    assert_eq!(clock.steps_back().await, 0);
    let ledger = verify(app).await;
    assert_eq!((ledger.accounts[&from].balance, ledger.accounts[&from].held), (9_999, 0));
}

/// A day on which the clocks of a zone are set: an order is due at a time that they leave out, or show twice.
struct Night {
    name: &'static str,
    zone: &'static str,
    date: &'static str,
    time: &'static str,
    /// When the day begins.
    since: &'static str,
    /// When the run of the day is due.
    due: &'static str,
    /// When the day ends.
    until: &'static str,
    /// How long it is.
    minutes: i64,
    /// When the run of the next day is due.
    next: &'static str,
}

/// In the order of time: the time of a log never goes back.
const FORWARD: [Night; 4] = [
    Night {
        name: "new-york-forward",
        zone: "America/New_York",
        date: "2027-03-14",
        time: "02:30",
        since: "2027-03-14T05:00:00Z",
        due: "2027-03-14T07:00:00Z",
        until: "2027-03-15T04:00:00Z",
        minutes: 1_380,
        next: "2027-03-15T06:30:00Z",
    },
    Night {
        name: "berlin-forward",
        zone: "Europe/Berlin",
        date: "2027-03-28",
        time: "02:30",
        since: "2027-03-27T23:00:00Z",
        due: "2027-03-28T01:00:00Z",
        until: "2027-03-28T22:00:00Z",
        minutes: 1_380,
        next: "2027-03-29T00:30:00Z",
    },
    // There is no midnight: the day begins at one o'clock.
    Night {
        name: "cairo-forward",
        zone: "Africa/Cairo",
        date: "2027-04-30",
        time: "00:30",
        since: "2027-04-29T22:00:00Z",
        due: "2027-04-29T22:00:00Z",
        until: "2027-04-30T21:00:00Z",
        minutes: 1_380,
        next: "2027-04-30T21:30:00Z",
    },
    // By half an hour.
    Night {
        name: "lord-howe-forward",
        zone: "Australia/Lord_Howe",
        date: "2027-10-03",
        time: "02:15",
        since: "2027-10-02T13:30:00Z",
        due: "2027-10-02T15:30:00Z",
        until: "2027-10-03T13:00:00Z",
        minutes: 1_410,
        next: "2027-10-03T15:15:00Z",
    },
];

const BACK: [Night; 4] = [
    Night {
        name: "lord-howe-back",
        zone: "Australia/Lord_Howe",
        date: "2027-04-04",
        time: "01:45",
        since: "2027-04-03T13:00:00Z",
        due: "2027-04-03T14:45:00Z",
        until: "2027-04-04T13:30:00Z",
        minutes: 1_470,
        next: "2027-04-04T15:15:00Z",
    },
    // Midnight comes an hour later: the last hour of the day is shown twice.
    Night {
        name: "cairo-back",
        zone: "Africa/Cairo",
        date: "2027-10-28",
        time: "23:30",
        since: "2027-10-27T21:00:00Z",
        due: "2027-10-28T20:30:00Z",
        until: "2027-10-28T22:00:00Z",
        minutes: 1_500,
        next: "2027-10-29T21:30:00Z",
    },
    Night {
        name: "berlin-back",
        zone: "Europe/Berlin",
        date: "2027-10-31",
        time: "02:30",
        since: "2027-10-30T22:00:00Z",
        due: "2027-10-31T00:30:00Z",
        until: "2027-10-31T23:00:00Z",
        minutes: 1_500,
        next: "2027-11-01T01:30:00Z",
    },
    Night {
        name: "new-york-back",
        zone: "America/New_York",
        date: "2027-11-07",
        time: "01:30",
        since: "2027-11-07T04:00:00Z",
        due: "2027-11-07T05:30:00Z",
        until: "2027-11-08T05:00:00Z",
        minutes: 1_500,
        next: "2027-11-08T06:30:00Z",
    },
];

/// Somebody with an order and a limit of 500 in a day, both by the clocks of a zone.
struct Sleeper {
    client: TestClient,
    from: Uuid,
    to: Uuid,
}

impl Sleeper {
    async fn new(app: &mut TestApp, night: &Night) -> Self {
        let (client, from) = app.funded_member(10_000).await;
        let (_, to) = app.funded_member(0).await;
        limit(app, night.name, (from, 500, night.zone)).await;
        Self { client, from, to }
    }

    async fn places(&self, night: &Night) -> Answer {
        let schedule = json!({"every": "day", "time": night.time, "zone": night.zone, "from": night.date});
        self.client.post("/v1/standing-orders", order(self.from, self.to, schedule)).await.expect(201)
    }

    async fn pays(&self, amount: u64) {
        self.client.transfer(self.from, self.to, amount).await.expect(201);
    }

    /// So much is too much for the day, of which so much is left.
    async fn is_stopped(&self, amount: u64, left: u64, resets_at: DateTime<Utc>) {
        let refused = self.client.transfer(self.from, self.to, amount).await.expect_problem(422, "limit-exceeded");
        assert_eq!((refused.text("window"), refused.text("remaining")), ("day".into(), left.to_string()));
        assert_eq!(time_in(&refused, "resets_at"), resets_at);
    }

    /// When the runs of an order were due that were posted, once there are so many.
    async fn runs(&self, order: Uuid, count: usize) -> Vec<DateTime<Utc>> {
        eventually("the order was carried out", async || {
            let seen = self.client.get(&format!("/v1/standing-orders/{order}")).await;
            let runs: Vec<Value> = seen.body["runs"].as_array().cloned().unwrap_or_default();
            if runs.len() < count {
                return Err(seen.body.to_string());
            }
            assert!(runs.iter().all(|run| run["status"] == "posted"), "{}", seen.body);
            Ok(runs.iter().rev().map(|run| time(run["due_at"].as_str().unwrap())).collect())
        })
        .await
    }
}

/// The night, from ten minutes before the day begins to the run of the next day.
async fn live_through(app: &mut TestApp, clock: &mut LogClock, night: &Night) {
    let [since, due, until, next] = [night.since, night.due, night.until, night.next].map(time);
    let second = TimeDelta::seconds(1);
    assert_eq!(until - since, minutes(night.minutes), "{}", night.name);
    clock.set(since - minutes(10)).await;
    let sleeper = Sleeper::new(app, night).await;
    // The day before ends when this one begins.
    sleeper.pays(500).await;
    sleeper.is_stopped(1, 0, since).await;
    let placed = sleeper.places(night).await;
    let order = placed.id("order_id");
    assert_eq!(time_in(&placed, "next_at"), due, "{}: {}", night.name, placed.body);
    clock.is_too_early(order, Some(due)).await;
    assert_eq!(count_on(app, order, "StandingOrderRan").await, 0);

    clock.set(since + second).await;
    sleeper.pays(300).await;
    clock.set(due + second).await;
    assert_eq!(sleeper.runs(order, 1).await, [due], "{}", night.name);
    // Clocks that were set back show the time of the order again.
    clock.set(due + minutes(60)).await;
    clock.is_too_early(order, Some(next)).await;
    assert_eq!(count_on(app, order, "StandingOrderRan").await, 1, "{}", night.name);
    sleeper.is_stopped(101, 100, until).await;
    clock.set(until - minutes(1)).await;
    sleeper.is_stopped(101, 100, until).await;

    clock.set(until + second).await;
    sleeper.pays(400).await;
    clock.set(next + second).await;
    assert_eq!(sleeper.runs(order, 2).await, [due, next], "{}", night.name);
    sleeper.client.delete(&format!("/v1/standing-orders/{order}")).await.expect(200);
}

async fn live_through_all(nights: &[Night]) {
    let (mut app, mut clock) = start_at(time("2027-03-01T00:00:00Z")).await;
    for night in nights {
        live_through(&mut app, &mut clock, night).await;
    }
    assert_eq!(clock.steps_back().await, 0);
    let ledger = verify(app).await;
    assert!(ledger.agreements.orders.values().all(|order| order.runs.len() == 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_is_too_short_has_one_run_and_one_window() {
    live_through_all(&FORWARD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_is_too_long_has_one_run_and_one_window() {
    live_through_all(&BACK).await;
}
