//! The commands of the runbook on restoring, run on servers of its own.

use std::{collections::BTreeMap, time::Duration};

use testkit::{
    chaos::{Bank, BankPlan, Part, TestServers},
    kit::{Databases, Pair},
};

use crate::{
    kill::people,
    runbooks::{Folder, number, page, variables},
    support::{ALL, Crowd, Page, TestApp, eventually},
};

/// Runs a program to its end; it must end well.
async fn program(
    name: impl AsRef<std::ffi::OsStr>,
    arguments: &[&str],
    variables: &BTreeMap<String, String>,
) -> String {
    let run = tokio::process::Command::new(name.as_ref()).args(arguments).envs(variables).output().await.unwrap();
    let stdout = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{arguments:?}: {stdout}{}", String::from_utf8_lossy(&run.stderr));
    stdout
}

fn without_database(url: &str) -> String {
    url.trim_end_matches("/postgres").to_owned()
}

/// The bank of `app` on other servers, whose databases are there or are made now; nothing of it runs yet.
async fn moved(app: &TestApp, servers: &TestServers, folder: &Folder) -> Bank {
    let databases = Databases::on(&servers.postgres_url().unwrap()).unwrap();
    databases.ensure_roles().await.unwrap();
    let name = app.pair.log.name.trim_end_matches("_log");
    let plan = BankPlan {
        databases: databases.ensure_pair(name).await.unwrap(),
        nats_url: servers.nats_url(),
        stream: "RESTORED".to_owned(),
        logs: folder.0.join("log"),
        ..app.bank.plan().clone()
    };
    Bank::new(plan).unwrap()
}

/// Waits until every view is level with the log.
async fn level(pair: &Pair) {
    let head = number(&pair.log.superuser_url(), "select position from log_head").await;
    let views = pair.views.superuser_url();
    let behind = format!("select count(*) from registry.live_positions where position <> {head}");
    eventually("the restored views are level", async || match number(&views, &behind).await {
        0 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
}

/// The views of a later moment come in place of those that are there.
async fn put_late_views(pair: &Pair, backup: &Folder, variables: &BTreeMap<String, String>) {
    let (url, name) = (pair.views.superuser_url(), &pair.views.name);
    let server = url.replace(&format!("/{name}"), "/postgres");
    let drop = format!("drop database {name} with (force)");
    program("psql", &["--quiet", "--dbname", &server, "--command", &drop], variables).await;
    let late = format!("{}/late.dump", backup.0.display());
    program("pg_restore", &["--create", "--exit-on-error", "--dbname", &server, &late], variables).await;
}

/// The log from its archive, whole: where it ends, and what was said.
async fn from_the_archive(app: &TestApp, page: &mut Page, logs: &Folder) -> (i64, Duration) {
    let whole = TestServers::start().await.unwrap();
    let mut bank = moved(app, &whole, logs).await;
    variables(&mut bank).iter().for_each(|(name, value)| page.set(name, value));
    let from_archive = page.next().await;
    assert!(from_archive.stdout.contains("found equal"), "{}", from_archive.stdout);
    let end = number(&bank.plan().databases.log.superuser_url(), "select position from log_head").await;
    assert_eq!(end, app.head().await);
    (end, from_archive.took)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore() {
    let servers = TestServers::start().await.unwrap();
    let mut app = TestApp::start_on_servers(&servers, &ALL).await;
    let jangbu = app.bank.plan().binaries.join("jangbu");
    let (accounts, clients) = people(&mut app, &[0]).await;
    let (backup, archive, logs) = (Folder::new(), Folder::new(), Folder::new());
    let crowd = Crowd::start(8, clients, accounts, false);
    crowd.journal.wait_for_more(100).await;

    // Each database at another moment, while money moves.
    let mut page = page(&mut app, "restore").await;
    page.set("OLD", without_database(&servers.postgres_url().unwrap()));
    page.set("BACKUP", backup.0.display());
    page.set("JANGBU_ARCHIVE_URL", format!("file://{}", archive.0.display()));
    for (name, database) in [("LOG", &app.pair.log), ("VIEWS", &app.pair.views), ("VAULT", &app.pair.vault)] {
        page.set(name, &database.name);
    }
    let backed_up = page.next().await;
    crowd.journal.wait_for_more(100).await;
    crowd.stop().await;
    app.wait_until_level().await;
    let late = format!("{}/late.dump", backup.0.display());
    let of_views = app.pair.views.superuser_url();
    program("pg_dump", &["--format", "custom", "--file", &late, &of_views], &page.variables).await;
    program(&jangbu, &["archive", "run", "--segment", "100"], &page.variables).await;

    // Views behind the log: proved where they are, and level soon after.
    let other = TestServers::start().await.unwrap();
    page.set("NEW", without_database(&other.postgres_url().unwrap()));
    let restored = page.next().await;
    let mut bank = moved(&app, &other, &logs).await;
    let pair = bank.plan().databases.clone();
    variables(&mut bank).iter().for_each(|(name, value)| page.set(name, value));
    let proved = page.next().await;
    assert!(proved.stdout.contains("Everything holds"), "{}", proved.stdout);
    let adopted = page.next().await;
    assert!(adopted.stdout.contains("goes on as"), "{}", adopted.stdout);
    bank.start(&ALL).await.unwrap();
    level(&pair).await;
    program(&jangbu, &["log", "verify"], &page.variables).await;
    bank.end_all().await.unwrap();

    // Views from later than the log: refused, reported, and rebuilt.
    put_late_views(&pair, &backup, &page.variables).await;
    bank.spawn(Part::Projector).unwrap();
    let log = bank.log_file(Part::Projector);
    eventually("the projector says that the views are ahead", async || {
        let text = std::fs::read_to_string(&log).map_err(|e| e.to_string())?;
        if text.contains("ahead of the log") { Ok(()) } else { Err(text) }
    })
    .await;
    page.set("VIEW", "accounts");
    let output = page.next().await;
    assert!(output.stdout.contains("beyond the end of the log"), "{}", output.stdout);
    page.next().await;
    for view in views::names().into_iter().filter(|view| *view != "accounts") {
        page.set("VIEW", view);
        page.again().await;
    }
    bank.start(&[Part::Relay]).await.unwrap();
    bank.wait_until_ready(Part::Projector).await.unwrap();
    level(&pair).await;
    program(&jangbu, &["log", "verify"], &page.variables).await;
    bank.end_all().await.unwrap();

    let (end, from_archive) = from_the_archive(&app, &mut page, &logs).await;
    page.end();
    println!(
        "{end} events: backed up in {:.1} s, restored in {:.1} s, proved in {:.1} s, from the archive in {:.1} s",
        backed_up.took.as_secs_f64(),
        restored.took.as_secs_f64(),
        proved.took.as_secs_f64(),
        from_archive.as_secs_f64()
    );
    app.close().await;
}
