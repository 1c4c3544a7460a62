//! What happens to a database along its history.

use database::migrations::{Database, History, MigrateError, Migration, Repaired, State};
use sqlx::{SqlSafeStr, migrate::MigrationType};

use crate::fixture::EmptyDatabase;

fn step(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
}

fn history(steps: &[Migration]) -> History {
    History::new("lab", steps.to_vec())
}

fn first() -> Migration {
    step(20260101000000, "create a", "create table a (x int)")
}

fn second() -> Migration {
    step(20260102000000, "create b", "create table b (x int)")
}

fn states(entries: &[database::migrations::Entry]) -> Vec<(i64, State)> {
    entries.iter().map(|e| (e.version, e.state)).collect()
}

#[tokio::test]
async fn the_real_histories_fit_into_one_database_and_are_applied_once() {
    let fixture = EmptyDatabase::new().await;
    for database in Database::ALL {
        let before = database.status(&fixture.pool).await.unwrap();
        assert!(before.iter().all(|e| e.state == State::Pending && e.applied_at.is_none()));
        let applied = database.up(&fixture.pool).await.unwrap();
        assert_eq!(applied.len(), before.len(), "{database}");
        assert_eq!(database.up(&fixture.pool).await.unwrap(), [], "{database}: a second run finds nothing to do");
        let after = database.status(&fixture.pool).await.unwrap();
        assert!(after.iter().all(|e| e.state == State::Applied && e.applied_at.is_some()));
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_late_older_migration_is_applied() {
    let fixture = EmptyDatabase::new().await;
    history(&[second()]).up(&fixture.pool).await.unwrap();
    let both = history(&[first(), second()]);
    assert_eq!(
        states(&both.status(&fixture.pool).await.unwrap()),
        [(first().version, State::Pending), (second().version, State::Applied)]
    );
    assert_eq!(states(&both.up(&fixture.pool).await.unwrap()), [(first().version, State::Applied)]);
    assert!(fixture.has_table("a").await);
    fixture.end().await;
}

#[tokio::test]
async fn an_edited_migration_stops_everything_until_it_is_repaired() {
    let fixture = EmptyDatabase::new().await;
    history(&[first()]).up(&fixture.pool).await.unwrap();
    let edited = step(first().version, "create a", "create table a (x int, y int)");
    let changed = history(&[edited, second()]);
    let error = changed.up(&fixture.pool).await.unwrap_err();
    assert!(matches!(&error, MigrateError::Edited(versions) if versions == &[first().version]));
    assert!(error.to_string().contains("put the files back"), "{error}");
    assert!(!fixture.has_table("b").await, "nothing was applied");
    assert_eq!(changed.status(&fixture.pool).await.unwrap()[0].state, State::Edited);

    assert_eq!(changed.repair(&fixture.pool).await.unwrap(), [Repaired::Rewritten(first().version)]);
    assert_eq!(states(&changed.up(&fixture.pool).await.unwrap()), [(second().version, State::Applied)]);
    fixture.end().await;
}

#[tokio::test]
async fn a_missing_migration_stops_everything_until_it_is_forgotten() {
    let fixture = EmptyDatabase::new().await;
    history(&[first(), second()]).up(&fixture.pool).await.unwrap();
    let shortened = history(&[second()]);
    let error = shortened.up(&fixture.pool).await.unwrap_err();
    assert!(matches!(&error, MigrateError::Missing(versions) if versions == &[first().version]));
    assert!(error.to_string().contains("bring the files back"), "{error}");
    assert_eq!(shortened.repair(&fixture.pool).await.unwrap(), [Repaired::Forgotten(first().version)]);
    assert_eq!(shortened.up(&fixture.pool).await.unwrap(), []);
    assert_eq!(shortened.repair(&fixture.pool).await.unwrap(), [], "a second repair finds nothing");
    fixture.end().await;
}

#[tokio::test]
async fn an_existing_schema_is_baselined_and_not_run_again() {
    let fixture = EmptyDatabase::new().await;
    fixture.execute("create table a (x int)").await;
    let both = history(&[first(), second()]);
    let error = both.up(&fixture.pool).await.unwrap_err();
    assert!(matches!(&error, MigrateError::AlreadyThere { version, .. } if *version == first().version), "{error}");
    assert!(error.to_string().contains("jangbu migrate baseline"), "{error}");
    assert!(matches!(both.baseline(&fixture.pool, 7).await, Err(MigrateError::Unknown(7))));

    assert_eq!(
        states(&both.baseline(&fixture.pool, first().version).await.unwrap()),
        [(first().version, State::Applied)]
    );
    assert_eq!(states(&both.up(&fixture.pool).await.unwrap()), [(second().version, State::Applied)]);
    fixture.end().await;
}

#[tokio::test]
async fn a_migration_that_fails_in_the_middle_leaves_nothing() {
    let fixture = EmptyDatabase::new().await;
    let broken = step(20260103000000, "create c", "create table c (x int); create table d (x nonsense)");
    let all = history(&[first(), broken]);
    let error = all.up(&fixture.pool).await.unwrap_err();
    assert!(matches!(error, MigrateError::Apply { version: 20260103000000, .. }));
    assert!(fixture.has_table("a").await, "those before it stay");
    assert!(!fixture.has_table("c").await);
    assert_eq!(all.status(&fixture.pool).await.unwrap()[1].state, State::Pending);
    fixture.end().await;
}

#[tokio::test]
async fn two_at_once_apply_everything_once() {
    let fixture = EmptyDatabase::new().await;
    let slow = step(20260103000000, "create c", "create table c (x int); do $$ begin perform pg_sleep(0.3); end $$");
    let all = history(&[first(), slow, second()]);
    let (one, other) = tokio::join!(all.up(&fixture.pool), all.up(&fixture.pool));
    let mut counts = [one.unwrap().len(), other.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, 3]);
    fixture.end().await;
}

#[tokio::test]
async fn a_migration_without_a_transaction_is_possible() {
    let fixture = EmptyDatabase::new().await;
    let index = Migration::new(
        20260104000000,
        "create a_x".into(),
        MigrationType::Simple,
        "create index concurrently a_x on a (x)".into_sql_str(),
        true,
    );
    assert_eq!(history(&[first(), index]).up(&fixture.pool).await.unwrap().len(), 2);
    assert!(fixture.has_table("a_x").await);
    fixture.end().await;
}

#[tokio::test]
async fn what_the_record_says_can_be_read_before_there_is_one() {
    let fixture = EmptyDatabase::new().await;
    assert_eq!(states(&history(&[first()]).status(&fixture.pool).await.unwrap()), [(first().version, State::Pending)]);
    assert!(!fixture.has_table("migrations.lab").await, "looking makes nothing");
    fixture.end().await;
}

#[tokio::test]
async fn where_the_roles_are_there_the_owner_of_the_log_can_migrate_it() {
    let roles = EmptyDatabase::new().await;
    Database::Log.up(&roles.pool).await.unwrap();
    roles.end().await;

    let fixture = EmptyDatabase::new().await;
    let owner = fixture.as_owner().await;
    let applied = Database::Log.up(&owner).await.unwrap();
    assert_eq!(applied.len(), Database::Log.history().migrations().len());
    assert_eq!(Database::Log.status(&owner).await.unwrap(), applied);
    owner.close().await;
    fixture.end().await;
}
