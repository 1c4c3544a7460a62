//! Standing orders: who may do what, each run once whatever happens, and whose clock says that it is due.

use application::{
    CancelOrder, CloseAccount, Command, Destination, ExecuteError, FreezeAccount, OpenAccount, OrderAnswer, Outcome,
    PauseOrder, PlaceOrder, ResumeOrder, RunOrder, SetLimit,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::OrderStatus;
use events::recorded::{
    Event, Every, FreezeScope, IfRefused, LimitedKind, Repeated, Schedule, StandingOrderEvent, StandingOrderRan,
    TransferEvent,
};
use kernel::{AccountId, Actor, MemberId, OrderId, Role, Zone};
use uuid::Uuid;

use crate::{
    client::{TestClient, krw, member, operator, posted, refused, transfer, won},
    memory_log::{Fault, MemoryLog},
};

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Every day at nine. It is eight in the log.
pub fn daily() -> Schedule {
    let (time, zone) = ("09:00:00".parse().expect("a time"), "UTC".to_owned());
    Schedule::Every(Repeated { every: Every::Day, time, zone, from: None, until: None, count: None })
}

/// Five won, whenever the schedule says so.
pub fn order(source: AccountId, destination: AccountId, schedule: Schedule) -> PlaceOrder {
    PlaceOrder {
        source,
        destination: Destination::Account(destination),
        money: won(5),
        memo: Some("rent".into()),
        schedule,
        if_refused: IfRefused::Skip,
        catch_up: true,
    }
}

pub fn of_order(outcome: &Outcome) -> &OrderAnswer {
    match outcome {
        Outcome::OrderPlaced(order) | Outcome::OrderChanged(order) => order,
        other => panic!("no order: {other:?}"),
    }
}

/// Every run in the log.
pub fn runs(log: &MemoryLog) -> Vec<StandingOrderRan> {
    let events = log.commits().into_iter().flat_map(|commit| commit.events);
    let ran = events.filter_map(|event| {
        match Event::decode(&event.event_type, event.schema_version, &event.payload).expect("an event") {
            Event::StandingOrder(StandingOrderEvent::Ran(ran)) => Some(ran),
            _ => None,
        }
    });
    ran.collect()
}

fn due(log: &MemoryLog) -> Vec<DateTime<Utc>> {
    runs(log).into_iter().map(|ran| ran.due_at).collect()
}

fn codes(log: &MemoryLog) -> Vec<Option<String>> {
    runs(log).into_iter().map(|ran| ran.refusal.map(|refusal| refusal.code)).collect()
}

fn service() -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(7)) }
}

fn run(order: OrderId, due_at: &str) -> Command {
    Command::RunOrder(RunOrder { order, due_at: at(due_at) })
}

fn pause(order: OrderId) -> Command {
    Command::PauseOrder(PauseOrder { order })
}

fn resume(order: OrderId) -> Command {
    Command::ResumeOrder(ResumeOrder { order })
}

fn cancel(order: OrderId) -> Command {
    Command::CancelOrder(CancelOrder { order })
}

/// A bank with an account of member 1 that holds so much, and one of member 2.
struct Setup {
    client: TestClient,
    a: AccountId,
    b: AccountId,
}

impl Setup {
    async fn new(units: i128) -> Self {
        let client = TestClient::new();
        let (a, b) = (client.funded("a", units).await, client.open(member(2), "b").await);
        Self { client, a, b }
    }

    /// An order of member 1.
    async fn place(&self, key: &str, change: impl FnOnce(&mut PlaceOrder)) -> OrderId {
        let mut place = order(self.a, self.b, daily());
        change(&mut place);
        of_order(&self.client.outcome(member(1), key, Command::PlaceOrder(place)).await).order_id
    }

    async fn run(&self, key: &str, order: OrderId, due_at: &str) -> Outcome {
        self.client.outcome(service(), key, run(order, due_at)).await
    }
}

const FIRST: &str = "2027-01-15T09:00:00Z";
const SECOND: &str = "2027-01-16T09:00:00Z";
const THIRD: &str = "2027-01-17T09:00:00Z";

#[tokio::test]
async fn a_run_is_posted_once_when_the_clock_of_the_log_says_so() {
    let setup = Setup::new(100).await;
    let order = setup.place("o", |_| {}).await;
    assert_eq!(setup.run("early", order, FIRST).await, Outcome::Idle);
    setup.client.log.pass(TimeDelta::hours(1));
    assert_eq!(setup.run("another one", order, SECOND).await, Outcome::Idle);
    let outcome = setup.run("r", order, FIRST).await;
    let ran = of_order(&outcome);
    assert_eq!((ran.status, ran.next_at, ran.runs_done), (OrderStatus::Active, Some(at(SECOND)), 1));
    // Whoever asks, under whatever key.
    assert_eq!(setup.run("again", order, FIRST).await, Outcome::Idle);
    let commits = setup.client.log.commits();
    let last = commits.last().expect("a commit");
    let types: Vec<_> = last.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["TransferPosted", "AccountDebited", "AccountCredited", "StandingOrderRan"]);
    assert_eq!(ran.position, last.last());
    let first = &last.events[0];
    let Ok(Event::Transfer(TransferEvent::Posted(transfer))) =
        Event::decode(&first.event_type, first.schema_version, &first.payload)
    else {
        panic!("not posted")
    };
    assert_eq!((transfer.order, transfer.memo.as_deref()), (Some(order), Some("rent")));
    let run = runs(&setup.client.log).pop().expect("a run");
    assert_eq!((run.due_at, run.transfer.uuid(), run.refusal), (at(FIRST), first.stream.uuid(), None));
}

#[tokio::test]
async fn two_at_once_are_one() {
    let setup = Setup::new(100).await;
    let order = setup.place("o", |_| {}).await;
    let other = TestClient::on(setup.client.log.clone(), "server-1", |_| {});
    setup.client.log.pass(TimeDelta::hours(1));
    let (one, two, three) = tokio::join!(
        setup.run("1", order, FIRST),
        setup.run("2", order, FIRST),
        other.outcome(service(), "3", run(order, FIRST))
    );
    let idle = [&one, &two, &three].into_iter().filter(|outcome| **outcome == Outcome::Idle).count();
    assert_eq!((idle, due(&setup.client.log)), (2, vec![at(FIRST)]));
    assert_eq!(setup.client.log.count("TransferPosted"), 2, "the funding and one run");
}

#[tokio::test]
async fn a_lost_connection_never_doubles_a_run() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::LostAndLate] {
        let setup = Setup::new(100).await;
        let order = setup.place("o", |_| {}).await;
        setup.client.log.pass(TimeDelta::hours(1));
        setup.client.log.fail_next(fault);
        assert_eq!(of_order(&setup.run("r", order, FIRST).await).runs_done, 1, "{fault:?}");
        assert_eq!(setup.client.log.count("TransferPosted"), 2, "{fault:?}: the funding and one run");
        assert_eq!(due(&setup.client.log), [at(FIRST)], "{fault:?}");
    }
}

#[tokio::test]
async fn a_refused_run_is_kept_and_the_order_goes_on_or_stops() {
    let setup = Setup::new(4).await;
    let goes_on = setup.place("skip", |_| {}).await;
    let stops = setup.place("stop", |order| order.if_refused = IfRefused::Stop).await;
    setup.client.log.pass(TimeDelta::hours(1));
    let outcome = setup.run("r1", goes_on, FIRST).await;
    assert_eq!((of_order(&outcome).status, of_order(&outcome).next_at), (OrderStatus::Active, Some(at(SECOND))));
    let outcome = setup.run("r2", stops, FIRST).await;
    assert_eq!((of_order(&outcome).status, of_order(&outcome).next_at), (OrderStatus::Stopped, None));
    let commits = setup.client.log.commits();
    let types: Vec<_> =
        commits.last().expect("a commit").events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["TransferRejected", "StandingOrderRan"]);
    let short = Some("insufficient-funds".to_owned());
    assert_eq!(codes(&setup.client.log), [short.clone(), short.clone()]);
    assert_eq!(runs(&setup.client.log)[0].refusal.as_ref().and_then(|refusal| refusal.available), Some(won(4).amount));
    assert_eq!(refused(&setup.client.outcome(member(1), "c", cancel(stops)).await), "order-not-active");
    // Money comes, and the account is frozen, and then it is not: each run for itself.
    posted(&setup.client.deposit(setup.a, 10, "more").await);
    setup.client.log.pass(TimeDelta::days(1));
    of_order(&setup.run("r3", goes_on, SECOND).await);
    let freeze = FreezeAccount { account: setup.a, scope: FreezeScope::Debits, reason: None };
    setup.client.outcome(operator(), "f", Command::FreezeAccount(freeze)).await;
    setup.client.log.pass(TimeDelta::days(1));
    of_order(&setup.run("r4", goes_on, THIRD).await);
    assert_eq!(codes(&setup.client.log), [short.clone(), short, None, Some("account-frozen".into())]);
}

#[tokio::test]
async fn limits_count_for_a_run_as_for_a_transfer() {
    let setup = Setup::new(100).await;
    let limit = SetLimit {
        name: "small".into(),
        asset: krw(),
        kinds: vec![LimitedKind::Transfer],
        everyone: true,
        per_transfer: Some(won(4).amount),
        per_day: None,
        per_month: None,
        zone: Zone::UTC,
    };
    setup.client.outcome(operator(), "limit", Command::SetLimit(limit)).await;
    let order = setup.place("o", |_| {}).await;
    setup.client.log.pass(TimeDelta::hours(1));
    of_order(&setup.run("r", order, FIRST).await);
    let refusal = runs(&setup.client.log)[0].refusal.clone().expect("it is refused");
    let limit = refusal.limit.expect("by a limit");
    assert_eq!(
        (refusal.code.as_str(), limit.name.as_str(), limit.remaining),
        ("limit-exceeded", "small", Some(won(4).amount))
    );
}

#[tokio::test]
async fn what_an_outage_made_late_is_caught_up_or_left_out() {
    let setup = Setup::new(100).await;
    let all = setup.place("all", |_| {}).await;
    let newest = setup.place("newest", |order| order.catch_up = false).await;
    // Nine o'clock has passed three times.
    setup.client.log.pass(TimeDelta::hours(50));
    for (key, due_at) in [("1", FIRST), ("2", SECOND), ("3", THIRD)] {
        assert_eq!(of_order(&setup.run(key, all, due_at).await).order_id, all);
    }
    assert_eq!(setup.run("4", all, "2027-01-18T09:00:00Z").await, Outcome::Idle);
    assert_eq!(due(&setup.client.log), [FIRST, SECOND, THIRD].map(at));
    let outcome = setup.run("5", newest, FIRST).await;
    assert_eq!((of_order(&outcome).next_at, of_order(&outcome).runs_done), (Some(at("2027-01-18T09:00:00Z")), 1));
    assert_eq!(due(&setup.client.log)[3..], [at(THIRD)]);
    let commits = setup.client.log.commits();
    let types: Vec<_> =
        commits.last().expect("a commit").events.iter().map(|event| event.event_type.as_str()).collect();
    let expected = ["StandingOrderSkipped", "TransferPosted", "AccountDebited", "AccountCredited", "StandingOrderRan"];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn what_is_due_while_an_order_is_paused_is_left_out() {
    let setup = Setup::new(100).await;
    let order = setup.place("o", |_| {}).await;
    let outcome = setup.client.outcome(member(1), "p", pause(order)).await;
    assert_eq!((of_order(&outcome).status, of_order(&outcome).next_at), (OrderStatus::Paused, None));
    setup.client.log.pass(TimeDelta::hours(26));
    assert_eq!(setup.run("r", order, FIRST).await, Outcome::Idle);
    assert_eq!(refused(&setup.client.outcome(member(1), "p2", pause(order)).await), "order-not-active");
    let outcome = setup.client.outcome(member(1), "s", resume(order)).await;
    assert_eq!((of_order(&outcome).status, of_order(&outcome).next_at), (OrderStatus::Active, Some(at(THIRD))));
    assert_eq!(refused(&setup.client.outcome(member(1), "s2", resume(order)).await), "order-not-paused");
    // One that was due once, and is over when it is resumed.
    let once = setup.place("once", |order| order.schedule = Schedule::At(at(THIRD))).await;
    setup.client.outcome(member(1), "p3", pause(once)).await;
    setup.client.log.pass(TimeDelta::days(1));
    let outcome = setup.client.outcome(member(1), "s3", resume(once)).await;
    assert_eq!((of_order(&outcome).status, of_order(&outcome).next_at), (OrderStatus::Finished, None));
    of_order(&setup.client.outcome(member(1), "c", cancel(order)).await);
    assert_eq!(setup.run("r2", order, THIRD).await, Outcome::Idle);
    assert!(runs(&setup.client.log).is_empty());
}

#[tokio::test]
async fn every_answer_is_given_again_from_the_log_alone() {
    let setup = Setup::new(100).await;
    let place = Command::PlaceOrder(order(setup.a, setup.b, daily()));
    let placed = setup.client.outcome(member(1), "o", place.clone()).await;
    let id = of_order(&placed).order_id;
    let steps = [
        (service(), "r1", run(id, FIRST)),
        (member(1), "p", pause(id)),
        (member(1), "p again", pause(id)),
        (operator(), "s", resume(id)),
        (service(), "r2", run(id, THIRD)),
        (member(1), "c", cancel(id)),
        (member(1), "c again", cancel(id)),
    ];
    let mut first = Vec::new();
    for (index, (actor, key, command)) in steps.iter().enumerate() {
        // At nine; on the next day; on the day after.
        setup.client.log.pass(TimeDelta::hours([1, 0, 0, 26, 24, 0, 0][index]));
        first.push(setup.client.outcome(*actor, key, command.clone()).await);
    }
    let answered: Vec<_> =
        [0, 1, 3, 4, 5].map(|index| of_order(&first[index])).into_iter().map(|o| (o.status, o.runs_done)).collect();
    let (active, paused, cancelled) = (OrderStatus::Active, OrderStatus::Paused, OrderStatus::Cancelled);
    assert_eq!(answered, [(active, 1), (paused, 1), (active, 1), (active, 2), (cancelled, 2)]);
    let other = TestClient::on(setup.client.log.clone(), "server-1", |_| {});
    let all = [(member(1), "o", place)].into_iter().chain(steps);
    for ((actor, key, command), first) in all.zip([placed].into_iter().chain(first)) {
        let again = other.ask(actor, key, command).await.expect("an answer");
        assert!(again.replayed, "{key}");
        assert_eq!(*again.answer, first, "{key}");
    }
}

/// The owner, another member, a service, an operator.
#[tokio::test]
async fn who_may_do_what() {
    let setup = Setup::new(100).await;
    let (unknown, ok) = (Err(ExecuteError::OrderUnknown), Ok(()));
    for (number, (actor, expected)) in
        [(member(1), &ok), (member(2), &unknown), (service(), &unknown), (operator(), &ok)].into_iter().enumerate()
    {
        let id = setup.place(&format!("o{number}"), |_| {}).await;
        for (key, command) in [("pause", pause(id)), ("resume", resume(id)), ("cancel", cancel(id))] {
            let answer = setup.client.ask(actor, &format!("{key} {number}"), command).await;
            assert_eq!(&answer.map(drop), expected, "{actor} {key}");
        }
    }
    let stolen = Command::PlaceOrder(order(setup.a, setup.b, daily()));
    assert_eq!(setup.client.ask(member(2), "steal", stolen).await.unwrap_err(), ExecuteError::NotOwner);
    let nothing = OrderId::new(setup.a.uuid());
    for (key, command) in
        [("p", pause(nothing)), ("s", resume(nothing)), ("c", cancel(nothing)), ("r", run(nothing, FIRST))]
    {
        assert_eq!(setup.client.ask(operator(), key, command).await.unwrap_err(), ExecuteError::OrderUnknown, "{key}");
    }
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused() {
    let setup = Setup::new(100).await;
    let euro = Command::OpenAccount(OpenAccount { asset: "EUR".parse().expect("asset") });
    let Outcome::Opened(euro) = setup.client.outcome(member(2), "e", euro).await else { panic!() };
    let closed = setup.client.open(member(2), "c").await;
    setup.client.outcome(member(2), "x", Command::CloseAccount(CloseAccount { account: closed, reason: None })).await;
    let wish = order(setup.a, setup.b, daily());
    let to = |account| PlaceOrder { destination: Destination::Account(account), ..wish.clone() };
    let when = |schedule| PlaceOrder { schedule, ..wish.clone() };
    let nobody = AccountId::new(Uuid::from_u128(12_345));
    for (key, wish, code) in [
        ("nothing", PlaceOrder { money: won(0), ..wish.clone() }, "amount-not-positive"),
        ("same", to(setup.a), "same-account"),
        ("nobody", to(nobody), "account-unknown"),
        ("nil", to(AccountId::new(Uuid::nil())), "account-unknown"),
        ("asset", to(euro.account_id), "asset-mismatch"),
        ("closed", to(closed), "account-closed"),
        ("late", when(Schedule::At(at("2027-01-15T08:00:00Z"))), "schedule-empty"),
    ] {
        assert_eq!(refused(&setup.client.outcome(member(1), key, Command::PlaceOrder(wish)).await), code, "{key}");
    }
    assert_eq!(setup.client.log.count("StandingOrderPlaced"), 0);
}

/// The server thinks that its first run is ahead; the log says that it is not when the order is recorded.
#[tokio::test]
async fn an_order_is_recorded_before_its_first_run_is_due() {
    let setup = Setup::new(100).await;
    // It learns of the log's time.
    setup.place("before", |_| {}).await;
    setup.client.log.pass(TimeDelta::hours(2));
    let outcome = setup.client.outcome(member(1), "o", Command::PlaceOrder(order(setup.a, setup.b, daily()))).await;
    assert_eq!(of_order(&outcome).next_at, Some(at(SECOND)));
    let once = |time: DateTime<Utc>| Command::PlaceOrder(order(setup.a, setup.b, Schedule::At(time)));
    let soon = setup.client.log.now() + TimeDelta::minutes(1);
    setup.client.log.pass(TimeDelta::minutes(2));
    assert_eq!(refused(&setup.client.outcome(member(1), "late", once(soon)).await), "schedule-empty");
    // The tables keep microseconds.
    let fine = setup.client.log.now() + TimeDelta::hours(1) + TimeDelta::nanoseconds(1_999);
    let outcome = setup.client.outcome(member(1), "fine", once(fine)).await;
    assert_eq!(of_order(&outcome).next_at, Some(fine - TimeDelta::nanoseconds(999)));
}

#[tokio::test]
async fn an_order_of_a_closed_account_ends_with_its_next_run() {
    let setup = Setup::new(5).await;
    let (from, to) = (setup.place("from", |_| {}).await, setup.client.open(member(1), "c").await);
    let into = setup.place("into", |order| order.destination = Destination::Account(to)).await;
    let stops = setup.place("stops", |order| order.if_refused = IfRefused::Stop).await;
    let close = |account| Command::CloseAccount(CloseAccount { account, reason: None });
    setup.client.outcome(member(1), "close c", close(to)).await;
    setup.client.log.pass(TimeDelta::hours(1));
    let outcome = setup.run("r1", into, FIRST).await;
    assert_eq!((of_order(&outcome).status, of_order(&outcome).next_at), (OrderStatus::Cancelled, None));
    let commits = setup.client.log.commits();
    let types: Vec<_> =
        commits.last().expect("a commit").events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["TransferRejected", "StandingOrderRan", "StandingOrderCancelled"]);
    posted(&setup.client.outcome(member(1), "all", transfer(setup.a, setup.b, 5)).await);
    setup.client.outcome(member(1), "close a", close(setup.a)).await;
    assert_eq!(of_order(&setup.run("r2", from, FIRST).await).status, OrderStatus::Cancelled);
    assert_eq!(of_order(&setup.run("r3", stops, FIRST).await).status, OrderStatus::Stopped);
    assert_eq!(codes(&setup.client.log), ["account-closed"; 3].map(|code| Some(code.to_owned())));
}
