//! The schedule of key-encryption keys, kept by a server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::{app::TestApp, person::Person};

/// Waits until the epochs are so: number, whether it is retired, whether it is destroyed.
async fn until_epochs_are(app: &TestApp, wanted: &[(i64, bool, bool)]) {
    let mut vault = app.vault_url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    let sql = "select epoch, retired_at is not null, destroyed_at is not null from vault.key_epochs order by epoch";
    let mut epochs: Vec<(i64, bool, bool)> = Vec::new();
    let done = timeout(Duration::from_secs(60), async {
        while epochs != wanted {
            epochs = sqlx::query_as(sql).fetch_all(&mut vault).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(done.await.is_ok(), "{epochs:?} instead of {wanted:?}");
}

#[tokio::test]
async fn a_server_that_keeps_the_schedule_replaces_a_key_that_is_due_and_destroys_the_one_before() {
    let app = TestApp::with_catcher().await;
    let server = app.server().await;
    server.ready_for_people().await;
    until_epochs_are(&app, &[(1, false, false)]).await;
    let person = Person::new("email");
    person.join(&app, &server).await;
    server.stop().await;
    app.execute_in_vault("update vault.key_epochs set made_at = made_at - interval '40 days'").await;

    let settings = ["--kek-rotated-by=server", "--kek-keep-days=0"];
    let (one, other) = (app.server_with(&settings).await, app.server_with(&settings).await);
    until_epochs_are(&app, &[(1, true, true), (2, false, false)]).await;
    // Whoever joined before is still known, and whoever comes now is taken, at both.
    for server in [&one, &other] {
        server.ready_for_people().await;
        person.log_in(server).await.expect(201);
        Person::new("email").join(&app, server).await;
    }
    one.stop().await;
    other.stop().await;
    app.end().await;
}
