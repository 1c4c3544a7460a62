//! What an operator's command does when another process is suspended.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use sqlx::{Connection, Executor, PgConnection};

use crate::{databases::TestDatabases, run::jangbu};

/// A view waits behind any session that waits for its lock, so an operator's change does not wait for ever.
#[tokio::test]
async fn a_change_of_a_view_that_somebody_holds_ends_with_advice() {
    let databases = TestDatabases::with_bank().await;
    let mut holder = PgConnection::connect(databases.views.as_str()).await.expect("connect");
    holder.execute("begin; select from registry.generations where view = 'accounts' for update").await.expect("lock");
    for change in [&["pause", "accounts"][..], &["parked", "add", "accounts", "--key", "any"]] {
        let since = Instant::now();
        let ended = databases.run(&[&["views"], change, &["--reason", "a test"]].concat()).expect(1);
        assert!(ended.stderr.contains("pg_terminate_backend"), "{ended:?}");
        assert!(since.elapsed() < Duration::from_secs(20), "{change:?}: {:?}", since.elapsed());
    }
    holder.execute("rollback").await.expect("let go");
    databases.run(&["views", "pause", "accounts", "--reason", "a test"]).expect(0);
    databases.drop().await;
}

/// A proxy that takes a connection and answers nothing.
#[tokio::test]
async fn a_database_that_never_answers_ends_the_command() {
    let databases = TestDatabases::with_bank().await;
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("postgres://somebody@{}/views?sslmode=disable", silent.local_addr().expect("an address"));
    let mut variables = databases.variables();
    variables.retain(|(name, _)| *name != "JANGBU_VIEWS_DATABASE_URL");
    variables.push(("JANGBU_VIEWS_DATABASE_URL", url));
    for command in [&["pause", "accounts"][..], &["promote", "accounts"], &["parked", "retry", "accounts"]] {
        let since = Instant::now();
        let ended = jangbu(&variables, &[&["views"], command, &["--reason", "a test"]].concat()).expect(1);
        assert!(ended.stderr.contains("no answer within 5 seconds"), "{ended:?}");
        assert!(since.elapsed() < Duration::from_secs(20), "{command:?}: {:?}", since.elapsed());
    }
    databases.drop().await;
}
