//! Ids of one kind where another kind is meant, in one batch with the commands that mean them: cold, every time.

use std::{collections::VecDeque, sync::Arc, sync::Mutex};

use application::{
    Answer, Bank, Command, Deposit, Destination, ExecuteError, ExecutorOptions, Meta, OpenAccount, Outcome, Reverse,
    Submission, TransferOrder,
};
use events::recorded::{self, AccountOpened, Holder};
use futures::future::join_all;
use kernel::{AccountId, AccountNumber, Ids, MemberId, RandomIds, StreamId, TransferId, Version};
use log::{Append, NewCommit, NewEvent, Snapshot};
use uuid::Uuid;

use crate::{
    client::{TestClient, krw, member, operator, posted, refused, submission, transfer, won},
    memory_log::MemoryLog,
};

/// Has a server that knows nothing yet decide all of these in one batch: they queue while it waits for the log.
async fn together(log: &Arc<MemoryLog>, submissions: Vec<Submission>) -> Vec<Result<Answer, ExecuteError>> {
    together_on(&TestClient::on(log.clone(), "server-0", |_| {}), submissions).await
}

async fn together_on(client: &TestClient, submissions: Vec<Submission>) -> Vec<Result<Answer, ExecuteError>> {
    let hold = client.log.hold.lock().await;
    let ask = |submission: Submission| {
        let bank = client.bank.clone();
        tokio::spawn(async move { bank.execute(submission).await })
    };
    let open =
        submission(member(4711), &RandomIds.fresh().to_string(), Command::OpenAccount(OpenAccount { asset: krw() }));
    let first = ask(open);
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let count = submissions.len();
    let asked: Vec<_> = submissions.into_iter().map(ask).collect();
    while client.bank.waiting() < count {
        tokio::task::yield_now().await;
    }
    drop(hold);
    first.await.expect("task").expect("opened");
    join_all(asked).await.into_iter().map(|answer| answer.expect("task")).collect()
}

fn reverse(id: Uuid, key: &str) -> Submission {
    submission(operator(), key, Command::Reverse(Reverse { transfer: TransferId::new(id), reason: "an attack".into() }))
}

fn deposit(account: AccountId, key: &str) -> Submission {
    let command =
        Command::Deposit(Deposit { account, money: won(1_000), reference: "r".into(), unique_reference: false });
    submission(operator(), key, command)
}

fn to_number(source: AccountId, number: AccountNumber, key: &str) -> Submission {
    let order = TransferOrder { source, destination: Destination::Number(number), money: won(1), memo: None };
    submission(member(1), key, Command::Transfer(order))
}

fn to_stream(source: AccountId, stream: StreamId, key: &str) -> Submission {
    submission(member(1), key, transfer(source, AccountId::new(stream.uuid()), 1))
}

fn outcome(answer: &Result<Answer, ExecuteError>) -> Outcome {
    (*answer.as_ref().expect("an answer").answer).clone()
}

async fn numbered(client: &TestClient, key: &str) -> (AccountId, AccountNumber) {
    match client.outcome(member(2), key, Command::OpenAccount(OpenAccount { asset: krw() })).await {
        Outcome::Opened(account) => (account.account_id, account.account_number),
        other => panic!("not opened: {other:?}"),
    }
}

fn cash(log: &MemoryLog) -> Uuid {
    let system = |event: &log::Event| event.event_type == "AccountOpened" && event.payload.get().contains("system");
    let commits = log.commits();
    commits.iter().flat_map(|c| &c.events).find(|e| system(e)).expect("a cash account").stream.uuid()
}

#[tokio::test]
async fn a_cash_account_that_is_reversed_like_a_transfer_is_not_opened_again() {
    let client = TestClient::new();
    let account = client.funded("a", 1).await;
    let cash = cash(&client.log);
    let batch = vec![reverse(cash, "1"), deposit(account, "2"), reverse(cash, "3"), deposit(account, "4")];
    let answers = together(&client.log, batch).await;
    assert_eq!(answers[0].as_ref().unwrap_err(), &ExecuteError::TransferUnknown);
    assert_eq!(answers[2].as_ref().unwrap_err(), &ExecuteError::TransferUnknown);
    posted(&outcome(&answers[1]));
    posted(&outcome(&answers[3]));
    let of_cash =
        client.log.commits().iter().flat_map(|c| c.events.clone()).filter(|e| e.stream.uuid() == cash).count();
    assert_eq!(of_cash, 4, "opened once, debited three times");
}

#[tokio::test]
async fn a_cash_account_that_is_not_there_yet_is_opened_all_the_same() {
    let (client, other) = (TestClient::new(), TestClient::new());
    let account = client.open(member(1), "a").await;
    other.funded("a", 1).await;
    let cash = cash(&other.log);
    let squat = to_stream(account, StreamId::new(cash), "2");
    let answers = together(&client.log, vec![reverse(cash, "1"), squat, deposit(account, "3")]).await;
    assert_eq!(answers[0].as_ref().unwrap_err(), &ExecuteError::TransferUnknown);
    assert_eq!(refused(&outcome(&answers[1])), "account-unknown");
    posted(&outcome(&answers[2]));
}

#[tokio::test]
async fn payments_to_a_number_pass_beside_transfers_to_its_stream() {
    let client = TestClient::new();
    let source = client.funded("a", 100).await;
    let (_, number) = numbered(&client, "b").await;
    let batch = [
        to_stream(source, number.stream(), "1"),
        to_number(source, number, "2"),
        reverse(number.stream().uuid(), "3"),
        to_number(source, number, "4"),
    ];
    let warm = TestClient::on(client.log.clone(), "server-0", |_| {});
    for round in 0..2 {
        let batch = batch.iter().map(|one| Submission {
            meta: Meta {
                command_id: kernel::CommandId::new(Uuid::new_v5(&one.meta.command_id.uuid(), &[round])),
                ..one.meta
            },
            ..one.clone()
        });
        let answers = together_on(&warm, batch.collect()).await;
        assert_eq!(refused(&outcome(&answers[0])), "account-unknown");
        posted(&outcome(&answers[1]));
        assert_eq!(answers[2].as_ref().unwrap_err(), &ExecuteError::TransferUnknown);
        posted(&outcome(&answers[3]));
    }
}

/// Digits as they are told, then at random.
struct Digits(Mutex<VecDeque<u64>>);

impl Ids for Digits {
    fn fresh(&self) -> Uuid {
        RandomIds.fresh()
    }

    fn digits(&self) -> u64 {
        self.0.lock().expect("whole").pop_front().unwrap_or_else(|| RandomIds.digits())
    }
}

/// The number to be drawn is known to the attacker, and its stream is named in the same batch. A number that is taken, and
/// held because somebody pays to it, is not given a second time.
#[tokio::test]
async fn a_number_is_given_once_whoever_names_its_stream() {
    let client = TestClient::new();
    let source = client.funded("a", 100).await;
    let (_, taken) = numbered(&client, "b").await;
    let future = AccountNumber::from_digits(4_711);
    let digits = |number: AccountNumber| number.to_string()[..10].parse::<u64>().expect("digits");
    let ids = Arc::new(Digits(Mutex::new([1, digits(taken), 4_711].into())));
    let options = ExecutorOptions::new("server-0", [krw()].into());
    let (bank, executor) = Bank::start(client.log.clone(), ids, options);
    let cold = TestClient { bank, executor, log: client.log.clone() };
    let open = submission(member(3), "open", Command::OpenAccount(OpenAccount { asset: krw() }));
    let batch = vec![to_stream(source, future.stream(), "1"), to_number(source, taken, "2"), open];
    let answers = together_on(&cold, batch).await;
    assert_eq!(refused(&outcome(&answers[0])), "account-unknown");
    posted(&outcome(&answers[1]));
    let Outcome::Opened(opened) = outcome(&answers[2]) else { panic!("{:?}", answers[2]) };
    assert_eq!(opened.account_number, future);
}

/// A number that this server knows to be taken is not tried: the next one is drawn, without a conflict.
#[tokio::test]
async fn a_number_that_is_held_in_memory_is_not_drawn() {
    let client = TestClient::new();
    let source = client.funded("a", 100).await;
    let (_, taken) = numbered(&client, "b").await;
    let digits = taken.to_string()[..10].parse::<u64>().expect("digits");
    let ids = Arc::new(Digits(Mutex::new([digits, 4_711].into())));
    let options = ExecutorOptions::new("server-0", [krw()].into());
    let (bank, executor) = Bank::start(client.log.clone(), ids, options);
    let warm = TestClient { bank, executor, log: client.log.clone() };
    posted(&outcome(&warm.bank.execute(to_number(source, taken, "1")).await));
    let open = submission(member(3), "open", Command::OpenAccount(OpenAccount { asset: krw() }));
    let Outcome::Opened(opened) = outcome(&warm.bank.execute(open).await) else { panic!("not opened") };
    assert_eq!(opened.account_number, AccountNumber::from_digits(4_711));
}

/// The members' process keeps a snapshot under an id that anybody can read in the source.
#[tokio::test]
async fn a_snapshot_of_something_else_is_no_account() {
    let client = TestClient::new();
    let source = client.funded("a", 100).await;
    let stream = StreamId::new(Uuid::from_u128(0x6a61_6e67_6275_5f62_8061_636b_6f66_6663));
    let (version, state) = (Version::new(12), r#"{"position":12,"sign_ups":{},"erasures":{}}"#.to_owned());
    client.log.plant_snapshot(Snapshot { stream, version, state_schema: 1, state });
    let answers = together(&client.log, vec![to_stream(source, stream, "1"), deposit(source, "2")]).await;
    assert_eq!(refused(&outcome(&answers[0])), "account-unknown");
    posted(&outcome(&answers[1]));
}

/// Writes what no decision writes.
async fn plant(log: &MemoryLog, stream: StreamId, version: i64, recorded: recorded::Event) {
    let commit = NewCommit {
        command_id: kernel::CommandId::new(RandomIds.fresh()),
        fingerprint: log::Fingerprint([0; 16]),
        actor: operator(),
        correlation: kernel::CorrelationId::new(Uuid::nil()),
        events: vec![NewEvent {
            stream,
            version: Version::new(version),
            event_type: recorded.event_type().name,
            schema_version: recorded.event_type().schema_version,
            payload: recorded.payload().expect("json"),
            kind: recorded.event_type().kind.as_str(),
            opens_stream: recorded.event_type().opens_stream,
            owner: None,
        }],
    };
    log.append(&[commit]).await.expect("planted");
}

#[tokio::test]
async fn a_stream_that_cannot_be_folded_fails_the_commands_that_name_it_and_no_others() {
    let client = TestClient::new();
    let (good, twice, mixed) =
        (client.funded("a", 100).await, client.funded("b", 100).await, client.funded("c", 100).await);
    let holder = Holder::Member { owner: MemberId::new(Uuid::from_u128(1)), number: AccountNumber::from_digits(5) };
    plant(&client.log, twice.into(), 3, AccountOpened { holder, asset: krw() }.into()).await;
    let by = TransferId::new(Uuid::nil());
    plant(&client.log, mixed.into(), 3, recorded::TransferReversed { by }.into()).await;
    *client.log.damaged.lock().expect("whole") = Some(StreamId::new(Uuid::from_u128(9)));
    let batch = vec![
        submission(member(1), "1", transfer(good, twice, 1)),
        deposit(good, "2"),
        deposit(mixed, "3"),
        reverse(Uuid::from_u128(9), "4"),
        submission(member(1), "5", transfer(good, good, 1)),
        deposit(good, "6"),
    ];
    let answers = together(&client.log, batch).await;
    for bad in [0, 2, 3] {
        assert_eq!(answers[bad].as_ref().unwrap_err(), &ExecuteError::Internal);
    }
    posted(&outcome(&answers[1]));
    assert_eq!(refused(&outcome(&answers[4])), "same-account");
    posted(&outcome(&answers[5]));
}

/// What the auditor found may be what the command cannot read: which of the two is met first must not matter to the client.
#[tokio::test]
async fn damage_that_an_alarm_is_open_for_is_told_as_the_alarm() {
    let client = TestClient::new();
    let account = client.funded("a", 100).await;
    *client.log.damaged.lock().expect("whole") = Some(account.into());
    let fresh = || async { together(&client.log, vec![deposit(account, "1"), deposit(account, "2")]).await };
    for answer in fresh().await {
        assert_eq!(answer.unwrap_err(), ExecuteError::Internal);
    }
    *client.log.stopped_by.lock().expect("whole") = Some(7);
    for answer in fresh().await {
        assert_eq!(answer.unwrap_err(), ExecuteError::Stopped);
    }
}
