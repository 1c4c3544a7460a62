//! Clients that read with tokens while views are rebuilt, promoted and rolled back under them: they notice nothing.

use std::time::Duration;

use bench::load::{Credentials, Fleet, FleetPlan, Readers, ReadersPlan, Readings};
use kernel::Actor;
use projection_engine::Operator;
use testkit::{
    chaos::{Jangbu, Part},
    kit::Role as Login,
};

use testkit::app::{ALL, OldWorker, TestApp, begin_with_old_transactions, eventually};

/// So many clients, each with an account of its own.
const CLIENTS: usize = 24;
/// Between two promotions readers have so long to notice the first.
const BREATH: Duration = Duration::from_millis(700);

async fn readers(app: &mut TestApp) -> Readers {
    let (command, query) = (app.bank.address(Part::Command(0)).unwrap(), app.bank.address(Part::Query).unwrap());
    let keys = app.keys.clone();
    let sign = move |actor: Actor| keys.token(actor, 1);
    let plan = FleetPlan { members: CLIENTS, accounts_per_member: 1, connections: 8, ..FleetPlan::default() };
    let fleet = Fleet::set_up(&plan, command, &sign, 1).await.unwrap();
    let operator = sign.operator();
    let plan = ReadersPlan { command, query, clients: CLIENTS, per_second: 120.0, operator, run: 7 };
    let readers = Readers::start(plan, fleet).unwrap();
    tokio::time::sleep(BREATH).await;
    readers
}

/// They noticed nothing, and there was something to notice.
async fn noticed_nothing(readers: Readers) {
    tokio::time::sleep(BREATH).await;
    let found: Readings = readers.stop().await.unwrap();
    assert_eq!(found.wrong() + found.refused, 0, "{} reads: {found:#?}", found.reads.len());
    assert!(found.reads.len() > 200 && found.posted > 20, "{} reads, {} payments", found.reads.len(), found.posted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_notices_a_rebuild_a_rollback_or_a_promotion_of_any_view() {
    let mut app = TestApp::start(&ALL).await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let readers = readers(&mut app).await;
    for view in views::all() {
        let made = jangbu.views("rebuild", view.name(), &[]).await.unwrap();
        tokio::time::sleep(BREATH).await;
        jangbu.views("rollback", view.name(), &[]).await.unwrap();
        tokio::time::sleep(BREATH).await;
        assert_eq!(jangbu.views("promote", view.name(), &["--generation", &made.to_string()]).await.unwrap(), made);
    }
    noticed_nothing(readers).await;
    app.close().await;
}

/// Both versions of a view at work: the older program moves its own until the newer one's is promoted, and again after a
/// rollback. Readers are the newer ones throughout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_notices_that_a_view_becomes_another_version_of_itself_and_back() {
    let mut app = TestApp::start(&[Part::Command(0)]).await;
    let (log, views) = (app.pair.log.superuser_url(), app.pair.views.url(Login::Projector).unwrap());
    begin_with_old_transactions(&app.pair.views).await;
    let old = OldWorker::start(&log, &views);
    // The newer projector is ready although the live version is not its own: somebody else follows it.
    app.bank.start(&[Part::Relay, Part::Projector, Part::Query]).await.unwrap();
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let readers = readers(&mut app).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let paid = payer.transfer(from, to, 10).await.expect(201);
    let transfer = paid.text("transfer_id");
    let undo = app.operator();
    let path = format!("/v1/transfers/{transfer}/reverse");
    let undone = undo.post(&path, serde_json::json!({ "reason": "by mistake" })).await.expect(201);
    let newest = async || {
        let page = payer.get_at(&format!("/v1/accounts/{from}/transactions"), undone.token()).await.expect(200);
        page.items()[0]["reverses"].clone()
    };
    assert!(newest().await.is_null(), "version 1 does not know");

    let made = jangbu.run(&["views", "upgrade", "--reason", "a new column"]).await.unwrap();
    assert_eq!((made[0]["view"].as_str(), made[0]["state"].as_str()), (Some("transactions"), Some("live")), "{made}");
    let generation = made[0]["generation"].to_string();
    let operator = Operator { who: "somebody".into(), reason: "a test".into(), origin: Default::default() };
    for _ in 0..3 {
        tokio::time::sleep(BREATH).await;
        assert_eq!(newest().await, transfer.as_str());
        old.rebuilder().rollback(None, &operator).await.unwrap();
        tokio::time::sleep(BREATH).await;
        assert!(newest().await.is_null());
        jangbu.views("promote", "transactions", &["--generation", &generation]).await.unwrap();
    }
    noticed_nothing(readers).await;
    let upgraded = jangbu.run(&["views", "upgrade", "--reason", "once more"]).await.unwrap();
    assert_eq!(upgraded, serde_json::json!([]), "nothing is due");
    drop(old);
    app.close().await;
}

/// The older program is gone, and nobody upgrades: that is reported, and what to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_nobody_follows_is_reported() {
    let mut app = TestApp::start(&[Part::Command(0)]).await;
    begin_with_old_transactions(&app.pair.views).await;
    app.bank.start(&[Part::Relay, Part::Projector, Part::Query]).await.unwrap();
    app.funded_member(100).await;
    let probe = format!("http://{}/readyz", app.bank.address(Part::Projector).unwrap());
    let log = app.bank.log_file(Part::Projector);
    eventually("the projector says that nobody follows the view", async || {
        let said = reqwest::get(&probe).await.map_err(|e| e.to_string())?;
        let logged = std::fs::read_to_string(&log).unwrap();
        let reported = said.status() == 503 && logged.contains("nobody moves it: `jangbu views upgrade`");
        if reported { Ok(()) } else { Err(format!("{}: {logged}", said.status())) }
    })
    .await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["views", "upgrade", "--reason", "as it said"]).await.unwrap();
    app.bank.wait_until_ready(Part::Projector).await.unwrap();
    app.close().await;
}
