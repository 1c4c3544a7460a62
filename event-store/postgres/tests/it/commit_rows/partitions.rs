//! Partitions of the log.

use kernel::Position;
use log::{Append, AppendError, ReadCommits, ReadStreams};

use super::{Fixture, versions};
use crate::fixture::{commit, event, fresh, stream};

async fn partitions(fixture: &Fixture) -> Vec<String> {
    sqlx::query_scalar(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'log_commits'::regclass order by 1",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap()
}

async fn drop_partitions(fixture: &Fixture, numbers: &[u8]) {
    for number in numbers {
        fixture.execute(&format!("drop table log_commits_{number:05}")).await.unwrap();
    }
}

#[tokio::test]
async fn a_missing_partition_is_made_and_the_append_goes_through() {
    let fixture = Fixture::new().await;
    drop_partitions(&fixture, &[0, 1, 2]).await;
    let appended = fixture.as_role("jangbu_writer").append(&[fresh(2)]).await.unwrap();
    assert_eq!(appended.first, Position::new(1));
    assert_eq!(
        partitions(&fixture).await,
        ["log_commits_00000", "log_commits_00001", "log_commits_00002", "log_commits_probe"]
    );
    fixture.end().await;
}

#[tokio::test]
async fn a_partition_that_cannot_be_made_is_no_refusal() {
    let fixture = Fixture::new().await;
    drop_partitions(&fixture, &[0, 1, 2]).await;
    fixture.execute("revoke execute on function add_commit_partitions(integer) from jangbu_writer").await.unwrap();
    let writer = fixture.as_role("jangbu_writer");
    let answer = writer.append(&[fresh(1)]).await;
    assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
    assert!(writer.append_health().check(writer.pool()).await.is_err(), "the server is not ready meanwhile");
    fixture.execute("grant execute on function add_commit_partitions(integer) to jangbu_writer").await.unwrap();
    assert_eq!(writer.append_health().check(writer.pool()).await, Ok(()));
    writer.append(&[fresh(1)]).await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn the_log_goes_on_over_the_end_of_a_partition() {
    let fixture = Fixture::new().await;
    let a = stream();
    // The log stands just before the end of the first partition.
    fixture.execute("update log_head set position = 19999997").await.unwrap();
    fixture.log.append(&[commit(vec![event(a, 1)])]).await.unwrap();
    fixture.log.append(&[commit(vec![event(a, 2)]), commit(vec![event(a, 3)])]).await.unwrap();
    fixture.log.append(&[commit(vec![event(a, 4)])]).await.unwrap();
    assert_eq!(versions(&fixture.log, a).await, [1, 2, 3, 4]);
    let read = fixture.log.read_commits(Position::new(19_999_997), 10).await.unwrap();
    assert_eq!(
        read.iter().map(|c| c.first.number()).collect::<Vec<_>>(),
        [19_999_998, 19_999_999, 20_000_000, 20_000_001]
    );
    assert_eq!(fixture.log.find_commits(&[read[3].command_id]).await.unwrap().len(), 1);
    assert_eq!(fixture.log.commit_end(Position::new(20_000_000)).await.unwrap().number(), 20_000_000);
    fixture.execute("select add_commit_partitions(2)").await.unwrap();
    assert!(partitions(&fixture).await.contains(&"log_commits_00003".to_owned()), "two are ahead");
    fixture.drop().await;
}
