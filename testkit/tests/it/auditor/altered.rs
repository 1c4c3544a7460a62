//! What was audited and does not stand there any more, or not as it did.

use std::{fs, time::Instant};

use sqlx::{Connection, PgConnection};
use testkit::{chaos::Part, kit::EditedLog};

use super::{Audited, plants::behind_the_back};
use crate::support::eventually;

const ALTERED: &str = "what was audited stays as it was";

fn alter_amounts(log: &mut EditedLog) {
    for event in log.of_type("AccountDebited") {
        event.payload = event.payload.replace(r#""amount":"37""#, r#""amount":"38""#);
    }
}

/// JSON means the same with a space more.
fn alter_byte(log: &mut EditedLog) {
    let first = log.of_type("AccountCredited").swap_remove(0);
    first.payload = first.payload.replace(r#""amount":"#, r#""amount": "#);
}

async fn edit(audited: &Audited, edit: impl FnOnce(&mut EditedLog)) {
    EditedLog::edit(&audited.log, edit).await.unwrap();
}

/// What was found in the reading again, once it stops all commands. Where the digest in the head was changed with the commits, that the
/// auditor has another one is found too, before or after it.
async fn altered(audited: &Audited, name: &str, since: Instant) -> String {
    let found = eventually(name, async || {
        let mut log = PgConnection::connect(&audited.log).await.map_err(|error| error.to_string())?;
        let open = "select what from audit_alarms where rule = $1 and acknowledged_at is null";
        let row = sqlx::query_scalar(open).bind(ALTERED).fetch_optional(&mut log).await;
        row.map_err(|error| error.to_string())?.ok_or_else(|| "no such alarm is open".to_owned())
    })
    .await;
    println!("{name}: caught and stopped after {} ms", since.elapsed().as_millis());
    found
}

async fn with_history() -> Audited {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    for _ in 0..20 {
        audited.payer.transfer(audited.from, audited.to, 37).await.expect(201);
    }
    audited.wait_until_proven().await;
    audited
}

type Damage = fn(&mut EditedLog);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_altered_amount_and_an_altered_byte_are_found_in_what_was_audited() {
    let audited = with_history().await;
    let damages: [(&str, Damage); 2] = [("an altered amount", alter_amounts), ("an altered byte", alter_byte)];
    for (name, damage) in damages {
        let since = Instant::now();
        edit(&audited, damage).await;
        let what = altered(&audited, name, since).await;
        assert!(what.contains("are not what they were"), "{name}: {what}");
        audited.is_stopped().await;
        audited.resume().await;
    }
    audited.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_lost_in_the_middle_is_found() {
    let audited = with_history().await;
    let since = Instant::now();
    edit(&audited, |log| drop(log.commits.remove(10))).await;
    altered(&audited, "a lost commit", since).await;
    audited.is_stopped().await;
    audited.resume().await;
    audited.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_commits_cannot_be_lost_unnoticed_and_nothing_is_written_over_them() {
    let audited = with_history().await;
    let since = Instant::now();
    edit(&audited, |log| drop(log.commits.pop())).await;
    altered(&audited, "a lost end", since).await;
    audited.is_stopped().await;
    // The log is read again from its first commit; its head says that there is more.
    eventually("the auditor finds the end missing", async || {
        let shown = audited.jangbu().ask(&["audit", "show"]).await.map_err(|error| error.to_string())?;
        let alarms = shown.json["alarms"].as_array().cloned().unwrap_or_default();
        let head = alarms.iter().any(|alarm| alarm["rule"] == "the head is the end of the log");
        if head { Ok(()) } else { Err(shown.all) }
    })
    .await;
    audited.end().await;
}

/// The checkpoint holds the digests of what was audited, so that a time without an auditor hides nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_altered_while_no_auditor_runs_is_found_by_the_next_one() {
    let mut audited = with_history().await;
    assert!(audited.app.bank.end(Part::Auditor, std::time::Duration::from_secs(30)).await.unwrap());
    edit(&audited, alter_byte).await;
    audited.app.bank.start(&[Part::Auditor]).await.unwrap();
    altered(&audited, "an altered byte while no auditor ran", Instant::now()).await;
    let log = fs::read_to_string(audited.app.bank.log_file(Part::Auditor)).unwrap();
    assert!(log.contains("goes on from the checkpoint"), "{log}");
    audited.resume().await;
    audited.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_cannot_be_believed_costs_time_and_no_truth() {
    let mut audited = with_history().await;
    let file = audited.app.logs().join("auditor/auditor.checkpoint");
    for (name, damage) in [("cut", 40), ("flipped", 0)] {
        assert!(audited.app.bank.end(Part::Auditor, std::time::Duration::from_secs(30)).await.unwrap());
        let mut bytes = fs::read(&file).unwrap();
        match damage {
            0 => *bytes.last_mut().unwrap() ^= 1,
            cut => bytes.truncate(bytes.len() - cut),
        }
        fs::write(&file, bytes).unwrap();
        audited.app.bank.start(&[Part::Auditor]).await.unwrap();
        audited.payer.transfer(audited.from, audited.to, 1).await.expect(201);
        audited.wait_until_proven().await;
        let log = fs::read_to_string(audited.app.bank.log_file(Part::Auditor)).unwrap();
        assert!(log.contains("audited from its first commit"), "{name}: {log}");
    }
    assert_eq!(audited.jangbu().run(&["audit", "show"]).await.unwrap()["stopped_by"], serde_json::Value::Null);
    audited.app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adopted_log_is_audited_from_its_beginning_without_an_alarm() {
    let audited = with_history().await;
    let jangbu = audited.jangbu();
    jangbu.run(&["log", "adopt", "--reason", "a test", "--yes"]).await.unwrap();
    audited.wait_until_proven().await;
    audited.payer.transfer(audited.from, audited.to, 1).await.expect(201);
    audited.wait_until_proven().await;
    let shown = jangbu.run(&["audit", "show"]).await.unwrap();
    assert_eq!((&shown["alarms"], &shown["stopped_by"]), (&serde_json::json!([]), &serde_json::Value::Null), "{shown}");
    audited.app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_id_was_changed_by_nobody_who_may_is_found() {
    let audited = with_history().await;
    let since = Instant::now();
    behind_the_back(&audited.log, "update log_head set log_id = gen_random_uuid()").await;
    let (_, rule, what) = audited.alarm("another id", since).await;
    assert_eq!(rule, "the log keeps its id, but for adoptions", "{what}");
    audited.end().await;
}
