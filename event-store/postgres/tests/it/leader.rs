//! One server leads: a lock that is taken from one that stands still, and an epoch without which nothing is written.

use std::time::Duration;

use event_store_postgres::{AppendWatch, Lead, LeaderRecord, LeaderSeat, PostgresLog, WriterEpoch};
use log::{Append, AppendError, Basis, ReadHead};
use tokio::time::timeout;

use crate::fixture::{LogFixture, fresh};

const SOON: Duration = Duration::from_secs(10);

fn seat(fixture: &LogFixture, name: &str) -> LeaderSeat {
    LeaderSeat::new(fixture.pool.clone(), name, Some(format!("{name}:7011")))
}

/// The log, as a server appends to it that leads under this epoch.
fn log_of(fixture: &LogFixture, lead: &Lead) -> PostgresLog {
    let epoch = WriterEpoch::default();
    epoch.set(lead.epoch());
    fixture.log.clone().with_epoch(epoch)
}

#[tokio::test]
async fn one_server_leads_and_the_next_has_a_newer_epoch() {
    let fixture = LogFixture::new().await;
    let (mut one, mut other) = (seat(&fixture, "one"), seat(&fixture, "other"));
    assert_eq!(one.newest().await.unwrap(), None);
    let lead = one.try_take().await.unwrap().unwrap();
    assert!(lead.is_held() && other.try_take().await.unwrap().is_none());
    let newest = other.newest().await.unwrap().unwrap();
    assert_eq!((newest.epoch, newest.server.as_str()), (lead.epoch(), "one"));
    assert_eq!(newest.address.as_deref(), Some("one:7011"));
    let mut watch = AppendWatch::of_leaders(fixture.options());
    // It has begun to listen.
    assert!(watch.wait(SOON).await);
    let epoch = lead.epoch();
    lead.release().await;
    assert!(watch.wait(SOON).await, "the others are told");
    let next = other.try_take().await.unwrap().expect("free at once");
    assert!(next.epoch() > epoch);
    assert_eq!(one.newest().await.unwrap().unwrap().server, "other");
    next.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn an_append_of_an_older_epoch_writes_nothing() {
    let fixture = LogFixture::new().await;
    let (mut one, mut other) = (seat(&fixture, "one"), seat(&fixture, "other"));
    let never = fixture.log.clone().with_epoch(WriterEpoch::default());
    assert!(matches!(never.append(&[fresh(1)]).await, Err(AppendError::NotLeader)), "it never led");
    let lead = one.try_take().await.unwrap().unwrap();
    let old = log_of(&fixture, &lead);
    old.append(&[fresh(1)]).await.unwrap();
    lead.release().await;
    old.append(&[fresh(1)]).await.expect("nobody else leads yet");
    let next = other.try_take().await.unwrap().unwrap();
    let new = log_of(&fixture, &next);
    let known = new.head().await.unwrap();
    let known = known.commit.map(|commit| (known.log, commit));
    assert!(matches!(old.append(&[fresh(1)]).await, Err(AppendError::NotLeader)));
    assert!(matches!(old.append_after(Basis::on(known), &[fresh(1)], &[]).await, Err(AppendError::NotLeader)));
    new.append_after(Basis::on(known), &[fresh(1)], &[]).await.unwrap();
    // What the log does not hold is another history, whoever leads.
    assert!(known.is_some());
    let other_log = known.map(|(_, commit)| (kernel::LogId::new(uuid::Uuid::nil()), commit));
    assert!(matches!(new.append_after(Basis::on(other_log), &[fresh(1)], &[]).await, Err(AppendError::OtherHistory)));
    fixture.log.append(&[fresh(1)]).await.expect("who names no epoch is not held to one");
    assert_eq!(fixture.position().await, 4);
    assert!(old.append_health().check(&fixture.pool).await.is_ok(), "it says nothing about the store");
    next.release().await;
    fixture.end().await;
}

/// The append of an old leader that waits for the row of the head while the next leader raises the epoch.
#[tokio::test]
async fn an_append_under_way_while_the_epoch_is_raised_is_written_before_it_or_not_at_all() {
    let fixture = LogFixture::new().await;
    let mut one = seat(&fixture, "one");
    let mut lead = one.try_take().await.unwrap().unwrap();
    for round in 0..20 {
        let (old, commit) = (log_of(&fixture, &lead), fresh(1));
        lead.release().await;
        let (append, next) = tokio::join!(old.append(std::slice::from_ref(&commit)), one.try_take());
        lead = next.unwrap().unwrap();
        use log::ReadStreams;
        let found = fixture.log.find_commits(&[commit.command_id]).await.unwrap().len();
        match append {
            Ok(_) => assert_eq!(found, 1, "round {round}"),
            Err(AppendError::NotLeader) => assert_eq!(found, 0, "round {round}"),
            Err(error) => panic!("round {round}: {error:?}"),
        }
    }
    lead.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn the_epoch_never_goes_back_and_the_writer_may_raise_it() {
    let fixture = LogFixture::new().await;
    let pool = fixture.as_role("jangbu_writer").pool().clone();
    let mut writer = LeaderSeat::new(pool, "writer", None);
    let lead = writer.try_take().await.unwrap().unwrap();
    assert!(fixture.execute("update log_head set epoch = epoch - 1").await.is_err());
    let reader = fixture.as_role("jangbu_reader").pool().clone();
    let newest = LeaderRecord::read(&reader).await.unwrap().unwrap();
    assert_eq!((newest.epoch, newest.address), (lead.epoch(), None));
    lead.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn a_leader_is_asked_to_step_down_once() {
    let fixture = LogFixture::new().await;
    let mut one = seat(&fixture, "one");
    let lead = one.try_take().await.unwrap().unwrap();
    let newest = one.newest().await.unwrap().unwrap();
    assert!(!newest.is_asked_to_step_down);
    assert!(newest.ask_to_step_down(&fixture.pool).await.unwrap());
    assert!(one.newest().await.unwrap().unwrap().is_asked_to_step_down);
    one.refuse_to_step_down().await.unwrap();
    assert!(!one.newest().await.unwrap().unwrap().is_asked_to_step_down);
    assert!(newest.ask_to_step_down(&fixture.pool).await.unwrap());
    lead.release().await;
    let lead = timeout(SOON, one.try_take()).await.unwrap().unwrap().unwrap();
    assert!(!one.newest().await.unwrap().unwrap().is_asked_to_step_down, "the next leader was not asked");
    assert!(!newest.ask_to_step_down(&fixture.pool).await.unwrap(), "the one that was asked leads no more");
    lead.release().await;
    fixture.end().await;
}
