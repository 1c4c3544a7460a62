//! Old commits have left the database of the log: everything goes on as before, and reads them in the archive.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::chaos::{Jangbu, Part};
use uuid::Uuid;

use crate::{
    runbooks::Folder,
    support::{
        TestApp, TestClient, eventually,
        people::{By, Insider, Newcomer},
    },
};

/// Commits that begin before this position leave the database.
const CUT: i64 = 200;

/// A bank in whose log the first partition is small. No relay and no projector runs yet.
struct Old {
    app: TestApp,
    archive: Folder,
    payer: TestClient,
    from: Uuid,
    to: Uuid,
    canary: Newcomer,
    insider: Insider,
    /// Their account.
    insiders: Uuid,
    /// Requests under their keys, and what was answered.
    answered: Vec<(TestClient, String, &'static str, Value, String)>,
    posted: Uuid,
}

impl Old {
    async fn start(archive: Folder, settings: &[(&str, &str)]) -> Self {
        let mut app = TestApp::start_with(&[], settings).await;
        let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
        let split = format!(
            "drop table log_commits_00000, log_commits_00001;
             create table log_commits_00000 partition of log_commits for values from (0) to ({CUT});
             create table log_commits_00001 partition of log_commits for values from ({CUT}) to (40000000);
             alter table log_commits_00000 owner to jangbu_owner;
             alter table log_commits_00001 owner to jangbu_owner"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(split)).execute(&mut log).await.unwrap();
        app.bank.start(&[Part::Command(0), Part::Query]).await.unwrap();
        let (payer, from) = app.funded_member(1000).await;
        let (_, to) = app.funded_member(0).await;
        let canary = Newcomer::new(By::Email);
        let insider = canary.join(&app.stranger(), &app.catcher).await;
        let insiders = insider.client.open("KRW").await;
        let mut answered = Vec::new();
        let mut posted = None;
        let refused = TestClient::transfer_body(from, to, 5000);
        for (key, path, body) in [
            ("transfer", "/v1/transfers", TestClient::transfer_body(from, to, 40)),
            ("refused", "/v1/transfers", refused),
            ("open", "/v1/accounts", json!({"asset": "USD"})),
        ] {
            let answer = payer.post_keyed(path, key, body.clone()).await;
            posted = posted.or_else(|| (answer.status == 201).then(|| answer.id("transfer_id")));
            answered.push((payer.clone(), key.to_owned(), path, body, format!("{} {}", answer.status, answer.body)));
        }
        assert!(app.head().await < CUT, "all of that is in the first partition: {}", app.head().await);
        let (other, one) = app.funded_member(1000).await;
        let (_, two) = app.funded_member(0).await;
        while app.head().await < CUT + 30 {
            other.transfer(one, two, 1).await.expect(201);
        }
        Self { app, archive, payer, from, to, canary, insider, insiders, answered, posted: posted.unwrap() }
    }

    fn url(archive: &Folder) -> String {
        format!("file://{}", archive.0.display())
    }

    fn jangbu(&self) -> Jangbu {
        Jangbu::new(&self.app.bank.plan().binaries, &self.app.pair).unwrap()
    }

    /// Archives all, and detaches the first partition.
    async fn detach(&self) {
        let (jangbu, url) = (self.jangbu(), Self::url(&self.archive));
        jangbu.run(&["archive", "run", "--segment", "50", "--archive-url", &url]).await.unwrap();
        let before = (CUT + 1).to_string();
        let detach = ["archive", "detach", "--before", &before, "--drop", "--yes", "--archive-url", &url];
        let detached = jangbu.run(&detach).await.unwrap();
        assert_eq!(detached["detached"], json!(["log_commits_00000"]), "{detached}");
        let mut log = PgConnection::connect(&self.app.pair.log.superuser_url()).await.unwrap();
        let first: i64 =
            sqlx::query_scalar("select min(first_position) from log_commits").fetch_one(&mut log).await.unwrap();
        assert!(first >= CUT, "{first}");
    }

    /// A server that remembers nothing.
    async fn forget(&mut self) {
        self.app.bank.kill(Part::Command(0)).unwrap();
        self.app.bank.start(&[Part::Command(0)]).await.unwrap();
    }

    async fn answers_are_the_same(&self) {
        for (client, key, path, body, before) in &self.answered {
            let again = client.post_keyed(path, key, body.clone()).await;
            assert_eq!(format!("{} {}", again.status, again.body), *before, "{key}");
            assert!(again.replayed(), "{again:?}");
        }
    }

    /// Whoever looks at the log finds it whole.
    async fn log_is_whole(&self, operator: &TestClient) {
        let page = operator.get("/v1/log?before=50&limit=5").await.expect(200);
        let firsts: Vec<i64> = page.items().iter().map(|commit| commit["first_position"].as_i64().unwrap()).collect();
        assert!(firsts.len() == 5 && firsts.is_sorted_by(|newer, older| newer > older) && firsts[0] < 50, "{firsts:?}");
        let held = operator.get("/v1/log/positions/20").await.expect(200);
        assert!((held.number("first_position")..=held.number("last_position")).contains(&20), "{}", held.body);
        let stream = operator.get(&format!("/v1/log/streams/{}?fold=true", self.from)).await.expect(200);
        assert_eq!(stream.items()[0]["version"], 1, "{}", stream.body);
        assert!(stream.items().iter().all(|event| event["state"].is_object()), "{}", stream.body);
    }

    /// Nothing more can be checked of a log of which a part is elsewhere, but by `jangbu log verify`.
    async fn end(mut self) {
        self.app.bank.check().unwrap();
        self.app.bank.end_all().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_goes_on_when_its_old_commits_have_left_the_database() {
    let archive = Folder::new();
    let url = Old::url(&archive);
    let mut old = Old::start(archive, &[("JANGBU_ARCHIVE_URL", &url)]).await;
    old.detach().await;
    old.forget().await;

    // Old keys: byte for byte, and never for another request.
    old.answers_are_the_same().await;
    let other = TestClient::transfer_body(old.from, old.to, 41);
    old.payer.post_keyed("/v1/transfers", "transfer", other).await.expect_problem(422, "idempotency-key-reused");

    // Accounts and transfers of which every event is in the archive.
    let operator = old.app.operator();
    let reverse = format!("/v1/transfers/{}/reverse", old.posted);
    operator.post(&reverse, json!({"reason": "a mistake"})).await.expect(201);
    operator.post(&reverse, json!({"reason": "a mistake"})).await.expect_problem(422, "already-reversed");
    old.payer.transfer(old.from, old.to, 1000).await.expect(201);
    let freeze = format!("/v1/accounts/{}/freeze", old.to);
    operator.post(&freeze, json!({"reason": "a look"})).await.expect(200);
    old.payer.transfer(old.from, old.to, 1).await.expect_problem(422, "account-frozen");
    operator.post(&format!("/v1/accounts/{}/unfreeze", old.to), json!({})).await.expect(200);

    old.log_is_whole(&operator).await;

    // A member of whom every event is in the archive.
    old.canary.log_in(&old.app.stranger()).await.expect(201);
    let account = old.insider.client.open("USD").await;
    old.insider.leave(&old.canary.password, "early").await.expect_problem(422, "accounts-open");
    for account in [account, old.insiders] {
        let close = format!("/v1/accounts/{account}/close");
        old.insider.client.post(&close, json!({})).await.expect(200);
    }

    // Views that begin now read all of it; there is no relay, and nothing in NATS.
    old.app.bank.start(&[Part::Projector]).await.unwrap();
    old.app.wait_until_level().await;
    let erasure = old.insider.leave(&old.canary.password, "leave").await.expect(202).id("erasure_id");
    old.app.certificate(erasure).await;
    old.app.bank.start(&[Part::Relay, Part::Auditor]).await.unwrap();
    old.app.wait_until_published().await;
    is_proven(&old.app).await;
    old.app.wait_until_level().await;

    let (jangbu, archived) = (old.jangbu(), ["--archive-url", &url]);
    let run = async |arguments: &[&str]| jangbu.run(&[arguments, &archived].concat()).await.unwrap();
    let verified = run(&["log", "verify"]).await;
    assert_eq!(verified["sound"], true, "{verified}");
    let rebuild = ["views", "rebuild", "accounts", "transactions", "--reason", "a test"];
    run(&rebuild).await;
    let shown = run(&["log", "show", "20"]).await;
    assert_eq!(shown["positions"], json!([20]), "{shown}");
    let (from, posted) = (old.from.to_string(), old.posted.to_string());
    let shown = run(&["log", "show", &from]).await;
    assert!(shown["commits"].as_array().unwrap().len() >= 4, "{shown}");
    let shown = run(&["log", "show", "--transfer", &posted]).await;
    assert!(shown["commits"].as_array().unwrap().len() >= 2, "the transfer and its reversal: {shown}");
    let correlation = shown["commits"][0]["correlation"].as_str().unwrap().to_owned();
    let shown = run(&["log", "show", "--correlation", &correlation]).await;
    assert!(!shown["commits"].as_array().unwrap().is_empty(), "{shown}");
    assert_eq!(run(&["accounts", "show", &from]).await["balance"], "0");
    run(&["archive", "run"]).await;
    run(&["archive", "verify", "--against-log"]).await;
    old.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_archive_only_what_needs_it_is_refused() {
    let archive = Folder::new();
    let url = Old::url(&archive);
    let mut old = Old::start(archive, &[]).await;
    old.detach().await;
    old.forget().await;
    // The server is not told where the archive is.
    let refused = async |old: &Old| {
        let (client, key, path, body, _) = &old.answered[0];
        client.post_keyed(path, key, body.clone()).await.expect_problem(503, "log-unavailable");
    };
    refused(&old).await;
    let said = std::fs::read_to_string(old.app.bank.log_file(Part::Command(0))).unwrap();
    assert!(said.contains("JANGBU_ARCHIVE_URL"), "{said}");
    // Accounts have their states: money moves meanwhile.
    old.payer.transfer(old.from, old.to, 1).await.expect(201);
    let told = old.jangbu().ask(&["log", "verify"]).await.unwrap().expect(1);
    assert!(told.all.contains("JANGBU_ARCHIVE_URL"), "{}", told.all);

    // It is told, and the archive is damaged.
    old.app.bank.set(Part::Command(0), "JANGBU_ARCHIVE_URL", &*url);
    let segments = segments(&old.archive);
    let kept: Vec<Vec<u8>> = segments.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for path in &segments {
        std::fs::write(path, b"nothing").unwrap();
    }
    old.forget().await;
    refused(&old).await;
    old.payer.transfer(old.from, old.to, 1).await.expect(201);
    // It comes back from a copy, and nothing is lost.
    for (path, bytes) in segments.iter().zip(kept) {
        std::fs::write(path, bytes).unwrap();
    }
    old.answers_are_the_same().await;
    old.end().await;
}

fn segments(archive: &Folder) -> Vec<std::path::PathBuf> {
    let log = std::fs::read_dir(&archive.0).unwrap().flatten().next().expect("a log").path();
    std::fs::read_dir(log.join("segments")).unwrap().flatten().map(|entry| entry.path()).collect()
}

/// An auditor that began with nothing has read all of it, and found nothing wrong.
async fn is_proven(app: &TestApp) {
    let head = app.head().await;
    eventually("the log is proven", async || {
        let url = app.pair.log.superuser_url();
        let mut log = PgConnection::connect(&url).await.map_err(|error| error.to_string())?;
        let (proven, alarms): (Option<i64>, i64) =
            sqlx::query_as("select (select max(position) from audit_progress), (select count(*) from audit_alarms)")
                .fetch_one(&mut log)
                .await
                .map_err(|error| error.to_string())?;
        assert_eq!(alarms, 0, "no false alarm");
        if proven >= Some(head) { Ok(()) } else { Err(format!("{proven:?} of {head}")) }
    })
    .await;
}
