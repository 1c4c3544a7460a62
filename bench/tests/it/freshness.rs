//! Reading one's own writes.

use std::{net::SocketAddr, sync::Arc};

use bench::load::{Fleet, FleetPlan, FreshnessPlan, Load, Pace, Routing, Workload, sample_freshness};
use reqwest::Method;

use testkit::{
    app::{ALL, TestApp},
    chaos::Part,
};

/// Ten thousand transfers; after each of them a read with its token, at once, in one of three views, must not see an older state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_reads_with_the_token_of_a_transfer_never_see_an_older_state() {
    const READS: u64 = 10_000;
    let mut app = TestApp::start(&ALL).await;
    let (command, query) = addresses(&mut app);
    let keys = app.keys.clone();
    let plan =
        FleetPlan { members: 10, accounts_per_member: 2, funds: 10_000_000, connections: 10, ..FleetPlan::default() };
    let sign = move |actor| keys.token(actor, 1);
    let fleet = Fleet::set_up(&plan, command, &sign, 1).await.unwrap();
    // Faster than a slow machine can: what is due is then sent as soon as there is somebody to send it.
    let rate = 2_000.0;
    let time = std::time::Duration::from_secs_f64(READS as f64 / rate);
    let found =
        sample_freshness(FreshnessPlan { command, query, rate, connections: 64, time, run: 1 }, fleet).await.unwrap();
    assert_eq!((found.wrong, found.visible.count), (0, READS), "{:?}", found.notes);
    let ledger = app.close().await;
    let transfers = ledger.posted.values().filter(|posted| posted.kind == "transfer").count() as u64;
    assert_eq!((transfers, found.posted), (READS, READS));
}

/// The generator that the benchmark trusts counts what the log holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_load_generator_counts_is_what_the_log_holds() {
    let mut app = TestApp::start(&ALL).await;
    let (command, _) = addresses(&mut app);
    let keys = app.keys.clone();
    let plan =
        FleetPlan { members: 5, accounts_per_member: 2, funds: 10_000_000, connections: 10, ..FleetPlan::default() };
    let fleet = Fleet::set_up(&plan, command, &move |actor| keys.token(actor, 1), 1).await.unwrap();
    let mut moved = vec![0; fleet.accounts.len()];
    let mut posted = 0;
    for (run, workload) in [(1, Workload::Uniform), (2, Workload::OneHot)] {
        let load = Load {
            servers: vec![command],
            routing: Routing::Any,
            connections: 16,
            pace: Pace::Closed,
            workload,
            warm_up: std::time::Duration::ZERO,
            measure: std::time::Duration::from_secs(1),
            run,
        };
        let report = load.run(Arc::clone(&fleet)).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        posted += report.posted();
        moved.iter_mut().zip(&report.moved).for_each(|(all, moved)| *all += moved);
    }
    let ledger = app.close().await;
    let transfers = ledger.posted.values().filter(|transfer| transfer.kind == "transfer").count() as u64;
    assert_eq!(transfers, posted);
    for (account, moved) in fleet.accounts.iter().zip(moved) {
        assert_eq!(ledger.accounts[&account.id.uuid()].balance, i128::from(fleet.funds + moved));
    }
}

fn addresses(app: &mut TestApp) -> (SocketAddr, SocketAddr) {
    (app.bank.address(Part::Command(0)).unwrap(), app.bank.address(Part::Query).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_stands_still_is_behind_and_says_so() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1000).await;
    let (_, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    app.bank.kill(Part::Projector).unwrap();
    let posted = payer.transfer(from, to, 1).await.expect(201);
    let url = format!("{}/v1/accounts/{from}", payer.query);
    let read = async |prefer: &str| {
        let headers = [("consistency-token", posted.token()), ("prefer", prefer)];
        payer.send(Method::GET, &url, &headers, None).await.unwrap()
    };
    let behind = read("wait=0").await.expect_problem(503, "view-behind");
    assert!(behind.header("retry-after").is_some());
    read("wait=1").await.expect_problem(503, "view-behind");
    let stale = read("wait=0, stale-ok").await.expect(200);
    assert_eq!((stale.header("consistency-status"), stale.text("balance")), (Some("stale"), "1000".into()));
    let token = posted.token();
    let (balance, started) = tokio::join!(payer.balance_at(from, token), app.bank.start(&[Part::Projector]));
    started.unwrap();
    assert_eq!(balance, "999");
    app.close().await;
}
