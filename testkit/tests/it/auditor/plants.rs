//! Commits that break a rule, written into the log behind the back of every check: as superuser, without triggers and without
//! the constraints that would refuse them.

use chrono::TimeDelta;
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::kit::{EditedCommit, EditedEvent, EditedLog};
use uuid::Uuid;

/// An event to be planted, and what it is made from.
#[derive(Clone, Debug)]
pub struct Planted {
    pub stream: Uuid,
    pub version: i64,
    pub event_type: String,
    pub schema_version: i16,
    pub payload: Value,
}

/// A transfer as it stands in the log, to make others from.
pub struct Template {
    url: String,
    events: Vec<Planted>,
}

impl Template {
    /// This transfer between two accounts.
    pub async fn of(url: &str, transfer: Uuid) -> Self {
        let mut log = EditedLog::open(url).await.unwrap();
        let parts =
            log.events().filter(|event| event.stream == transfer || event.json()["transfer"] == json!(transfer));
        let events: Vec<_> = parts
            .map(|event| Planted {
                stream: event.stream,
                version: event.version,
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                payload: event.json(),
            })
            .collect();
        let types: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, ["TransferPosted", "AccountDebited", "AccountCredited"]);
        Self { url: url.to_owned(), events }
    }

    /// The same transfer once more, right in every way: each event of an account follows its last one.
    pub async fn again(&self) -> Vec<Planted> {
        let transfer = RandomIds.fresh();
        let mut events = self.events.clone();
        events[0].stream = transfer;
        for (event, sign) in events[1..].iter_mut().zip([-1, 1]) {
            let (version, balance) = last_of(&self.url, event.stream).await;
            let amount: i64 = event.payload["amount"].as_str().unwrap().parse().unwrap();
            event.version = version + 1;
            event.payload["transfer"] = json!(transfer);
            event.payload["balance"] = json!((balance + sign * amount).to_string());
        }
        events
    }
}

/// The version and balance of an account.
async fn last_of(url: &str, account: Uuid) -> (i64, i64) {
    let mut log = EditedLog::open(url).await.unwrap();
    let newest = log.newest_of(account);
    let balance = newest.json()["balance"].as_str().map_or(0, |balance| balance.parse().unwrap());
    (newest.version, balance)
}

/// Runs SQL that no trigger stops.
pub async fn behind_the_back(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = format!("set session_replication_role = replica; {sql}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

/// How a commit is planted.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Without the constraints that would refuse it, for good.
    pub unchecked: bool,
    /// Under the command id of the first commit of the log.
    pub used_command: bool,
    /// A day before the commit that it follows.
    pub yesterday: bool,
}

/// Appends a commit of these events.
pub async fn plant(url: &str, events: &[Planted], how: How) {
    let mut log = EditedLog::open(url).await.unwrap();
    if how.unchecked {
        log.without_constraints();
    }
    let planted = |event: &Planted| EditedEvent {
        schema_version: event.schema_version,
        ..EditedEvent::new(event.stream, event.version, &event.event_type, event.payload.to_string())
    };
    let mut commit = EditedCommit::new(events.iter().map(planted).collect());
    if how.used_command {
        commit.command_id = log.commits[0].command_id;
    }
    let at = if how.yesterday { log.head.recorded_at - TimeDelta::days(1) } else { log.now };
    log.append_at(at, commit);
    log.save().await.unwrap();
}
