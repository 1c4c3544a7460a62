//! Two who want the same money or the same thing at the same moment, at two servers: one of them gets it.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures::future::join_all;
use kernel::{Clock, Role, SystemClock};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::{app::all_items, chaos::Part};
use uuid::Uuid;

use crate::support::{
    Answer, EarlyTimers, Ledger, LogClock, TestApp, TestClient, count_on, eventually, fresh_key, money,
    payout::PayoutRun,
    people::{By, Insider, Newcomer},
    rounds, verify,
};

const TWO: [Part; 5] = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query];

/// A command of somebody; a `DELETE` if there is no body.
struct Request {
    client: TestClient,
    path: String,
    body: Option<Value>,
    after: Duration,
}

impl Request {
    fn post(client: &TestClient, path: impl Into<String>, body: Value) -> Self {
        Self { client: client.clone(), path: path.into(), body: Some(body), after: Duration::ZERO }
    }

    fn delete(client: &TestClient, path: impl Into<String>) -> Self {
        Self { client: client.clone(), path: path.into(), body: None, after: Duration::ZERO }
    }

    /// Sent within so many milliseconds.
    fn within(self, random: &mut SmallRng, millis: u64) -> Self {
        Self { after: Duration::from_millis(random.random_range(0..millis)), ..self }
    }

    async fn send(self) -> Answer {
        tokio::time::sleep(self.after).await;
        match self.body {
            Some(body) => self.client.post(&self.path, body).await,
            None => self.client.delete(&self.path).await,
        }
    }
}

/// Sends all of them at the same time; the answers, in the order of the requests.
async fn at_once(requests: Vec<Request>) -> Vec<Answer> {
    let sent: Vec<_> = requests.into_iter().map(|request| tokio::spawn(request.send())).collect();
    join_all(sent).await.into_iter().map(Result::unwrap).collect()
}

/// Somebody at both command servers.
fn at_both(app: &mut TestApp, role: Role, id: Uuid) -> [TestClient; 2] {
    [0, 1].map(|server| app.client_at(server, role, id))
}

/// Every one of these was refused with one of the codes.
#[track_caller]
fn are_refused<'a>(answers: impl IntoIterator<Item = &'a Answer>, codes: &[&str]) {
    for answer in answers {
        assert!(answer.status == 422 && codes.contains(&answer.code()), "{}: {}", answer.status, answer.body);
    }
}

fn amount(body: &Value) -> u64 {
    body["amount"].as_str().unwrap_or_else(|| panic!("no amount: {body}")).parse().unwrap()
}

/// A bank with two command servers whose log shows noon.
async fn start_at_noon() -> (TestApp, LogClock) {
    let mut app = TestApp::start(&[]).await;
    let clock = LogClock::take_over(&app, "2027-06-15T12:00:00Z".parse().unwrap()).await;
    app.bank.start(&TWO).await.unwrap();
    (app, clock)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_a_release_and_the_expiry_of_a_hold_end_it_once() {
    let (mut app, mut clock) = start_at_noon().await;
    let timers = EarlyTimers::start(&app).await;
    let mut random = SmallRng::seed_from_u64(31);
    let (payer, from) = app.funded_member(10_000).await;
    let (payee, to) = app.funded_member(0).await;
    let payees = at_both(&mut app, Role::Member, payee.id);
    for round in 0..rounds(6) {
        let body = json!({"source": from, "destination": to, "money": money("KRW", 100), "expires_in": 60});
        let placed = payer.post("/v1/holds", body).await.expect(201);
        let (hold, expires_at): (_, DateTime<Utc>) = (placed.id("hold_id"), placed.text("expires_at").parse().unwrap());
        let path = |verb: &str| format!("/v1/holds/{hold}/{verb}");
        let part = json!({"money": money("KRW", 10), "final": false});
        let parts = (0..4).map(|number| Request::post(&payees[number % 2], path("capture"), part.clone()));
        let ends = [("capture", round), ("release", round + 1)];
        let ends = ends.map(|(verb, server)| Request::post(&payees[server % 2], path(verb), json!({})));
        let requests = parts.chain(ends).map(|request| request.within(&mut random, 800)).collect();
        clock.set(expires_at - TimeDelta::milliseconds(400)).await;
        let answers = at_once(requests).await;
        let over = eventually("the hold is over", async || {
            let seen = payer.get(&format!("/v1/holds/{hold}")).await;
            let is_over = seen.status == 200 && seen.body["status"] != "active";
            if is_over { Ok(seen) } else { Err(seen.body.to_string()) }
        })
        .await;

        let [captured, released, remaining] =
            ["captured", "released", "remaining"].map(|field| over.text(field).parse::<u64>().unwrap());
        assert_eq!((captured + released, remaining), (100, 0), "{}", over.body);
        let (parts, ends) = answers.split_at(4);
        let expiries = count_on(&app, hold, "HoldExpired").await;
        let (capture, release) = (ends[0].status == 201, ends[1].status == 200);
        assert_eq!(i64::from(capture) + i64::from(release) + expiries, 1, "{answers:?}");
        let status = if capture {
            "captured"
        } else if release {
            "released"
        } else {
            "expired"
        };
        assert_eq!(over.text("status"), status);
        let paid = parts.iter().chain(&ends[..1]).filter(|answer| answer.status == 201);
        assert_eq!(paid.map(|answer| amount(&answer.body["money"])).sum::<u64>(), captured);
        are_refused(answers.iter().filter(|answer| answer.status >= 300), &["hold-not-active", "hold-expired"]);
        println!("round {round}: {status}, {captured} of 100 were paid");
    }
    drop(timers);
    let ledger = verify(app).await;
    assert!(ledger.holds.values().all(|hold| hold.remaining() == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_is_accepted_or_cancelled() {
    let mut app = TestApp::start(&TWO).await;
    let mut random = SmallRng::seed_from_u64(32);
    let (seller, to) = app.funded_member(0).await;
    let (buyer, from) = app.funded_member(100_000).await;
    let number = seller.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201).text("account_number");
    let (sellers, buyers) = (at_both(&mut app, Role::Member, seller.id), at_both(&mut app, Role::Member, buyer.id));
    let (service, mut sold, mut kept) = (app.service(), Vec::new(), Vec::new());
    for round in 0..rounds(12) {
        let minted = json!({"collection": "Races", "serial": round.to_string(), "owner": number});
        let item = service.post("/v1/items", minted).await.expect(201).id("item_id");
        let offered = json!({"item_id": item, "price": money("KRW", 450), "destination": to});
        let offer = seller.post("/v1/offers", offered).await.expect(201).id("offer_id");
        let accept = |server: usize| {
            Request::post(&buyers[server], format!("/v1/offers/{offer}/accept"), json!({"source": from}))
        };
        let cancel = |server: usize| Request::delete(&sellers[server], format!("/v1/offers/{offer}"));
        let requests = [accept(0), accept(1), cancel(0), cancel(1)];
        let answers = at_once(requests.map(|request| request.within(&mut random, 8)).into()).await;
        let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status < 300);
        assert_eq!(done.len(), 1, "{answers:?}");
        are_refused(refused, &["offer-not-open"]);
        let items = if done[0].status == 201 { &mut sold } else { &mut kept };
        items.push(item);
    }
    println!("{} were sold, {} were not", sold.len(), kept.len());
    let ledger = verify(app).await;
    let owner = |item: &Uuid| ledger.agreements.items[item].owner;
    assert!(sold.iter().all(|item| owner(item) == buyer.id) && kept.iter().all(|item| owner(item) == seller.id));
    assert_eq!(ledger.accounts[&to].balance, 450 * sold.len() as i128);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_at_fifty_terminals_pays_once() {
    const TERMINALS: usize = 50;
    let mut app = TestApp::start(&TWO).await;
    let (payer, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    let rounds = rounds(4);
    for round in 0..rounds {
        let code = payer.post("/v1/payment-codes", json!({"source": from})).await.expect(201).text("code");
        let body = json!({"code": code, "destination": to, "money": money("KRW", 100), "reference": "receipt 17"});
        // Each is another program, so that none of them is taken for one who guesses.
        let terminals = (0..TERMINALS).map(|number| {
            let id = Uuid::from_u128(0x5e00_0000 + (round * TERMINALS + number) as u128);
            Request::post(&app.client_at(number % 2, Role::Service, id), "/v1/charges", body.clone())
        });
        let answers = at_once(terminals.collect()).await;
        let (paid, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!((paid.len(), refused.len()), (1, TERMINALS - 1));
        are_refused(refused, &["payment-code-invalid"]);
    }
    let ledger = verify(app).await;
    assert_eq!(ledger.accounts[&to].balance, 100 * rounds as i128);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daily_limit_is_used_up_to_the_last_unit_and_no_further() {
    const MOST: u64 = 1_000;
    let (mut app, _clock) = start_at_noon().await;
    let mut random = SmallRng::seed_from_u64(34);
    let limit = json!({
        "asset": "KRW", "kinds": ["transfer"], "everyone": true, "per_day": {"amount": MOST.to_string()}, "zone": "UTC",
    });
    app.operator().put("/v1/limits/daily", limit).await.expect(200);
    let (_, to) = app.funded_member(0).await;
    let mut payers = Vec::new();
    for _ in 0..rounds(8) {
        let (payer, from) = app.funded_member(100_000).await;
        let clients = at_both(&mut app, Role::Member, payer.id);
        let amounts: Vec<u64> = (0..40).map(|_| random.random_range(1..97)).collect();
        let pay = |(number, amount): (usize, &u64)| {
            Request::post(&clients[number % 2], "/v1/transfers", TestClient::transfer_body(from, to, amount))
        };
        let answers = at_once(amounts.iter().enumerate().map(pay).collect()).await;
        let (mut used, mut refused) = (0, Vec::new());
        for (answer, amount) in answers.into_iter().zip(amounts) {
            match answer.status {
                201 => used += amount,
                _ => refused.push((answer.expect_problem(422, "limit-exceeded"), amount)),
            }
        }
        let left = MOST.checked_sub(used).unwrap_or_else(|| panic!("{used} of {MOST} were paid"));
        for (answer, amount) in refused {
            let remaining: u64 = answer.text("remaining").parse().unwrap();
            assert!(amount > remaining && remaining >= left, "{amount} of {remaining}, {left} in the end");
        }
        if left > 0 {
            payer.transfer(from, to, left).await.expect(201);
        }
        let last = payer.transfer(from, to, 1).await.expect_problem(422, "limit-exceeded");
        assert_eq!(last.text("remaining"), "0");
        payers.push(from);
    }
    let ledger = verify(app).await;
    for from in payers {
        assert_eq!(ledger.accounts[&from].balance, 100_000 - i128::from(MOST));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_closed_or_funds_of_it_are_held() {
    let mut app = TestApp::start(&TWO).await;
    let mut random = SmallRng::seed_from_u64(35);
    let (_, to) = app.funded_member(0).await;
    let mut tally = [0; 3];
    for round in 0..rounds(12) {
        let (owner, account) = app.funded_member(100).await;
        let clients = at_both(&mut app, Role::Member, owner.id);
        let (here, there) = (&clients[round % 2], &clients[(round + 1) % 2]);
        let close = format!("/v1/accounts/{account}/close");
        // It can only be closed once it is empty, and only held while it is not.
        let empty = Request::post(here, "/v1/transfers", TestClient::transfer_body(account, to, 100));
        let hold = Request::post(there, "/v1/holds", json!({"source": account, "money": money("KRW", 100)}));
        let closes = (0..6).map(|number| Request::post(&clients[number % 2], close.clone(), json!({})));
        let requests = [empty, hold].into_iter().chain(closes).map(|request| request.within(&mut random, 12));
        let answers = at_once(requests.collect()).await;
        let (is_empty, is_held) = (answers[0].status == 201, answers[1].status == 201);
        let (closed, open): (Vec<_>, Vec<_>) = answers[2..].iter().partition(|answer| answer.status == 200);
        assert!(is_empty != is_held && closed.len() <= usize::from(is_empty), "{answers:?}");
        if is_held {
            are_refused(open, &["account-not-empty"]);
            are_refused(&answers[..1], &["insufficient-funds"]);
        } else {
            are_refused(open, &["account-not-empty", "account-closed"]);
            are_refused(&answers[1..2], &["insufficient-funds", "account-closed"]);
        }
        tally[if is_held { 0 } else { 1 + closed.len() }] += 1;
    }
    println!("held, emptied, closed: {tally:?}");
    let ledger = verify(app).await;
    assert!(ledger.accounts.values().all(|account| account.status != "closed" || account.held == 0));
}

/// Orders that are due every quarter of a second while their owner empties the account, closes it, and is erased.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_pays_nothing_for_an_owner_who_is_erased() {
    const ORDERS: i32 = 20;
    let mut app = TestApp::start(&TWO).await;
    let (_, to) = app.funded_member(0).await;
    for round in 1..=rounds(2) {
        let person = Newcomer::new(By::Email);
        let insider = person.join(&app.stranger(), &app.catcher).await;
        let from = insider.client.open("KRW").await;
        app.service().deposit(from, "KRW", 100).await;
        let first = SystemClock.now() + TimeDelta::seconds(5);
        let requests = (0..ORDERS).map(|number| {
            let at = (first + TimeDelta::milliseconds(250) * number).to_rfc3339_opts(SecondsFormat::Micros, true);
            let body = json!({"source": from, "destination": to, "money": money("KRW", 5), "schedule": {"at": at}});
            Request::post(&insider.client, "/v1/standing-orders", body)
        });
        let placed = at_once(requests.collect()).await;
        let orders: Vec<Uuid> = placed.into_iter().map(|answer| answer.expect(201).id("order_id")).collect();
        ran(&app, &orders, 1).await;
        empty(&insider, from, to).await;
        insider.client.post(&format!("/v1/accounts/{from}/close"), json!({})).await.expect(200);
        let erasure = insider.leave(&person.password, &fresh_key()).await.expect(202).id("erasure_id");
        app.certificate(erasure).await;
        ran(&app, &orders, orders.len()).await;

        let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
        let later: i64 = sqlx::query_scalar(
            "select count(*) from events where stream_id = $1 and type in ('AccountDebited', 'AccountCredited')
             and position > (select max(position) from events where type = 'ErasureRequested')",
        )
        .bind(from)
        .fetch_one(&mut log)
        .await
        .unwrap();
        assert_eq!(later, 0, "money moves after the erasure was asked for");
        assert_eq!(app.count_events("MemberErased").await, i64::try_from(round).unwrap());
        app.wait_until_level().await;
        for order in &orders {
            let seen = app.operator().get(&format!("/v1/standing-orders/{order}")).await.expect(200);
            assert_eq!(seen.text("status"), "finished", "{}", seen.body);
        }
    }
    let ledger = verify(app).await;
    let orders = ledger.agreements.orders.values();
    assert!(orders.clone().all(|order| order.next_at.is_none() && order.runs.len() == 1));
    assert_eq!(ledger.accounts[&to].balance, 100 * rounds(2) as i128);
}

/// Waits until so many of these orders were carried out.
async fn ran(app: &TestApp, orders: &[Uuid], count: usize) {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    eventually("the orders were carried out", async || {
        let found: i64 =
            sqlx::query_scalar("select count(*) from events where type = 'StandingOrderRan' and stream_id = any($1)")
                .bind(orders)
                .fetch_one(&mut log)
                .await
                .unwrap();
        if usize::try_from(found).unwrap() >= count { Ok(()) } else { Err(format!("{found} of {count}")) }
    })
    .await;
}

/// Pays all that the account has, while its orders pay too.
async fn empty(insider: &Insider, from: Uuid, to: Uuid) {
    loop {
        let answer = insider.client.transfer(from, to, 5).await;
        if answer.status != 201 {
            assert_eq!(answer.expect_problem(422, "insufficient-funds").text("available"), "0");
            return;
        }
    }
}

/// How a cancelled run ended: what its view says, and what is in the log.
struct Cancelled {
    run: PayoutRun,
    posted: usize,
    paid: i128,
}

impl Cancelled {
    fn check(&self, ledger: &Ledger) {
        let payouts = ledger.posted.values().filter(|posted| posted.kind == "payout");
        let own = payouts.filter_map(|posted| {
            let row = posted.memo.as_deref()?.strip_prefix(&self.run.name)?.strip_prefix(' ')?;
            Some((row, posted.legs[1].1))
        });
        let mut own: Vec<(&str, i128)> = own.collect();
        assert_eq!(own.len(), self.posted, "{}", self.run.name);
        assert_eq!(own.iter().map(|(_, amount)| amount).sum::<i128>(), self.paid, "{}", self.run.name);
        own.sort_unstable();
        own.dedup_by_key(|(row, _)| *row);
        assert_eq!(own.len(), self.posted, "each row of {} is paid at most once", self.run.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_cancelled_while_it_pays_has_paid_each_row_once_or_not_at_all() {
    const ROWS: usize = 400;
    let settings = [("JANGBU_PAYOUT_BATCH", "5"), ("JANGBU_PAYOUT_SHARE", "0.05")];
    let mut app = TestApp::start_with(&TWO, &settings).await;
    let mut random = SmallRng::seed_from_u64(37);
    let (_, from) = app.funded_member(1_000_000).await;
    let (_, to) = app.funded_member(0).await;
    let service = app.service();
    let services = at_both(&mut app, Role::Service, service.id);
    // Every seventh row pays nobody.
    let row = |number: usize| if number % 7 == 6 { Uuid::from_u128(4) } else { to };
    let rows: Vec<(Uuid, u64)> = (0..ROWS).map(|number| (row(number), 1 + number as u64 % 9)).collect();
    let mut cancelled = Vec::new();
    for round in 0..rounds(4) {
        let run = PayoutRun::start(&service, from, &format!("run-{round}"), &rows).await;
        let steps = random.random_range(1..12);
        eventually("some rows were paid", async || {
            let paid = count_on(&app, run.id, "PayoutRowsPaid").await;
            if paid >= steps { Ok(()) } else { Err(format!("{paid} of {steps}")) }
        })
        .await;
        let cancel = |number: usize| Request::post(&services[number % 2], run.path("/cancel"), json!({}));
        let answers = at_once((0..4).map(|number| cancel(number).within(&mut random, 60)).collect()).await;
        let (done, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(done.len(), 1, "{answers:?}");
        are_refused(late, &["payout-over"]);

        let seen = service.get_at(&run.path(""), done[0].token()).await.expect(200);
        assert_eq!((seen.text("status"), seen.number("rows")), ("cancelled".into(), ROWS as i64));
        let results = all_items(&service, &run.path("/results")).await;
        let count = |status: &str| results.iter().filter(|result| result["status"] == status).count();
        let (posted, refused, pending) = (count("posted"), count("refused"), count("pending"));
        assert_eq!(posted + refused + pending, ROWS);
        assert!(pending > 0 && posted > 0, "{posted} were posted, {pending} were not");
        let shown = ["posted", "refused"].map(|field| usize::try_from(seen.number(field)).unwrap());
        assert_eq!(shown, [posted, refused]);
        cancelled.push(Cancelled { run, posted, paid: seen.text("paid").parse().unwrap() });
    }
    let ledger = verify(app).await;
    cancelled.iter().for_each(|cancelled| cancelled.check(&ledger));
    let paid: i128 = cancelled.iter().map(|cancelled| cancelled.paid).sum();
    assert_eq!(ledger.accounts[&from].balance, 1_000_000 - paid);
}
