//! Alarms of the auditor stop appends, and who may raise and acknowledge them.

use kernel::{Ids, LogId, Position, RandomIds};
use log::{
    Append, AppendError, AuditProgress, AuditStore, Basis, Invariant, NewAlarm, ReadCommits, ReadError, ReadHead,
};
use sqlx::AssertSqlSafe;

use crate::fixture::{LogFixture, fresh};

fn alarm(position: i64) -> NewAlarm {
    NewAlarm { position: Position::new(position), rule: "a rule".into(), what: format!("found at {position}") }
}

async fn log_id(fixture: &LogFixture) -> LogId {
    fixture.log.head().await.expect("a log").log
}

#[tokio::test]
async fn no_append_succeeds_from_an_alarm_until_the_last_one_is_acknowledged() {
    let fixture = LogFixture::new().await;
    let (writer, auditor, id) =
        (fixture.as_role("jangbu_writer"), fixture.as_role("jangbu_auditor"), log_id(&fixture).await);
    writer.append(&[fresh(2)]).await.unwrap();
    let known = fixture.log.head().await.unwrap().commit.map(|commit| (id, commit));
    let first = auditor.raise("one", id, &alarm(2)).await.unwrap().expect("it is new");
    let second = auditor.raise("two", id, &alarm(1)).await.unwrap().expect("it is new");
    assert_eq!(auditor.raise("two", id, &alarm(2)).await.unwrap(), None, "whoever raises the same");
    for known in [None, known] {
        let stopped = writer.append_after(Basis::on(known), &[fresh(1)], &[]).await.unwrap_err();
        assert!(matches!(stopped, AppendError::Stopped { alarm } if alarm == first), "{stopped:?}");
    }
    assert_eq!(fixture.position().await, 2, "nothing was written");
    assert_eq!(writer.append_health().check(writer.pool()).await, Ok(()), "the store takes appends: that is not it");

    assert_eq!(fixture.log.acknowledge(first, "mina", "looked at").await.unwrap().map(|alarm| alarm.id), Some(first));
    assert!(matches!(writer.append(&[fresh(1)]).await, Err(AppendError::Stopped { alarm }) if alarm == second));
    let state = fixture.as_role("jangbu_reader").audit().await.unwrap();
    assert_eq!((state.stopped_by, state.alarms.len()), (Some(second), 2));
    assert_eq!(state.alarms[0].id, second, "open alarms come first");
    let answer = state.alarms[1].acknowledged.clone().expect("acknowledged");
    assert_eq!((answer.by.as_str(), answer.reason.as_str()), ("mina", "looked at"));

    fixture.log.acknowledge(second, "mina", "looked at").await.unwrap().expect("it was open");
    assert_eq!(fixture.log.acknowledge(second, "mina", "again").await.unwrap(), None);
    writer.append_after(Basis::on(known), &[fresh(1)], &[]).await.unwrap();
    assert_eq!(auditor.raise("one", id, &alarm(2)).await.unwrap(), None, "an auditor that begins anew finds it again");
    writer.append(&[fresh(1)]).await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn an_alarm_waits_for_the_append_under_way_and_stops_the_next() {
    let fixture = LogFixture::new().await;
    let (writer, id) = (fixture.as_role("jangbu_writer"), log_id(&fixture).await);
    let auditor = fixture.as_role("jangbu_auditor");
    let appends = async {
        let mut written = 0;
        loop {
            match writer.append(&[fresh(1)]).await {
                Ok(_) => written += 1,
                Err(AppendError::Stopped { .. }) => break written,
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    let raised = async {
        while fixture.position().await < 20 {
            tokio::task::yield_now().await;
        }
        auditor.raise("one", id, &alarm(1)).await.unwrap().expect("it is new");
        fixture.position().await
    };
    let (written, position) = tokio::join!(appends, raised);
    assert_eq!(written, position, "nothing was appended after the alarm");
    assert_eq!(fixture.position().await, position);
    fixture.end().await;
}

#[tokio::test]
async fn the_auditor_raises_and_only_an_operator_acknowledges() {
    let fixture = LogFixture::new().await;
    fixture.log.append(&[fresh(2)]).await.unwrap();
    let id = log_id(&fixture).await;
    let auditor = fixture.as_role("jangbu_auditor");
    auditor.read_commits(Position::ZERO, 10).await.unwrap();
    auditor.adoptions().await.unwrap();
    let raised = auditor.raise("one", id, &alarm(2)).await.unwrap().expect("it is new");
    assert!(matches!(auditor.append(&[fresh(1)]).await, Err(AppendError::Refused(_))));
    for role in ["jangbu_auditor", "jangbu_writer", "jangbu_relay", "jangbu_projector", "jangbu_reader"] {
        let log = fixture.as_role(role);
        assert!(log.acknowledge(raised, "me", "because").await.is_err(), "{role} acknowledges");
        if role != "jangbu_auditor" {
            assert!(log.raise("me", id, &alarm(1)).await.is_err(), "{role} raises");
        }
        for sql in [
            "update log_head set stopped_by = null",
            "update audit_alarms set acknowledged_at = now(), acknowledged_by = 'me', reason = 'because'",
            "delete from audit_alarms",
        ] {
            let refused = sqlx::raw_sql(AssertSqlSafe(sql)).execute(log.pool()).await;
            assert!(refused.is_err(), "{role}: {sql}");
        }
    }
    assert!(fixture.execute("delete from audit_alarms").await.is_err(), "an alarm stays, whoever deletes");
    assert_eq!(fixture.log.stopped_by().await.unwrap(), Some(raised));
    fixture.end().await;
}

#[tokio::test]
async fn the_books_are_proven_up_to_the_first_open_alarm() {
    let fixture = LogFixture::new().await;
    for _ in 0..5 {
        fixture.log.append(&[fresh(2)]).await.unwrap();
    }
    let (auditor, reader, id) =
        (fixture.as_role("jangbu_auditor"), fixture.as_role("jangbu_reader"), log_id(&fixture).await);
    assert_eq!(reader.proven().await.unwrap(), None);
    let report = |name: &str, position: i64| AuditProgress {
        auditor: name.to_owned(),
        log: id,
        position: Position::new(position),
        recorded_at: None,
        audited_at: chrono::DateTime::UNIX_EPOCH,
        rechecked: None,
        invariants: vec![Invariant { rule: "a rule".into(), checked: 3, found: 0, skipped: 1 }],
    };
    auditor.report(&report("slow", 4)).await.unwrap();
    auditor.report(&report("fast", 2)).await.unwrap();
    auditor.report(&report("fast", 10)).await.unwrap();
    let state = reader.audit().await.unwrap();
    assert_eq!(state.progress.as_ref().map(|progress| progress.auditor.as_str()), Some("fast"));
    assert_eq!(reader.proven().await.unwrap(), Some(Position::new(10)));
    let raised = auditor.raise("fast", id, &alarm(6)).await.unwrap().expect("it is new");
    for proven in [reader.proven().await.unwrap(), reader.audit().await.unwrap().proven()] {
        assert_eq!(proven, Some(Position::new(5)));
    }
    fixture.log.acknowledge(raised, "mina", "looked at").await.unwrap().expect("it was open");
    assert_eq!(reader.proven().await.unwrap(), Some(Position::new(10)));
    let another = LogId::new(RandomIds.fresh());
    assert_eq!(auditor.raise("fast", another, &alarm(7)).await.unwrap(), None, "of another log");
    fixture.end().await;
}

#[tokio::test]
async fn a_log_without_migrations_has_no_audit() {
    let fixture = LogFixture::without_log().await;
    assert!(matches!(fixture.log.stopped_by().await, Err(ReadError::NoLog)));
    fixture.drop().await;
}
