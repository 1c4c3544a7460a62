//! The servers under the bank go away and come back.

use std::time::Duration;

use testkit::chaos::TestServers;

use crate::{
    kill::people,
    support::{ALL, Crowd, TestApp},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_postgres_under_load_loses_nothing_that_was_answered() {
    let mut servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &ALL).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(12, clients, accounts, true);
    for _ in 0..3 {
        crowd.journal.wait_for_more(50).await;
        servers.crash_postgres();
        tokio::time::sleep(Duration::from_millis(300)).await;
        servers.start_postgres().await.unwrap();
    }
    // No process is started again: each finds its way back.
    crowd.journal.wait_for_more(50).await;
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    let (unanswered, carried_out) = journal.check(&ledger);
    println!("{} posted; {unanswered} unanswered, {carried_out} of them carried out", journal.posted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_restarted_and_wiped_under_load_costs_nothing_but_time() {
    let mut servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &ALL).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let account = accounts[0];
    let crowd = Crowd::start(8, clients, accounts, false);
    let operator = app.operator();
    for wipe in [false, true, false, true] {
        crowd.journal.wait_for_more(50).await;
        if wipe {
            servers.wipe_nats().unwrap();
        } else {
            servers.stop_nats();
        }
        // The log goes on without NATS, and so do the views, which read the log when nothing comes.
        crowd.journal.wait_for_more(50).await;
        let token = crowd.journal.last_token().unwrap();
        operator.get_at(&format!("/v1/accounts/{account}"), &token).await.expect(200);
        servers.start_nats().await.unwrap();
    }
    crowd.journal.wait_for_more(50).await;
    let token = crowd.journal.last_token().unwrap();
    operator.get_at(&format!("/v1/accounts/{account}"), &token).await.expect(200);
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0), "the command path never noticed");
}
