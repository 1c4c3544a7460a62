//! Databases that are not there yet, events nobody knows, and the end.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::fixture::ProjectorFixture;

#[tokio::test]
async fn a_projector_started_before_the_migrations_waits_for_them() {
    let fixture = ProjectorFixture::new().await;
    sqlx::raw_sql("alter schema registry rename to registry_away").execute(&fixture.views.pool).await.expect("rename");
    let projector = fixture.start(fixture.config()).await;
    fixture.open_accounts(3).await;
    projector.says("/readyz", "503").await;
    projector.says("/livez", "200 OK").await;
    sqlx::raw_sql("alter schema registry_away rename to registry").execute(&fixture.views.pool).await.expect("rename");
    fixture.level().await;
    projector.says("/readyz", "200 OK").await;
    projector.stop().await;
}

#[tokio::test]
async fn a_stuck_view_is_reported_by_the_probe_and_by_the_metric() {
    let fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    let commits = fixture.open_accounts(3).await;
    fixture.publish(&commits).await;
    fixture.level().await;
    projector.says("/readyz", "200 OK").await;
    fixture.append_unknown().await;
    fixture.open_accounts(1).await;
    for view in views::names() {
        projector.says("/metrics", &format!("projection_state{{view=\"{view}\",state=\"stuck\"}} 1")).await;
        projector.says("/metrics", &format!("projection_lag_events{{view=\"{view}\"}} 2")).await;
    }
    projector.says("/readyz", "503").await;
    let errors =
        fixture.views.lines("select distinct error_position || ' ' || error_type from registry.live_positions").await;
    assert_eq!(errors, ["4 Surprise"]);
    projector.stop().await;
}

#[tokio::test]
async fn stopped_in_the_middle_and_started_again_nothing_is_missing() {
    let fixture = ProjectorFixture::new().await;
    for _ in 0..6 {
        let projector = fixture.start(fixture.config()).await;
        let commits = fixture.open_accounts(400).await;
        fixture.publish(&commits).await;
        projector.stop().await;
    }
    let projector = fixture.start(fixture.config()).await;
    fixture.level().await;
    projector.stop().await;
}

#[tokio::test]
async fn two_projectors_do_nothing_twice() {
    let fixture = ProjectorFixture::new().await;
    let (one, two) = (fixture.start(fixture.config()).await, fixture.start(fixture.config()).await);
    for _ in 0..30 {
        let commits = fixture.open_accounts(10).await;
        fixture.publish(&commits).await;
    }
    fixture.level().await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_views_database_that_restarts_is_waited_for() {
    let fixture = ProjectorFixture::new().await;
    let projector = fixture.start(fixture.config()).await;
    fixture.open_accounts(10).await;
    fixture.level().await;
    let name = fixture.views.database.get_database().expect("a name").to_owned();
    let mut admin =
        PgConnection::connect(&testkit::kit::test_variable("JANGBU_TEST_POSTGRES_URL").expect("a test run"))
            .await
            .expect("connect");
    let close = format!("alter database {name} allow_connections false");
    sqlx::raw_sql(AssertSqlSafe(close)).execute(&mut admin).await.expect("refuse connections");
    fixture.views.cut_connections().await;
    fixture.open_accounts(10).await;
    projector.says("/readyz", "503").await;
    let open = format!("alter database {name} allow_connections true");
    sqlx::raw_sql(AssertSqlSafe(open)).execute(&mut admin).await.expect("allow connections");
    fixture.level().await;
    projector.says("/readyz", "200 OK").await;
    projector.stop().await;
}
