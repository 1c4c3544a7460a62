//! What breaks, and what must not.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use application::{Command, Deposit, ExecuteError};
use tokio::time::Instant;

use crate::{
    client::{TestClient, member, operator, posted, submission, transfer, won},
    memory_log::{Fault, MemoryLog},
};

#[tokio::test]
async fn a_lost_connection_never_doubles_and_never_loses() {
    for fault in [Fault::LostBefore, Fault::LostAfter, Fault::LostAndLate] {
        let client = TestClient::new();
        let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
        client.log.fail_next(fault);
        posted(&client.outcome(member(1), "t", transfer(a, b, 1)).await);
        assert_eq!(client.log.count("TransferPosted"), 2, "{fault:?}: the funding and one transfer");
        posted(&client.outcome(member(1), "u", transfer(a, b, 99)).await);
    }
}

#[tokio::test]
async fn while_the_log_is_away_commands_are_turned_away_and_nothing_is_kept() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    client.log.fail_next(Fault::Away);
    assert_eq!(client.ask(member(1), "t", transfer(a, b, 60)).await.unwrap_err(), ExecuteError::LogUnavailable);
    posted(&client.outcome(member(1), "u", transfer(a, b, 100)).await);
    assert_eq!(client.log.count("AccountDebited"), 2, "the cash that funded it, and the second try");
}

#[tokio::test]
async fn a_server_that_does_not_lead_writes_nothing_and_gives_the_command_back() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    client.log.fail_next(Fault::NotLeader);
    assert_eq!(client.ask(member(1), "t", transfer(a, b, 60)).await.unwrap_err(), ExecuteError::NotLeader);
    assert_eq!(client.log.count("TransferPosted"), 1, "the funding");
    // It leads again: nothing of the try is left.
    posted(&client.outcome(member(1), "t", transfer(a, b, 60)).await);
    posted(&client.outcome(member(1), "u", transfer(a, b, 40)).await);
}

#[tokio::test]
async fn what_was_lost_is_looked_up_before_a_command_is_given_back() {
    for (lost, written) in [(Fault::LostAfter, true), (Fault::LostBefore, false)] {
        let client = TestClient::new();
        let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
        // The last one comes first.
        client.log.fail_next(Fault::NotLeader);
        client.log.fail_next(lost);
        let answer = client.ask(member(1), "t", transfer(a, b, 60)).await;
        match written {
            true => assert!(answer.expect("it was written").replayed),
            false => assert_eq!(answer.unwrap_err(), ExecuteError::NotLeader),
        }
        assert_eq!(client.log.count("TransferPosted"), 1 + usize::from(written), "{lost:?}");
    }
}

#[tokio::test]
async fn an_alarm_of_the_auditor_is_told_as_what_it_is_and_nothing_is_kept_of_the_command() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    client.log.fail_next(Fault::Stopped);
    assert_eq!(client.ask(member(1), "t", transfer(a, b, 60)).await.unwrap_err(), ExecuteError::Stopped);
    posted(&client.outcome(member(1), "t", transfer(a, b, 100)).await);
}

#[tokio::test]
async fn what_was_carried_out_is_answered_while_an_alarm_stops_the_log() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    posted(&client.outcome(member(1), "t", transfer(a, b, 60)).await);
    // A server that was just started keeps no answers.
    let other = TestClient::on(client.log.clone(), "other", |_| {});
    other.log.fail_next(Fault::Stopped);
    assert!(other.ask(member(1), "t", transfer(a, b, 60)).await.expect("it was carried out").replayed);
    other.log.fail_next(Fault::Stopped);
    assert_eq!(other.ask(member(1), "u", transfer(a, b, 1)).await.unwrap_err(), ExecuteError::Stopped);
}

#[tokio::test]
async fn an_alarm_after_a_lost_append_does_not_claim_that_nothing_was_written() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    // The last fault given comes first.
    client.log.fail_next(Fault::Stopped);
    client.log.fail_next(Fault::LostAndLate);
    posted(&client.outcome(member(1), "t", transfer(a, b, 60)).await);
}

#[tokio::test]
async fn one_bad_command_never_fails_its_neighbours() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let hold = client.log.hold.lock().await;
    let ask = |key: &'static str, reference: &'static str| {
        let bank = client.bank.clone();
        let command = Command::Deposit(Deposit {
            account: b,
            money: won(1),
            reference: reference.into(),
            unique_reference: false,
        });
        tokio::spawn(async move { bank.execute(submission(operator(), key, command)).await })
    };
    let first = ask("first", "holds the log while the others queue");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (good, bad, other) = (ask("good", "fine"), ask("bad", "poison"), ask("other", "fine"));
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(hold);
    for good in [first, good, other] {
        good.await.expect("task").expect("posted");
    }
    assert_eq!(bad.await.expect("task").unwrap_err(), ExecuteError::Internal);
    posted(&client.outcome(member(1), "t", transfer(a, b, 1)).await);
}

#[tokio::test]
async fn a_command_past_its_deadline_is_dropped_undecided() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let mut late = submission(member(1), "t", transfer(a, b, 1));
    late.meta.deadline = Instant::now();
    assert_eq!(client.bank.execute(late).await.unwrap_err(), ExecuteError::DeadlinePassed);
    posted(&client.outcome(member(1), "t", transfer(a, b, 1)).await);
}

#[tokio::test]
async fn a_full_queue_turns_away_and_forgets() {
    let client = TestClient::on(Arc::new(MemoryLog::default()), "server-0", |options| options.queue = 1);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let hold = client.log.hold.lock().await;
    let mut asked = Vec::new();
    for index in 0..20 {
        let bank = client.bank.clone();
        let command = submission(member(1), &format!("t{index}"), transfer(a, b, 1));
        asked.push((index, tokio::spawn(async move { bank.execute(command).await })));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    drop(hold);
    let mut turned_away = Vec::new();
    for (index, ask) in asked {
        if let Err(ExecuteError::Overloaded { .. }) = ask.await.expect("task") {
            turned_away.push(index);
        }
    }
    assert!(!turned_away.is_empty());
    for index in turned_away {
        posted(&client.outcome(member(1), &format!("t{index}"), transfer(a, b, 1)).await);
    }
    assert_eq!(client.log.count("TransferPosted"), 21);
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_next_append() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let ask = |key: &'static str| {
        let bank = client.bank.clone();
        tokio::spawn(async move { bank.execute(submission(member(1), key, transfer(a, b, 1))).await })
    };
    let hold = client.log.hold.lock().await;
    let first = ask("first");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = ask("second");
    tokio::time::sleep(Duration::from_millis(20)).await;
    // In line behind the first append, and before the second.
    let (held, ()) = tokio::join!(biased; client.log.hold.lock(), async { drop(hold) });
    let told = tokio::time::timeout(Duration::from_secs(5), first).await.expect("told while the second append hangs");
    told.expect("task").expect("posted");
    assert!(!second.is_finished());
    drop(held);
    second.await.expect("task").expect("posted");
}

#[tokio::test]
async fn draining_finishes_what_was_accepted() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let hold = client.log.hold.lock().await;
    let asked: Vec<_> = (0..30)
        .map(|index| {
            let bank = client.bank.clone();
            let command = submission(member(1), &format!("t{index}"), transfer(a, b, 1));
            tokio::spawn(async move { bank.execute(command).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let drained = tokio::spawn(client.executor.drain());
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(hold);
    drained.await.expect("drained");
    for ask in asked {
        ask.await.expect("task").expect("posted");
    }
    let late = client.bank.execute(submission(member(1), "late", transfer(a, b, 1))).await;
    assert_eq!(late.unwrap_err(), ExecuteError::ShuttingDown);
}

#[tokio::test]
async fn once_an_outcome_is_unknown_nobody_is_told_that_nothing_was_written() {
    let client = TestClient::on(Arc::new(MemoryLog::default()), "server-0", |options| options.attempts = 2);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    for fault in [Fault::Away, Fault::Away, Fault::LostBefore] {
        client.log.fail_next(fault);
    }
    assert_eq!(client.ask(member(1), "t", transfer(a, b, 1)).await.unwrap_err(), ExecuteError::OutcomeUnknown);
    posted(&client.outcome(member(1), "t", transfer(a, b, 1)).await);
    assert_eq!(client.log.count("TransferPosted"), 2, "the funding and one transfer");
}

/// A server that was just started knows the log by nothing yet.
#[tokio::test]
async fn an_answer_that_cannot_be_told_again_now_is_no_defect() {
    let first = TestClient::new();
    let (a, b) = (first.funded("a", 100).await, first.open(member(2), "b").await);
    posted(&first.outcome(member(1), "t", transfer(a, b, 1)).await);
    let restarted = TestClient::on(first.log.clone(), "server-1", |_| {});
    first.log.headless.store(true, Ordering::SeqCst);
    let error = restarted.ask(member(1), "t", transfer(a, b, 1)).await.unwrap_err();
    assert_eq!(error, ExecuteError::OutcomeUnknown, "the same key will tell");
    first.log.headless.store(false, Ordering::SeqCst);
    assert!(restarted.ask(member(1), "t", transfer(a, b, 1)).await.expect("an answer").replayed);
}

/// The first append is lost, the second is refused, so each command is tried alone; and then the log goes away.
#[tokio::test]
async fn a_refusal_after_an_unknown_outcome_tells_nobody_that_nothing_was_written() {
    let client = TestClient::on(Arc::new(MemoryLog::default()), "server-0", |options| options.attempts = 1);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    for fault in [Fault::Away, Fault::Away, Fault::Refused, Fault::LostBefore] {
        client.log.fail_next(fault);
    }
    assert_eq!(client.ask(member(1), "t", transfer(a, b, 1)).await.unwrap_err(), ExecuteError::OutcomeUnknown);
    for fault in [Fault::Refused, Fault::Refused, Fault::LostBefore] {
        client.log.fail_next(fault);
    }
    assert_eq!(client.ask(member(1), "t", transfer(a, b, 1)).await.unwrap_err(), ExecuteError::OutcomeUnknown);
    posted(&client.outcome(member(1), "t", transfer(a, b, 1)).await);
    assert_eq!(client.log.count("TransferPosted"), 2, "the funding and one transfer");
}

/// A queue that one member has filled takes in another's commands, and what gives way is free to be sent again.
#[tokio::test]
async fn a_member_who_fills_the_queue_turns_away_nobody_else() {
    let client = TestClient::on(Arc::new(MemoryLog::default()), "server-0", |options| options.queue = 8);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    posted(&client.deposit(b, 50, "fund b").await);
    let hold = client.log.hold.lock().await;
    let ask = |actor, key: String, command| {
        let bank = client.bank.clone();
        tokio::spawn(async move { bank.execute(submission(actor, &key, command)).await })
    };
    let first = ask(member(1), "first".to_owned(), transfer(a, b, 1));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let flood: Vec<_> = (0..8).map(|index| ask(member(1), format!("t{index}"), transfer(a, b, 1))).collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let others: Vec<_> = (0..4).map(|index| ask(member(2), format!("o{index}"), transfer(b, a, 1))).collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(client.bank.waiting(), 8);
    drop(hold);
    first.await.expect("task").expect("posted");
    for other in others {
        other.await.expect("task").expect("posted");
    }
    let mut turned_away = Vec::new();
    for (index, ask) in flood.into_iter().enumerate() {
        match ask.await.expect("task") {
            Err(ExecuteError::Overloaded { .. }) => turned_away.push(index),
            answer => drop(answer.expect("posted")),
        }
    }
    assert_eq!(turned_away, [4, 5, 6, 7], "the newest");
    for index in turned_away {
        posted(&client.outcome(member(1), &format!("t{index}"), transfer(a, b, 1)).await);
    }
}
