//! What a run of commits does to operators, and what operators did in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{Event, OperatorActEvent, OperatorActed, OperatorAdded, OperatorEvent};
use kernel::{CommandId, OperatorId, OperatorRole, Position};
use projection_engine::Commit;

/// How operators came out of the commits, and what they did.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: Vec<Added>,
    pub(super) changed: BTreeMap<OperatorId, Change>,
    pub(super) acts: Vec<Act>,
}

/// An operator who was added.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) id: OperatorId,
    pub(super) event: OperatorAdded,
    pub(super) position: Position,
    pub(super) at: DateTime<Utc>,
}

/// What changed of an operator, the last of each.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) role: Option<OperatorRole>,
    pub(super) is_enabled: Option<bool>,
    pub(super) at: DateTime<Utc>,
}

/// What an operator did.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) event: OperatorActed,
    pub(super) position: Position,
    pub(super) command: CommandId,
    pub(super) at: DateTime<Utc>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Changes {
    let mut changes = Changes::default();
    for commit in commits {
        let (command, at) = (commit.command_id, commit.recorded_at);
        for (position, event) in commit.positioned() {
            match &event.body {
                Some(Event::Operator(happened)) => {
                    changes.operator(OperatorId::new(event.stream.uuid()), happened, position, at);
                }
                Some(Event::OperatorAct(OperatorActEvent::Acted(acted))) => {
                    changes.acts.push(Act { event: acted.clone(), position, command, at });
                }
                _ => {}
            }
        }
    }
    changes
}

impl Changes {
    fn operator(&mut self, id: OperatorId, event: &OperatorEvent, position: Position, at: DateTime<Utc>) {
        let (role, is_enabled) = match event {
            OperatorEvent::Added(added) => {
                self.added.push(Added { id, event: added.clone(), position, at });
                return;
            }
            OperatorEvent::RoleSet(set) => (Some(set.role), None),
            OperatorEvent::Disabled(_) => (None, Some(false)),
            OperatorEvent::Enabled(_) => (None, Some(true)),
            OperatorEvent::CredentialsReset(_) | OperatorEvent::SessionEnded(_) => return,
        };
        let change = self.changed.entry(id).or_insert(Change { role: None, is_enabled: None, at });
        (change.role, change.is_enabled, change.at) = (role.or(change.role), is_enabled.or(change.is_enabled), at);
    }
}
