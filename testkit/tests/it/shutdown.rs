//! Going down in good order.

use std::time::Duration;

use testkit::chaos::Part;

use crate::{
    kill::people,
    support::{ALL, Crowd, TestApp},
};

/// A server that is asked to end answers what it has accepted: whatever it left without an answer, it has not carried out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graceful_shutdown_under_load_loses_no_accepted_command() {
    let mut app = TestApp::start(&ALL).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    for _ in 0..3 {
        let crowd = Crowd::start(16, clients.clone(), accounts.clone(), true);
        crowd.journal.wait_for_more(100).await;
        assert!(app.bank.end(Part::Command(0), Duration::from_secs(60)).await.unwrap(), "it ended by itself");
        let journal = crowd.stop().await;
        let unanswered = journal.unanswered();
        let ledger = app.ledger().await;
        let carried_out: Vec<_> = unanswered.iter().filter(|key| !ledger.with_memo(key).is_empty()).collect();
        assert!(carried_out.is_empty(), "carried out, but not answered: {carried_out:?} of {unanswered:?}");
        app.bank.start(&[Part::Command(0)]).await.unwrap();
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_part_ends_by_itself_when_it_is_asked_to() {
    let mut app = TestApp::start(&ALL).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(4, clients, accounts, false);
    for part in [Part::Projector, Part::Relay, Part::Query] {
        crowd.journal.wait_for_more(20).await;
        assert!(app.bank.end(part, Duration::from_secs(60)).await.unwrap(), "{} ended by itself", part.name());
        app.bank.start(&[part]).await.unwrap();
    }
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0));
}
