//! Commits that break a rule, written into the log behind the back of every check: as superuser, without triggers and without
//! the constraints that would refuse them.

use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
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
        let mut log = PgConnection::connect(url).await.unwrap();
        let rows: Vec<(Uuid, i64, String, i16, String)> = sqlx::query_as(
            "select e.stream_id, e.version, e.type, e.schema_version, e.payload::text
             from events as e
             where e.stream_id = $1 or e.payload ->> 'transfer' = $1::text
             order by e.position",
        )
        .bind(transfer)
        .fetch_all(&mut log)
        .await
        .unwrap();
        let event = |(stream, version, event_type, schema_version, payload): (Uuid, i64, String, i16, String)| {
            Planted { stream, version, event_type, schema_version, payload: serde_json::from_str(&payload).unwrap() }
        };
        let events: Vec<_> = rows.into_iter().map(event).collect();
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
    let mut log = PgConnection::connect(url).await.unwrap();
    let (version, balance): (i64, Option<String>) = sqlx::query_as(
        "select version, payload ->> 'balance' from events where stream_id = $1 order by version desc limit 1",
    )
    .bind(account)
    .fetch_one(&mut log)
    .await
    .unwrap();
    (version, balance.map_or(0, |balance| balance.parse().unwrap()))
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
    let command = match how.used_command {
        true => "(select command_id from commits order by first_position limit 1)",
        false => "gen_random_uuid()",
    };
    let at = if how.yesterday { "recorded_at - interval '1 day'" } else { "clock_timestamp()" };
    let count = events.len();
    if how.unchecked {
        let drop = "alter table events drop constraint if exists events_opening_version_check;
            alter table events drop constraint if exists events_stream_id_version_key;
            alter table commits drop constraint if exists commits_command_id_key";
        behind_the_back(url, drop).await;
    }
    let mut sql = format!(
        "begin;
         select position from log_head for update;
         insert into commits (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role)
             select position + 1, position + {count}, {at}, {command}, gen_random_uuid(), gen_random_uuid(),
                 decode(repeat('00', 16), 'hex'), 'o' from log_head;"
    );
    for (ordinal, event) in events.iter().enumerate() {
        let Planted { stream, version, event_type, schema_version, payload } = event;
        let payload = payload.to_string().replace('\'', "''");
        sql.push_str(&format!(
            "insert into events (position, version, stream_id, schema_version, type, payload)
                 select position + {ordinal} + 1, {version}, '{stream}', {schema_version}, '{event_type}', '{payload}' from log_head;"
        ));
    }
    let notify = "select pg_notify('log_appended', position::text) from log_head";
    let moved = format!(
        "update log_head set position = position + {count}, recorded_at = greatest(recorded_at, clock_timestamp())"
    );
    sql.push_str(&format!("{moved}; {notify}; commit"));
    behind_the_back(url, &sql).await;
}
