//! Processes that are stopped (SIGSTOP) while they hold something: others take over, and they change nothing when they go on.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::{
    chaos::{Bank, Part},
    kit::{Identity, Role, Signal},
};

use crate::{
    hostile::Neighbour,
    support::{ALL, TestApp, eventually},
};

/// Far more than a take-over needs, and far less than the limits of the roles before, which were 30 s and more.
const BOUND: Duration = Duration::from_secs(15);

/// Waits for a condition that must hold within the bound.
async fn soon<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(since.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

fn signal(bank: &Bank, part: Part, signal: Signal) {
    let running = bank.running().unwrap();
    let (_, identity) = running.iter().find(|(found, _)| *found == part).expect("it runs");
    identity.signal(signal).unwrap();
}

async fn is_active(bank: &mut Bank) -> bool {
    let url = format!("http://{}/metrics", bank.address(Part::Relay).unwrap());
    let answer = reqwest::Client::new().get(url).timeout(Duration::from_secs(2)).send().await;
    let Ok(answer) = answer else { return false };
    answer.text().await.is_ok_and(|page| page.lines().any(|line| line == "relay_active 1"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_stands_still_is_replaced_and_doubles_nothing_when_it_goes_on() {
    let mut app = TestApp::start(&ALL).await;
    let mut second = app.second_workers();
    second.start(&[Part::Relay]).await.unwrap();
    let neighbour = Neighbour::of(&app).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    for round in 0..2 {
        eventually("a relay is active", async || {
            if is_active(&mut app.bank).await || is_active(&mut second).await { Ok(()) } else { Err(String::new()) }
        })
        .await;
        let first_is_active = is_active(&mut app.bank).await;
        let (frozen, other) = if first_is_active { (&mut app.bank, &mut second) } else { (&mut second, &mut app.bank) };
        payer.transfer(from, to, 1).await.expect(201);
        signal(frozen, Part::Relay, Signal::STOP);
        let mut last = payer.transfer(from, to, 1).await.expect(201);
        soon("the other relay takes over", async || is_active(other).await.then_some(())).await;
        for _ in 0..5 {
            last = payer.transfer(from, to, 1).await.expect(201);
        }
        let end = last.body["position"].as_i64().unwrap();
        soon("the other relay publishes", async || {
            let messages = neighbour.messages().await;
            let (headers, _) = messages.last()?;
            (headers.get("Jangbu-Last")?.as_str().parse::<i64>().ok()? >= end).then_some(())
        })
        .await;
        signal(frozen, Part::Relay, Signal::CONT);
        for _ in 0..5 {
            last = payer.transfer(from, to, 1).await.expect(201);
        }
        assert!(payer.balance_at(from, last.token()).await.parse::<i64>().unwrap() > 0, "round {round}");
        soon("the woken relay stands by", async || (!is_active(frozen).await).then_some(())).await;
        assert!(is_active(other).await);
    }
    let mut due = 1;
    for (headers, _) in neighbour.messages().await {
        let position = |name| headers.get(name).unwrap().as_str().parse::<i64>().unwrap();
        assert_eq!(position("Jangbu-First"), due, "in order, nothing missing and nothing twice");
        due = position("Jangbu-Last") + 1;
    }
    second.end_all().await.unwrap();
    app.close().await;
}

/// A connection that holds a lock until it is asked to release it.
async fn locked(url: &str, sql: &str) -> PgConnection {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("begin; {sql}"))).execute(&mut connection).await.unwrap();
    connection
}

async fn let_go(mut connection: PgConnection) {
    sqlx::raw_sql("rollback").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Waits until somebody waits for a lock that another one holds.
async fn someone_waits(url: &str, application: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    eventually("somebody waits for the lock", async || {
        let waits: bool = sqlx::query_scalar(
            "select exists (select from pg_stat_activity where datname = current_database()
                and application_name = $1 and wait_event_type = 'Lock')",
        )
        .bind(application)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        if waits { Ok(()) } else { Err(application.to_owned()) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_that_stands_still_in_a_transaction_holds_no_view() {
    // Its checkpoint is moved and not committed: it waits for our lock, then for nobody but itself.
    stands_still_with("accounts", "accounts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projector_that_stands_still_in_the_middle_of_a_copy_holds_no_view() {
    // Postgres asks for the rows when our lock is gone, and counts the session as running.
    stands_still_with("transactions", "entries").await;
}

/// A projector that waits for our lock on a table of the view is suspended while it gets the lock.
async fn stands_still_with(view: &str, table: &str) {
    let mut app = TestApp::start(&ALL).await;
    let mut second = app.second_workers();
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    app.wait_until_level().await;
    let views = app.pair.views.superuser_url();
    let mut registry = PgConnection::connect(&views).await.unwrap();
    let schema: String =
        sqlx::query_scalar("select schema_name from registry.generations where view = $1 and state = 'live'")
            .bind(view)
            .fetch_one(&mut registry)
            .await
            .unwrap();
    for _ in 0..2 {
        let lock = locked(&views, &format!("lock table {schema}.{table} in share mode")).await;
        let posted = payer.transfer(from, to, 1).await.expect(201);
        someone_waits(&views, &format!("projector/{view}")).await;
        signal(&app.bank, Part::Projector, Signal::STOP);
        let_go(lock).await;
        second.start(&[Part::Projector]).await.unwrap();
        let end = posted.body["position"].as_i64().unwrap();
        soon("the second projector moves the view", async || {
            let position: i64 =
                sqlx::query_scalar("select position from registry.generations where view = $1 and state = 'live'")
                    .bind(view)
                    .fetch_one(&mut registry)
                    .await
                    .unwrap();
            (position >= end).then_some(())
        })
        .await;
        let posted = payer.transfer(from, to, 1).await.expect(201);
        let balance = payer.balance_at(from, posted.token()).await;
        assert_eq!(balance, posted.body["postings"][0]["balance_after"].as_str().unwrap());
        signal(&app.bank, Part::Projector, Signal::CONT);
        let posted = payer.transfer(from, to, 1).await.expect(201);
        payer.balance_at(from, posted.token()).await;
        second.end_all().await.unwrap();
        let posted = payer.transfer(from, to, 1).await.expect(201);
        let balance = payer.balance_at(from, posted.token()).await;
        assert_eq!(balance, posted.body["postings"][0]["balance_after"].as_str().unwrap(), "the woken one goes on");
    }
    app.close().await;
}

/// `jangbu views rebuild accounts`, running.
fn rebuild(app: &TestApp) -> Child {
    let pair = &app.pair;
    Command::new(app.bank.plan().binaries.join("jangbu"))
        .args(["views", "rebuild", "accounts", "--reason", "a test", "--no-env-file"])
        .env("JANGBU_LOG_DATABASE_URL", pair.log.url(Role::Owner).unwrap())
        .env("JANGBU_VIEWS_DATABASE_URL", pair.views.url(Role::Owner).unwrap())
        .env("JANGBU_OPERATOR", "testkit")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn ended(child: Child) -> (bool, String) {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_stands_still_keeps_nobody_from_rebuilding() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 1).await.expect(201);
    app.wait_until_level().await;
    let views = app.pair.views.superuser_url();
    // The promotion needs this row; until then it tries again and again.
    let lock = locked(&views, "select from registry.views where view = 'accounts' for update").await;
    let first = rebuild(&app);
    let identity = Identity::of(first.id()).unwrap();
    someone_waits(&views, "jangbu/rebuild").await;
    identity.signal(Signal::STOP).unwrap();
    let_go(lock).await;
    let (done, output) = ended(rebuild(&app)).await;
    assert!(done, "another rebuild is not kept waiting: {output}");
    let mut registry = PgConnection::connect(&views).await.unwrap();
    let mut live = async || -> i32 {
        let live = "select generation from registry.generations where view = 'accounts' and state = 'live'";
        sqlx::query_scalar(live).fetch_one(&mut registry).await.unwrap()
    };
    let before = live().await;
    identity.signal(Signal::CONT).unwrap();
    let (done, output) = ended(first).await;
    assert!(!done, "the woken one is fenced");
    assert!(!output.trim().is_empty(), "it says why");
    assert_eq!(live().await, before, "it has changed nothing");
    app.close().await;
}
