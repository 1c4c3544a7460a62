//! The chain of digests: what stands in a commit, to the byte, and what the head says of all of them.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;
use testkit::{chaos::Part, kit::Signal};

use super::{Audited, plants::behind_the_back};

const CHAIN: &str = "the chain of digests ends as the head says";
const ALTERED: &str = "what was audited stays as it was";

/// JSON means the same with a space more; nothing else that is checked is another.
const ALTER_LAST: &str = "update log_commits set events = replace(events::text, '\"amount\":', '\"amount\": ')::json
    where first_position = (select max(first_position) from log_commits)";

fn signal(audited: &Audited, signal: Signal) {
    let running = audited.app.bank.running().unwrap();
    let (_, auditor) = running.into_iter().find(|(part, _)| *part == Part::Auditor).unwrap();
    auditor.signal(signal).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_digest_in_the_head_is_found_once() {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.wait_until_proven().await;
    let since = Instant::now();
    behind_the_back(&audited.log, "update log_head set digest = sha256('wrong')").await;
    let (_, rule, what) = audited.alarm("a wrong digest in the head", since).await;
    assert_eq!(rule, CHAIN, "{what}");
    audited.is_stopped().await;
    audited.resume().await;
    // What follows is chained to it, and is right.
    for _ in 0..5 {
        audited.payer.transfer(audited.from, audited.to, 1).await.expect(201);
        audited.wait_until_proven().await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let shown = audited.jangbu().ask(&["audit", "show"]).await.unwrap().json;
    assert_eq!(shown["alarms"].as_array().map(Vec::len), Some(1), "{shown}");
    audited.end().await;
}

/// A command server whose chain is not that of its commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_digest_of_a_new_commit_is_found() {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.wait_until_proven().await;
    let defect = "create function write_wrong() returns trigger language plpgsql as
                      $$ begin new.digest := sha256(new.digest); return new; end $$;
                  create trigger write_wrong before update of digest on log_head
                      for each row execute function write_wrong()";
    behind_the_back(&audited.log, defect).await;
    let since = Instant::now();
    audited.payer.transfer(audited.from, audited.to, 37).await.expect(201);
    let (_, rule, what) = audited.alarm("a wrong digest of a new commit", since).await;
    assert_eq!(rule, CHAIN, "{what}");
    audited.is_stopped().await;
    audited.end().await;
}

/// Between the append and the audit: only the digest tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_that_is_altered_before_it_was_audited_is_found() {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.wait_until_proven().await;
    signal(&audited, Signal::STOP);
    audited.payer.transfer(audited.from, audited.to, 37).await.expect(201);
    behind_the_back(&audited.log, ALTER_LAST).await;
    signal(&audited, Signal::CONT);
    let (_, rule, what) = audited.alarm("a byte altered before it was audited", Instant::now()).await;
    assert_eq!(rule, CHAIN, "{what}");
    audited.is_stopped().await;
    audited.end().await;
}

/// After the audit the chain in the head is right: the reading again tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_byte_that_is_altered_after_it_was_audited_is_found() {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.payer.transfer(audited.from, audited.to, 37).await.expect(201);
    audited.wait_until_proven().await;
    let since = Instant::now();
    behind_the_back(&audited.log, ALTER_LAST).await;
    let (_, rule, what) = audited.alarm("a byte altered after it was audited", since).await;
    assert_eq!(rule, ALTERED, "{what}");
    audited.end().await;
}

/// Where the version before an event stands is no part of what the event means. Streams are read along it, and it is covered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pointer_to_another_commit_is_found() {
    let audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.payer.transfer(audited.from, audited.to, 37).await.expect(201);
    audited.wait_until_proven().await;
    let since = Instant::now();
    let sql = r#"update log_commits set events = regexp_replace(events::text, '",(\d+),\d+,"AccountDebited"', '",\1,1,"AccountDebited"')::json
        where first_position = (select max(first_position) from log_commits)"#;
    behind_the_back(&audited.log, sql).await;
    let (_, rule, what) = audited.alarm("another version before", since).await;
    assert_eq!(rule, ALTERED, "{what}");
    audited.end().await;
}

/// The chain stands in the checkpoint: the head is held against it without a reading from the first commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_changed_while_no_auditor_runs_is_found_from_the_checkpoint() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.wait_until_proven().await;
    assert!(audited.app.bank.end(Part::Auditor, Duration::from_secs(30)).await.unwrap());
    behind_the_back(&audited.log, "update log_head set digest = sha256('wrong')").await;
    audited.app.bank.start(&[Part::Auditor]).await.unwrap();
    let (_, rule, what) = audited.alarm("a head changed while no auditor ran", Instant::now()).await;
    assert_eq!(rule, CHAIN, "{what}");
    let log = fs::read_to_string(audited.app.bank.log_file(Part::Auditor)).unwrap();
    assert!(log.contains("goes on from the checkpoint"), "{log}");
    audited.end().await;
}

/// A checkpoint of the form before has no chain. It is not believed: the log is read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_of_the_form_before_is_made_again_from_the_log() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    audited.wait_until_proven().await;
    assert!(audited.app.bank.end(Part::Auditor, Duration::from_secs(30)).await.unwrap());
    let file = audited.app.logs().join("auditor/auditor.checkpoint");
    let bytes = fs::read(&file).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let header = String::from_utf8(bytes[..end].to_vec()).unwrap();
    assert!(header.contains(r#""form":2"#), "{header}");
    let older = header.replace(r#""form":2"#, r#""form":1"#);
    fs::write(&file, [older.as_bytes(), &bytes[end..]].concat()).unwrap();
    audited.app.bank.start(&[Part::Auditor]).await.unwrap();
    audited.payer.transfer(audited.from, audited.to, 1).await.expect(201);
    audited.wait_until_proven().await;
    let log = fs::read_to_string(audited.app.bank.log_file(Part::Auditor)).unwrap();
    assert!(log.contains("audited from its first commit"), "{log}");
    let shown = audited.jangbu().ask(&["audit", "show"]).await.unwrap().json;
    assert_eq!(shown["alarms"], json!([]), "{shown}");
    audited.end().await;
}
