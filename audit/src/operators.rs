//! The oracle's own book of operators: whatever an operator with an account does says who did it, and why.

use std::collections::HashMap;

use events::recorded::{Event, OperatorActEvent, OperatorActed, OperatorEvent, OperatorListEvent};
use kernel::OperatorRole;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
};

/// An operator with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Operator {
    name: String,
    role: OperatorRole,
    is_enabled: bool,
    credentials: u32,
}

/// All operators with an account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Operators {
    known: HashMap<Uuid, Operator>,
    /// Whose each name is, for ever.
    names: HashMap<String, Uuid>,
}

impl Operators {
    /// Applies a commit, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) {
        // Whoever disables themselves acts a last time.
        let acting = commit.operator.and_then(|id| self.known.get(&id).cloned());
        let had_admin = self.has_admin();
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::Operator(operator) => {
                    self.operator(event, operator, commit).or_else(|| by_fault(operator, commit))
                }
                Event::OperatorList(OperatorListEvent::Added(listed)) => {
                    let is_added = added(commit, listed.operator.uuid(), &listed.name);
                    (!is_added).then(|| format!("has {}, who is not added in this commit", listed.name))
                }
                Event::OperatorAct(OperatorActEvent::Acted(acted)) => {
                    let is_last = event.position == commit.last;
                    let named = self.known.get(&acted.operator.uuid());
                    act_fault((acting.as_ref(), named), acted, commit.operator, is_last)
                        .or_else(|| tale_fault(acted, commit))
                }
                _ => continue,
            };
            findings.require(Rule::Operators, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
        findings.require(Rule::Operators, !had_admin || self.has_admin(), || {
            format!("the commit that ends at {} leaves no admin who is enabled", commit.last)
        });
        if let (Some(_), Some(id)) = (acting, commit.operator) {
            let acts = commit.events.iter().filter(|event| matches!(event.recorded, Event::OperatorAct(_))).count();
            // What cannot be read is found by another rule.
            findings.require(Rule::Operators, acts == 1 || !commit.unreadable.is_empty(), || {
                format!("the commit that ends at {} is of operator {id}, and says {acts} times why", commit.last)
            });
        }
    }

    fn has_admin(&self) -> bool {
        self.known.values().any(|operator| operator.is_enabled && operator.role == OperatorRole::Admin)
    }

    /// What is wrong with an event of an operator.
    fn operator(&mut self, event: &assemble::Event, happened: &OperatorEvent, commit: &Commit) -> Option<String> {
        if let OperatorEvent::Added(added) = happened {
            let (name, role) = (added.name.clone(), added.role);
            let is_listed = commit.events.iter().any(|other| match &other.recorded {
                Event::OperatorList(OperatorListEvent::Added(listed)) => {
                    listed.operator.uuid() == event.stream && listed.name == name
                }
                _ => false,
            });
            let is_free = *self.names.entry(name.clone()).or_insert(event.stream) == event.stream;
            let operator = Operator { name, role, is_enabled: true, credentials: 1 };
            let is_fresh = self.known.insert(event.stream, operator).is_none();
            let is_right = is_listed && is_free && is_fresh;
            return (!is_right)
                .then(|| format!("is added with a name that is not theirs, as version {}", event.version));
        }
        let Some(operator) = self.known.get_mut(&event.stream) else { return Some("was never added".to_owned()) };
        let follows = match happened {
            OperatorEvent::Added(_) => false,
            OperatorEvent::RoleSet(set) => std::mem::replace(&mut operator.role, set.role) != set.role,
            OperatorEvent::Disabled(_) => std::mem::replace(&mut operator.is_enabled, false),
            OperatorEvent::SessionEnded(_) => true,
            OperatorEvent::Enabled(_) => !std::mem::replace(&mut operator.is_enabled, true),
            OperatorEvent::CredentialsReset(reset) => {
                let before = std::mem::replace(&mut operator.credentials, reset.credentials);
                before.checked_add(1) == Some(reset.credentials)
            }
        };
        (!follows).then(|| "does not follow on what they were".to_owned())
    }
}

/// Who let an operator in is who sent the command: whose requests that one may approve rests on it. A build before did not say it.
fn by_fault(happened: &OperatorEvent, commit: &Commit) -> Option<String> {
    let by = match happened {
        OperatorEvent::Added(added) => added.by,
        OperatorEvent::RoleSet(set) => set.by,
        OperatorEvent::Enabled(enabled) => enabled.by,
        OperatorEvent::CredentialsReset(reset) => reset.by,
        OperatorEvent::Disabled(_) | OperatorEvent::SessionEnded(_) => None,
    }?;
    (commit.operator != Some(by.operator.uuid()))
        .then(|| format!("says that {} did it, who did not send the command", by.operator))
}

/// Whether an operator is added in a commit.
fn added(commit: &Commit, operator: Uuid, name: &str) -> bool {
    commit.events.iter().any(|event| match &event.recorded {
        Event::Operator(OperatorEvent::Added(added)) => event.stream == operator && added.name == name,
        _ => false,
    })
}

/// What is wrong with an act. `acting`: who sent the command; `named`: whose act it is said to be.
fn act_fault(
    (acting, named): (Option<&Operator>, Option<&Operator>),
    acted: &OperatorActed,
    actor: Option<Uuid>,
    is_last: bool,
) -> Option<String> {
    let approval = acted.approval.as_ref();
    // What a second operator approved, that one sent.
    let (sender, sender_name) =
        approval.map_or((acted.operator, &acted.name), |approval| (approval.approver, &approval.approver_name));
    if actor != Some(sender.uuid()) || !is_last {
        return Some(format!("says that {sender} sent a command that is not theirs"));
    }
    match acting {
        Some(operator) if !operator.is_enabled => Some(format!("is of {sender}, who was disabled")),
        Some(operator) if operator.name != *sender_name => Some(format!("calls {sender} by another name")),
        Some(_) if named.is_none_or(|named| named.name != acted.name) => {
            Some(format!("calls {} by another name", acted.operator))
        }
        Some(_) => None,
        None => Some(format!("is of {sender}, who was never added")),
    }
}

/// What is wrong with what an act says that was done.
fn tale_fault(acted: &OperatorActed, commit: &Commit) -> Option<String> {
    let first = commit.events.first().filter(|_| commit.unreadable.is_empty())?;
    let is_true = first.recorded.event_type().name == acted.action && first.stream == acted.subject.uuid();
    (!is_true).then(|| format!("says that {} of {} was done", acted.action, acted.subject))
}

#[cfg(test)]
mod tests {
    use events::recorded::{
        ByOperator, OperatorAdded, OperatorCredentialsReset, OperatorDisabled, OperatorEnabled, OperatorListed,
        OperatorRoleSet, PartnerCreated,
    };
    use kernel::{OperatorId, StreamId};

    use super::*;
    use crate::test_log::{Events, TestLog};

    const ADMIN: u128 = 900;
    const OTHER: u128 = 901;

    fn operator(number: u128) -> OperatorId {
        OperatorId::new(Uuid::from_u128(number))
    }

    fn add(number: u128, name: &str, role: OperatorRole) -> Events {
        let list = StreamId::OPERATORS.uuid().as_u128();
        let listed = OperatorListed { operator: operator(number), name: name.into() };
        let added = OperatorAdded { name: name.into(), role, reason: None, by: None };
        vec![(number, added.into()), (list, listed.into())]
    }

    /// That an operator did something, in a commit that begins with `something(stream - 10)`.
    fn acted(stream: u128, number: u128, name: &str) -> (u128, Event) {
        did(stream, number, name, "PartnerCreated", stream - 10)
    }

    fn did(stream: u128, number: u128, name: &str, action: &str, subject: u128) -> (u128, Event) {
        let (session, reason) = (Uuid::from_u128(7), "because".to_owned());
        let (operator, subject) = (operator(number), StreamId::new(Uuid::from_u128(subject)));
        let (name, action) = (name.to_owned(), action.to_owned());
        let (approval, unapproved) = (None, false);
        let from = None;
        let acted = OperatorActed { operator, name, session, from, reason, action, subject, approval, unapproved };
        (stream, acted.into())
    }

    fn something(stream: u128) -> (u128, Event) {
        (stream, PartnerCreated { name: "x".into() }.into())
    }

    fn with_admin() -> TestLog {
        let mut log = TestLog::new();
        log.sound(add(ADMIN, "admin", OperatorRole::Admin));
        log
    }

    #[test]
    fn what_an_operator_does_says_who_and_why() {
        let mut log = with_admin();
        log.operator = Some(Uuid::from_u128(ADMIN));
        log.sound(vec![something(800), acted(810, ADMIN, "admin")]);
        log.wrong(vec![something(801)], "and says 0 times why");
        let tale = did(818, ADMIN, "admin", "AccountFrozen", 808);
        log.wrong(vec![something(808), tale], "says that AccountFrozen of");
        let elsewhere = did(819, ADMIN, "admin", "PartnerCreated", 1);
        log.wrong(vec![something(809), elsewhere], "says that PartnerCreated of");
        log.wrong(vec![something(802), acted(811, ADMIN, "minji")], "by another name");
        log.wrong(vec![something(803), acted(812, OTHER, "admin")], "sent a command that is not theirs");
        log.wrong(vec![acted(813, ADMIN, "admin"), something(804)], "sent a command that is not theirs");
        log.wrong(vec![acted(814, ADMIN, "admin"), acted(815, ADMIN, "admin")], "and says 2 times why");
        // A token that was made with the signing key is of nobody with an account.
        log.operator = Some(Uuid::from_u128(77));
        log.sound(vec![something(805)]);
        log.wrong(vec![something(806), acted(816, 77, "x")], "who was never added");
        log.operator = None;
        log.wrong(vec![something(807), acted(817, ADMIN, "admin")], "sent a command that is not theirs");
    }

    #[test]
    fn whoever_was_disabled_does_nothing_more() {
        let mut log = with_admin();
        log.sound(add(OTHER, "minji", OperatorRole::Admin));
        log.operator = Some(Uuid::from_u128(OTHER));
        let disabled = || OperatorDisabled { reason: None }.into();
        log.sound(vec![(OTHER, disabled()), did(820, OTHER, "minji", "OperatorDisabled", OTHER)]);
        log.wrong(vec![something(811), acted(821, OTHER, "minji")], "who was disabled");
        log.operator = None;
        log.wrong(vec![(ADMIN, disabled())], "leaves no admin who is enabled");
    }

    #[test]
    fn operators_are_what_their_events_say() {
        let mut log = with_admin();
        log.wrong(add(OTHER, "admin", OperatorRole::Viewer), "a name that is not theirs");
        let alone = vec![add(OTHER + 1, "minji", OperatorRole::Viewer).remove(0)];
        log.wrong(alone, "a name that is not theirs");
        let listed = vec![add(OTHER + 2, "jisu", OperatorRole::Viewer).remove(1)];
        log.wrong(listed, "who is not added in this commit");
        log.wrong(vec![(OTHER + 9, OperatorEnabled { reason: None, by: None }.into())], "was never added");
        let mut log = with_admin();
        log.sound(vec![(ADMIN, OperatorCredentialsReset { credentials: 2, reason: None, by: None }.into())]);
        log.wrong(
            vec![(ADMIN, OperatorCredentialsReset { credentials: 2, reason: None, by: None }.into())],
            "does not follow",
        );
        log.wrong(vec![(ADMIN, OperatorEnabled { reason: None, by: None }.into())], "does not follow");
        let by = Some(ByOperator { operator: operator(OTHER), at: log.now });
        let reset = OperatorCredentialsReset { credentials: 3, reason: None, by };
        log.wrong(vec![(ADMIN, reset.into())], "who did not send the command");
        let same = OperatorRoleSet { role: OperatorRole::Admin, reason: None, by: None };
        log.wrong(vec![(ADMIN, same.into())], "does not follow");
    }
}
