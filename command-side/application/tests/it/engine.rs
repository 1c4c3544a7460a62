//! What the engine promises to every command: how often it reads, and what it tells when nothing is written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use application::{Command, ExecuteError, FreezeAccount, OpenAccount, UnfreezeAccount};
use events::recorded::{Event, FreezeScope, OwnerLeft};
use kernel::{Actor, CommandId, CorrelationId, Version};
use log::{Append, Fingerprint, NewCommit, NewEvent};
use uuid::Uuid;

use crate::{
    client::{TestClient, krw, member, operator, posted, submission, transfer},
    memory_log::{Fault, MemoryLog},
};

/// Counts the round trips for streams from now on.
pub fn count_reads(log: &MemoryLog) -> Arc<AtomicUsize> {
    let reads = Arc::new(AtomicUsize::default());
    let counted = reads.clone();
    let count = move |_: &[_]| {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    *log.on_read.lock().expect("whole") = Some(Box::new(count));
    reads
}

/// The member leaves: from now on no account is opened for them.
async fn leave(log: &MemoryLog, actor: Actor, version: i64) {
    let recorded = Event::from(OwnerLeft { owner: actor.id, erasure: Uuid::from_u128(1) });
    let event = NewEvent {
        stream: actor.id.owner_stream(),
        version: Version::new(version),
        event_type: recorded.event_type().name,
        schema_version: recorded.event_type().schema_version,
        payload: recorded.payload().expect("json"),
        kind: recorded.event_type().kind.as_str(),
        opens_stream: recorded.event_type().opens_stream,
        owner: None,
    };
    let commit = NewCommit {
        command_id: CommandId::new(Uuid::from_u128(2)),
        fingerprint: Fingerprint([0; 16]),
        actor,
        correlation: CorrelationId::new(Uuid::nil()),
        events: vec![event],
    };
    log.append(&[commit]).await.expect("written");
}

#[tokio::test]
async fn a_cold_transfer_reads_once_and_a_warm_one_not_at_all() {
    let first = TestClient::new();
    let (a, b) = (first.funded("a", 100).await, first.open(member(2), "b").await);
    let second = TestClient::on(first.log.clone(), "server-1", |_| {});
    let reads = count_reads(&first.log);
    posted(&second.outcome(member(1), "cold", transfer(a, b, 1)).await);
    assert_eq!(reads.load(Ordering::SeqCst), 1, "both accounts in one round trip");
    posted(&second.outcome(member(1), "warm", transfer(a, b, 1)).await);
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_a_batch_found_in_memory_does_not_make_room_for_what_it_lacks() {
    let log = Arc::new(MemoryLog::default());
    // Two accounts and the limits.
    let client = TestClient::on(log.clone(), "server-0", |options| options.cached_streams = 3);
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let c = client.open(member(3), "c").await;
    for round in 0..20 {
        posted(&client.outcome(member(1), &format!("there {round}"), transfer(a, b, 1)).await);
        // From here on b was used last, and a longest ago.
        let (freeze, unfreeze) = (
            FreezeAccount { account: b, scope: FreezeScope::All, reason: None },
            UnfreezeAccount { account: b, reason: None },
        );
        client.outcome(operator(), &format!("freeze {round}"), Command::FreezeAccount(freeze)).await;
        client.outcome(operator(), &format!("unfreeze {round}"), Command::UnfreezeAccount(unfreeze)).await;
        let reads = count_reads(&log);
        posted(&client.outcome(member(1), &format!("on {round}"), transfer(a, c, 1)).await);
        assert_eq!(reads.load(Ordering::SeqCst), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_used_key_tells_its_answer_though_the_command_would_be_an_error_now() {
    let first = TestClient::new();
    let open = Command::OpenAccount(OpenAccount { asset: krw() });
    let opened = first.ask(member(1), "open", open.clone()).await.expect("opened");
    leave(&first.log, member(1), 2).await;
    let second = TestClient::on(first.log.clone(), "server-1", |_| {});
    let again = second.ask(member(1), "open", open.clone()).await.expect("the same answer");
    assert_eq!((&again.answer, again.token, again.replayed), (&opened.answer, opened.token, true));
    assert_eq!(second.ask(member(1), "another", open).await.unwrap_err(), ExecuteError::OwnerLeft);
    let other = Command::OpenAccount(OpenAccount { asset: "EUR".parse().expect("asset") });
    assert_eq!(second.ask(member(1), "open", other).await.unwrap_err(), ExecuteError::KeyReused);
}

/// The first append is lost, and the second conflicts with what makes the command an error. Nobody knows whether the first
/// will still come through.
#[tokio::test]
async fn after_a_lost_append_nobody_is_told_that_nothing_was_written() {
    let client = TestClient::new();
    let hold = client.log.hold.lock().await;
    let open = Command::OpenAccount(OpenAccount { asset: krw() });
    let (bank, log) = (client.bank.clone(), client.log.clone());
    let asked = tokio::spawn(async move { bank.execute(submission(member(1), "open", open)).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let left = tokio::spawn(async move { leave(&log, member(1), 1).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    client.log.fail_next(Fault::LostBefore);
    drop(hold);
    left.await.expect("task");
    assert_eq!(asked.await.expect("task").unwrap_err(), ExecuteError::OutcomeUnknown);
    let open = Command::OpenAccount(OpenAccount { asset: krw() });
    assert_eq!(client.ask(member(1), "open", open).await.unwrap_err(), ExecuteError::OwnerLeft);
    assert_eq!(client.log.count("AccountOpened"), 0);
}

/// Operators' errors and members' transfers share a batch: each is told its own.
#[tokio::test]
async fn an_error_beside_commands_that_are_written_is_told_all_the_same() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let hold = client.log.hold.lock().await;
    let ask = |actor, key: &'static str, command| {
        let bank = client.bank.clone();
        tokio::spawn(async move { bank.execute(submission(actor, key, command)).await })
    };
    let first = ask(member(1), "first", transfer(a, b, 1));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let batch = [
        ask(member(1), "good", transfer(a, b, 1)),
        ask(member(2), "bad", transfer(a, b, 1)),
        ask(operator(), "fine", transfer(a, b, 1)),
    ];
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(hold);
    first.await.expect("task").expect("posted");
    let [good, bad, fine] = batch;
    good.await.expect("task").expect("posted");
    assert_eq!(bad.await.expect("task").unwrap_err(), ExecuteError::NotOwner);
    fine.await.expect("task").expect("posted");
}
