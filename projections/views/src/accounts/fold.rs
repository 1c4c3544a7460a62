//! What a run of commits does to accounts, each account once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contracts::recorded::{AccountOpened, Recorded};
use kernel::{AccountId, Minor, Position};
use projection_engine::{Commit, Event, Fault};

use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] =
    &["AccountOpened", "AccountDebited", "AccountCredited", "AccountFrozen", "AccountUnfrozen", "AccountClosed"];

/// How an account came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) opened: Option<(AccountOpened, DateTime<Utc>)>,
    pub(super) status: Option<&'static str>,
    pub(super) balance: Option<Minor>,
    pub(super) version: i64,
    pub(super) position: i64,
}

pub(super) fn fold(commits: &[&Commit<Recorded>]) -> Result<HashMap<AccountId, Change>, Fault> {
    let mut changes = HashMap::new();
    for commit in commits {
        fold_commit(&mut changes, commit)?;
    }
    Ok(changes)
}

pub(super) fn fold_commit(changes: &mut HashMap<AccountId, Change>, commit: &Commit<Recorded>) -> Result<(), Fault> {
    for (position, event) in commit.positioned() {
        if let Some(body) = &event.body {
            fold_event(changes, commit, position, event, body)?;
        }
    }
    Ok(())
}

fn fold_event(
    changes: &mut HashMap<AccountId, Change>,
    commit: &Commit<Recorded>,
    position: Position,
    event: &Event<Recorded>,
    body: &Recorded,
) -> Result<(), Fault> {
    let (status, balance) = match body {
        Recorded::AccountOpened(_) => (Some("open"), Some(Minor::ZERO)),
        Recorded::AccountDebited(debited) => (None, Some(debited.balance)),
        Recorded::AccountCredited(credited) => (None, Some(credited.balance)),
        Recorded::AccountFrozen(frozen) => (Some("frozen"), Some(frozen.balance)),
        Recorded::AccountUnfrozen(unfrozen) => (Some("open"), Some(unfrozen.balance)),
        Recorded::AccountClosed(_) => (Some("closed"), None),
        _ => return Ok(()),
    };
    let change = changes.entry(AccountId::new(event.stream.uuid())).or_default();
    if let Recorded::AccountOpened(opened) = body {
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
