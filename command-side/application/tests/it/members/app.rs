//! An application: members on a log and the real vault, a bank beside them, and a clock that a test moves.

use std::{path::PathBuf, sync::Arc, time::Duration};

use application::{
    CodeSent, MemberError, MemberLog, MemberOptions, Members, Meta, PayoutOptions, ProcessRunner, Receipt, SignUp,
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::member::{Channel, Code, Consents, Contact, LoginId, PasswordCharacters};
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use events::recorded::{
    AccountNumberAssigned, AccountOpened, ErasureRequested, Event, Holder, NameHolder, NameKind, NameReserved,
};
use kernel::{
    AccountId, AccountNumber, Actor, Clock, CommandId, CorrelationId, Ids, ManualClock, MemberId, RandomIds, Role,
    StreamId, SystemClock, Version,
};
use log::{Append, Fingerprint, NewCommit, NewEvent};
use sha2::{Digest, Sha256};
use sqlx::Row;
use testkit::kit::{Databases, Pair, Role as Login};
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};
use uuid::Uuid;
use vault::{Credentials, DueMessage, FileKek, KeyFile, Keys, Messages, PasswordHash, PostgresVault};

use super::faulty_vault::FaultyVault;
use crate::{client::TestClient, memory_log::MemoryLog, memory_processes::MemoryProcesses};

pub struct TestApp {
    databases: Databases,
    pair: Pair,
    folder: PathBuf,
    pub clock: Arc<ManualClock>,
    pub processes: Arc<MemoryProcesses>,
    pub log: Arc<MemoryLog>,
    pub vault: Arc<FaultyVault>,
    pub members: Members,
    pub client: TestClient,
}

/// A running process runner.
pub struct Runner {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Runner {
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.expect("the process runner ends in order");
    }

    /// As kill -9 would end it.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl TestApp {
    pub async fn new() -> Self {
        let databases = Databases::of_this_test_run().expect("run by `./justw test`");
        let pair = databases.fresh_pair().await.expect("databases");
        let folder = std::env::temp_dir().join(format!("jangbu-app-{}", RandomIds.fresh()));
        std::fs::create_dir(&folder).expect("a folder");
        KeyFile::ensure(&folder.join("kek.json")).expect("a key file");
        let vault = Arc::new(FaultyVault::new(open_vault(&pair, &folder).await));
        let log = Arc::new(MemoryLog::default());
        let clock = Arc::new(ManualClock::new(start()));
        let members = Members::new(log.clone(), vault.clone(), Arc::new(RandomIds), clock.clone(), options());
        let client = TestClient::on(log.clone(), "server-0", |_| {});
        let processes = Arc::new(MemoryProcesses::default());
        Self { databases, pair, folder, clock, processes, log, vault, members, client }
    }

    /// Another command server on the same log and the same vault.
    pub async fn another_server(&self) -> Members {
        let vault = Arc::new(FaultyVault::new(open_vault(&self.pair, &self.folder).await));
        Members::new(self.log.clone(), vault, Arc::new(RandomIds), self.clock.clone(), options())
    }

    /// A command server on the log in Postgres, and the vault.
    pub async fn on_postgres(&self) -> (Arc<PostgresLog>, Members) {
        let url = self.pair.log.url(Login::Writer).expect("a URL");
        let log = Arc::new(PostgresLog::new(connect(&url, &PoolOptions::log("test", 8)).expect("a pool")));
        let vault = Arc::new(FaultyVault::new(open_vault(&self.pair, &self.folder).await));
        (log.clone(), Members::new(log, vault, Arc::new(RandomIds), self.clock.clone(), options()))
    }

    /// The same server after a restart: nothing of its memory is left.
    pub fn restart(&mut self) {
        let (log, vault) = (self.log.clone(), self.vault.clone());
        self.members = Members::new(log, vault, Arc::new(RandomIds), self.clock.clone(), options());
    }

    /// Opens the process runner of this server.
    pub fn runner(&self) -> Runner {
        let (stop, stopped) = oneshot::channel();
        let runner = self.process_runner();
        let task = tokio::spawn(runner.run(async {
            let _ = stopped.await;
        }));
        Runner { stop, task }
    }

    /// A process runner of this server, not started yet.
    pub fn process_runner(&self) -> ProcessRunner {
        ProcessRunner::new(self.members.clone(), self.client.bank.clone(), self.processes.clone(), "test")
    }

    /// A request to be erased as the version before wrote it: without the fence. Gives the erasure.
    pub async fn leave_as_in_an_older_bank(&self, member: MemberId) -> Uuid {
        let erasure = RandomIds.fresh();
        let stream = StreamId::new(member.uuid());
        let requested = ErasureRequested { erasure, reason: None };
        self.plant(member, vec![(stream, requested.into())]).await;
        erasure
    }

    /// An account as the version before opened it: without the event of its owner.
    pub async fn open_as_in_an_older_bank(&self, owner: MemberId) -> AccountId {
        let (account, number) = (AccountId::new(RandomIds.fresh()), AccountNumber::from_digits(RandomIds.digits()));
        let opened = AccountOpened { holder: Holder::Member { owner, number }, asset: crate::client::krw() };
        let assigned = AccountNumberAssigned { account };
        self.plant(owner, vec![(account.into(), opened.into()), (number.stream(), assigned.into())]).await;
        account
    }

    /// The reservation of a telephone number as the version before made it, in the spelling that it came in.
    pub async fn reserve_as_in_an_older_bank(&self, member: MemberId, number: &str) {
        let stream = self.vault.names().contact("phone", number);
        let reserved = NameReserved { name: NameKind::Contact, holder: NameHolder::Member { member } };
        self.plant(member, vec![(stream, reserved.into())]).await;
    }

    async fn plant(&self, member: MemberId, events: Vec<(StreamId, Event)>) {
        let commits = self.log.commits();
        let next = |stream| {
            let events = commits.iter().flat_map(|commit| &commit.events);
            Version::new(events.filter(|event| event.stream == stream).count() as i64 + 1)
        };
        let event = |(stream, recorded): (StreamId, Event)| NewEvent {
            stream,
            version: next(stream),
            event_type: recorded.event_type().name,
            schema_version: recorded.event_type().schema_version,
            payload: recorded.payload().expect("json"),
            kind: recorded.event_type().kind.as_str(),
            opens_stream: recorded.event_type().opens_stream,
            owner: None,
        };
        let commit = NewCommit {
            command_id: CommandId::new(RandomIds.fresh()),
            fingerprint: Fingerprint([0; 16]),
            actor: as_member(member),
            correlation: CorrelationId::new(Uuid::nil()),
            events: events.into_iter().map(event).collect(),
        };
        self.log.append(&[commit]).await.expect("written");
    }

    pub fn wait(&self, seconds: i64) {
        self.clock.set(self.clock.now() + TimeDelta::seconds(seconds));
    }

    /// The code that is on its way to the contact of a stream.
    pub fn code(&self, stream: Uuid, serial: u32) -> Code {
        self.vault.names().code(StreamId::new(stream), serial).parse().expect("a code")
    }

    /// Another code than that.
    pub fn wrong_code(&self, stream: Uuid, serial: u32) -> Code {
        let right: u32 = self.code(stream, serial).expose().parse().expect("a number");
        format!("{:06}", (right + 1) % 1_000_000).parse().expect("a code")
    }

    pub async fn sign_up(&self, key: &str, login: &str, email: &str) -> Result<Receipt<CodeSent>, MemberError> {
        self.members.sign_up(sign_up_request(login, email), meta(key)).await
    }

    /// Somebody who has signed up and verified their contact.
    pub async fn joined(&self, login: &str, email: &str) -> MemberId {
        let sent = self.sign_up(&format!("sign up {login}"), login, email).await.expect("a code is sent").answer;
        let code = self.code(sent.id, 1);
        self.members.verify(sent.id, code, None, meta(&format!("verify {login}"))).await.expect("a member").answer
    }

    /// Who has this login and a password.
    pub async fn by_login(&self, login: &str) -> Option<(MemberId, PasswordHash)> {
        self.vault.real.by_login(self.vault.names().login(login)).await.expect("the vault")
    }

    pub async fn messages(&self) -> Vec<DueMessage> {
        let (now, lease) = (self.clock.now(), self.clock.now());
        let mut due = self.vault.real.take_due(now, lease, 1_000).await.expect("the vault");
        due.sort_by_key(|due| due.message.position);
        due
    }

    /// Checks what must hold of every log, and removes the databases.
    pub async fn end(self) {
        let shared: &dyn MemberLog = self.log.as_ref();
        let head = shared.head().await.expect("a head").position;
        assert_eq!(head.number(), self.log.commits().iter().map(|c| c.events.len() as i64).sum::<i64>());
        let Self { databases, pair, folder, vault, members, client, .. } = self;
        drop((vault, members, client));
        databases.drop_pair(&pair).await.expect("dropped");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}

async fn open_vault(pair: &Pair, folder: &std::path::Path) -> PostgresVault {
    let url = pair.vault.url(Login::Vault).expect("a URL");
    let pool = connect(&url, &PoolOptions::views("test", 8)).expect("a pool");
    let kek = FileKek::open(&folder.join("kek.json")).expect("a key-encryption key");
    PostgresVault::open(pool, Arc::new(kek)).await.expect("a vault")
}

/// Today: the vault's own clock is the machine's, and what it calls old must be old by this one too.
fn start() -> DateTime<Utc> {
    SystemClock.now().trunc_subsecs(6)
}

pub fn options() -> MemberOptions {
    MemberOptions {
        revoked_everywhere: Duration::from_millis(100),
        poll: Duration::from_millis(10),
        payouts: PayoutOptions { batch: 7, share: 1.0 },
        ..MemberOptions::default()
    }
}

/// What belongs to a request with this idempotency key; its fingerprint follows from the key up to a `#`.
pub fn meta(key: &str) -> Meta {
    let digest = |text: &str| -> [u8; 16] { Sha256::digest(text)[..16].try_into().expect("16 bytes") };
    let (key, body) = key.split_once('#').unwrap_or((key, ""));
    Meta {
        command_id: CommandId::new(Uuid::from_bytes(digest(key))),
        fingerprint: Fingerprint(digest(body)),
        correlation: CorrelationId::new(Uuid::nil()),
        deadline: Instant::now() + Duration::from_secs(20),
        token: None,
        trace: Default::default(),
    }
}

pub fn login_id(text: &str) -> LoginId {
    text.parse().expect("a login id")
}

pub fn email(text: &str) -> Contact {
    Contact::parse(Channel::Email, text).expect("an address")
}

pub fn sign_up_request(login: &str, address: &str) -> SignUp {
    SignUp {
        login_id: login_id(login),
        password_hash: hash("first"),
        characters: PasswordCharacters::new("first".into()),
        contact: email(address),
        real_name: "김민수".parse().expect("a name"),
        consents: Consents::new(vec![Consents::consent("terms", "1", true).expect("a consent")], &[])
            .expect("consents"),
        origin: None,
    }
}

pub fn hash(text: &str) -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ${text}").into())
}

pub fn as_member(member: MemberId) -> Actor {
    Actor { role: Role::Member, id: member }
}

pub fn operator() -> Actor {
    Actor { role: Role::Operator, id: MemberId::new(Uuid::from_u128(999)) }
}

/// Waits until something is so, or fails.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < patience, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The code of a recorded refusal.
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, MemberError>) -> (&'static str, Option<u32>) {
    match outcome {
        Err(MemberError::Refused { code, tries_left }) => (code, tries_left),
        other => panic!("not refused: {other:?}"),
    }
}

/// A wrapped data key, as a backup of the vault has it.
pub struct KeptKey {
    member: MemberId,
    kek: String,
    wrapped: String,
}

impl TestApp {
    pub async fn back_key_up(&self, member: MemberId) -> KeptKey {
        let row = sqlx::query("select kek, wrapped from vault.data_keys where member_id = $1")
            .bind(member.uuid())
            .fetch_one(&self.superuser())
            .await
            .expect("a key");
        KeptKey { member, kek: row.get("kek"), wrapped: row.get("wrapped") }
    }

    pub async fn restore_key(&self, kept: KeptKey) {
        sqlx::query("insert into vault.data_keys (member_id, kek, wrapped, settled) values ($1, $2, $3, true)")
            .bind(kept.member.uuid())
            .bind(kept.kek)
            .bind(kept.wrapped)
            .execute(&self.superuser())
            .await
            .expect("restored");
    }

    fn superuser(&self) -> database::Pool {
        connect(&self.pair.vault.superuser_url(), &PoolOptions::views("test", 1)).expect("a pool")
    }
}
