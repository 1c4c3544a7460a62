//! Random mixes of ids of every kind in every place, on the log in Postgres, cold and warm: what is meant honestly is done,
//! nothing else is, and the log stays sound.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use application::{
    Bank, CaptureHold, CloseAccount, Command, Deposit, Destination, ExecuteError, ExecutorOptions, ExpireHold,
    FreezeAccount, IncreaseHold, OpenAccount, Outcome, PlaceHold, ReleaseHold, Reverse, Running, TransferOrder,
    UnfreezeAccount, Withdraw,
};
use event_store_postgres::{PoolOptions, PostgresLog, connect};
use events::recorded::{AccountEvent, Event, FreezeScope, HoldEvent, StreamKind};
use futures::future::join_all;
use kernel::{AccountId, AccountNumber, Actor, HoldId, Position, RandomIds, StreamId, TransferId};
use log::ReadCommits;
use proptest::prelude::*;
use testkit::kit::{Databases, Role as Login};
use uuid::Uuid;

use crate::client::{krw, member, operator, posted, submission, transfer, won};

/// A command with ids that are picked from the pool, whatever they are.
#[derive(Clone, Copy, Debug)]
enum Action {
    Transfer { source: usize, destination: usize, by: u128 },
    Deposit(usize),
    Withdraw(usize),
    Reverse(usize),
    Freeze(usize),
    Unfreeze(usize),
    Close { which: usize, by: u128 },
    Open(u128),
    Euro,
    Hold { source: usize, destination: usize, by: u128 },
    Capture { which: usize, to: usize },
    Increase(usize),
    Release(usize),
    Expire(usize),
}

fn action() -> impl Strategy<Value = Action> {
    let which = 0..24_usize;
    prop_oneof![
        4 => (which.clone(), which.clone(), 1..4_u128)
            .prop_map(|(source, destination, by)| Action::Transfer { source, destination, by }),
        1 => which.clone().prop_map(Action::Deposit),
        1 => which.clone().prop_map(Action::Withdraw),
        3 => which.clone().prop_map(Action::Reverse),
        1 => which.clone().prop_map(Action::Freeze),
        1 => which.clone().prop_map(Action::Unfreeze),
        2 => (which.clone(), which.clone(), 1..4_u128)
            .prop_map(|(source, destination, by)| Action::Hold { source, destination, by }),
        2 => (which.clone(), which.clone()).prop_map(|(which, to)| Action::Capture { which, to }),
        1 => which.clone().prop_map(Action::Increase),
        1 => which.clone().prop_map(Action::Release),
        1 => which.clone().prop_map(Action::Expire),
        1 => (which, 1..4_u128).prop_map(|(which, by)| Action::Close { which, by }),
        1 => (1..4_u128).prop_map(Action::Open),
        1 => Just(Action::Euro),
    ]
}

/// Rounds of actions that are asked for at once; whether the server is a new one.
fn rounds() -> impl Strategy<Value = Vec<(bool, Vec<Action>)>> {
    prop::collection::vec((any::<bool>(), prop::collection::vec(action(), 1..30)), 1..5)
}

/// A server, and the ids that can be known of its bank.
struct TestBank {
    log: Arc<PostgresLog>,
    bank: Bank,
    executor: Running,
    pool: Vec<Uuid>,
    /// Accounts and a number that only honest commands may change.
    payer: AccountId,
    payee: (AccountId, AccountNumber),
    asked: u64,
}

fn start(log: &Arc<PostgresLog>) -> (Bank, Running) {
    let options = ExecutorOptions::new("server-0", [krw(), "EUR".parse().expect("asset")].into());
    Bank::start(log.clone(), Arc::new(RandomIds), options)
}

impl TestBank {
    async fn new(url: &str) -> Self {
        let log = Arc::new(PostgresLog::new(connect(url, &PoolOptions::log("test", 4)).expect("a pool")));
        let (bank, executor) = start(&log);
        let (payer, payee) = (AccountId::new(Uuid::nil()), AccountNumber::from_digits(0));
        let mut test_bank = Self { log, bank, executor, pool: Vec::new(), payer, payee: (payer, payee), asked: 0 };
        let (payer, _) = test_bank.open(7).await;
        let payee = test_bank.open(8).await;
        (test_bank.payer, test_bank.payee) = (payer, payee);
        let (mut accounts, mut streams) = (Vec::new(), vec![payee.1.stream(), AccountNumber::from_digits(7).stream()]);
        for owner in 1..4 {
            let (account, number) = test_bank.open(owner).await;
            accounts.push(account);
            streams.push(number.stream());
        }
        let deposit = |account| {
            Command::Deposit(Deposit { account, money: won(1_000_000), reference: "r".into(), unique_reference: false })
        };
        posted(&test_bank.ask(operator(), deposit(payer)).await.expect("posted"));
        let funded = posted(&test_bank.ask(operator(), deposit(accounts[0])).await.expect("posted"));
        let rejected = test_bank.ask(member(2), transfer(accounts[1], accounts[0], 5)).await.expect("an answer");
        let Outcome::Refused(rejected) = rejected else { panic!("{rejected:?}") };
        let hold = Self::hold(accounts[0], Some(accounts[1]));
        let held = test_bank.ask(operator(), hold).await.expect("an answer");
        let Outcome::HoldPlaced(held) = held else { panic!("{held:?}") };
        streams.push(held.hold_id.into());
        streams.extend((1..4).map(|owner| member(owner).id.owner_stream()));
        let cash = |asset: &str| {
            let namespace = Uuid::from_u128(0x6a61_6e67_6275_5f73_7973_7465_6d5f_0001);
            Uuid::new_v5(&namespace, format!("cash/server-0/{asset}").as_bytes())
        };
        test_bank.pool = accounts.into_iter().map(AccountId::uuid).collect();
        test_bank.pool.extend(streams.into_iter().map(StreamId::uuid));
        test_bank.pool.extend([funded.uuid(), rejected.transfer.expect("a transfer").uuid(), cash("KRW"), cash("EUR")]);
        test_bank.pool.extend([Uuid::nil(), Uuid::from_u128(0x6a61_6e67_6275_5f62_8061_636b_6f66_6663)]);
        test_bank.pool.extend((1..4).map(|owner| member(owner).id.uuid()));
        test_bank
    }

    async fn open(&mut self, owner: u128) -> (AccountId, AccountNumber) {
        match self.ask(member(owner), Command::OpenAccount(OpenAccount { asset: krw() })).await {
            Ok(Outcome::Opened(account)) => (account.account_id, account.account_number),
            other => panic!("not opened: {other:?}"),
        }
    }

    async fn ask(&mut self, actor: Actor, command: Command) -> Result<Outcome, ExecuteError> {
        self.asked += 1;
        let submission = submission(actor, &format!("key {}", self.asked), command);
        self.bank.execute(submission).await.map(|answer| (*answer.answer).clone())
    }

    fn command(&self, action: Action) -> (Actor, Command) {
        let id = |which: usize| self.pool[which % self.pool.len()];
        let account = |which: usize| AccountId::new(id(which));
        let (money, reference) = (won(10), "r".to_owned());
        match action {
            Action::Transfer { source, destination, by } => {
                (member(by), transfer(account(source), account(destination), 1))
            }
            Action::Deposit(which) => (
                operator(),
                Command::Deposit(Deposit { account: account(which), money, reference, unique_reference: false }),
            ),
            Action::Withdraw(which) => (
                operator(),
                Command::Withdraw(Withdraw { account: account(which), money, reference, unique_reference: false }),
            ),
            Action::Reverse(which) => (
                operator(),
                Command::Reverse(Reverse { transfer: TransferId::new(id(which)), reason: "an attack".into() }),
            ),
            Action::Freeze(which) => (
                operator(),
                Command::FreezeAccount(FreezeAccount {
                    account: account(which),
                    scope: FreezeScope::All,
                    reason: None,
                }),
            ),
            Action::Unfreeze(which) => {
                (operator(), Command::UnfreezeAccount(UnfreezeAccount { account: account(which), reason: None }))
            }
            Action::Close { which, by } => {
                (member(by), Command::CloseAccount(CloseAccount { account: account(which), reason: None }))
            }
            Action::Open(by) => (member(by), Command::OpenAccount(OpenAccount { asset: krw() })),
            Action::Hold { source, destination, by } => {
                (member(by), Self::hold(account(source), Some(account(destination))))
            }
            Action::Capture { which, to } => {
                let (hold, destination) = (HoldId::new(id(which)), Some(Destination::Account(account(to))));
                let command = CaptureHold { hold, money: Some(won(1)), destination, is_final: false, reference: None };
                (operator(), Command::CaptureHold(command))
            }
            Action::Increase(which) => {
                (operator(), Command::IncreaseHold(IncreaseHold { hold: HoldId::new(id(which)), money: won(1) }))
            }
            Action::Release(which) => {
                let hold = HoldId::new(id(which));
                (operator(), Command::ReleaseHold(ReleaseHold { hold, money: Some(won(1)), reason: None }))
            }
            Action::Expire(which) => (operator(), Command::ExpireHold(ExpireHold { hold: HoldId::new(id(which)) })),
            Action::Euro => {
                let money = kernel::Money { asset: "EUR".parse().expect("asset"), ..money };
                (
                    operator(),
                    Command::Deposit(Deposit { account: account(0), money, reference, unique_reference: false }),
                )
            }
        }
    }

    fn hold(source: AccountId, destination: Option<AccountId>) -> Command {
        let destination = destination.map(Destination::Account);
        let (memo, reference) = (None, None);
        Command::PlaceHold(PlaceHold { source, destination, money: won(1), expires_in: 600, memo, reference })
    }

    /// All of them at once, with honest payments between them.
    async fn round(&mut self, actions: &[Action]) {
        let mut asked: Vec<(bool, Actor, Command)> = Vec::new();
        for (index, action) in actions.iter().enumerate() {
            let (actor, command) = self.command(*action);
            asked.push((false, actor, command));
            let destination = match index % 2 {
                0 => Destination::Number(self.payee.1),
                _ => Destination::Account(self.payee.0),
            };
            let order = TransferOrder { source: self.payer, destination, money: won(1), memo: None };
            asked.push((true, member(7), Command::Transfer(order)));
        }
        let bank = &self.bank;
        let asked = asked.into_iter().zip(self.asked..).map(async |((honest, actor, command), key)| {
            let shown = format!("{command:?}");
            let answer = bank.execute(submission(actor, &format!("mixed {key}"), command)).await;
            match answer {
                Ok(answer) if honest => drop(posted(&answer.answer)),
                Ok(_) => {}
                Err(error) => {
                    let plain = [
                        ExecuteError::AccountUnknown,
                        ExecuteError::TransferUnknown,
                        ExecuteError::HoldUnknown,
                        ExecuteError::NotOwner,
                    ];
                    assert!(!honest && plain.contains(&error), "{shown}: {error}");
                }
            }
        });
        join_all(asked).await;
        self.asked += 2 * actions.len() as u64;
    }

    /// Each stream is of one kind and opened once, and all postings cancel.
    async fn check(&self) {
        let commits = self.log.read_commits(Position::ZERO, 1_000_000).await.expect("the log");
        let (mut kinds, mut sum, mut held) = (BTreeMap::<StreamId, StreamKind>::new(), 0_i128, 0_i128);
        let mut systems = BTreeSet::new();
        for event in commits.iter().flat_map(|commit| &commit.events) {
            let recorded = Event::decode(&event.event_type, event.schema_version, &event.payload).expect("an event");
            let of = recorded.event_type();
            let kind = kinds.entry(event.stream).or_insert(of.kind);
            assert_eq!(*kind, of.kind, "stream {} is of two kinds", event.stream);
            assert!(!of.opens_stream || event.version.number() == 1, "{} is opened twice", event.stream);
            match recorded {
                Event::Account(AccountEvent::Debited(debited)) => sum -= debited.amount.units(),
                Event::Account(AccountEvent::Credited(credited)) => sum += credited.amount.units(),
                Event::Account(AccountEvent::FundsHeld(funds)) => held += funds.amount.units(),
                Event::Account(AccountEvent::FundsReleased(funds)) => held -= funds.amount.units(),
                Event::Hold(HoldEvent::Placed(placed)) => held -= placed.amount.units(),
                Event::Hold(HoldEvent::Increased(increased)) => held -= increased.by.units(),
                Event::Hold(HoldEvent::Captured(captured)) => held += captured.paid.units(),
                Event::Hold(HoldEvent::Released(released)) => held += released.given_back.units(),
                Event::Hold(HoldEvent::Expired(_)) => panic!("none has expired"),
                Event::Account(AccountEvent::Opened(opened)) => {
                    if let events::recorded::Holder::System { name } = opened.holder {
                        assert!(systems.insert((name, opened.asset)), "a cash account is there twice");
                    }
                }
                _ => {}
            }
        }
        assert_eq!((sum, held), (0, 0));
    }
}

async fn case(rounds: Vec<(bool, Vec<Action>)>) {
    let databases = Databases::of_this_test_run().expect("run by `./justw test`");
    let pair = databases.fresh_pair().await.expect("databases");
    let mut test_bank = TestBank::new(&pair.log.url(Login::Writer).expect("a URL")).await;
    for (cold, actions) in &rounds {
        if *cold {
            let (bank, executor) = start(&test_bank.log);
            test_bank.bank = bank;
            std::mem::replace(&mut test_bank.executor, executor).drain().await;
        }
        test_bank.round(actions).await;
    }
    test_bank.check().await;
    let TestBank { log, bank, executor, .. } = test_bank;
    drop(bank);
    executor.drain().await;
    log.pool().close().await;
    drop(log);
    databases.drop_pair(&pair).await.expect("dropped");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn no_mix_of_ids_and_kinds_breaks_the_log(rounds in rounds()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(case(rounds));
    }
}
