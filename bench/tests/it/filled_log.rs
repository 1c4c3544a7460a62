//! A log that is filled by SQL is one that the command servers could have written.

use std::{sync::Arc, time::Duration};

use bench::{
    fill::{self, FUNDS, Filler},
    load::{Fleet, Load, Pace, Routing, Workload},
};
use testkit::{
    app::{ALL, TestApp},
    chaos::{Jangbu, Part},
};

/// The auditor's fold finds nothing in it; the processes start on it and build their views; and transfers go on from where the accounts
/// were left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filled_log_is_sound_and_the_bank_goes_on_from_it() {
    let mut app = TestApp::start(&[]).await;
    let mut filler = Filler::open(&app.pair.log).await.unwrap();
    // No round, an odd number of rounds, an even one, and the smallest block.
    for (accounts, rounds) in [(4, 0), (10, 3), (6, 4), (2, 1)] {
        filler.add(accounts, rounds).await.unwrap();
    }
    filler.settle().await.unwrap();
    filler.close().await.unwrap();
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let report = jangbu.run(&["log", "verify", "--no-views"]).await.unwrap();
    assert_eq!(report["sound"], true, "{report}");
    // Cash, 22 accounts of five events, and three for each transfer.
    assert_eq!(report["log"]["head"], 1 + 5 * 22 + 3 * (15 + 12 + 1), "{report}");

    app.bank.start(&ALL).await.unwrap();
    let (keys, accounts) = (app.keys.clone(), (1..=22).map(fill::account).collect());
    let fleet = Fleet::of(accounts, fill::members(), ("KRW", FUNDS), &move |actor| keys.token(actor, 1));
    let load = Load {
        servers: vec![app.bank.address(Part::Command(0)).unwrap()],
        routing: Routing::Any,
        connections: 4,
        pace: Pace::Closed,
        workload: Workload::Uniform,
        warm_up: Duration::ZERO,
        measure: Duration::from_secs(1),
        run: 1,
    };
    let answered = load.run(Arc::clone(&fleet)).await.unwrap();
    assert!(answered.is_clean() && answered.posted() > 0, "{answered:?}");
    let ledger = app.close().await;
    // What is odd about the accounts of blocks with an odd number of rounds: the last of them did not go back.
    let left = |n: usize| match n {
        5..=14 => {
            if n % 2 == 1 {
                -407
            } else {
                407
            }
        }
        21 => -407,
        22 => 407,
        _ => 0,
    };
    for (n, account) in (1..).zip(&fleet.accounts) {
        let expected = i128::from(FUNDS + left(n) + answered.moved[n - 1]);
        assert_eq!(ledger.accounts[&account.id.uuid()].balance, expected, "account {n}");
    }
}
