//! kill -9 at random, under load.

use kernel::{Ids, RandomIds, Role};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::time::Duration;
use testkit::chaos::Part;

use crate::support::{Crowd, TestApp, TestClient};

const ROUNDS: usize = 20;

/// Six funded accounts and four operators, each known at these command servers.
pub async fn people(app: &mut TestApp, servers: &[usize]) -> (Vec<uuid::Uuid>, Vec<Vec<TestClient>>) {
    let mut accounts = Vec::new();
    for _ in 0..6 {
        accounts.push(app.funded_member(100_000).await.1);
    }
    let mut clients = Vec::new();
    for _ in 0..4 {
        let id = RandomIds.fresh();
        clients.push(servers.iter().map(|server| app.client_at(*server, Role::Operator, id)).collect());
    }
    (accounts, clients)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_under_load_nothing_answered_is_lost_and_nothing_is_half_there() {
    let parts = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector];
    let mut app = TestApp::start(&[&parts[..], &[Part::Query]].concat()).await;
    let (accounts, clients) = people(&mut app, &[0, 1]).await;
    let crowd = Crowd::start(12, clients, accounts, true);
    let mut random = SmallRng::seed_from_u64(20);
    for round in 0..ROUNDS {
        crowd.journal.wait_for_more(random.random_range(1..40)).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..150))).await;
        // Every part has its turn; the order within four rounds is chance.
        let part = parts[(round + random.random_range(0..2)) % parts.len()];
        app.bank.kill(part).unwrap();
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        app.bank.start(&[part]).await.unwrap();
    }
    crowd.journal.wait_for_more(50).await;
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    let (unanswered, carried_out) = journal.check(&ledger);
    println!("{} posted; {unanswered} unanswered, {carried_out} of them carried out", journal.posted());
    assert!(journal.posted() > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_and_a_projector_killed_together_catch_up() {
    let mut app = TestApp::start(&[Part::Command(0), Part::Query]).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(8, clients, accounts, false);
    for _ in 0..3 {
        app.bank.start(&[Part::Relay, Part::Projector]).await.unwrap();
        crowd.journal.wait_for_more(30).await;
        app.bank.kill(Part::Projector).unwrap();
        app.bank.kill(Part::Relay).unwrap();
        crowd.journal.wait_for_more(30).await;
    }
    let journal = crowd.stop().await;
    app.bank.start(&[Part::Projector, Part::Relay]).await.unwrap();
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_projectors_and_two_relays_at_once_do_nothing_twice() {
    let mut app = TestApp::start(&crate::support::ALL).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let mut second = app.second_workers();
    second.start(&[Part::Relay, Part::Projector]).await.unwrap();
    let crowd = Crowd::start(8, clients, accounts, false);
    crowd.journal.wait_for_more(100).await;
    // The first of each goes; the second goes on alone.
    app.bank.kill(Part::Relay).unwrap();
    crowd.journal.wait_for_more(30).await;
    app.bank.kill(Part::Projector).unwrap();
    crowd.journal.wait_for_more(30).await;
    let journal = crowd.stop().await;
    let ledger = app.check_views().await;
    assert_eq!(journal.check(&ledger), (0, 0));
    second.end_all().await.unwrap();
    app.bank.start(&[Part::Relay, Part::Projector]).await.unwrap();
    app.close().await;
}
