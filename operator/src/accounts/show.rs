//! An account as the log has it.

use chrono::{DateTime, Utc};
use domain::EvolveError;
use events::recorded::{self, AccountCredited, AccountDebited, AccountNumberEvent, Holder};
use kernel::AccountNumber;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    output::Output,
};

/// How an account is named.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    Id(Uuid),
    Number(AccountNumber),
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        text.parse().map(Self::Number).map_err(|error| format!("not a UUID, and {error}"))
    }
}

/// The account.
#[derive(Debug, Serialize)]
struct Account {
    account_id: Uuid,
    account_number: Option<String>,
    owner: Option<Uuid>,
    /// Of a system account.
    name: Option<String>,
    asset: String,
    status: &'static str,
    /// Why it is so, if someone said.
    reason: Option<String>,
    balance: String,
    version: i64,
    position: i64,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// One event that changes the account's state, and where it stands.
struct StateEvent {
    position: i64,
    version: i64,
    recorded_at: DateTime<Utc>,
    event: recorded::Event,
}

/// Shows an account.
pub async fn show(account: Named, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let id = match account {
        Named::Id(id) => id,
        Named::Number(number) => account_with_number(&mut connection, number).await?,
    };
    let account = fold(id, state_events(&mut connection, id).await?)?;
    output.show(&account, text)
}

/// The account that has a number.
async fn account_with_number(connection: &mut PgConnection, number: AccountNumber) -> Result<Uuid, Failure> {
    let events = state_events(connection, number.stream().uuid()).await?;
    events
        .into_iter()
        .find_map(|state_event| match state_event.event {
            recorded::Event::AccountNumber(AccountNumberEvent::Assigned(assigned)) => Some(assigned.account.uuid()),
            _ => None,
        })
        .ok_or_else(|| Failure::Absent(format!("no account has the number {number}")))
}

/// Only the last event of these is needed: each states the balance, and changes nothing else.
const POSTINGS: [&str; 2] = [AccountDebited::NAME, AccountCredited::NAME];

/// The first event of a stream, those that are no postings, and the last: all that is needed, however long it is.
async fn state_events(connection: &mut PgConnection, stream: Uuid) -> Result<Vec<StateEvent>, Failure> {
    let rows = sqlx::query!(
        r#"select events.position, version, type as event_type, schema_version, payload::text as "payload!", recorded_at
           from events
           join lateral (
               select recorded_at from commits where first_position <= events.position
               order by first_position desc limit 1
           ) as commit on true
           where stream_id = $1 and (
               version in (1, (select max(version) from events as newest where newest.stream_id = $1))
               or type <> all($2))
           order by version"#,
        stream,
        &POSTINGS as &[&str]
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the stream of an account"))?;
    let decoded = |row: (i64, i64, DateTime<Utc>, String, i16, String)| {
        let (position, version, recorded_at, event_type, schema_version, payload) = row;
        let raw = RawValue::from_string(payload).unwrap_or_default();
        let event = recorded::Event::decode(&event_type, schema_version, &raw);
        event
            .map(|event| StateEvent { position, version, recorded_at, event })
            .map_err(|source| Failure::Event { position, source })
    };
    rows.into_iter()
        .map(|r| decoded((r.position, r.version, r.recorded_at, r.event_type, r.schema_version, r.payload)))
        .collect()
}

fn fold(id: Uuid, events: Vec<StateEvent>) -> Result<Account, Failure> {
    let absent = || Failure::Absent(format!("the log knows no account {id}"));
    let mut events = events.into_iter();
    let first = events.next().ok_or_else(absent)?;
    let (mut state, mut reason) = (evolve(None, &first.event).map_err(|_| absent())?, None);
    let (opened_at, mut last) = (first.recorded_at, first);
    for next in events {
        // What cannot follow is for `jangbu log verify` to find: all the rest is shown.
        if let Ok(after) = evolve(Some(state.clone()), &next.event) {
            if after.status != state.status {
                reason = reason_of(&next.event);
            }
            state = after;
        }
        last = next;
    }
    let (owner, account_number, name) = match state.holder {
        Holder::Member { owner, number } => (Some(owner.uuid()), Some(number.to_string()), None),
        Holder::System { name } => (None, None, Some(name)),
    };
    Ok(Account {
        account_id: id,
        account_number,
        owner,
        name,
        asset: state.asset.to_string(),
        status: state.status.as_str(),
        reason,
        balance: state.balance.to_string(),
        version: last.version,
        position: last.position,
        opened_at,
        changed_at: last.recorded_at,
    })
}

fn evolve(state: Option<domain::Account>, event: &recorded::Event) -> Result<domain::Account, EvolveError> {
    match event {
        recorded::Event::Account(event) => domain::Account::evolve(state, event),
        _ => Err(EvolveError::NotOpened),
    }
}

/// Why it happened, if the event says so.
fn reason_of(event: &recorded::Event) -> Option<String> {
    let payload: Value = serde_json::from_str(&event.payload().ok()?).ok()?;
    payload["reason"].as_str().map(str::to_owned)
}

fn text(account: &Account) -> String {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let lines = [
        ("number", account.account_number.clone()),
        ("owner", account.owner.map(|owner| owner.to_string())),
        ("system", account.name.clone()),
        ("balance", Some(format!("{} minor units of {}", account.balance, account.asset))),
        ("status", Some(account.status.to_owned())),
        ("reason", account.reason.clone()),
        ("version", Some(account.version.to_string())),
        ("position", Some(account.position.to_string())),
        ("opened", Some(time(account.opened_at))),
        ("changed", Some(time(account.changed_at))),
    ];
    let mut text = format!("account {}\n", account.account_id);
    for (name, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("  {name:<10} {value}\n"));
        }
    }
    text
}
