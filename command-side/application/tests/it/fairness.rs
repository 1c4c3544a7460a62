//! How long one member waits while another sends thousands of requests, on a log whose appends take time: so long each, and so
//! long for each command.

use std::time::Duration;

use application::{Bank, Command};
use kernel::AccountId;
use tokio::{task::JoinSet, time::Instant};

use crate::client::{TestClient, member, submission, transfer};

const APPEND: Duration = Duration::from_micros(1500);
const COMMAND: Duration = Duration::from_micros(50);
/// Members who each have one request in flight.
const OTHERS: u128 = 32;
const FLOODING: u128 = 100;
const IN_FLIGHT: usize = 4000;
const MEASURED: usize = 200;

/// Sends a transfer, and gives how long it took.
async fn send(bank: &Bank, actor: u128, key: String, command: &Command) -> Duration {
    let begun = Instant::now();
    let mut submission = submission(member(actor), &key, command.clone());
    submission.meta.deadline = begun + Duration::from_secs(60);
    bank.execute(submission).await.expect("posted");
    begun.elapsed()
}

/// Sends one transfer after the other for ever.
async fn keep_sending(bank: Bank, actor: u128, lane: String, command: Command) {
    for number in 0.. {
        send(&bank, actor, format!("{lane}-{number}"), &command).await;
    }
}

/// The 99th percentile of the first member's times, beside the others and a flood of so many requests.
async fn p99(client: &TestClient, accounts: &[AccountId], flood: usize) -> Duration {
    let mut background = JoinSet::new();
    for lane in 0..flood {
        let command = transfer(accounts[0], accounts[1], 1);
        background.spawn(keep_sending(client.bank.clone(), FLOODING, format!("flood {lane}"), command));
    }
    for other in 2..=OTHERS {
        let command = transfer(accounts[other as usize], accounts[1], 1);
        background.spawn(keep_sending(client.bank.clone(), other, format!("beside {flood}"), command));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let command = transfer(accounts[1], accounts[2], 1);
    let mut times = Vec::with_capacity(MEASURED);
    for number in 0..MEASURED {
        times.push(send(&client.bank, 1, format!("measured beside {flood}, {number}"), &command).await);
        tokio::time::sleep(Duration::from_micros(700 + 37 * (number as u64 % 50))).await;
    }
    background.shutdown().await;
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

#[tokio::test(start_paused = true)]
async fn a_member_with_thousands_of_requests_in_flight_hardly_delays_another() {
    let client = TestClient::new();
    let mut accounts = Vec::new();
    for owner in [FLOODING].into_iter().chain(1..=OTHERS) {
        let account = client.open(member(owner), "account").await;
        client.deposit(account, 1_000_000_000, &format!("fund {owner}")).await;
        accounts.push(account);
    }
    *client.log.append_time.lock().expect("whole") = Some((APPEND, COMMAND));
    let calm = p99(&client, &accounts, 0).await;
    let flooded = p99(&client, &accounts, IN_FLIGHT).await;
    println!("p99 {calm:?}, and {flooded:?} beside a member with {IN_FLIGHT} requests in flight");
    assert!(flooded < 2 * calm, "{flooded:?} against {calm:?}");
}
