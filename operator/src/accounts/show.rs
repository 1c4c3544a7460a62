//! An account as the log has it.

use chrono::{DateTime, Utc};
use domain::EvolveError;
use events::recorded::{self, FreezeScope, Holder};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::named::NamedAccount;
use crate::{
    config::Config,
    db::Database,
    failure::Failure,
    log_tables::{StateEvent, state_events},
    output::Output,
};

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
    /// What its freeze stops, if it is frozen.
    freeze: Option<&'static str>,
    /// Why it is so, if someone said.
    reason: Option<String>,
    balance: String,
    /// What of the balance is held.
    held: String,
    /// The balance without that.
    available: String,
    /// The limits that are assigned to it, beside those for everyone.
    limits: Vec<String>,
    version: i64,
    position: i64,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// Shows an account.
pub async fn show(account: NamedAccount, config: &Config, output: Output) -> Result<(), Failure> {
    let mut connection = Database::Log.connect(config).await?;
    let id = account.id_in(config, &mut connection).await?;
    let account = fold(id, state_events(config, &mut connection, id).await?)?;
    output.show(&account, text)
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
            if (after.status, after.freeze_scope()) != (state.status, state.freeze_scope()) {
                reason = reason_of(&next.event);
            }
            state = after;
        }
        last = next;
    }
    let (freeze, available) = (state.freeze_scope().map(FreezeScope::as_str), state.available());
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
        freeze,
        reason,
        balance: state.balance.to_string(),
        held: state.held.to_string(),
        available: available.to_string(),
        limits: state.limits,
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
    let money = |amount: &str| Some(format!("{amount} minor units of {}", account.asset));
    let lines = [
        ("number", account.account_number.clone()),
        ("owner", account.owner.map(|owner| owner.to_string())),
        ("system", account.name.clone()),
        ("balance", money(&account.balance)),
        ("held", money(&account.held)),
        ("available", money(&account.available)),
        ("limits", Some(account.limits.join(", ")).filter(|limits| !limits.is_empty())),
        ("status", Some(account.status.to_owned())),
        ("freeze", account.freeze.map(str::to_owned)),
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
