//! The courier against a queue in memory that keeps the port's promises.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, ManualClock, MemberId, Place, Position, StreamId, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Notify, task::JoinHandle};
use uuid::Uuid;
use vault::{
    DataKey, DueMessage, Keys, MessageBudget, Messages, Names, NewMessage, Notice, Queued, SentCode, VaultError,
    WaitingMessages,
};
use zeroize::Zeroizing;

use super::{Channel, Channels, Courier, CourierOptions, DeliverError, DeliveryHealth, Text};

const MEMBER: MemberId = MemberId::new(Uuid::from_u128(5));
const STREAM: StreamId = StreamId::new(Uuid::from_u128(6));

/// One waiting message: itself, when it is due, how often it was tried.
type Waiting = (NewMessage, DateTime<Utc>, i32);

struct MemoryVault {
    names: Names,
    key: Mutex<Option<[u8; 32]>>,
    queue: Mutex<BTreeMap<Position, Waiting>>,
}

impl MemoryVault {
    fn new() -> Arc<Self> {
        let names = Names::new(Zeroizing::new([1; 32]));
        Arc::new(Self { names, key: Mutex::new(Some([2; 32])), queue: Mutex::default() })
    }

    fn queue(&self, position: i64, channel: &'static str, notice: Notice, until: Option<DateTime<Utc>>) {
        let place = Place { stream: STREAM, version: Version::new(1), field: "contact" };
        let to = SecretString::from(format!("to-{position}"));
        let key = DataKey::from_bytes(Zeroizing::new([2; 32]));
        let message = NewMessage {
            position: Position::new(position),
            member: MEMBER,
            channel,
            contact: key.seal(&place, &to).expect("sealed"),
            stream: place.stream,
            version: place.version,
            field: place.field,
            notice,
            until,
            code_contact: None,
            charge: None,
        };
        self.queue.lock().expect("whole").insert(message.position, (message, noon(), 0));
    }

    fn waiting(&self) -> Vec<(i64, DateTime<Utc>)> {
        self.queue.lock().expect("whole").iter().map(|(position, (_, due, _))| (position.number(), *due)).collect()
    }
}

#[async_trait]
impl Keys for MemoryVault {
    fn names(&self) -> &Names {
        &self.names
    }

    async fn make_key(&self, _: MemberId) -> Result<DataKey, VaultError> {
        Err(VaultError::Unwrap)
    }

    async fn owner_key(&self, _: MemberId) -> Result<DataKey, VaultError> {
        Err(VaultError::Unwrap)
    }

    async fn key(&self, _: MemberId) -> Result<Option<DataKey>, VaultError> {
        Ok(self.key.lock().expect("whole").map(|key| DataKey::from_bytes(Zeroizing::new(key))))
    }
}

#[async_trait]
impl Messages for MemoryVault {
    async fn noted_commit(&self) -> Result<Option<kernel::CommitRef>, VaultError> {
        Ok(None)
    }

    async fn note_commit(&self, _: kernel::CommitRef) -> Result<(), VaultError> {
        Ok(())
    }

    async fn cursor(&self) -> Result<Position, VaultError> {
        Ok(Position::new(0))
    }

    async fn enqueue(
        &self,
        _: &[NewMessage],
        _: MessageBudget,
        _: DateTime<Utc>,
        _: Position,
        _: Position,
        _: Option<kernel::CommitRef>,
    ) -> Result<Option<Queued>, VaultError> {
        Ok(None)
    }

    async fn codes_sent(&self, _: Uuid) -> Result<Vec<SentCode>, VaultError> {
        Ok(Vec::new())
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DueMessage>, VaultError> {
        let mut queue = self.queue.lock().expect("whole");
        let due = queue.values_mut().filter(|(_, due, _)| *due <= now).take(usize::try_from(limit).expect("positive"));
        Ok(due
            .map(|(message, due, attempts)| {
                *due = lease_until;
                DueMessage { message: message.clone(), attempts: *attempts }
            })
            .collect())
    }

    async fn settle_message(&self, position: Position) -> Result<(), VaultError> {
        self.queue.lock().expect("whole").remove(&position);
        Ok(())
    }

    async fn postpone(&self, position: Position, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError> {
        assert!(!reason.contains("to-"), "a reason tells nobody's contact");
        if let Some((_, due, attempts)) = self.queue.lock().expect("whole").get_mut(&position) {
            *due = due_at;
            *attempts += 1;
        }
        Ok(())
    }

    async fn waiting_messages(&self) -> Result<Vec<WaitingMessages>, VaultError> {
        let queue = self.queue.lock().expect("whole");
        let of = |channel: &str| queue.values().filter(|(message, ..)| message.channel == channel).count() as u64;
        let waiting = ["email", "phone"].map(|channel| (channel.to_owned(), of(channel)));
        let waiting = waiting.into_iter().filter(|(_, count)| *count > 0);
        let oldest = Duration::from_secs(300);
        Ok(waiting.map(|(channel, count)| WaitingMessages { channel, count, oldest }).collect())
    }
}

/// Keeps what it was given; fails as the test asks.
#[derive(Default)]
struct FakeChannel {
    taken: Mutex<Vec<(String, String)>>,
    failures: Mutex<Vec<DeliverError>>,
    hangs: bool,
    slow: Option<Duration>,
}

#[async_trait]
impl Channel for FakeChannel {
    async fn deliver(&self, to: &SecretString, message: &Text) -> Result<(), DeliverError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if let Some(time) = self.slow {
            tokio::time::sleep(time).await;
        }
        if let Some(failure) = self.failures.lock().expect("whole").pop() {
            return Err(failure);
        }
        let taken = (to.expose_secret().to_owned(), message.body.expose_secret().to_owned());
        self.taken.lock().expect("whole").push(taken);
        Ok(())
    }
}

impl FakeChannel {
    fn to(&self) -> Vec<String> {
        self.taken.lock().expect("whole").iter().map(|(to, _)| to.clone()).collect()
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a time")
}

struct Runner {
    vault: Arc<MemoryVault>,
    clock: Arc<ManualClock>,
    stop: Arc<Notify>,
    running: JoinHandle<()>,
}

impl Runner {
    fn open(vault: &Arc<MemoryVault>, channels: Channels) -> Self {
        let (clock, stop) = (Arc::new(ManualClock::new(noon())), Arc::new(Notify::new()));
        let courier = Courier::new(vault.clone(), channels, clock.clone(), CourierOptions::default());
        let stopped = stop.clone();
        let running = tokio::spawn(courier.run(async move { stopped.notified().await }));
        Self { vault: vault.clone(), clock, stop, running }
    }

    /// Lets the courier work for a while of its own time, and of the queue's.
    async fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now() + TimeDelta::seconds(seconds));
        tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
    }

    async fn close(self) {
        self.stop.notify_one();
        self.running.await.expect("it ends well");
    }
}

fn email(channel: &Arc<FakeChannel>) -> Channels {
    Channels { email: Some(channel.clone()), phone: None }
}

fn code(serial: u32) -> Notice {
    Notice::SignUpCode { sign_up: STREAM.uuid(), serial }
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_to_the_opened_contact_with_its_code_and_is_forgotten() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    vault.queue(1, "email", code(1), Some(noon() + TimeDelta::minutes(10)));
    let runner = Runner::open(&vault, email(&channel));
    runner.pass(1).await;
    let taken = channel.taken.lock().expect("whole").clone();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].0, "to-1");
    assert!(taken[0].1.contains(vault.names().code(STREAM, 1).as_str()));
    assert_eq!(vault.waiting(), []);
    runner.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_now_is_tried_again_after_growing_pauses() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    *channel.failures.lock().expect("whole") = vec![DeliverError::transient("421"); 3];
    vault.queue(1, "email", Notice::PasswordChanged, None);
    let runner = Runner::open(&vault, email(&channel));
    tokio::time::sleep(Duration::from_millis(10)).await;
    for pause in [1, 2, 4] {
        assert_eq!(runner.vault.waiting(), [(1, runner.clock.now() + TimeDelta::seconds(pause))]);
        assert_eq!(channel.to().len(), 0);
        runner.pass(pause).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert_eq!(channel.to(), ["to-1"]);
    assert_eq!(vault.waiting(), []);
    runner.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_for_good_or_came_too_late_or_has_no_key_is_forgotten() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    channel.failures.lock().expect("whole").push(DeliverError::permanent("550"));
    vault.queue(1, "email", Notice::PasswordChanged, None);
    vault.queue(2, "email", code(1), Some(noon()));
    let runner = Runner::open(&vault, email(&channel));
    runner.pass(1).await;
    assert_eq!(vault.waiting(), []);
    *vault.key.lock().expect("whole") = None;
    vault.queue(3, "email", Notice::PasswordChanged, None);
    runner.pass(1).await;
    assert_eq!((vault.waiting(), channel.to()), (vec![], vec![]));
    runner.close().await;
}

#[tokio::test(start_paused = true)]
async fn of_the_codes_of_one_sign_up_only_the_newest_is_sent() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    vault.queue(1, "email", code(1), None);
    vault.queue(2, "email", code(2), None);
    let runner = Runner::open(&vault, email(&channel));
    runner.pass(1).await;
    assert_eq!(channel.to(), ["to-2"]);
    vault.queue(3, "email", code(1), None);
    runner.pass(1).await;
    assert_eq!((channel.to(), vault.waiting()), (vec!["to-2".to_owned()], vec![]));
    runner.close().await;
}

#[tokio::test(start_paused = true)]
async fn without_the_channel_messages_wait_for_a_server_that_has_it() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    vault.queue(1, "phone", Notice::PasswordChanged, None);
    let poor = Runner::open(&vault, email(&channel));
    poor.pass(30).await;
    poor.close().await;
    assert_eq!((channel.to().len(), vault.waiting().len()), (0, 1));
    let rich = Runner::open(&vault, Channels { email: None, phone: Some(channel.clone()) });
    rich.pass(600).await;
    assert_eq!((channel.to(), vault.waiting().len()), (vec!["to-1".to_owned()], 0));
    rich.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_never_answers_holds_up_no_other() {
    let vault = MemoryVault::new();
    let (dead, well) = (Arc::new(FakeChannel { hangs: true, ..FakeChannel::default() }), Arc::default());
    vault.queue(1, "email", Notice::PasswordChanged, None);
    vault.queue(2, "phone", Notice::PasswordChanged, None);
    let well: Arc<FakeChannel> = well;
    let runner = Runner::open(&vault, Channels { email: Some(dead), phone: Some(well.clone()) });
    runner.pass(1).await;
    assert_eq!(well.to(), ["to-2"]);
    runner.pass(16).await;
    assert_eq!(vault.waiting().len(), 1, "put off, not lost");
    runner.close().await;
}

#[tokio::test(start_paused = true)]
async fn many_messages_and_two_couriers_send_each_once() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    (1..=200).for_each(|position| vault.queue(position, "email", Notice::PasswordChanged, None));
    let runners = [Runner::open(&vault, email(&channel)), Runner::open(&vault, email(&channel))];
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut sent = channel.to();
    sent.sort();
    let mut all: Vec<_> = (1..=200).map(|position| format!("to-{position}")).collect();
    all.sort();
    assert_eq!(sent, all);
    for runner in runners {
        runner.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_end_what_is_under_way_is_finished() {
    let slow = FakeChannel { slow: Some(Duration::from_secs(9)), ..FakeChannel::default() };
    let (vault, channel) = (MemoryVault::new(), Arc::new(slow));
    vault.queue(1, "email", Notice::PasswordChanged, None);
    let runner = Runner::open(&vault, email(&channel));
    tokio::time::sleep(Duration::from_secs(1)).await;
    runner.close().await;
    assert_eq!((channel.to(), vault.waiting().len()), (vec!["to-1".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_bell_spares_the_wait() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(noon()));
    let options = CourierOptions { poll: Duration::from_secs(3600), ..CourierOptions::default() };
    let courier = Courier::new(vault.clone(), email(&channel), clock, options);
    let bell = courier.bell();
    let running = tokio::spawn(courier.run(std::future::pending()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    vault.queue(1, "email", Notice::PasswordChanged, None);
    bell.notify_one();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(channel.to(), ["to-1"]);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn what_does_not_get_through_stands_on_the_board_until_it_does() {
    let (vault, channel) = (MemoryVault::new(), Arc::new(FakeChannel::default()));
    channel.failures.lock().expect("whole").push(DeliverError::transient("away"));
    vault.queue(1, "email", Notice::PasswordChanged, None);
    let (board, clock) = (DeliveryHealth::default(), Arc::new(ManualClock::new(noon())));
    let courier = Courier::new(vault.clone(), email(&channel), clock.clone(), CourierOptions::default());
    let running = tokio::spawn(courier.reporting(board.clone()).run(std::future::pending()));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(board.check("email").is_err_and(|error| error.contains("1 messages wait")));
    clock.set(noon() + TimeDelta::seconds(10));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((vault.waiting().len(), board.check("email")), (0, Ok(())));
    running.abort();
}
