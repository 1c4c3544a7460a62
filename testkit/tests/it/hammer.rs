//! Many clients on few accounts.

use std::collections::HashMap;

use kernel::{Ids, RandomIds, Role};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use testkit::chaos::Part;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, replay};

const ACCOUNTS: usize = 10;
const FUNDS: i128 = 3_000;

/// Opens and funds ten accounts; their balances and versions.
async fn ten_accounts(app: &mut TestApp) -> HashMap<Uuid, (i128, i64)> {
    let mut accounts = HashMap::new();
    for _ in 0..ACCOUNTS {
        let (_, account) = app.funded_member(FUNDS as u64).await;
        accounts.insert(account, (FUNDS, 2));
    }
    accounts
}

/// Each client posts so many transfers between the accounts as fast as it is answered. The answers, 201s and refusals apart.
async fn hammer(people: Vec<TestClient>, accounts: Vec<Uuid>, each: usize) -> (Vec<Answer>, Vec<Answer>) {
    let mut clients = JoinSet::new();
    for (number, client) in people.into_iter().enumerate() {
        let accounts = accounts.clone();
        clients.spawn(async move {
            let mut random = SmallRng::seed_from_u64(number as u64);
            let mut answers = Vec::new();
            for count in 0..each {
                let from = random.random_range(0..accounts.len());
                let to = (from + random.random_range(1..accounts.len())) % accounts.len();
                let body = TestClient::transfer_body(accounts[from], accounts[to], random.random_range(1..1500));
                // "Not now" is an answer too: the same key again.
                let key = format!("hammer-{number}-{count}");
                let answer = loop {
                    let answer = client.post_keyed("/v1/transfers", &key, body.clone()).await;
                    if !matches!(answer.status, 409 | 503) {
                        break answer;
                    }
                };
                answers.push(answer);
            }
            answers
        });
    }
    let answers: Vec<Answer> = clients.join_all().await.into_iter().flatten().collect();
    answers.into_iter().partition(|answer| answer.status == 201)
}

async fn check(app: TestApp, start: HashMap<Uuid, (i128, i64)>, posted: Vec<Answer>, refused: Vec<Answer>) {
    assert!(posted.len() > 100 && refused.len() > 10, "{} posted, {} refused", posted.len(), refused.len());
    for answer in &refused {
        let answer = answer.clone().expect_problem(422, "insufficient-funds");
        answer.text("available").parse::<u64>().unwrap();
    }
    let model = replay(&start, &posted);
    assert_eq!(model.values().map(|(balance, _)| balance).sum::<i128>(), FUNDS * ACCOUNTS as i128);
    let ledger = app.close().await;
    for (id, expected) in &model {
        let account = &ledger.accounts[id];
        assert_eq!((account.balance, account.version), *expected, "account {id}: the log and the answers agree");
    }
    let transfers = ledger.posted.values().filter(|posted| posted.kind == "transfer").count();
    assert_eq!((transfers, ledger.rejected.len()), (posted.len(), refused.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_on_ten_accounts_lose_no_update() {
    let mut app = TestApp::start(&ALL).await;
    let start = ten_accounts(&mut app).await;
    let clients = (0..64).map(|_| app.client(Role::Operator, RandomIds.fresh())).collect();
    let (posted, refused) = hammer(clients, start.keys().copied().collect(), 40).await;
    check(app, start, posted, refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_command_servers_on_one_log_lose_no_update() {
    let mut app =
        TestApp::start(&[Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query]).await;
    let start = ten_accounts(&mut app).await;
    let clients = (0..32).map(|i| app.client_at(i % 2, Role::Operator, RandomIds.fresh())).collect();
    let (posted, refused) = hammer(clients, start.keys().copied().collect(), 30).await;
    check(app, start, posted, refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deposits_and_withdrawals_through_two_servers_balance() {
    let mut app =
        TestApp::start(&[Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query]).await;
    let (_, account) = app.funded_member(0).await;
    let mut clients = JoinSet::new();
    for number in 0..16 {
        let client = app.client_at(number % 2, Role::Service, RandomIds.fresh());
        clients.spawn(async move {
            for _ in 0..10 {
                client.deposit(account, "KRW", 7).await;
                let body = serde_json::json!({
                    "account_id": account, "money": {"asset": "KRW", "amount": "5"}, "reference": "out",
                });
                client.post("/v1/withdrawals", body).await.expect(201);
            }
        });
    }
    clients.join_all().await;
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&account].balance, 16 * 10 * 2);
}
