//! What a run of commits does to accounts, each account once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{self, AccountEvent, AccountOpened};
use kernel::{AccountId, Minor, Position};
use projection_engine::{Commit, Event, Fault};

use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] = AccountEvent::NAMES;

/// How an account came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) opened: Option<(AccountOpened, DateTime<Utc>)>,
    pub(super) status: Option<&'static str>,
    pub(super) balance: Option<Minor>,
    pub(super) version: i64,
    pub(super) position: i64,
}

pub(super) fn fold(commits: &[&Commit<recorded::Event>]) -> Result<HashMap<AccountId, Change>, Fault> {
    let mut changes = HashMap::new();
    for commit in commits {
        fold_commit(&mut changes, commit)?;
    }
    Ok(changes)
}

pub(super) fn fold_commit(
    changes: &mut HashMap<AccountId, Change>,
    commit: &Commit<recorded::Event>,
) -> Result<(), Fault> {
    for (position, event) in commit.positioned() {
        if let Some(body) = &event.body {
            fold_event(changes, commit, position, event, body)?;
        }
    }
    Ok(())
}

fn fold_event(
    changes: &mut HashMap<AccountId, Change>,
    commit: &Commit<recorded::Event>,
    position: Position,
    event: &Event<recorded::Event>,
    body: &recorded::Event,
) -> Result<(), Fault> {
    let (status, balance) = match body {
        recorded::Event::Account(AccountEvent::Opened(_)) => (Some("open"), Some(Minor::ZERO)),
        recorded::Event::Account(AccountEvent::Debited(debited)) => (None, Some(debited.balance)),
        recorded::Event::Account(AccountEvent::Credited(credited)) => (None, Some(credited.balance)),
        recorded::Event::Account(AccountEvent::Frozen(frozen)) => (Some("frozen"), Some(frozen.balance)),
        recorded::Event::Account(AccountEvent::Unfrozen(unfrozen)) => (Some("open"), Some(unfrozen.balance)),
        recorded::Event::Account(AccountEvent::Closed(_)) => (Some("closed"), None),
        _ => return Ok(()),
    };
    let change = changes.entry(AccountId::new(event.stream.uuid())).or_default();
    if let recorded::Event::Account(AccountEvent::Opened(opened)) = body {
        if change.version != 0 {
            return Err(fault(position, body, "the account has events before it was opened"));
        }
        change.opened = Some((opened.clone(), commit.recorded_at));
    }
    change.status = status.or(change.status);
    change.balance = balance.or(change.balance);
    change.version = event.version.number();
    change.position = position.number();
    Ok(())
}
