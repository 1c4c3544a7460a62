//! What processes know, kept beside the log.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use event_store_postgres::PostgresProcesses;
use kernel::{Clock, Ids, Position, RandomIds, SystemClock};
use log::{Append, InstanceFilter, InstanceState, Leadership, ProcessInstance, ProcessStore, ReadTyped};
use serde_json::json;

use crate::fixture::{LogFixture, commit, event, fresh, stream};

fn instance(process: &str, state: InstanceState, due: Option<DateTime<Utc>>) -> ProcessInstance {
    let now = SystemClock.now().trunc_subsecs(6);
    ProcessInstance {
        process: process.into(),
        instance: RandomIds.fresh(),
        state,
        due,
        data: json!({ "contact": "a", "n": 1 }),
        tries: 0,
        error: (state == InstanceState::Stuck).then(|| "it failed".into()),
        note: None,
        started_at: now,
        changed_at: now,
    }
}

async fn lead(store: &PostgresProcesses, holder: &str) -> Box<dyn Leadership> {
    store.try_lead(holder).await.expect("the database answers").expect("nobody else leads")
}

#[tokio::test]
async fn one_server_leads_and_an_older_leader_writes_nothing() {
    let fixture = LogFixture::new().await;
    let (one, two) = (PostgresProcesses::new(fixture.pool.clone()), PostgresProcesses::new(fixture.pool.clone()));
    let first = lead(&one, "server-0").await;
    assert!(first.is_held());
    assert!(two.try_lead("server-1").await.unwrap().is_none(), "it is taken");
    let kept = [instance("ask", InstanceState::Waiting, None)];
    assert!(one.keep(first.epoch(), &[("ask", Position::new(7))], &kept).await.unwrap());
    let old = first.epoch();
    first.release().await;
    let second = lead(&two, "server-1").await;
    assert!(second.epoch() > old);
    let late = [ProcessInstance { tries: 9, ..kept[0].clone() }];
    assert!(!one.keep(old, &[("ask", Position::new(8))], &late).await.unwrap(), "another leads");
    assert_eq!(two.cursor("ask").await.unwrap(), Position::new(7));
    assert_eq!(two.find(&[("ask", kept[0].instance)]).await.unwrap(), [kept[0].clone()], "nothing was written");
    second.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn instances_are_found_by_what_they_wait_for() {
    let fixture = LogFixture::new().await;
    let store = PostgresProcesses::new(fixture.pool.clone());
    let leader = lead(&store, "server-0").await;
    let now = SystemClock.now().trunc_subsecs(6);
    let at = |seconds| Some(now + TimeDelta::seconds(seconds));
    let due = instance("ask", InstanceState::Running, at(-5));
    let longer_due = instance("ask", InstanceState::Waiting, at(-9));
    let later = instance("ask", InstanceState::Waiting, at(60));
    let stuck = instance("ask", InstanceState::Stuck, None);
    let done = ProcessInstance { data: json!({ "contact": "b" }), ..instance("ask", InstanceState::Done, None) };
    let other = instance("notify", InstanceState::Running, at(-1));
    let all = [due.clone(), longer_due.clone(), later.clone(), stuck.clone(), done.clone(), other.clone()];
    assert!(store.keep(leader.epoch(), &[], &all).await.unwrap());

    assert_eq!(store.due("ask", now, 10).await.unwrap(), [longer_due.clone(), due.clone()]);
    assert_eq!(store.due("ask", now, 1).await.unwrap(), [longer_due], "as many as asked for");
    let find = async |filter: InstanceFilter<'static>| {
        let mut found: Vec<_> = store.instances(&filter, 10).await.unwrap().into_iter().map(|i| i.instance).collect();
        found.sort();
        found
    };
    let contact = |name: &str| Some(json!({ "contact": name }));
    assert_eq!(find(InstanceFilter { data: contact("b"), ..Default::default() }).await, [done.instance]);
    assert_eq!(find(InstanceFilter { process: Some("notify"), ..Default::default() }).await, [other.instance]);
    assert_eq!(
        find(InstanceFilter { state: Some(InstanceState::Stuck), ..Default::default() }).await,
        [stuck.instance]
    );
    assert_eq!(find(InstanceFilter::default()).await.len(), 6);
    let ask = |state, count| ("ask".to_owned(), state, count);
    assert!(store.count().await.unwrap().contains(&ask(InstanceState::Waiting, 2)));

    assert!(!store.retry("ask", done.instance, "by an operator").await.unwrap(), "it is done");
    assert!(store.retry("ask", stuck.instance, "by an operator").await.unwrap());
    let ids = [("ask", stuck.instance), ("notify", stuck.instance), ("notify", other.instance)];
    let found = store.find(&ids).await.unwrap();
    assert!(found.len() == 2 && found.contains(&other), "{found:?}");
    let retried = found.into_iter().find(|one| one.instance == stuck.instance).unwrap();
    assert_eq!((retried.state, retried.tries), (InstanceState::Running, 0));
    assert_eq!(retried.note.as_deref(), Some("by an operator"));
    assert!(retried.due.is_some_and(|due| due <= SystemClock.now() + TimeDelta::seconds(5)));

    assert_eq!(store.forget_done(leader.epoch() - 1, at(60).unwrap()).await.unwrap(), 0, "an older leader");
    assert_eq!(store.forget_done(leader.epoch(), at(-60).unwrap()).await.unwrap(), 0, "not so old");
    assert_eq!(store.forget_done(leader.epoch(), at(60).unwrap()).await.unwrap(), 1);
    assert!(store.find(&[("ask", done.instance)]).await.unwrap().is_empty());
    leader.release().await;
    fixture.end().await;
}

#[tokio::test]
async fn the_writer_keeps_and_the_reader_looks_on() {
    let fixture = LogFixture::new().await;
    let writer = PostgresProcesses::new(fixture.as_role("jangbu_writer").pool().clone());
    let leader = lead(&writer, "server-0").await;
    let kept = instance("ask", InstanceState::Done, None);
    assert!(writer.keep(leader.epoch(), &[("ask", Position::new(1))], std::slice::from_ref(&kept)).await.unwrap());
    assert!(!writer.retry("ask", kept.instance, "by an operator").await.unwrap());
    writer.forget_done(leader.epoch(), SystemClock.now() + TimeDelta::days(1)).await.unwrap();
    let reader = PostgresProcesses::new(fixture.as_role("jangbu_reader").pool().clone());
    assert!(reader.instances(&InstanceFilter::default(), 1).await.unwrap().is_empty());
    assert!(reader.keep(leader.epoch(), &[], &[]).await.is_err());
    leader.release().await;
    fixture.end().await;
}

/// A process may follow events for which there is no index.
#[tokio::test]
async fn events_of_any_type_can_be_followed() {
    let fixture = LogFixture::new().await;
    let account = stream();
    fixture.log.append(&[fresh(2), commit(vec![event(account, 1), event(account, 2)])]).await.unwrap();
    let found = fixture.log.read_typed(&["Happened", "MemberJoined"], Position::new(2), Position::new(4), 9).await;
    let found: Vec<_> = found.unwrap().iter().map(|p| (p.position.number(), p.event.stream)).collect();
    assert_eq!(found, [(3, account), (4, account)]);
    assert!(fixture.log.read_typed(&["Other"], Position::ZERO, Position::new(4), 9).await.unwrap().is_empty());
    fixture.end().await;
}
