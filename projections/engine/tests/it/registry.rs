//! The registry of generations.

use std::sync::Arc;

use kernel::Zone;
use projection_engine::{RegistryError, ensure, testing::Scratch};
use sqlx::{Connection, PgConnection};

use crate::tally::{History, Tally, TallyFixture, tally};

#[tokio::test]
async fn many_programs_that_start_at_once_make_one_generation() {
    let scratch = Scratch::new().await;
    let programs = (0..8).map(|_| {
        let database = scratch.database.clone();
        async move { ensure(&database, &[tally()], Zone::UTC).await }
    });
    let programs: Vec<_> = programs.map(tokio::spawn).collect();
    for program in programs {
        program.await.expect("no panic").expect("made or found");
    }
    let generations =
        scratch.lines("select view || generation || version || schema_name || state from registry.generations").await;
    assert_eq!(generations, ["tally11tally_g1live"]);
    let owner = scratch.lines("select tableowner::text from pg_tables where schemaname = 'tally_g1'").await;
    assert_eq!(owner, ["jangbu_projector"]);
    scratch.close().await;
}

#[tokio::test]
async fn missing_migrations_are_named() {
    let scratch = Scratch::new().await;
    sqlx::raw_sql("drop schema registry cascade").execute(&scratch.pool).await.expect("drop");
    let error = ensure(&scratch.database, &[tally()], Zone::UTC).await.expect_err("no registry");
    assert!(matches!(error, RegistryError::Read(_)));
    assert!(error.to_string().contains("migrations"), "{error}");
    scratch.close().await;
}

#[tokio::test]
async fn another_version_of_a_view_is_not_written_into_the_old_tables() {
    let history = History::random(30, 10);
    let fixture = TallyFixture::new(&history).await;
    let newer = Arc::new(Tally { name: "tally", version: 2 });
    let mut worker = fixture.start_view(newer);
    worker.reach(history.end());
    let reason = worker.standing_by().await;
    assert!(reason.contains("version 1 is live, this program has version 2"), "{reason}");
    // Nobody follows version 1: a worker that stands by says so, and what to do.
    let reason = worker.waiting().await;
    assert!(reason.contains("nobody moves it") && reason.contains("`jangbu views upgrade`"), "{reason}");
    assert!(fixture.sums().await.is_empty());
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn the_registry_refuses_a_position_that_goes_back_and_a_change_of_log() {
    let history = History::random(31, 10);
    let fixture = TallyFixture::new(&history).await;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    for tampering in [
        "update registry.generations set position = position - 1",
        "update registry.generations set log_id = gen_random_uuid()",
        "update registry.generations set log_id = null, position = 0",
    ] {
        let refused = sqlx::raw_sql(tampering).execute(&fixture.scratch.pool).await;
        assert!(refused.is_err(), "{tampering}");
    }
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn each_step_is_announced_to_those_who_wait() {
    let history = History::random(32, 10);
    let fixture = TallyFixture::new(&history).await;
    let mut listener = sqlx::postgres::PgListener::connect_with(&fixture.scratch.pool).await.expect("listen");
    listener.listen("view_advanced").await.expect("listen");
    let worker = fixture.start();
    worker.reach(history.end());
    let heard = listener.recv().await.expect("a notification");
    assert_eq!(heard.payload(), format!("tally:1:{}", history.end()));
    // The pool waits for it when it closes.
    drop(listener);
    worker.kill().await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn readers_may_read_what_is_live_and_nothing_else() {
    let fixture = TallyFixture::new(&History::new()).await;
    let reader = fixture.scratch.database.clone().options([("role", "jangbu_reader")]);
    let mut reader = PgConnection::connect_with(&reader).await.expect("connect");
    for allowed in
        ["select * from live.sums", "select * from registry.live_positions", "select * from registry.generations"]
    {
        sqlx::raw_sql(allowed).execute(&mut reader).await.expect(allowed);
    }
    for refused in [
        "select * from tally_g1.sums",
        "insert into live.sums values (gen_random_uuid(), 1, 1)",
        "update registry.generations set position = 5",
        "create table live.mine (x int)",
        "create schema mine",
    ] {
        assert!(sqlx::raw_sql(refused).execute(&mut reader).await.is_err(), "{refused}");
    }
    reader.close().await.expect("close");
    fixture.scratch.close().await;
}

#[tokio::test]
async fn the_projector_needs_no_more_than_its_role() {
    let scratch = Scratch::new().await;
    let projector = scratch.database.clone().options([("role", "jangbu_projector")]);
    let history = History::random(33, 10);
    ensure(&projector, &[tally()], Zone::UTC).await.expect("generation 1");
    let mut fixture = TallyFixture::new(&history).await;
    fixture.scratch.close().await;
    fixture.scratch = scratch;
    fixture.scratch.database = projector;
    let mut worker = fixture.start();
    worker.reach(history.end());
    worker.at(history.end()).await;
    assert_eq!(worker.status().position, history.end());
    assert_eq!(fixture.sums().await, history.sums(history.end()));
    worker.kill().await;
    fixture.scratch.close().await;
}
