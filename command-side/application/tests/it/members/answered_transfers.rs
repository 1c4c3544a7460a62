//! What was answered to the command that a transfer came of, told from what it wrote.

use application::{Command, MemberError, Outcome, Refused, RunOrder, TransferAnswer, TransferBatch};
use chrono::TimeDelta;
use kernel::TransferId;
use uuid::Uuid;

use super::app::TestApp;
use crate::{
    client::{member, operator, order, submission, transfer},
    orders::{self, at, daily, of_order, runs},
};

/// Each transfer of an outcome, posted or refused.
fn transfers(outcome: &Outcome) -> Vec<TransferId> {
    let of_one = |result: &Result<TransferAnswer, Refused>| match result {
        Ok(posted) => posted.transfer_id,
        Err(refused) => refused.transfer.expect("a transfer"),
    };
    match outcome {
        Outcome::Posted(posted) => vec![posted.transfer_id],
        Outcome::Refused(refused) => vec![refused.transfer.expect("a transfer")],
        Outcome::Batch(results) => results.iter().map(of_one).collect(),
        other => panic!("no transfer: {other:?}"),
    }
}

#[tokio::test]
async fn each_transfer_leads_to_what_its_command_was_answered() {
    let app = TestApp::new().await;
    let (from, to) = (app.client.funded("a", 100).await, app.client.open(member(2), "b").await);
    let orders = vec![order(from, to, 10), order(from, to, 500), order(from, to, 20)];
    let batch = Command::TransferBatch(TransferBatch { atomic: false, orders });
    let commands = [("one", transfer(from, to, 5), 1), ("too much", transfer(from, to, 5_000), 1), ("many", batch, 3)];
    let mut given = Vec::new();
    for (key, command, count) in commands {
        let command_id = submission(member(1), key, command.clone()).meta.command_id;
        let answer = app.client.ask(member(1), key, command).await.expect("an answer");
        assert_eq!(transfers(&answer.answer).len(), count, "{key}");
        given.push((command_id, answer));
    }
    // What happened since changes none of it.
    app.client.outcome(member(1), "later", transfer(from, to, 7)).await;
    for (command_id, answer) in given {
        for id in transfers(&answer.answer) {
            let shown = app.members.answered_transfer(id).await.expect("in the log");
            assert_eq!((shown.command_id, shown.actor), (command_id, member(1)));
            let told = shown.answer.expect("a client sent it");
            assert_eq!((&told.answer, told.replayed), (&answer.answer, true));
            assert_eq!(told.token.to_string(), answer.token.to_string());
        }
    }
    app.end().await;
}

#[tokio::test]
async fn a_step_of_a_process_was_answered_to_nobody() {
    let app = TestApp::new().await;
    let (from, to) = (app.client.funded("a", 100).await, app.client.open(member(2), "b").await);
    let place = Command::PlaceOrder(orders::order(from, to, daily()));
    let order = of_order(&app.client.outcome(member(1), "order", place).await).order_id;
    app.log.pass(TimeDelta::hours(2));
    let run = Command::RunOrder(RunOrder { order, due_at: at("2027-01-15T09:00:00Z") });
    app.client.outcome(operator(), "run", run).await;
    let ran = runs(&app.log).pop().expect("a run");
    let shown = app.members.answered_transfer(ran.transfer).await.expect("in the log");
    assert!(shown.answer.is_none(), "{shown:?}");
    // What is no transfer has no such answer, whatever it is.
    for id in [order.uuid(), from.uuid(), Uuid::nil()] {
        let none = app.members.answered_transfer(TransferId::new(id)).await;
        let is_unknown = matches!(none, Err(MemberError::Execute(application::ExecuteError::TransferUnknown)));
        assert!(is_unknown, "{none:?}");
    }
    app.end().await;
}
