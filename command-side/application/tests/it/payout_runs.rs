//! The process `payout-runs`: each row once, in order, whatever dies.

use application::Command;
use chrono::TimeDelta;
use futures::future::join_all;
use kernel::{AccountId, PayoutRunId};
use log::InstanceState;

use crate::{
    client::{TestClient, member, operator},
    members::app::{TestApp, until},
    memory_log::Fault,
    payouts::{add, cancel, of_run, open, paid_rows, pause, results, resume, row, rows, service, start},
};

const NAME: &str = "payout-runs";

/// An account that pays, and one that is paid.
async fn accounts(app: &TestApp, units: i128) -> (AccountId, AccountId) {
    app.clock.set(app.log.now());
    (app.client.funded("a", units).await, app.client.open(member(2), "b").await)
}

/// A run of ten won a row, whose rows are added in several calls; not started.
async fn filled(app: &TestApp, key: &str, (a, b): (AccountId, AccountId), calls: &[&[u32]]) -> PayoutRunId {
    let run = of_run(&app.client.outcome(service(7), &format!("{key} open"), open(a)).await).run_id;
    for (index, numbers) in calls.iter().enumerate() {
        let added = add(run, rows(numbers.iter().copied(), b));
        of_run(&app.client.outcome(service(7), &format!("{key} add {index}"), added).await);
    }
    run
}

async fn tell(app: &TestApp, key: &str, command: Command) {
    of_run(&app.client.outcome(service(7), key, command).await);
}

fn begin(run: PayoutRunId, rows: usize) -> Command {
    start(run, u32::try_from(rows).expect("few"), 10 * i128::try_from(rows).expect("few"))
}

fn numbers(from: u32, to: u32) -> Vec<u32> {
    (from..=to).collect()
}

#[tokio::test]
async fn a_run_is_paid_to_its_end() {
    let app = TestApp::new().await;
    let (a, b) = accounts(&app, 250).await;
    let (first, second) = (numbers(1, 10), numbers(21, 36));
    let run = filled(&app, "run", (a, b), &[&first, &second]).await;
    let runner = app.runner();
    tell(&app, "start", begin(run, 26)).await;
    until("it is finished", || async { app.processes.states(NAME) == [(run.uuid(), InstanceState::Done)] }).await;
    assert_eq!(paid_rows(&app.log), [first, second].concat());
    // 250 won are 25 rows.
    let refused: Vec<_> = results(&app.log).into_iter().filter(|result| result.refusal.is_some()).collect();
    assert_eq!(refused.iter().map(|result| result.row).collect::<Vec<_>>(), [36]);
    // At most seven rows in a commit, and all of one chunk.
    assert_eq!(app.log.count("PayoutRowsPaid"), 2 + 3);
    let commits = app.log.commits();
    let step = commits.last().expect("a commit");
    assert_eq!(step.command_id, application::step_id(NAME, run.uuid(), "rows/35"));
    assert_eq!(step.actor, application::PROCESS_RUNNER);
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_pause_and_the_end_are_met_at_the_next_step() {
    let app = TestApp::new().await;
    let (a, b) = accounts(&app, 100_000).await;
    let all = numbers(1, 2_000);
    let run = filled(&app, "run", (a, b), &[&all]).await;
    let runner = app.runner();
    tell(&app, "start", begin(run, 2_000)).await;
    until("some are paid", || async { paid_rows(&app.log).len() > 20 }).await;
    tell(&app, "pause", pause(run)).await;
    let then = paid_rows(&app.log).len();
    assert!(then < 2_000, "it was paused too late to show anything");
    until("it is paused", || async { app.processes.states(NAME) == [(run.uuid(), InstanceState::Done)] }).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(paid_rows(&app.log).len(), then);
    tell(&app, "resume", resume(run)).await;
    until("more are paid", || async { paid_rows(&app.log).len() > then }).await;
    tell(&app, "cancel", cancel(run)).await;
    let then = paid_rows(&app.log);
    until("it is over", || async { app.processes.states(NAME) == [(run.uuid(), InstanceState::Done)] }).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(paid_rows(&app.log), then);
    assert_eq!(then, all[..then.len()]);
    runner.stop().await;
    app.end().await;
}

/// A server dies when the log has written some rows, before it hears of it; again and again.
#[tokio::test]
async fn each_row_is_paid_once_whatever_dies() {
    let mut app = TestApp::new().await;
    let (a, b) = accounts(&app, 100_000).await;
    let (first, second) = (numbers(1, 30), numbers(31, 80));
    let (run, other) = (
        filled(&app, "run", (a, b), &[&first, &second]).await,
        filled(&app, "other", (a, b), &[&numbers(101, 140)]).await,
    );
    tell(&app, "start", begin(run, 80)).await;
    tell(&app, "start other", begin(other, 40)).await;
    for life in 0..10 {
        app.log.fail_next(Fault::Death);
        let runner = app.runner();
        app.log.dying.notified().await;
        runner.kill().await;
        app.client = TestClient::on(app.log.clone(), &format!("server-{}", life + 1), |_| {});
    }
    let runner = app.runner();
    let sorted = || {
        let mut rows = paid_rows(&app.log);
        rows.sort_unstable();
        rows
    };
    let expected = [first, second, numbers(101, 140)].concat();
    until("all are paid", || async { sorted() == expected }).await;
    let is_over = |(_, state): &(uuid::Uuid, InstanceState)| *state == InstanceState::Done;
    until("both are over", || async { app.processes.states(NAME).iter().all(is_over) }).await;
    assert_eq!(sorted(), expected);
    assert_eq!(app.log.count("TransferPosted"), 1 + expected.len(), "the funding and each row");
    let in_order: Vec<_> = paid_rows(&app.log).into_iter().filter(|row| *row < 100).collect();
    assert_eq!(in_order, numbers(1, 80));
    runner.stop().await;
    app.end().await;
}

/// Others wait for the rows that are written with their commands: while they are served, a step pays fewer than the seven that it may.
#[tokio::test]
async fn steps_are_shorter_while_others_are_served() {
    let app = TestApp::new().await;
    let (a, b) = accounts(&app, 100_000).await;
    let run = filled(&app, "run", (a, b), &[&numbers(1, 2_000)]).await;
    let runner = app.runner();
    let others = join_all((0..16).map(|client| {
        let app = &app;
        async move {
            for number in 0.. {
                app.client.deposit(b, 1, &format!("{client}/{number}")).await;
            }
        }
    }));
    tell(&app, "start", begin(run, 2_000)).await;
    let are_shorter = until("steps are shorter", || async {
        let paid = paid_rows(&app.log).len();
        paid < 1_990 && paid < 7 * app.log.count("PayoutRowsPaid")
    });
    tokio::select! {
        _ = others => unreachable!("they go on"),
        () = are_shorter => {}
    }
    tell(&app, "cancel", cancel(run)).await;
    runner.stop().await;
    app.end().await;
}

/// Two servers think that they lead. The one pays what the other believes to be next.
#[tokio::test]
async fn two_servers_pay_no_row_twice() {
    let app = TestApp::new().await;
    let (a, b) = accounts(&app, 100_000).await;
    let all = numbers(1, 200);
    let run = filled(&app, "run", (a, b), &[&all]).await;
    let runner = app.runner();
    tell(&app, "start", begin(run, 200)).await;
    until("some are paid", || async { !paid_rows(&app.log).is_empty() }).await;
    let server = TestClient::on(app.log.clone(), "other", |_| {});
    for number in 1..=200 {
        // Mostly it is not the next one.
        let next = crate::payouts::pay(run, &[row(number, b, 10)]);
        let _ = server.ask(operator(), &format!("{number}"), next).await;
    }
    until("all are paid", || async { paid_rows(&app.log).len() >= 200 }).await;
    until("it is over", || async { app.processes.states(NAME) == [(run.uuid(), InstanceState::Done)] }).await;
    assert_eq!(paid_rows(&app.log), all);
    assert_eq!(app.log.count("TransferPosted"), 1 + 200);
    runner.stop().await;
    app.end().await;
}

#[tokio::test]
async fn a_run_that_was_paid_while_nobody_followed_is_over() {
    let app = TestApp::new().await;
    let (a, b) = accounts(&app, 100).await;
    let run = filled(&app, "run", (a, b), &[&[1]]).await;
    tell(&app, "start", begin(run, 1)).await;
    tell(&app, "pay", crate::payouts::pay(run, &[row(1, b, 10)])).await;
    app.log.pass(TimeDelta::hours(1));
    app.clock.set(app.log.now());
    let runner = app.runner();
    until("it is over", || async { app.processes.states(NAME) == [(run.uuid(), InstanceState::Done)] }).await;
    assert_eq!(paid_rows(&app.log), [1]);
    runner.stop().await;
    app.end().await;
}
