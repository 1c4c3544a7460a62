//! `jangbu log verify` on a log that is right.

use sqlx::Connection;

use crate::{bank::Bank, run::settings, world::World};

#[tokio::test]
async fn a_sound_bank_is_found_sound() {
    let world = World::with_bank().await;
    let run = world.run(&["log", "verify"]).expect(0);
    settings().bind(|| insta::assert_snapshot!("verify_sound", run.all()));
    let report = world.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(report["sound"], true);
    assert_eq!(report["log"]["events"], Bank::busy().events());
    assert!(report["checks"].as_array().expect("a list").iter().all(|c| c["checked"].as_u64() > Some(0)), "{report}");
    world.drop().await;
}

#[tokio::test]
async fn an_empty_bank_is_sound() {
    let world = World::migrated().await;
    let report = world.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(report["log"]["events"], 0);
    assert_eq!(report["views"].as_array().map(Vec::len), Some(6));
    world.drop().await;
}

#[tokio::test]
async fn views_that_are_behind_are_compared_where_they_are() {
    let world = World::with_bank().await;
    // The log goes on, and only one view follows; the others stay where they were.
    let before = world.run(&["log", "verify", "--json"]).expect(0).json();
    world
        .on_log(
            "insert into events select position + 3, version + 1, stream_id, schema_version, 'AccountUnfrozen', payload
                 from events where type = 'AccountFrozen' order by position desc limit 1;
             update events set position = (select count(*) from events)
                 where type = 'AccountUnfrozen' and position > 100;
             insert into commits select (select max(position) from events), (select max(position) from events),
                 recorded_at + interval '1 second', gen_random_uuid(), actor_id, correlation, fingerprint, actor_role
                 from commits order by first_position desc limit 1;
             update log_head set position = (select max(position) from events),
                 recorded_at = (select max(recorded_at) from commits)",
        )
        .await;
    let report = world.run(&["log", "verify", "--json"]).expect(0).json();
    assert_eq!(report["log"]["events"].as_u64(), before["log"]["events"].as_u64().map(|n| n + 1));
    for view in report["views"].as_array().expect("views") {
        assert_eq!(view["position"].as_u64(), before["log"]["events"].as_u64(), "{view}");
    }
    world.project().await;
    let report = world.run(&["log", "verify", "--json"]).expect(0).json();
    for view in report["views"].as_array().expect("views") {
        assert_eq!(view["position"], report["log"]["head"], "{view}");
    }
    world.drop().await;
}

#[tokio::test]
async fn the_log_alone_needs_no_views() {
    let world = World::with_bank().await;
    let variables = [("JANGBU_LOG_DATABASE_URL", world.log.to_string())];
    let report = crate::run::jangbu(&variables, &["log", "verify", "--no-views", "--json"]).expect(0).json();
    assert_eq!(report["views"].as_array().map(Vec::len), Some(0));
    world.drop().await;
}

/// The rule stands in the contracts and in the schema: they must name the same events.
#[tokio::test]
async fn postgres_refuses_to_open_a_stream_twice_for_every_event_that_opens_one() {
    let world = World::migrated().await;
    let mut log = sqlx::PgConnection::connect(world.log.as_str()).await.expect("the log");
    let (rule, validated): (String, bool) = sqlx::query_as(
        "select pg_get_constraintdef(oid), convalidated from pg_constraint where conname = 'events_opening_version_check'",
    )
    .fetch_one(&mut log)
    .await
    .expect("the constraint");
    assert!(validated);
    for event in contracts::recorded::Recorded::stream_rules() {
        let named = rule.contains(&format!("'{}'::text", event.event_type));
        assert_eq!(named, event.opens_stream, "{}: {rule}", event.event_type);
    }
    drop(log);
    world.drop().await;
}
