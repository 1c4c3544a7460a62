//! Every command of every runbook, run in the situation it is for, on servers of its own.

use std::{collections::BTreeMap, path::PathBuf};

use kernel::{Ids, RandomIds};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::{
    chaos::{Bank, Jangbu, Part, TestServers},
    kit::{EditedLog, NatsRole, Role, nats_login},
};

use crate::support::{
    ALL, OldWorker, Page, TestApp, begin_with_old_transactions, eventually,
    people::{By, Newcomer},
};

/// What an operator of this bank has in the environment.
pub(crate) fn variables(bank: &mut Bank) -> BTreeMap<String, String> {
    let plan = bank.plan().clone();
    let owner = |database: &testkit::kit::Database| database.url(Role::Owner).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default().to_string_lossy().into_owned();
    let mut variables = BTreeMap::from([
        ("PATH".to_owned(), format!("{}:{path}", plan.binaries.display())),
        ("JANGBU_OPERATOR".to_owned(), "runbook".to_owned()),
        ("JANGBU_LOG_DATABASE_URL".to_owned(), owner(&plan.databases.log)),
        ("JANGBU_VIEWS_DATABASE_URL".to_owned(), owner(&plan.databases.views)),
        ("JANGBU_VAULT_DATABASE_URL".to_owned(), owner(&plan.databases.vault)),
        ("JANGBU_NATS_URL".to_owned(), nats_login(&plan.nats_url, NatsRole::Operator).unwrap()),
        ("JANGBU_SLICE_KEY_FILE".to_owned(), plan.keys.slice_key_file().display().to_string()),
        ("JANGBU_NATS_STREAM".to_owned(), plan.stream.clone()),
        ("JANGBU_KEK".to_owned(), plan.keys.kek()),
        ("JANGBU_JWKS_FILE".to_owned(), plan.keys.jwks_file().display().to_string()),
        ("JANGBU_SIGNING_KEY_FILE".to_owned(), plan.keys.signing_key_file().display().to_string()),
    ]);
    for (name, part) in [("JANGBU_RELAY_ADDR", Part::Relay), ("JANGBU_PROJECTOR_ADDR", Part::Projector)] {
        variables.insert(name.to_owned(), bank.address(part).unwrap().to_string());
    }
    for (name, part) in [("JANGBU_COMMAND_URL", Part::Command(0)), ("JANGBU_QUERY_URL", Part::Query)] {
        variables.insert(name.to_owned(), format!("http://{}", bank.address(part).unwrap()));
    }
    variables
}

pub(crate) async fn page(app: &mut TestApp, name: &'static str) -> Page {
    Page::open(name, variables(&mut app.bank))
}

/// A folder of a test's own, removed in the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = PathBuf::from(format!("/var/tmp/jangbu-runbook-{}", RandomIds.fresh().simple()));
        testkit::kit::make_dir(&path, 0o700).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs SQL that no trigger stops.
async fn behind_the_back(url: &str, sql: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = format!("set session_replication_role = replica; {sql}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn view_stuck() {
    let mut app = TestApp::start(&[Part::Command(0), Part::Query]).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    // A debit that no projector of today can read. Nothing of it has left the log yet.
    let log = app.pair.log.superuser_url();
    let position = number(&log, "select max(position) from events where type = 'AccountDebited'").await;
    EditedLog::edit(&log, |log| log.event_at(position).schema_version = 99).await.unwrap();
    app.bank.start(&[Part::Relay]).await.unwrap();
    app.bank.spawn(Part::Projector).unwrap();

    let mut page = page(&mut app, "view-stuck").await;
    page.set("VIEW", "accounts");
    page.set("POSITION", position);
    let views = app.pair.views.superuser_url();
    let stuck = "select count(*) from registry.generations where view = 'accounts' and stuck_since is not null";
    let until_stuck = async || match number(&views, stuck).await {
        1 => Ok(()),
        other => Err(other.to_string()),
    };
    eventually("the view is stuck", until_stuck).await;
    let out = page.next().await;
    assert!(out.stdout.contains(&position.to_string()), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains("AccountDebited"), "{}", out.stdout);
    page.next().await;
    eventually("the view is stuck again", until_stuck).await;
    page.next().await;
    let on = format!("select count(*) from registry.live_positions where view = 'accounts' and position >= {position}");
    eventually("the view goes on", async || match number(&views, &on).await {
        1 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    let out = page.next().await;
    assert!(out.stdout.contains("ticket 4711"), "{}", out.stdout);
    // The rule is fixed: here the event is.
    EditedLog::edit(&log, |log| log.event_at(position).schema_version = 1).await.unwrap();
    // The other views wait for no ticket.
    let level = format!("select count(*) from registry.live_positions where position < {position}");
    eventually("all views go on", async || match number(&views, &level).await {
        0 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    page.next().await;
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relay_down() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    app.bank.kill(Part::Relay).unwrap();
    let answer = payer.transfer(from, to, 10).await.expect(201);
    let mut page = page(&mut app, "relay-down").await;
    let out = page.next().await;
    assert!(out.stdout.contains("it does not answer") && out.stdout.contains("relay"), "{}", out.stdout);
    // The views have it all the same.
    payer.get_at(&format!("/v1/accounts/{from}"), answer.token()).await.expect(200);
    app.bank.start(&[Part::Relay]).await.unwrap();
    let relay = app.bank.address(Part::Relay).unwrap();
    eventually("the relay takes over", async || {
        let text = reqwest::get(format!("http://{relay}/metrics")).await.map_err(|e| e.to_string())?;
        let text = text.text().await.map_err(|e| e.to_string())?;
        if text.lines().any(|line| line == "relay_active 1") { Ok(()) } else { Err(text) }
    })
    .await;
    page.next().await;
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_leader() {
    let mut app = TestApp::start(&[Part::Command(0), Part::Query]).await;
    let mut page = page(&mut app, "no-leader").await;
    app.bank.kill(Part::Command(0)).unwrap();
    page.next().await;
    eventually("nobody leads", async || match page.again().await {
        out if out.stdout.contains("nobody leads") => Ok(()),
        out => Err(out.stdout),
    })
    .await;
    app.bank.start(&[Part::Command(0)]).await.unwrap();
    let out = page.next().await;
    assert!(out.stdout.contains("server   server-"), "{}", out.stdout);
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_wiped() {
    let mut servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    servers.wipe_nats().unwrap();
    let answer = payer.transfer(from, to, 10).await.expect(201);
    let mut page = page(&mut app, "nats-wiped").await;
    page.next().await;
    servers.start_nats().await.unwrap();
    payer.get_at(&format!("/v1/accounts/{from}"), answer.token()).await.expect(200);
    for part in [Part::Relay, Part::Projector] {
        app.bank.wait_until_ready(part).await.unwrap();
    }
    page.next().await;
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_disk_full() {
    let servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &ALL).await;
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    app.wait_until_level().await;
    let superuser = app.pair.log.superuser_url();
    number(&superuser, "select count(*) from pg_create_physical_replication_slot('standby_of_old', true)").await;
    // Something that is not live: an ordinary rebuild leaves it.
    let mut rebuilding = page(&mut app, "rebuild").await;
    rebuilding.set("VIEW", "transfers");
    rebuilding.next().await;
    let mut page = page(&mut app, "log-disk-full").await;
    page.set("SLOT", "standby_of_old");
    page.set("SUPERUSER_URL", &superuser);
    page.set("VIEW", "transfers");
    page.set("GENERATION", retired(&app, "transfers").await);
    let out = page.next().await;
    assert!(out.stdout.contains("standby_of_old") && out.stdout.contains("log_commits"), "{}", out.stdout);
    for _ in 0..3 {
        page.next().await;
    }
    page.end();
    assert_eq!(number(&superuser, "select count(*) from pg_replication_slots").await, 0);
    payer.transfer(from, to, 10).await.expect(201);
    app.close().await;
}

async fn retired(app: &TestApp, view: &str) -> i64 {
    let sql =
        format!("select min(generation)::int8 from registry.generations where view = '{view}' and state = 'retired'");
    number(&app.pair.views.superuser_url(), &sql).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuild() {
    let mut app = TestApp::start(&ALL).await;
    let folder = Folder::new();
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    let position = app.head().await;
    payer.transfer(from, to, 20).await.expect(201);
    app.wait_until_level().await;
    let mut page = page(&mut app, "rebuild").await;
    page.set("VIEW", "accounts");
    page.set("JANGBU_ARCHIVE_URL", format!("file://{}/archive", folder.0.display()));
    page.next().await;
    page.next().await;
    page.next().await;
    payer.transfer(from, to, 30).await.expect(201);
    app.wait_until_level().await;
    page.next().await;
    page.set("POSITION", position);
    let newest = "select max(generation)::int8 + 1 from registry.generations where view = 'accounts'";
    page.set("TABLE", "accounts");
    page.set("SIDE", number(&app.pair.views.superuser_url(), newest).await);
    let out = page.next().await;
    assert!(out.stdout.contains("count"), "{}", out.stdout);
    page.set("GENERATION", retired(&app, "accounts").await);
    page.next().await;
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stuck_process() {
    let mut app = TestApp::start(&[Part::Command(0)]).await;
    let (log, instance) = (app.pair.log.superuser_url(), RandomIds.fresh());
    // A sign-up that nobody knows: once its step is taken again, there is nothing to do.
    let stuck = format!(
        "insert into process_instances (process, instance, state, data, tries, error, started_at, changed_at)
         values ('sign-up-expiry', '{instance}', 'stuck', '{{}}', 5, 'a stream cannot be folded', now(), now())"
    );
    behind_the_back(&log, stuck).await;
    let mut page = page(&mut app, "stuck-process").await;
    page.set("INSTANCE", instance);
    let shown = page.next().await;
    assert!(shown.stdout.contains("a stream cannot be folded"), "{}", shown.stdout);
    page.next().await;
    let done = format!("select count(*) from process_instances where instance = '{instance}' and state = 'done'");
    eventually("its step is taken", async || match number(&log, &done).await {
        1 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    let shown = page.next().await;
    assert!(shown.stdout.contains("ticket 4711"), "{}", shown.stdout);
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn change_view() {
    let mut app = TestApp::start(&[Part::Command(0)]).await;
    begin_with_old_transactions(&app.pair.views).await;
    let old = OldWorker::start(&app.pair.log.superuser_url(), &app.pair.views.url(Role::Projector).unwrap());
    app.bank.start(&[Part::Relay, Part::Projector, Part::Query]).await.unwrap();
    let folder = Folder::new();
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    app.wait_until_level().await;
    let mut page = page(&mut app, "change-view").await;
    page.set("VIEW", "transactions");
    page.set("DIFFERENCES", format!("{}/differences", folder.0.display()));
    let out = page.next().await;
    assert!(out.stdout.contains("version 3 here") && out.stdout.contains("jangbu views upgrade"), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains("entries.reverses is new") && !out.stdout.contains("version 3 here"), "{}", out.stdout);
    // There is no older `jangbu` here: this one goes back to a generation that it can bring level.
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let newest = jangbu.views("rebuild", "transactions", &[]).await.unwrap();
    page.set("OLD", app.bank.plan().binaries.display());
    page.set("NEW", newest);
    page.next().await;
    page.next().await;
    page.next().await;
    page.end();
    drop(old);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotate_keys() {
    let mut app = TestApp::start(&ALL).await;
    let folder = Folder::new();
    let (payer, from) = app.funded_member(100).await;
    let mut page = page(&mut app, "rotate-keys").await;
    page.set("KEYS", folder.0.display());
    page.next().await;
    let out = page.next().await;
    let old = out.stdout.split("\"kid\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    // Who was logged in stays so, and the new key counts.
    payer.get(&format!("/v1/accounts/{from}")).await.expect(200);
    let out = page.next().await;
    assert!(out.stdout.contains("accounts"), "{}", out.stdout);
    payer.get(&format!("/v1/accounts/{from}")).await.expect(200);
    page.set("OLD_KEY", &old);
    let out = page.next().await;
    assert!(!out.stdout.contains(&old), "{}", out.stdout);
    // The keys that seal slices, then the vault's.
    let out = page.next().await;
    assert!(out.stdout.contains("seals"), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains("retired"), "{}", out.stdout);
    let out = page.next().await;
    assert!(!out.stdout.contains("destroyed"), "it was just retired: {}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains("destroyed"), "{}", out.stdout);
    page.end();
    // Views are checked by tokens of the old key: it is published again.
    let plan = app.bank.plan().clone();
    let jangbu = plan.binaries.join("jangbu");
    let publish =
        tokio::process::Command::new(jangbu).args(["keys", "publish"]).envs(variables(&mut app.bank)).status();
    assert!(publish.await.unwrap().success());
    for part in [Part::Query, Part::Command(0)] {
        app.bank.kill(part).unwrap();
        app.bank.start(&[part]).await.unwrap();
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schema() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(100).await;
    app.wait_until_level().await;
    let path = format!("/v1/accounts/{from}");
    payer.get(&path).await.expect(200);
    let lost = "revoke select on live.accounts from jangbu_reader; grant select on registry.audit to public";
    behind_the_back(&app.pair.views.superuser_url(), lost.to_owned()).await;
    eventually("reads fail", async || match payer.get(&path).await.status {
        200 => Err("still read".to_owned()),
        _ => Ok(()),
    })
    .await;
    let mut page = page(&mut app, "schema").await;
    let out = page.next().await;
    let said = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("jangbu_reader may not select live.accounts") && said.contains("repair grants"), "{said}");
    let out = page.next().await;
    assert!(out.stdout.contains("to do: grant select on table live.accounts to jangbu_reader"), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains("left: revoke select on table registry.audit from public"), "{}", out.stdout);
    payer.get(&path).await.expect(200);
    page.next().await;
    let out = page.next().await;
    assert!(!out.stdout.contains("repair grants"), "{}", out.stdout);
    page.end();
    app.close().await;
}

/// Pages that look and explain: on a sound bank, so that every command is one that exists.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_look() {
    let mut app = TestApp::start(&ALL).await;
    app.wait_until_level().await;
    for (name, blocks) in [("database-down", 2), ("overload", 3), ("no-codes", 2), ("vault-down", 2), ("memory", 1)] {
        let mut page = page(&mut app, name).await;
        for _ in 0..blocks {
            page.next().await;
        }
        page.end();
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn freeze_and_disclose() {
    let mut app = TestApp::start(&ALL).await;
    let stranger = app.stranger();
    let insider = Newcomer::new(By::Email).join(&stranger, &app.catcher).await;
    let account = insider.client.open("KRW").await;
    let mut page = page(&mut app, "freeze-and-disclose").await;
    page.set("ACCOUNT", account);
    page.set("MEMBER", insider.client.id);
    let frozen = page.next().await;
    assert!(frozen.stdout.contains("frozen"), "{}", frozen.stdout);
    page.next().await;
    let open = page.next().await;
    assert!(open.stdout.contains("open"), "{}", open.stdout);
    page.end();
    app.close().await;
}

/// The page for programmers of a wallet app.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn walk_through() {
    let mut app = TestApp::start(&ALL).await;
    let mail = format!("http://{}", app.catcher.http);
    let mut page = Page::open_in(".", "walk-through", variables(&mut app.bank));
    page.set("JANGBU_MAIL_URL", mail);
    let out = page.next().await;
    let lines: Vec<&str> = out.stdout.lines().collect();
    let [home, payee, statement, member, certificate] = lines[..] else { panic!("{}", out.stdout) };
    for (line, shown) in [
        (home, "\"balance\":\"5000\""),
        (payee, "\"masked_name\":\"j*****m\""),
        (statement, "\"memo\":\"dinner\""),
        (statement, "\"counterparty_name\":\"j*****m\""),
        (member, "\"real_name\":\"minji Kim\""),
        (certificate, "\"destroyed\""),
    ] {
        assert!(line.contains(shown), "{shown} is not in {line}");
    }
    page.end();
    app.close().await;
}
