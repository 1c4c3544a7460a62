//! The generator against a server whose every answer is known.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use kernel::{Actor, MemberId, Role};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Semaphore,
};
use uuid::Uuid;

use super::{Credentials, Fleet, FleetPlan, Load, Pace, Report, Routing, Workload};

/// Answers every request with 201 and an account's id. Holding its semaphore's only permit stalls it.
async fn bank() -> (SocketAddr, Arc<Semaphore>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let open = Arc::new(Semaphore::new(1));
    let gate = open.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let gate = gate.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 4096];
                // The generator does not pipeline, and a request is smaller than what one read takes on loopback.
                while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {
                    drop(gate.acquire().await.unwrap());
                    let body = format!(r#"{{"account_id":"{}"}}"#, Uuid::from_u128(7));
                    let head = format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\n\r\n", body.len());
                    stream.write_all((head + &body).as_bytes()).await.unwrap();
                }
            });
        }
    });
    (address, open)
}

async fn fleet(address: SocketAddr) -> Arc<Fleet> {
    let plan = FleetPlan { members: 3, accounts_per_member: 4, connections: 5, ..FleetPlan::default() };
    Fleet::set_up(&plan, address, &|actor: Actor| actor.to_string(), 9).await.unwrap()
}

fn load(address: SocketAddr, pace: Pace) -> Load {
    Load {
        servers: vec![address],
        routing: Routing::Any,
        connections: 4,
        pace,
        workload: Workload::Uniform,
        warm_up: Duration::ZERO,
        measure: Duration::from_millis(1500),
        run: 1,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_has_every_account_with_its_owner() {
    let fleet = fleet(bank().await.0).await;
    assert_eq!((fleet.accounts.len(), fleet.members.len()), (12, 3));
    let owner = MemberId::new(Uuid::from_u128((9 << 64) | 2));
    assert_eq!(fleet.members[1].0, owner);
    assert_eq!(fleet.owner_token(4), Actor { role: Role::Member, id: owner }.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_loop_counts_every_answer_and_moves_nothing_but_around() {
    let (address, _gate) = bank().await;
    let report = load(address, Pace::Closed).run(fleet(address).await).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert!(report.posted() >= report.posted_in_time && report.posted_in_time > 0, "{report:?}");
    assert!(report.moved.iter().any(|m| *m != 0));
    assert_eq!(report.moved.iter().sum::<i64>(), 0);
}

async fn open_loop_with_stall(stall: Duration) -> Report {
    let (address, gate) = bank().await;
    let fleet = fleet(address).await;
    let run = tokio::spawn(load(address, Pace::Open(200.0)).run(fleet));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let held = gate.acquire_owned().await.unwrap();
    tokio::time::sleep(stall).await;
    drop(held);
    run.await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_loop_charges_a_stall_to_all_that_were_due_in_it() {
    let report = open_loop_with_stall(Duration::from_millis(800)).await;
    assert!(report.posted() <= 300, "no more than was due: {report:?}");
    // 160 of the 300 requests were due in the stall. A generator that omits them would find four slow ones at most.
    assert!(report.latency.p90_ms > 400.0, "{report:?}");
}

#[test]
fn tokens_of_the_bank_are_distinguished() {
    let credentials = |actor: Actor| actor.role.as_str().to_owned();
    assert_eq!([credentials.service(), credentials.operator()], ["service", "operator"]);
}
