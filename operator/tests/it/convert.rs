//! `jangbu log convert`: on banks of today's build and of an earlier one, killed and resumed, while servers write, and refused.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use event_store_postgres::{PoolOptions, PostgresLog, connect};
use kernel::{Actor, CommandId, CorrelationId, Ids, MemberId, Position, RandomIds, Role, StreamId, Version};
use log::{Append, Commit, Fingerprint, NewCommit, NewEvent, ReadCommits, ReadHead, ReadStreams};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::kit::{EditedCommit, EditedLog};
use uuid::Uuid;

use crate::{
    databases::TestDatabases,
    run::{Run, jangbu},
};

impl TestDatabases {
    fn convert(&self, arguments: &[&str]) -> Run {
        self.run(&[&["log", "convert", "--page", "20", "--yes", "--json"], arguments].concat())
    }

    /// Runs a conversion that dies at a point.
    fn convert_until(&self, point: &str) -> Run {
        let mut variables = self.variables();
        variables.push(("JANGBU_FAULT_POINT", point.to_owned()));
        jangbu(&variables, &["log", "convert", "--page", "20", "--yes"])
    }

    pub async fn log_number(&self, sql: &str) -> i64 {
        let mut log = PgConnection::connect(self.log.as_str()).await.expect("connect");
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut log).await.expect("a number")
    }

    pub async fn log_text(&self, sql: &str) -> String {
        let mut log = PgConnection::connect(self.log.as_str()).await.expect("connect");
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut log).await.expect("text")
    }

    /// The log's commits as they stand in their rows.
    async fn commits(&self) -> Vec<EditedCommit> {
        EditedLog::open(self.log.as_str()).await.expect("a log").commits
    }

    /// Writes as a server of the build before does.
    async fn append_before(&self, command: Uuid) -> Result<(), sqlx::Error> {
        let mut log = PgConnection::connect(self.log.as_str()).await?;
        sqlx::query(APPEND_BEFORE).bind(command).execute(&mut log).await?;
        log.close().await
    }

    fn new_log(&self) -> PostgresLog {
        PostgresLog::new(connect(self.log.as_str(), &PoolOptions::log("new", 2)).expect("a pool"))
    }

    /// The log in the format before, as its rows: the same text before and after.
    pub async fn rows(&self, commits: &str, events: &str) -> (String, String) {
        let mut log = PgConnection::connect(self.log.as_str()).await.expect("connect");
        let mut text = async |sql: String| -> String {
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut log).await.expect("text")
        };
        let commits =
            text(format!("select coalesce(string_agg(t::text, E'\\n' order by t), '') from {commits} as t")).await;
        let events = text(format!(
            "select coalesce(string_agg(concat_ws('|', position, version, stream_id, schema_version, type, payload::text), E'\\n'
                 order by position), '') from {events} as t"
        ))
        .await;
        (commits, events)
    }
}

async fn all(log: &dyn ReadCommits) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    loop {
        let after = commits.last().map_or(Position::ZERO, Commit::last);
        let next = log.read_commits(after, 50).await.expect("commits");
        if next.is_empty() {
            return commits;
        }
        commits.extend(next);
    }
}

/// What the log of the format before says.
struct Asked {
    commits: Vec<EditedCommit>,
    rows: (String, String),
}

impl Asked {
    async fn before(databases: &TestDatabases) -> Self {
        Self { commits: databases.commits().await, rows: databases.rows("commits", "events").await }
    }

    /// The converted log answers the same.
    async fn is_answered_by(&self, databases: &TestDatabases) {
        let log = databases.new_log();
        let head = log.head().await.expect("a head");
        assert_eq!(Some(head.position.number()), self.commits.last().map(|commit| commit.last));
        assert_eq!(databases.commits().await, self.commits);
        assert_eq!(all(&log).await.len(), self.commits.len());
        let mut digest = [0; 32];
        for commit in &self.commits {
            // A replay finds the commit of its command, and answers from it.
            let mut found = log.find_commits(&[CommandId::new(commit.command_id)]).await.expect("a commit");
            let found = found.remove(0);
            assert_eq!((found.first.number(), found.recorded_at), (commit.first, commit.recorded_at));
            assert_eq!(found.fingerprint.0.as_slice(), commit.fingerprint);
            for (event, read) in commit.events.iter().zip(&found.events) {
                assert_eq!((&read.event_type, read.payload.get()), (&event.event_type, event.payload.as_str()));
                let version = Version::new(event.version);
                let read = log.read_event(StreamId::new(event.stream), version).await.expect("read").expect("an event");
                assert_eq!((&read.event_type, read.payload.get()), (&event.event_type, event.payload.as_str()));
            }
            let events: String = databases
                .log_text(&format!("select events::text from log_commits where first_position = {}", commit.first))
                .await;
            let own = event_store_postgres::commit_digest(
                found.command_id,
                found.actor,
                found.correlation,
                found.fingerprint,
                &events,
            );
            digest = event_store_postgres::chain_digest(digest, own, found.first, found.recorded_at);
        }
        // People and tools read on by the names of before.
        assert_eq!(databases.rows("commits", "events").await, self.rows);
        assert_eq!(databases.log_text("select encode(digest, 'hex') from log_head").await, hex::encode(digest));
    }
}

#[tokio::test]
async fn a_converted_log_is_the_same_log() {
    let databases = TestDatabases::with_bank_before().await;
    let asked = Asked::before(&databases).await;
    let prepared = databases.convert(&["--prepare"]).expect(0).json();
    assert_eq!((&prepared["taken_over"], &prepared["position"]), (&false.into(), &databases.head().await.into()));
    assert_eq!(databases.log_number("select count(*) from commits").await, asked.commits.len() as i64);
    databases.convert(&["--drop-old"]).expect(1);
    let done = databases.convert(&[]).expect(0).json();
    assert_eq!((&done["taken_over"], &done["copied_while_stopped"]), (&true.into(), &0.into()), "{done}");
    asked.is_answered_by(&databases).await;
    assert_eq!(databases.rows("commits_before", "events_before").await, asked.rows);
    databases.run(&["log", "verify"]).expect(0);

    let again = databases.convert(&[]).expect(1);
    assert!(again.stderr.contains("converted already") && again.stderr.contains("--drop-old"), "{again:?}");
    databases.convert(&["--discard"]).expect(1);
    databases.convert(&["--drop-old"]).expect(0);
    databases.convert(&["--drop-old"]).expect(1);
    asked.is_answered_by(&databases).await;
    databases.drop().await;
}

/// The data that the build of 2026-11-28 wrote, with its own migrations.
#[tokio::test]
async fn a_bank_of_an_earlier_build_is_converted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/data/banks/2026-11-28");
    let databases = TestDatabases::restored(&folder).await;
    let refused = databases.convert(&[]).expect(1);
    assert!(refused.stderr.contains("jangbu migrate up"), "{refused:?}");
    databases.run(&["migrate", "up"]).expect(0);
    let asked = Asked::before(&databases).await;
    assert!(asked.commits.len() > 20);
    databases.convert(&[]).expect(0);
    asked.is_answered_by(&databases).await;
    // What it knew of states goes with it, as far as it goes.
    let states = "select count(*) from snapshots_before as old join log_streams as s using (stream_id)
                  where s.kind = 'account' and (s.state, s.state_version) is distinct from (old.state::text, old.version)";
    assert_eq!(databases.log_number(states).await, 0);
    databases.drop().await;
}

#[tokio::test]
async fn a_conversion_that_is_killed_anywhere_goes_on_and_ends_equal() {
    for point in ["page copied", "page kept", "page proven", "stopped", "taken over"] {
        let databases = TestDatabases::with_bank_before().await;
        let asked = Asked::before(&databases).await;
        let point = format!("convert: {point}");
        // After each page that is kept, it dies again; the other points are before something is kept, or near the end.
        for _ in 0..3 {
            let died = databases.convert_until(&point);
            assert_eq!(died.code, -1, "it should have died at {point}: {died:?}");
            assert_eq!(databases.rows("commits", "events").await, asked.rows, "{point}");
        }
        databases.convert(&[]).expect(0);
        asked.is_answered_by(&databases).await;
        databases.drop().await;
    }
}

#[tokio::test]
async fn a_copy_that_is_thrown_away_leaves_the_log_as_it_was() {
    let databases = TestDatabases::with_bank_before().await;
    let nothing = databases.convert(&["--discard"]).expect(1);
    assert!(nothing.stderr.contains("no conversion was begun"), "{nothing:?}");
    let asked = Asked::before(&databases).await;
    databases.convert(&["--prepare"]).expect(0);
    databases.convert(&["--discard"]).expect(0);
    let left = "select (select count(*) from log_commits) + (select count(*) from log_commands) +
                       (select count(*) from log_streams) + (select count(*) from log_conversion)";
    assert_eq!(databases.log_number(left).await, 0);
    assert_eq!(databases.commits().await, asked.commits);
    databases.convert(&[]).expect(0);
    asked.is_answered_by(&databases).await;
    databases.drop().await;
}

type Damage = fn(&mut EditedLog);

#[tokio::test]
async fn a_damaged_log_is_not_converted() {
    let sound = TestDatabases::with_bank_before().await;
    let damages: [(&str, Damage); 4] = [
        ("an event is missing", |log| log.lose_event(20)),
        ("the next commit is", |log| drop(log.lose_commit(18))),
        ("where 3 is due", |log| {
            let stream = crate::bank::account(1);
            let third = log.event_of(stream, 3);
            third.version = 30_000;
        }),
        ("knows no event", |log| log.event_at(19).event_type = "Unheard".into()),
    ];
    for (what, damage) in damages {
        let databases = sound.with_copied_log().await;
        databases.edit_log(damage).await;
        let refused = databases.convert(&[]).expect(1);
        assert!(refused.stderr.contains(what) && refused.stderr.contains("log verify"), "{what}: {refused:?}");
        assert_eq!(
            databases.log_number("select count(*) from pg_class where relname = 'events' and relkind = 'r'").await,
            1
        );
        databases.drop().await;
    }
    sound.drop().await;
}

/// A copy that is not the log is found before it is taken over.
#[tokio::test]
async fn a_copy_that_differs_is_not_taken_over() {
    let sound = TestDatabases::with_bank_before().await;
    sound.convert_until("convert: page proven");
    for (what, damage) in [
        (
            "the event is another",
            "update log_commits set events = replace(events::text, '\"amount\":', '\"amount\": ')::json",
        ),
        ("a column of the commit", "update log_commits set correlation = gen_random_uuid()"),
        ("is not in the log any more", "delete from log_commits where first_position > 60"),
        ("command ids", "insert into log_commands values (gen_random_uuid(), 1)"),
        ("stands elsewhere", "update log_streams set version = version + 1"),
        ("stands elsewhere", "update log_streams set newest_position = newest_position + 1"),
        ("stands elsewhere", "delete from log_streams where kind = 'account number'"),
        ("is not there", "update log_commits set events = regexp_replace(events::text, ',3,[0-9]+,', ',3,1,')::json"),
    ] {
        let databases = sound.with_copied_log().await;
        databases.on_log(damage).await;
        let refused = databases.convert(&[]).expect(1);
        assert!(refused.stderr.contains(what) && refused.stderr.contains("--discard"), "{what}: {refused:?}");
        databases.convert(&["--discard"]).expect(0);
        databases.convert(&[]).expect(0);
        databases.drop().await;
    }
    sound.drop().await;
}

#[tokio::test]
async fn one_conversion_at_a_time_and_only_of_its_own_log() {
    let databases = TestDatabases::with_bank_before().await;
    let mut other = PgConnection::connect(databases.log.as_str()).await.expect("connect");
    sqlx::query("select pg_advisory_lock(hashtext('jangbu/log-convert'))").execute(&mut other).await.expect("locked");
    let refused = databases.convert(&[]).expect(1);
    assert!(refused.stderr.contains("another `jangbu log convert`"), "{refused:?}");
    other.close().await.expect("closed");
    databases.convert(&["--prepare"]).expect(0);
    databases.run(&["log", "adopt", "--yes", "--reason", "a test"]).expect(0);
    let refused = databases.convert(&[]).expect(1);
    assert!(refused.stderr.contains("was begun for log") && refused.stderr.contains("--discard"), "{refused:?}");
    databases.drop().await;
}

/// A log that was restored to an earlier state keeps its id, and may be longer again than the copy.
#[tokio::test]
async fn a_copy_of_a_lost_history_is_not_continued() {
    let databases = TestDatabases::with_bank_before().await;
    databases.convert(&["--prepare"]).expect(0);
    let end = databases.head().await;
    databases.restore_to(85).await;
    while databases.head().await <= end {
        databases.append_turns(crate::bank::account(2)).await;
    }
    let refused = databases.convert(&[]).expect(1);
    assert!(
        refused.stderr.contains("is not in the log any more") && refused.stderr.contains("--discard"),
        "{refused:?}"
    );
    databases.convert(&["--discard"]).expect(0);
    databases.convert(&[]).expect(0);
    databases.drop().await;
}

/// One commit, as the build before wrote it: a row for the commit, and a row for its event.
const APPEND_BEFORE: &str = r#"
    with head as (
        update log_head set position = position + 1, recorded_at = greatest(recorded_at, clock_timestamp())
        returning position, recorded_at
    ),
    new_commit as (
        insert into commits
            (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role)
        select position, position, recorded_at, $1, gen_random_uuid(), gen_random_uuid(), decode(repeat('01', 16), 'hex'), 'm' from head
    )
    insert into events (position, version, stream_id, schema_version, type, payload)
    select position, 1, gen_random_uuid(), 1, 'CommandRefused', '{"refusal":{"code":"closed"}}' from head"#;

fn commit(event: u128) -> NewCommit {
    let opened = NewEvent {
        stream: StreamId::new(RandomIds.fresh()),
        version: Version::new(1),
        event_type: "CommandRefused",
        schema_version: 1,
        payload: format!(r#"{{"refusal":{{"code":"n{event}"}}}}"#),
        kind: "refused command",
        opens_stream: true,
        owner: None,
    };
    NewCommit {
        command_id: CommandId::new(RandomIds.fresh()),
        fingerprint: Fingerprint([1; 16]),
        actor: Actor { role: Role::Member, id: MemberId::new(RandomIds.fresh()) },
        correlation: CorrelationId::new(RandomIds.fresh()),
        events: vec![opened],
    }
}

/// A server of the build before writes all the time; what it was told is written is in the converted log, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_write_until_the_stop_and_lose_nothing() {
    let databases = TestDatabases::with_bank_before().await;
    let ended = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (ended, url) = (ended.clone(), databases.log.clone());
        async move {
            let mut log = PgConnection::connect(url.as_str()).await.expect("connect");
            let mut written: Vec<Uuid> = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let command = RandomIds.fresh();
                match sqlx::query(APPEND_BEFORE).bind(command).execute(&mut log).await {
                    Ok(_) => written.push(command),
                    Err(_) => break,
                }
            }
            written
        }
    });
    let done = tokio::task::block_in_place(|| databases.convert(&[])).expect(0).json();
    ended.store(true, Ordering::Relaxed);
    let written = writer.await.expect("a writer");
    assert!(!written.is_empty());
    let new = databases.new_log();
    for command in &written {
        let found = new.find_commits(&[CommandId::new(*command)]).await.expect("commits");
        assert_eq!(found.len(), 1, "{command} is lost");
    }
    let asked = databases.rows("commits", "events").await;
    assert_eq!(databases.rows("commits_before", "events_before").await, asked);
    // A server of the build before writes no more.
    assert!(databases.append_before(RandomIds.fresh()).await.is_err());
    assert_eq!(databases.rows("commits", "events").await, asked);
    println!("writers stood for {} ms: {done}", done["stopped_ms"]);
    // One of this build goes on.
    new.append(&[commit(1)]).await.expect("appended");
    databases.run(&["log", "verify", "--no-views"]).expect(0);
    databases.drop().await;
}
