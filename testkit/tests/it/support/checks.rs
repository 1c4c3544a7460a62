//! What several tests look at in the end.

use sqlx::{Connection, PgConnection};
use testkit::{chaos::Jangbu, kit::test_variable};
use uuid::Uuid;

use super::{Ledger, TestApp};

/// Log and views hold together; what the log says.
pub async fn verify(mut app: TestApp) -> Ledger {
    app.wait_until_level().await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await
}

/// How many events of a type a stream has.
pub async fn count_on(app: &TestApp, stream: Uuid, kind: &str) -> i64 {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    sqlx::query_scalar("select count(*) from events where stream_id = $1 and type = $2")
        .bind(stream)
        .bind(kind)
        .fetch_one(&mut log)
        .await
        .unwrap()
}

/// How many rounds a test plays: as many in every run of the tests, and more by `./justw soak-kills`.
pub fn rounds(usual: usize) -> usize {
    let Ok(text) = test_variable("JANGBU_TEST_ROUNDS") else { return usual };
    text.parse().unwrap_or_else(|_| panic!("JANGBU_TEST_ROUNDS is {text}, which is no number"))
}
