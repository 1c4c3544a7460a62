//! Commands over a real connection, to a bank that is played.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use application::{
    Answer, Command, CommandPort, Deposit, ExecuteError, Meta, Outcome, Refused, Submission, TransferBatch,
};
use async_trait::async_trait;
use command_server::forwarding::{Followers, ForwardError, Forwarder, ForwarderOptions, InternalKeys, Target, serve};
use events::recorded::Refusal;
use kernel::{
    AccountId, Actor, CommandId, ConsistencyToken, CorrelationId, LogId, MemberId, Minor, Money, Position, Role,
};
use log::Fingerprint;
use tasks::{KeyFile, Task};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);

/// Remembers what it was asked, and answers with the reference of a deposit; one that is called `slow` waits.
#[derive(Default)]
struct PlayedBank {
    asked: Mutex<Vec<(Submission, Duration)>>,
    go_on: Notify,
}

#[async_trait]
impl CommandPort for PlayedBank {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        let left = submission.meta.deadline.saturating_duration_since(Instant::now());
        self.asked.lock().unwrap().push((submission.clone(), left));
        let reference = match &submission.command {
            Command::Deposit(deposit) => deposit.reference.clone(),
            _ => "other".to_owned(),
        };
        match reference.as_str() {
            "slow" => self.go_on.notified().await,
            "refused" => return Err(ExecuteError::Overloaded { retry_after: Duration::from_secs(7) }),
            _ => {}
        }
        let refusal = Refusal { code: reference, available: Some(Minor::new(-5).unwrap()) };
        let answer = Arc::new(Outcome::Refused(Refused { refusal, transfer: None }));
        let token = ConsistencyToken::untagged(LogId::new(Uuid::from_u128(4)), Position::new(9));
        Ok(Answer { answer, replayed: true, token })
    }

    fn taken(&self) -> u64 {
        0
    }
}

/// A server, and one that forwards to it.
struct Pair {
    bank: Arc<PlayedBank>,
    forwarder: Forwarder,
    address: SocketAddr,
    followers: Followers,
    closing: watch::Sender<bool>,
    target: watch::Sender<Option<Target>>,
    server: Task,
    _follower: Task,
    key_file: PathBuf,
}

impl Pair {
    async fn start() -> Self {
        let key_file = std::env::temp_dir().join(format!("jangbu-forwarding-{}.json", Uuid::new_v4()));
        KeyFile::ensure(&key_file).unwrap();
        let keys = Arc::new(InternalKeys::open(&key_file).unwrap());
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let (bank, followers) = (Arc::new(PlayedBank::default()), Followers::default());
        let closing = watch::Sender::new(false);
        let server = {
            let (keys, bank, followers, closing) = (keys.clone(), bank.clone(), followers.clone(), closing.subscribe());
            tasks::until_done("internal", move || {
                let (listener, keys, bank) = (listener.clone(), keys.clone(), bank.clone());
                let (followers, closing) = (followers.clone(), closing.clone());
                async move { serve(&listener, keys, bank, followers, closing).await }
            })
        };
        let options = ForwarderOptions { limit: 100, grace: Duration::from_secs(1) };
        let forwarder = Forwarder::new(keys, options);
        let target = watch::Sender::new(None);
        let follower = {
            let (forwarder, target) = (forwarder.clone(), target.subscribe());
            tasks::endless("forwarder", move || forwarder.clone().follow(target.clone()))
        };
        let pair = Self { bank, forwarder, address, followers, closing, target, server, _follower: follower, key_file };
        pair.aim(address).await;
        pair
    }

    async fn aim(&self, address: SocketAddr) {
        self.target.send_replace(Some(Target { address: address.to_string(), epoch: 1 }));
        self.is_connected(true).await;
    }

    async fn is_connected(&self, wanted: bool) {
        timeout(SOON, async {
            while self.forwarder.is_connected() != wanted {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }

    async fn is_asked(&self, times: usize) {
        timeout(SOON, async {
            while self.bank.asked.lock().unwrap().len() < times {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.key_file);
    }
}

fn deposit(reference: &str, wait: Duration) -> Submission {
    let money = Money { asset: "KRW".parse().unwrap(), amount: Minor::new(i128::from(u64::MAX) * 7).unwrap() };
    let account = AccountId::new(Uuid::from_u128(1));
    let meta = Meta {
        command_id: CommandId::new(Uuid::from_u128(2)),
        fingerprint: Fingerprint([3; 16]),
        correlation: CorrelationId::new(Uuid::from_u128(4)),
        deadline: Instant::now() + wait,
        token: None,
        trace: Default::default(),
    };
    let actor = Actor { role: Role::Operator, id: MemberId::new(Uuid::from_u128(5)) };
    Submission {
        actor,
        meta,
        act: None,
        command: Command::Deposit(Deposit { account, money, reference: reference.to_owned(), unique_reference: false }),
    }
}

fn code(answer: &Answer) -> String {
    match &*answer.answer {
        Outcome::Refused(refused) => refused.refusal.code.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_arrives_as_it_was_sent_with_the_time_that_is_left() {
    let pair = Pair::start().await;
    let sent = deposit("한글 \"quoted\" \u{1f600}", Duration::from_secs(20));
    let answer = pair.forwarder.execute(&sent).await.unwrap();
    assert!(answer.replayed);
    assert_eq!(code(&answer), "한글 \"quoted\" \u{1f600}");
    let (arrived, left) = pair.bank.asked.lock().unwrap()[0].clone();
    assert_eq!(arrived.command, sent.command);
    assert_eq!((arrived.actor, arrived.meta.command_id), (sent.actor, sent.meta.command_id));
    assert_eq!((arrived.meta.fingerprint, arrived.meta.correlation), (sent.meta.fingerprint, sent.meta.correlation));
    assert!(left <= Duration::from_secs(20) && left > Duration::from_secs(5), "{left:?}");
    // However much a sender asks for.
    pair.forwarder.execute(&deposit("patient", Duration::from_secs(86_400))).await.unwrap();
    assert!(pair.bank.asked.lock().unwrap()[1].1 <= Duration::from_secs(60));
}

#[tokio::test]
async fn a_slow_command_holds_up_no_other_and_errors_arrive() {
    let pair = Pair::start().await;
    let slow = deposit("slow", Duration::from_secs(60));
    let slow = tokio::spawn({
        let forwarder = pair.forwarder.clone();
        async move { forwarder.execute(&slow).await }
    });
    pair.is_asked(1).await;
    for _ in 0..50 {
        let answer = pair.forwarder.execute(&deposit("quick", SOON)).await.unwrap();
        assert_eq!(code(&answer), "quick");
    }
    let refused = pair.forwarder.execute(&deposit("refused", SOON)).await.unwrap_err();
    let overloaded = ExecuteError::Overloaded { retry_after: Duration::from_secs(7) };
    assert_eq!(refused, ForwardError::Failed(overloaded));
    assert!(!slow.is_finished());
    pair.bank.go_on.notify_one();
    assert_eq!(code(&slow.await.unwrap().unwrap()), "slow");
}

#[tokio::test]
async fn an_answer_that_is_late_is_lost_and_no_more_than_the_limit_is_on_its_way() {
    let pair = Pair::start().await;
    let late = pair.forwarder.execute(&deposit("slow", Duration::from_millis(50))).await;
    assert_eq!(late.unwrap_err(), ForwardError::Lost);
    let mut slow = Vec::new();
    for _ in 0..100 {
        let forwarder = pair.forwarder.clone();
        slow.push(tokio::spawn(async move { forwarder.execute(&deposit("slow", SOON)).await }));
    }
    pair.is_asked(101).await;
    let more = pair.forwarder.execute(&deposit("quick", SOON)).await.unwrap_err();
    assert!(matches!(more, ForwardError::Failed(ExecuteError::Overloaded { .. })));
    slow.into_iter().for_each(|task| task.abort());
}

#[tokio::test]
async fn a_large_batch_arrives_whole() {
    let pair = Pair::start().await;
    let Submission { actor, meta, .. } = deposit("", SOON);
    let order = application::TransferOrder {
        source: AccountId::new(Uuid::from_u128(1)),
        destination: application::Destination::Account(AccountId::new(Uuid::from_u128(2))),
        money: Money { asset: "KRW".parse().unwrap(), amount: Minor::new(1).unwrap() },
        memo: Some("가".repeat(140)),
    };
    let command = Command::TransferBatch(TransferBatch { atomic: true, orders: vec![order; 1000] });
    let sent = Submission { actor, meta, act: None, command };
    assert_eq!(code(&pair.forwarder.execute(&sent).await.unwrap()), "other");
    assert_eq!(pair.bank.asked.lock().unwrap()[0].0.command, sent.command);
}

#[tokio::test]
async fn a_server_that_ends_answers_what_it_has_taken() {
    let pair = Pair::start().await;
    let slow = tokio::spawn({
        let forwarder = pair.forwarder.clone();
        async move { forwarder.execute(&deposit("slow", SOON)).await }
    });
    pair.is_asked(1).await;
    assert_eq!(pair.followers.count(), 1);
    pair.closing.send_replace(true);
    sleep(Duration::from_millis(50)).await;
    pair.bank.go_on.notify_one();
    assert_eq!(code(&slow.await.unwrap().unwrap()), "slow");
    pair.is_connected(false).await;
    assert_eq!(pair.followers.count(), 0);
}

/// Between the two, with a hand in what passes: each chunk from the side that forwards goes through `change`.
async fn meddler(behind: SocketAddr, change: fn(usize, &mut Vec<u8>)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(behind).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            tokio::spawn(async move {
                let mut number = 0;
                loop {
                    let mut bytes = vec![0; 64 * 1024];
                    let Ok(size @ 1..) = from_client.read(&mut bytes).await else { return };
                    bytes.truncate(size);
                    // Introductions and heartbeats are small.
                    if size > 150 {
                        change(number, &mut bytes);
                        number += 1;
                    }
                    if to_server.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn what_is_altered_replayed_or_cut_on_its_way_is_never_executed() {
    let changes: [(&str, fn(usize, &mut Vec<u8>)); 4] = [
        ("altered", |_, bytes| {
            let last = bytes.len() - 10;
            bytes[last] ^= 1;
        }),
        ("tag altered", |_, bytes| bytes[7] ^= 0x80),
        ("cut", |_, bytes| {
            let shorter = u32::try_from(bytes.len() - 36 - 1).unwrap();
            bytes[..4].copy_from_slice(&shorter.to_be_bytes());
        }),
        ("longer than any", |_, bytes| bytes[0] = 0xff),
    ];
    for (name, change) in changes {
        let pair = Pair::start().await;
        pair.target.send_replace(None);
        pair.is_connected(false).await;
        pair.aim(meddler(pair.address, change).await).await;
        let lost = pair.forwarder.execute(&deposit("quick", Duration::from_secs(20))).await;
        assert_eq!(lost.unwrap_err(), ForwardError::Lost, "{name}");
        assert!(pair.bank.asked.lock().unwrap().is_empty(), "{name}");
    }
    // Sent twice: the first is executed, the second is not, and the connection ends.
    let pair = Pair::start().await;
    pair.target.send_replace(None);
    pair.is_connected(false).await;
    pair.aim(meddler(pair.address, |_, bytes| bytes.extend_from_within(..)).await).await;
    let _ = pair.forwarder.execute(&deposit("quick", Duration::from_secs(20))).await;
    pair.is_connected(false).await;
    assert_eq!(pair.bank.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_rotated_is_taken_without_a_restart() {
    let pair = Pair::start().await;
    KeyFile::rotate(&pair.key_file).unwrap();
    sleep(Duration::from_millis(300)).await;
    pair.target.send_replace(None);
    pair.is_connected(false).await;
    pair.aim(pair.address).await;
    assert_eq!(code(&pair.forwarder.execute(&deposit("quick", SOON)).await.unwrap()), "quick");
    let _ = &pair.server;
}
