//! What a run of commits does to accounts, each account once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{self, AccountEvent, AccountOpened, FreezeScope};
use kernel::{AccountId, Minor, Position};
use projection_engine::{Commit, Event, Fault};

use crate::fault::fault;

/// The types whose events change something here.
pub(super) const USED: &[&str] = AccountEvent::NAMES;

/// How an account came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) opened: Option<(AccountOpened, DateTime<Utc>)>,
    pub(super) state: Option<State>,
    pub(super) balance: Option<Minor>,
    pub(super) held: Option<Minor>,
    pub(super) version: i64,
    pub(super) position: i64,
}

/// Whether money may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Frozen(FreezeScope),
    Closed,
}

impl State {
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen(_) => "frozen",
            Self::Closed => "closed",
        }
    }

    /// What its freeze stops.
    pub(super) fn freeze(self) -> Option<&'static str> {
        match self {
            Self::Frozen(scope) => Some(scope.as_str()),
            Self::Open | Self::Closed => None,
        }
    }
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
    let recorded::Event::Account(account) = body else { return Ok(()) };
    let (state, balance, held) = match account {
        AccountEvent::Opened(_) => (Some(State::Open), Some(Minor::ZERO), Some(Minor::ZERO)),
        AccountEvent::Debited(debited) => (None, Some(debited.balance), None),
        AccountEvent::Credited(credited) => (None, Some(credited.balance), None),
        AccountEvent::FundsHeld(funds) => (None, None, Some(funds.held)),
        AccountEvent::FundsReleased(funds) => (None, None, Some(funds.held)),
        // The view of limits shows which.
        AccountEvent::LimitsAssigned(_) => (None, None, None),
        AccountEvent::Frozen(frozen) => (Some(State::Frozen(frozen.scope)), Some(frozen.balance), Some(frozen.held)),
        AccountEvent::Unfrozen(unfrozen) => (Some(State::Open), Some(unfrozen.balance), Some(unfrozen.held)),
        AccountEvent::Closed(_) => (Some(State::Closed), None, None),
    };
    let change = changes.entry(AccountId::new(event.stream.uuid())).or_default();
    if let AccountEvent::Opened(opened) = account {
        if change.version != 0 {
            return Err(fault(position, body, "the account has events before it was opened"));
        }
        change.opened = Some((opened.clone(), commit.recorded_at));
    }
    change.state = state.or(change.state);
    change.balance = balance.or(change.balance);
    change.held = held.or(change.held);
    change.version = event.version.number();
    change.position = position.number();
    Ok(())
}
