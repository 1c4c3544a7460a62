//! The process `standing-orders`: every due run once, whatever dies.

use application::{CancelOrder, Command, PauseOrder, ResumeOrder};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{OrderId, StreamId};
use log::InstanceState;

use crate::{
    client::{TestClient, member},
    members::app::{TestApp, until},
    memory_log::Fault,
    orders::{at, daily, of_order, order, runs},
};

const NAME: &str = "standing-orders";
const FIRST: &str = "2027-01-15T09:00:00Z";

/// So many orders of five won a day, of an account that holds so much.
async fn orders(app: &TestApp, count: usize, units: i128) -> Vec<OrderId> {
    app.clock.set(app.log.now());
    let (a, b) = (app.client.funded("a", units).await, app.client.open(member(2), "b").await);
    let mut orders = Vec::new();
    for number in 0..count {
        let place = Command::PlaceOrder(order(a, b, daily()));
        let placed = app.client.outcome(member(1), &format!("order {number}"), place).await;
        orders.push(of_order(&placed).order_id);
    }
    orders
}

/// Time goes on for the log and the server.
fn pass(app: &TestApp, time: TimeDelta) {
    app.log.pass(time);
    app.clock.set(app.log.now());
}

/// When each run in the log was due, in order of that.
fn due(app: &TestApp) -> Vec<DateTime<Utc>> {
    let mut due: Vec<_> = runs(&app.log).into_iter().map(|ran| ran.due_at).collect();
    due.sort_unstable();
    due
}

fn days(count: i64) -> Vec<DateTime<Utc>> {
    (0..count).map(|day| at(FIRST) + TimeDelta::days(day)).collect()
}

#[tokio::test]
async fn each_run_is_carried_out_when_it_is_due() {
    let app = TestApp::new().await;
    let order = orders(&app, 1, 100).await[0];
    let runner = app.runner();
    until("it is seen", || async { app.processes.states(NAME) == [(order.uuid(), InstanceState::Waiting)] }).await;
    // The server thinks that it is time, and the log does not.
    app.clock.set(at(FIRST) + TimeDelta::seconds(1));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(due(&app).is_empty());
    pass(&app, TimeDelta::hours(1));
    until("the first is carried out", || async { due(&app) == days(1) }).await;
    pass(&app, TimeDelta::days(1));
    until("the second is carried out", || async { due(&app) == days(2) }).await;
    let commits = app.log.commits();
    let step = commits.last().expect("a commit");
    let second = format!("run/{}", "2027-01-16T09:00:00Z");
    assert_eq!(step.command_id, application::step_id(NAME, order.uuid(), &second));
    assert_eq!(step.actor, application::PROCESS_RUNNER);
    app.client.outcome(member(1), "cancel", Command::CancelOrder(CancelOrder { order })).await;
    until("it is over", || async { app.processes.states(NAME) == [(order.uuid(), InstanceState::Done)] }).await;
    pass(&app, TimeDelta::days(3));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(due(&app), days(2));
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_paused_order_waits_for_nothing() {
    let app = TestApp::new().await;
    let order = orders(&app, 1, 100).await[0];
    let runner = app.runner();
    app.client.outcome(member(1), "pause", Command::PauseOrder(PauseOrder { order })).await;
    until("it is paused", || async { app.processes.states(NAME) == [(order.uuid(), InstanceState::Done)] }).await;
    pass(&app, TimeDelta::days(2));
    app.client.outcome(member(1), "resume", Command::ResumeOrder(ResumeOrder { order })).await;
    until("it goes on", || async { app.processes.states(NAME) == [(order.uuid(), InstanceState::Waiting)] }).await;
    pass(&app, TimeDelta::days(1));
    until("the third is carried out", || async { due(&app) == days(3)[2..] }).await;
    runner.stop().await;
    app.end().await;
}

/// Nobody runs the processes for ten days. Then a server does, and dies when the log has written a run, before it hears of it; again and
/// again.
#[tokio::test]
async fn after_an_outage_each_missed_run_is_carried_out_once_whatever_dies() {
    let mut app = TestApp::new().await;
    let orders = orders(&app, 3, 1_000).await;
    pass(&app, TimeDelta::days(10));
    for life in 0..8 {
        app.log.fail_next(Fault::Death);
        let runner = app.runner();
        app.log.dying.notified().await;
        runner.kill().await;
        app.client = TestClient::on(app.log.clone(), &format!("server-{}", life + 1), |_| {});
    }
    let runner = app.runner();
    let expected: Vec<_> = days(10).into_iter().flat_map(|day| vec![day; orders.len()]).collect();
    until("all are caught up", || async { due(&app) == expected }).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(due(&app), expected);
    assert_eq!(app.log.count("TransferPosted"), 1 + expected.len(), "the funding and each run");
    // Of each order one after the other.
    for order in orders {
        let commits = app.log.commits();
        let events =
            commits.iter().flat_map(|commit| &commit.events).filter(|event| event.stream == StreamId::from(order));
        let ran: Vec<_> = events.filter(|event| event.event_type == "StandingOrderRan").collect();
        let in_order = ran.windows(2).all(|pair| due_of(pair[0].payload.get()) < due_of(pair[1].payload.get()));
        assert!(in_order && ran.len() == 10);
    }
    runner.stop().await;
    app.end().await;
}

fn due_of(payload: &str) -> DateTime<Utc> {
    let ran: events::recorded::StandingOrderRan = serde_json::from_str(payload).expect("a run");
    ran.due_at
}
