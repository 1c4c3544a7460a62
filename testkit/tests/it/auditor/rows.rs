//! Rows beside the commits that do not say what the events say: where a stream stands, the state of an account, the id of a command.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::chaos::Part;
use uuid::Uuid;

use super::{Audited, plants::behind_the_back};
use crate::support::eventually;

const STANDINGS: &str = "where a stream is said to stand, its events say so too";
const STATES: &str = "a state that is kept of an account is what its events add up to";
const COMMANDS: &str = "every command is recorded once";

/// Something that is wrong with a row.
struct Fault {
    name: &'static str,
    /// What is set: after `new.`, by a command server that writes it wrong; or by somebody else.
    set: &'static str,
    rule: &'static str,
    what: &'static str,
}

const fn fault(name: &'static str, set: &'static str, rule: &'static str, what: &'static str) -> Fault {
    Fault { name, set, rule, what }
}

/// Of any row, whoever writes it.
const FAULTS: [Fault; 12] = [
    fault("a wrong version", "version = ROW.version + 1", STANDINGS, "its events say"),
    fault("a wrong kind", "kind = 'transfer'", STANDINGS, "is a transfer at version"),
    fault("a wrong newest position", "newest_position = ROW.newest_position + 1", STANDINGS, "its events say"),
    fault("a wrong first position", "first_position = ROW.first_position + 1", STANDINGS, "begins in the commit at"),
    fault("a wrong owner", "owner = gen_random_uuid()", STANDINGS, "was opened for"),
    fault("no owner", "owner = null", STANDINGS, "for nobody"),
    fault(
        "a wrong balance in a state",
        r#"state = replace(ROW.state, '"balance":"', '"balance":"9')"#,
        STATES,
        "says balance 9",
    ),
    fault(
        "a wrong status in a state",
        "state = replace(ROW.state, '\"open\"', '\"frozen\"')",
        STATES,
        "says status frozen",
    ),
    fault(
        "held funds in a state of a schema that has none",
        r#"state = jsonb_set(ROW.state::jsonb, '{held}', '"0"')::text"#,
        STATES,
        "cannot be read: schema 1 has neither held funds",
    ),
    fault(
        "a wrong asset in a state",
        "state = replace(ROW.state, 'KRW', 'USD')",
        STATES,
        "says asset USD instead of KRW",
    ),
    fault("a state that nobody can read", "state = '{}'", STATES, "cannot be read"),
    fault("a state ahead of its stream", "state_version = ROW.version + 1", STATES, "and the stream is at"),
];

/// Of rows that nobody has written to for some time.
const COLD: [Fault; 5] = [
    fault("half of a state", "state_schema = null", STATES, "a part of a state"),
    fault(
        "a wrong state of an earlier version",
        r#"state_version = 1, state = jsonb_set(ROW.state::jsonb, '{balance}', '"5"')::text"#,
        STATES,
        "at version 1 says balance 5 instead of 0",
    ),
    fault(
        "a wrong status in a state of an earlier version",
        r#"state_version = 1, state = jsonb_set(jsonb_set(ROW.state::jsonb, '{balance}', '"0"'), '{status}', '"closed"')::text"#,
        STATES,
        "at version 1 says status closed instead of open",
    ),
    fault(
        "held funds in a state that are not held",
        r#"state = jsonb_set(ROW.state::jsonb, '{held}', '"7"')::text, state_schema = 2"#,
        STATES,
        "says 7 held instead of 0",
    ),
    fault(
        "a freeze in a state of an open account",
        r#"state = jsonb_set(ROW.state::jsonb, '{scope}', '"debits"')::text, state_schema = 2"#,
        STATES,
        "says a freeze of debits instead of all",
    ),
];

/// A member's account with an opening and a deposit.
async fn victim(audited: &mut Audited) -> (crate::support::TestClient, Uuid) {
    let victim = audited.app.funded_member(1_000).await;
    audited.wait_until_proven().await;
    victim
}

/// The auditor compares no rows but those of streams that new commits add to.
async fn without_rounds() -> Audited {
    let mut audited = Audited::start(&[Part::Command(0)]).await;
    audited.app.bank.set(Part::Auditor, "JANGBU_AUDITOR_SWEEP_ROWS", "0");
    audited.app.bank.start(&[Part::Auditor]).await.unwrap();
    audited.wait_until_proven().await;
    audited
}

async fn caught(audited: &Audited, fault: &Fault, how: &str, since: Instant) {
    let (_, rule, what) = audited.alarm(&format!("{}, {how}", fault.name), since).await;
    assert_eq!(rule, fault.rule, "{}: {what}", fault.name);
    assert!(what.contains(fault.what), "{}: {what}", fault.name);
}

/// A command server that writes a row wrong: it is found as soon as it is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_written_wrong_with_a_new_commit_is_found() {
    let mut audited = without_rounds().await;
    for fault in &FAULTS {
        let (payer, account) = victim(&mut audited).await;
        let set = fault.set.replace("ROW.", "new.").replace(" = ", " := ");
        let defect = format!(
            "alter table log_streams disable trigger forward_only;
             create or replace function write_wrong() returns trigger language plpgsql as
                 $$ begin new.{set}; return new; end $$;
             create trigger write_wrong before update on log_streams
                 for each row when (old.stream_id = '{account}') execute function write_wrong()"
        );
        behind_the_back(&audited.log, &defect).await;
        let since = Instant::now();
        payer.transfer(account, audited.to, 37).await.expect(201);
        caught(&audited, fault, "just written", since).await;
        audited.is_stopped().await;
        behind_the_back(
            &audited.log,
            "drop trigger write_wrong on log_streams; alter table log_streams enable trigger forward_only",
        )
        .await;
        audited.resume().await;
    }
    audited.end().await;
}

/// Rows that no commit touches are compared round after round; of a small log, a whole round takes a quarter of a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_changed_while_nothing_happens_is_found() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    for fault in FAULTS.iter().chain(&COLD) {
        let (_, account) = victim(&mut audited).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let since = Instant::now();
        let set = fault.set.replace("ROW.", "");
        behind_the_back(&audited.log, &format!("update log_streams set {set} where stream_id = '{account}'")).await;
        caught(&audited, fault, "cold", since).await;
        audited.is_stopped().await;
        audited.resume().await;
    }
    audited.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_gone_and_one_of_no_stream_are_found() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    let (_, account) = victim(&mut audited).await;
    let number = format!(
        "delete from log_streams where kind = 'account number' and first_position =
             (select first_position from log_streams where stream_id = '{account}')"
    );
    let gone = format!("delete from log_streams where stream_id = '{account}'");
    let strange = "insert into log_streams values (gen_random_uuid(), 1, 1, 1, null, null, null, 'account', null)";
    let owner = number.replace("'account number'", "'owner'");
    for (name, sql, what) in [
        ("the row of an account number is gone", number.as_str(), "no row says where it stands"),
        ("the row of an owner is gone", &owner, "no row says where it stands"),
        ("the row of an account is gone", &gone, "no row says where it stands"),
        ("a row of no stream", strange, "the log does not hold it"),
        (
            "a row with the first of all ids",
            &strange.replace("gen_random_uuid()", "'00000000-0000-0000-0000-000000000000'"),
            "the log does not hold it",
        ),
        (
            "a row with the last of all ids",
            &strange.replace("gen_random_uuid()", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
            "the log does not hold it",
        ),
    ] {
        let since = Instant::now();
        behind_the_back(&audited.log, sql).await;
        let (_, rule, found) = audited.alarm(name, since).await;
        assert_eq!(rule, STANDINGS, "{name}: {found}");
        assert!(found.contains(what), "{name}: {found}");
        audited.is_stopped().await;
        audited.resume().await;
    }
    audited.end().await;
}

/// A command server that forgets the id of a command: whoever repeats the command would pay twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_id_is_not_kept_is_found() {
    let audited = without_rounds().await;
    let defect = "create function forget() returns trigger language plpgsql as $$ begin return null; end $$;
                  create trigger forget before insert on log_commands for each row execute function forget()";
    behind_the_back(&audited.log, defect).await;
    let since = Instant::now();
    audited.payer.transfer(audited.from, audited.to, 37).await.expect(201);
    let (_, rule, what) = audited.alarm("a command whose id is not kept", since).await;
    assert_eq!(rule, COMMANDS, "{what}");
    assert!(what.contains("log_commands says nothing"), "{what}");
    audited.end().await;
}

/// Where a transfer begins is not kept by the auditor until something happens to it later: then it is looked up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversed_transfer_stands_where_it_was_posted() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    let transfer = audited.payer.transfer(audited.from, audited.to, 37).await.expect(201).id("transfer_id");
    let path = format!("/v1/transfers/{transfer}/reverse");
    audited.app.operator().post(&path, json!({"reason": "a test"})).await.expect(201);
    audited.wait_until_proven().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shown(&audited).await["alarms"], json!([]));
    let since = Instant::now();
    let wrong = format!("update log_streams set first_position = first_position + 1 where stream_id = '{transfer}'");
    behind_the_back(&audited.log, &wrong).await;
    let (_, rule, what) = audited.alarm("a reversed transfer that begins elsewhere", since).await;
    assert_eq!(rule, STANDINGS, "{what}");
    assert!(what.contains("begins in the commit at"), "{what}");
    audited.end().await;
}

/// A state may be of an earlier version, or missing, or of a later build: none of these is wrong, and the last is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_that_is_old_or_missing_or_of_another_build_is_no_alarm() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    let mut accounts = Vec::new();
    for _ in 0..3 {
        accounts.push(victim(&mut audited).await.1);
    }
    let changes = [
        r#"state_version = 1, state = jsonb_set(state::jsonb, '{balance}', '"0"')::text"#,
        "state_version = null, state_schema = null, state = null",
        r#"state_schema = 99, state = '{"of": "a later build"}'"#,
    ];
    for (account, set) in accounts.iter().zip(changes) {
        behind_the_back(&audited.log, &format!("update log_streams set {set} where stream_id = '{account}'")).await;
    }
    eventually("the state of another build is counted", async || {
        let shown = shown(&audited).await;
        let states = of_rule(&shown, STATES);
        if states["skipped"] == 1 { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    audited.payer.transfer(audited.from, audited.to, 1).await.expect(201);
    audited.wait_until_proven().await;
    let shown = shown(&audited).await;
    assert_eq!((&shown["alarms"], &shown["stopped_by"]), (&json!([]), &Value::Null), "{shown}");
    for rule in [STANDINGS, STATES, COMMANDS, "the chain of digests ends as the head says"] {
        let invariant = of_rule(&shown, rule);
        assert!(invariant["checked"].as_u64() > Some(0) && invariant["found"] == 0, "{shown}");
    }
    audited.end().await;
}

async fn shown(audited: &Audited) -> Value {
    audited.jangbu().ask(&["audit", "show"]).await.unwrap().json
}

fn of_rule<'s>(shown: &'s Value, rule: &str) -> &'s Value {
    let rules = shown["invariants"].as_array().unwrap();
    rules.iter().find(|invariant| invariant["rule"] == rule).unwrap()
}
