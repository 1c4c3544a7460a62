//! A client: hands commands to a bank and reads the answers.

use std::{sync::Arc, time::Duration};

use application::{
    Answer, Bank, Command, Deposit, Destination, ExecuteError, ExecutorOptions, Meta, OpenAccount, Outcome, Running,
    Submission, TransferOrder,
};
use kernel::{
    AccountId, Actor, AssetCode, CommandId, CorrelationId, MemberId, Minor, Money, RandomIds, Role, TransferId,
};
use log::Fingerprint;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use crate::memory_log::MemoryLog;

pub struct TestClient {
    pub bank: Bank,
    pub executor: Running,
    pub log: Arc<MemoryLog>,
}

pub fn krw() -> AssetCode {
    "KRW".parse().expect("asset")
}

pub fn won(units: i128) -> Money {
    Money { asset: krw(), amount: Minor::new(units).expect("amount") }
}

pub fn member(number: u128) -> Actor {
    Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(number)) }
}

pub fn operator() -> Actor {
    Actor { role: Role::Operator, id: MemberId::new(Uuid::from_u128(999)) }
}

/// A submission whose command id follows from actor and key, and whose fingerprint follows from the command.
pub fn submission(actor: Actor, key: &str, command: Command) -> Submission {
    let digest = |text: String| -> [u8; 16] { Sha256::digest(text)[..16].try_into().expect("16 bytes") };
    let meta = Meta {
        command_id: CommandId::new(Uuid::from_bytes(digest(format!("{actor}/{key}")))),
        fingerprint: Fingerprint(digest(format!("{command:?}"))),
        correlation: CorrelationId::new(Uuid::nil()),
        deadline: Instant::now() + Duration::from_secs(5),
        token: None,
        trace: Default::default(),
    };
    Submission { actor, meta, act: None, command }
}

pub fn transfer(source: AccountId, destination: AccountId, units: i128) -> Command {
    Command::Transfer(order(source, destination, units))
}

pub fn order(source: AccountId, destination: AccountId, units: i128) -> TransferOrder {
    TransferOrder { source, destination: Destination::Account(destination), money: won(units), memo: None }
}

impl TestClient {
    pub fn new() -> Self {
        Self::on(Arc::new(MemoryLog::default()), "server-0", |_| {})
    }

    pub fn on(log: Arc<MemoryLog>, server: &str, set: impl FnOnce(&mut ExecutorOptions)) -> Self {
        let mut options = ExecutorOptions::new(server, [krw(), "EUR".parse().expect("asset")].into());
        set(&mut options);
        let (bank, executor) = Bank::start(log.clone(), Arc::new(RandomIds), options);
        Self { bank, executor, log }
    }

    pub async fn ask(&self, actor: Actor, key: &str, command: Command) -> Result<Answer, ExecuteError> {
        self.bank.execute(submission(actor, key, command)).await
    }

    pub async fn open(&self, owner: Actor, key: &str) -> AccountId {
        let answer = self.ask(owner, key, Command::OpenAccount(OpenAccount { asset: krw() })).await.expect("answer");
        match &*answer.answer {
            Outcome::Opened(account) => account.account_id,
            other => panic!("not opened: {other:?}"),
        }
    }

    pub async fn deposit(&self, account: AccountId, units: i128, key: &str) -> Outcome {
        let command =
            Command::Deposit(Deposit { account, money: won(units), reference: "r".into(), unique_reference: false });
        self.outcome(operator(), key, command).await
    }

    pub async fn outcome(&self, actor: Actor, key: &str, command: Command) -> Outcome {
        (*self.ask(actor, key, command).await.expect("answer").answer).clone()
    }

    /// An account of member 1 that holds that much.
    pub async fn funded(&self, key: &str, units: i128) -> AccountId {
        let account = self.open(member(1), key).await;
        posted(&self.deposit(account, units, &format!("fund {key}")).await);
        account
    }
}

pub fn posted(outcome: &Outcome) -> TransferId {
    match outcome {
        Outcome::Posted(transfer) => transfer.transfer_id,
        other => panic!("not posted: {other:?}"),
    }
}

pub fn refused(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Refused(refused) => &refused.refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}
