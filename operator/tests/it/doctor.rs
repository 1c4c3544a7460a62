//! `jangbu doctor`.

use event_store_postgres::SessionLock;
use log::seal::{Label, SliceKeys, seal};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use testkit::kit::{connect_nats, test_variable};
use url::Url;

use crate::{
    databases::TestDatabases,
    run::{Folder, Run, jangbu},
    server::Server,
};

/// The verdict about one thing, and all that was said of it.
fn about(run: &Run, what: &str) -> (String, String) {
    let report: Value = run.json();
    let findings = report["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|f| f["what"] == what);
    let finding = finding.unwrap_or_else(|| panic!("nothing about {what}: {report}"));
    let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    (text("verdict"), format!("{} / {}", text("found"), text("to_do")))
}

#[track_caller]
pub fn assert_about(run: &Run, what: &str, verdict: &str, words: &str) {
    let (found, text) = about(run, what);
    assert_eq!(found, verdict, "{what}: {text}");
    assert!(text.contains(words), "{what}: {text}");
}

pub const QUICK: [&str; 4] = ["doctor", "--json", "--watch-ms", "100"];

#[test]
fn with_nothing_there_everything_is_reported_and_nothing_hangs() {
    let away = |scheme: &str| format!("{scheme}://me:hunter2@127.0.0.1:1/away");
    let variables = [
        ("JANGBU_LOG_DATABASE_URL", away("postgres")),
        ("JANGBU_VIEWS_DATABASE_URL", away("postgres")),
        ("JANGBU_VAULT_DATABASE_URL", away("postgres")),
        ("JANGBU_NATS_URL", away("nats")),
        ("JANGBU_COMMAND_URL", "http://127.0.0.1:1".to_owned()),
        ("JANGBU_QUERY_URL", "http://127.0.0.1:1".to_owned()),
        ("JANGBU_RELAY_ADDR", "127.0.0.1:1".to_owned()),
    ];
    let run = jangbu(&variables, &QUICK).expect(1);
    for (what, words) in [
        ("log database", "JANGBU_LOG_DATABASE_URL"),
        ("views database", "JANGBU_VIEWS_DATABASE_URL"),
        ("vault database", "JANGBU_VAULT_DATABASE_URL"),
        ("NATS", "JANGBU_NATS_URL"),
        ("command server", "JANGBU_COMMAND_URL"),
        ("query server", "JANGBU_QUERY_URL"),
        ("relay's probe", "JANGBU_RELAY_ADDR"),
    ] {
        assert_about(&run, what, "fail", words);
    }
    assert!(!run.all().contains("hunter2"), "{}", run.all());
    let text = jangbu(&variables, &["doctor", "--watch-ms", "100"]).expect(1);
    assert!(text.stdout.contains("to do\n"), "{}", text.all());
    let last = text.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("unhealthy: ") && last.contains(" failed"), "{}", text.all());
    assert!(text.stdout.contains("?     disk of the log database"), "{}", text.all());
    let is_short = |line: &str| line.chars().count() <= 80 || line.contains('`') || !line.trim().contains(' ');
    assert!(text.stdout.lines().all(is_short), "{}", text.all());
}

/// The quick look, with its report written to this file.
fn reporting(file: &str) -> [&str; 6] {
    let [doctor, json, watch, ms] = QUICK;
    [doctor, json, watch, ms, "--report", file]
}

#[test]
fn the_report_is_written_with_what_is_printed_also_if_something_failed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let file = folder.join("doctor.json");
    let variables = [
        ("JANGBU_LOG_DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/away".to_owned()),
        ("JANGBU_COMMAND_URL", "http://me:hunter2@127.0.0.1:1".to_owned()),
    ];
    let written = || std::fs::read_to_string(&file).expect("written");
    let made_at = |text: &str| {
        let report: Value = serde_json::from_str(text).expect("JSON");
        report["made_at"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("a time")
    };
    let run = jangbu(&variables, &reporting(&file)).expect(1);
    let first = written();
    assert_eq!(serde_json::from_str::<Value>(&first).expect("JSON"), run.json());
    assert_eq!(run.json()["healthy"], false);
    assert_about(&run, "log database", "fail", "JANGBU_LOG_DATABASE_URL");
    assert!(!first.contains("hunter2"), "{first}");
    let mode = std::fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o022, 0, "its owner alone writes it: {mode:o}");

    // People read the other form on the screen, and the file is replaced.
    let text = jangbu(&variables, &["doctor", "--watch-ms", "100", "--report", &file]).expect(1);
    assert!(text.stdout.contains("to do\n"), "{}", text.all());
    assert!(made_at(&written()) > made_at(&first), "{first}");
    let names = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(names, 1, "what it was written to first is gone");
}

#[test]
fn a_report_that_cannot_be_written_is_printed_all_the_same() {
    let folder = Folder::new();
    std::fs::write(folder.join("file"), "no folder").expect("written");
    let file = folder.join("file/doctor.json");
    let run = jangbu(&[], &reporting(&file)).expect(1);
    assert!(run.json()["findings"].as_array().is_some_and(|findings| !findings.is_empty()), "{}", run.all());
    let failure: Value = serde_json::from_str(&run.stderr).expect("JSON");
    assert_eq!(failure["error"], format!("cannot write the report to {file}"));
    assert!(failure["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{failure}");
    assert!(failure["advice"].as_str().is_some_and(|advice| advice.contains("folder")), "{failure}");
}

#[tokio::test]
async fn databases_without_migrations_are_reported() {
    let databases = TestDatabases::empty().await;
    let run = databases.run(&QUICK).expect(1);
    assert_about(&run, "log database", "ok", "answers");
    assert_about(&run, "migrations of the log database", "fail", "jangbu migrate up");
    assert_about(&run, "migrations of the views database", "fail", "jangbu migrate up");
    assert_about(&run, "migrations of the vault database", "fail", "jangbu migrate up");
    assert_about(&run, "guards of the log", "fail", "append_only of events");
    databases.drop().await;
}

#[tokio::test]
async fn a_sound_bank_is_sound_and_each_fault_is_reported() {
    let databases = TestDatabases::with_bank().await;
    let run = databases.run(&QUICK);
    for what in [
        "migrations of the log database",
        "migrations of the views database",
        "migrations of the vault database",
        "guards of the log",
        "roles of the log database",
        "roles of the views database",
        "roles of the vault database",
        "clock of the vault database",
        "synchronous_commit of the vault database",
        "clock of the log database",
        "clock of the views database",
        "clock of the log (recorded_at)",
        "view accounts",
        "view overview",
        "view transactions",
        "view transfers",
        "synchronous_commit of the log database",
    ] {
        assert_about(&run, what, "ok", "");
    }
    assert_about(&run, "relay", "fail", "no relay has ever run");

    databases
        .on_log(
            "grant update on log_commits to jangbu_writer;
             alter table log_commits disable trigger append_only;
             alter table log_commands drop constraint log_commands_pkey;
             insert into relay_cursor values (true, 3, 1, 'relay-1', clock_timestamp() - interval '1 minute');
             update log_head set recorded_at = clock_timestamp() + interval '1 minute'",
        )
        .await;
    databases
        .on_views(
            "update registry.generations set position = 0 where view = 'accounts';
             update registry.generations set stuck_since = now(), error = 'no such account', error_position = 22
                 where view = 'transfers';
             update registry.generations set position = position + 1 where view = 'overview';
             update registry.generations set state = 'retired' where view = 'transactions';
             revoke select on registry.live_positions from jangbu_reader",
        )
        .await;
    databases.on_vault("grant select on vault.credentials to jangbu_vault_reader").await;
    let run = databases.run(&QUICK).expect(1);
    for (what, verdict, words) in [
        ("roles of the log database", "fail", "jangbu_writer may update log_commits"),
        ("roles of the views database", "fail", "jangbu_reader may not select registry.live_positions"),
        ("roles of the vault database", "fail", "jangbu_vault_reader may select vault.credentials"),
        ("guards of the log", "fail", "trigger append_only of log_commits, unique (command_id) of log_commands"),
        ("clock of the log (recorded_at)", "warn", "ahead of its database"),
        ("relay", "fail", "no relay holds the lock"),
        ("view accounts", "fail", "not moving"),
        ("view transfers", "fail", "jangbu log show 22"),
        ("view overview", "fail", "beyond the end of the log"),
        ("view transactions", "fail", "no live generation"),
    ] {
        assert_about(&run, what, verdict, words);
    }
    // A relay that lives but does not move, and one that hangs.
    let lock = lock(&databases.log, "jangbu/relay").await;
    assert_about(&databases.run(&QUICK), "relay", "fail", "not heard of for");
    databases.on_log("update relay_cursor set renewed_at = clock_timestamp()").await;
    assert_about(&databases.run(&QUICK), "relay", "fail", "and not moving");
    databases
        .on_log("update relay_cursor set position = (select position from log_head), renewed_at = clock_timestamp()")
        .await;
    assert_about(&databases.run(&QUICK), "relay", "ok", "0 events behind");
    lock.release().await;
    databases.drop().await;
}

/// The lock in a database that the relay, or another program, holds while it is the active one.
async fn lock(database: &Url, name: &str) -> SessionLock {
    let options = database.as_str().parse().expect("options");
    SessionLock::try_acquire(&options, name).await.expect("asked").expect("free")
}

#[tokio::test]
async fn a_publisher_that_is_behind_is_reported() {
    let databases = TestDatabases::with_bank().await;
    let mut log = PgConnection::connect(databases.log.as_str()).await.expect("connect");
    let head: i64 = sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.expect("a log");
    log.close().await.expect("close");
    let beyond = format!("beyond the end of the log at {head}");
    for (active, position, verdict, words) in [
        (1, head, "ok", "0 events behind"),
        (1, 0, "fail", "and not moving"),
        (1, 0, "fail", "docs/runbooks/publisher-down.md"),
        (1, head + 1, "fail", beyond.as_str()),
        (0, 0, "unknown", "stands by"),
    ] {
        let page = format!("publisher_active {active}\npublisher_position {position}\n");
        let publisher = Server::answering(vec![(200, page)]).await;
        let mut variables = databases.variables();
        variables.push(("JANGBU_PUBLISHER_ADDR", publisher.url.replace("http://", "")));
        assert_about(&doctor(variables).await, "public events", verdict, words);
    }
    databases.drop().await;
}

#[tokio::test]
async fn what_webhooks_wait_for_is_reported() {
    let databases = TestDatabases::with_bank().await;
    let asked = async || doctor(databases.variables()).await;
    let what = "webhooks";
    assert_about(&asked().await, what, "unknown", "no sender has ever run");
    let id = databases.log_id().await;
    databases
        .on_views(&format!(
            "insert into webhooks.cursor (holder, log_id, position, command_id, recorded_at, deliver_since)
                 values ('process 1', '{id}', 0, null, null, now());
             insert into webhooks.endpoints (webhook_id, owner_role, owner_id, url, filter, secrets, wanted)
                 select gen_random_uuid(), 'service', gen_random_uuid(), 'https://shop.example/', '{{*}}', '[]', wanted
                 from unnest('{{enabled,disabled,deleted}}'::text[]) as wanted"
        ))
        .await;
    assert_about(&asked().await, what, "fail", "no sender holds the lock");

    let lock = lock(&databases.views, "jangbu/webhooks").await;
    assert_about(&asked().await, what, "warn", "events behind for");
    // Level with the log: what reads this looks for the first commit after it.
    databases
        .on_views(
            "update webhooks.cursor set command_id = gen_random_uuid(), recorded_at = now(),
                 position = (select max(position) from registry.generations where state = 'live')",
        )
        .await;
    assert_about(&asked().await, what, "ok", "0 pending, 1 disabled");
    databases
        .on_views(
            "insert into webhooks.deliveries (delivery_id, webhook_id, event_id, position, number, type, line, payload, tries, created_at)
                 select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), n, 0, 'transfer.posted', 'a', '{}', 1, now() - interval '1 day'
                 from generate_series(1, 2) as n",
        )
        .await;
    assert_about(&asked().await, what, "ok", "2 pending, 1 disabled");
    databases.on_views("update webhooks.deliveries set tries = 0 where position = 2").await;
    assert_about(&asked().await, what, "warn", "2 pending, the oldest untried for 86");
    assert_about(&asked().await, what, "warn", "docs/runbooks/webhooks-failing.md");
    databases
        .on_views(
            "delete from webhooks.deliveries;
             update webhooks.endpoints set stopped_at = now(), stopped_because = 'gone' where wanted = 'enabled'",
        )
        .await;
    assert_about(&asked().await, what, "warn", "0 pending, 2 disabled, 1 of them because they failed");
    databases.on_views("update webhooks.cursor set log_id = gen_random_uuid()").await;
    assert_about(&asked().await, what, "fail", "another history");
    lock.release().await;
    databases.drop().await;
}

#[tokio::test]
async fn a_writer_that_does_not_wait_for_the_disk_is_reported() {
    let databases = TestDatabases::migrated().await;
    let name = databases.log.path().trim_start_matches('/').to_owned();
    databases.on_log(&format!("alter role jangbu_writer in database {name} set synchronous_commit = off")).await;
    let run = databases.run(&QUICK).expect(1);
    assert_about(&run, "synchronous_commit of the log database", "fail", "may be lost");
    databases.drop().await;
}

#[tokio::test]
async fn a_server_that_is_not_ready_or_does_not_believe_the_key_is_reported() {
    let folder = Folder::new();
    let own = [("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")), ("JANGBU_JWKS_FILE", folder.join("jwks.json"))];
    let other = [("JANGBU_SIGNING_KEY_FILE", folder.join("key2.pem")), ("JANGBU_JWKS_FILE", folder.join("jwks2.json"))];
    jangbu(&own, &["keys", "init"]).expect(0);
    jangbu(&other, &["keys", "init"]).expect(0);
    let shown = std::fs::read_to_string(folder.join("jwks2.json")).expect("there");
    let command = Server::answering(vec![(200, shown)]).await;
    let query = Server::answering(vec![(503, r#"{"log": "cannot be reached"}"#.to_owned())]).await;
    let mut variables = own.to_vec();
    variables.extend([("JANGBU_COMMAND_URL", command.url.clone()), ("JANGBU_QUERY_URL", query.url.clone())]);
    let run = doctor(variables.clone()).await;
    assert_about(&run, "command server", "ok", "ready");
    assert_about(&run, "query server", "fail", "503: {\"log\": \"cannot be reached\"}");
    assert_about(&run, "signing key", "ok", "key.pem");
    assert_about(&run, "key set", "ok", "holds");
    assert_about(&run, "keys of the command server", "fail", "are refused");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.join("key.pem"), std::fs::Permissions::from_mode(0o644)).expect("chmod");
    variables[1].1 = folder.join("jwks2.json");
    let run = doctor(variables).await;
    assert_about(&run, "signing key", "warn", "chmod 600");
    assert_about(&run, "key set", "fail", "does not hold the signing key");
}

#[tokio::test]
async fn what_is_there_and_does_not_answer_is_not_called_stopped() {
    let databases = TestDatabases::migrated().await;
    databases.on_log("insert into relay_cursor values (true, 3, 0, 'relay-1', clock_timestamp())").await;
    // It listens, and nobody takes what comes in: as the kernel does for a process that is suspended.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("bound").to_string();
    let nowhere = "127.0.0.1:1";
    let mut variables = databases.variables();
    variables.extend([
        ("JANGBU_RELAY_ADDR", address.clone()),
        ("JANGBU_SMTP_URL", format!("smtp://me:hunter2@{nowhere}")),
        ("JANGBU_SMS_URL", format!("http://{address}/sms")),
    ]);
    let run = doctor(variables.clone()).await;
    assert_about(&run, "relay's probe", "fail", "does not answer within");
    assert_about(&run, "relay", "fail", "does not answer, and no other relay");
    assert_about(&run, "relay", "fail", "kill -CONT");
    assert_about(&run, "mail server", "warn", &format!("cannot be reached at {nowhere}"));
    assert_about(&run, "mail server", "warn", "no-codes.md");
    assert_about(&run, "provider of text messages", "ok", "can be reached");
    assert!(!run.all().contains("hunter2"), "{}", run.all());
    drop(silent);
    let run = doctor(variables).await;
    assert_about(&run, "relay", "fail", "stopped, no relay holds the lock");
    databases.drop().await;
}

/// Beside the server that answers it.
async fn doctor(variables: Vec<(&'static str, String)>) -> Run {
    tokio::task::spawn_blocking(move || jangbu(&variables, &QUICK)).await.expect("it runs")
}

#[tokio::test]
async fn the_stream_is_reported_with_its_place_and_its_log() {
    let databases = TestDatabases::with_bank().await;
    let name = format!("OPERATOR_{}", kernel::Ids::fresh(&kernel::RandomIds).simple());
    let url = test_variable("JANGBU_TEST_NATS_URL").expect("a test run");
    let mut variables = databases.variables();
    variables.extend([("JANGBU_NATS_URL", url.clone()), ("JANGBU_NATS_STREAM", name.clone())]);
    let what = format!("stream {name}");
    let run = doctor(variables.clone()).await;
    assert_about(&run, "NATS", "ok", "answers");
    assert_about(&run, &what, "fail", "start outbox-relay");

    let context = async_nats::jetstream::new(connect_nats(&url).await.expect("connect to NATS"));
    let config = async_nats::jetstream::stream::Config { name: name.clone(), ..Default::default() };
    context.create_stream(config).await.expect("a stream");
    assert_about(&doctor(variables.clone()).await, &what, "ok", "nothing published yet");
    let file = std::env::temp_dir().join(format!("{name}.keys.json"));
    let (keys, _) = SliceKeys::ensure(&file).expect("keys");
    let id = databases.log_id().await;
    let publish = async |headers: Vec<(&'static str, String)>| {
        let mut map = async_nats::HeaderMap::new();
        headers.iter().for_each(|(header, value)| map.insert(*header, value.as_str()));
        let sent = context.publish_with_headers(name.clone(), map, "".into()).await.expect("sent");
        sent.await.expect("stored");
    };
    let last = kernel::Position::new(165);
    let label = |log| Label { log: kernel::LogId::new(log), first: last, last, in_log: true };
    publish(seal(&keys, &name, &label(id), b"")).await;
    assert_about(&doctor(variables.clone()).await, &what, "ok", "without JANGBU_SLICE_KEY_FILE not checked");
    variables.push(("JANGBU_SLICE_KEY_FILE", file.display().to_string()));
    assert_about(&doctor(variables.clone()).await, &what, "ok", "up to position 165");
    publish(seal(&keys, &name, &label(uuid::Uuid::nil()), b"")).await;
    assert_about(&doctor(variables.clone()).await, &what, "fail", "carries log 00000000");
    publish(seal(&SliceKeys::new(keys.current(), [0; 32]), &name, &label(id), b"")).await;
    assert_about(&doctor(variables.clone()).await, &what, "fail", "its seal does not fit");
    std::fs::remove_file(file).expect("removed");
    context.delete_stream(&name).await.expect("deleted");
    databases.drop().await;
}

#[tokio::test]
async fn pending_messages_are_reported_with_the_reason() {
    let databases = TestDatabases::migrated().await;
    let variables = databases.variables();
    let run = doctor(variables.clone()).await;
    assert_about(&run, "messages by email", "ok", "none waits");
    let vault = sqlx::PgPool::connect(databases.vault.as_str()).await.expect("connect");
    sqlx::raw_sql(
        "insert into vault.data_keys (member_id, kek, wrapped) values ('00000000-0000-7000-8000-000000000001', 'k', 'w');
         insert into vault.messages (position, member_id, channel, contact, stream_id, version, field, notice, attempts,
                 reason, queued_at)
             select n, '00000000-0000-7000-8000-000000000001', 'email', 'sealed', gen_random_uuid(), 1, 'contact',
                 'password-changed', n, 'the mail server cannot be reached, or broke off', now() - n * interval '100 s'
             from generate_series(1, 3) as n",
    )
    .execute(&vault)
    .await
    .expect("queued");
    vault.close().await;
    let run = doctor(variables).await;
    assert_about(&run, "messages by email", "warn", "3 wait, the oldest for 30");
    assert_about(&run, "messages by email", "warn", "the mail server cannot be reached");
    assert_about(&run, "messages by email", "warn", "JANGBU_SMTP_URL");
    assert_about(&run, "messages by phone", "ok", "none waits");
    databases.drop().await;
}
