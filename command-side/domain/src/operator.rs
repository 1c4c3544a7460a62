//! Operators with accounts: their names and their roles.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use events::recorded::{
    ByOperator, OperatorAdded, OperatorCredentialsReset, OperatorDisabled, OperatorEnabled, OperatorEvent,
    OperatorListEvent, OperatorListed, OperatorRoleSet,
};
use kernel::{OperatorId, OperatorRole};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{EvolveError, Refusal};

/// The fewest and the most characters of a name.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=32;

/// The number of the credentials that an operator begins with.
pub const FIRST_CREDENTIALS: u32 = 1;

/// What an operator logs in with: 3 to 32 of `a-z`, `0-9`, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OperatorName(String);

/// Not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 3 to 32 characters of a-z, 0-9, '.', '_' and '-'")]
pub struct OperatorNameError;

impl OperatorName {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OperatorName {
    type Err = OperatorNameError;

    fn from_str(text: &str) -> Result<Self, OperatorNameError> {
        let is_known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        match LENGTH.contains(&text.len()) && text.bytes().all(is_known) {
            true => Ok(Self(text.to_owned())),
            false => Err(OperatorNameError),
        }
    }
}

impl<'de> Deserialize<'de> for OperatorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// An operator as their events left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What they log in with.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// Whether they may log in.
    pub is_enabled: bool,
    /// The number of their credentials: the first password and the secret of one-time codes follow from it.
    pub credentials: u32,
    /// Which operators added them, reset their credentials, enabled them or gave them their role, and when each of them last did. All of them are
    /// kept: an operator who is let in by a second one would else be rid of the first.
    pub let_in_by: BTreeMap<OperatorId, DateTime<Utc>>,
}

impl Operator {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &OperatorEvent) -> Result<Self, EvolveError> {
        let mut operator = match (state, event) {
            (None, OperatorEvent::Added(added)) => {
                let OperatorAdded { name, role, by, .. } = added.clone();
                let let_in_by = by.into_iter().map(|by| (by.operator, by.at)).collect();
                return Ok(Self { name, role, is_enabled: true, credentials: FIRST_CREDENTIALS, let_in_by });
            }
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), OperatorEvent::Added(_)) => return Err(EvolveError::OpenedTwice),
            (Some(operator), _) => operator,
        };
        match event {
            OperatorEvent::RoleSet(set) => operator.role = set.role,
            OperatorEvent::Disabled(_) => operator.is_enabled = false,
            OperatorEvent::Enabled(_) => operator.is_enabled = true,
            OperatorEvent::CredentialsReset(reset) => {
                if operator.credentials.checked_add(1) != Some(reset.credentials) {
                    return Err(EvolveError::OutOfOrder);
                }
                operator.credentials = reset.credentials;
            }
            OperatorEvent::Added(_) | OperatorEvent::SessionEnded(_) => {}
        }
        if let Some(ByOperator { operator: by, at }) = let_in(event) {
            operator.let_in_by.insert(by, at);
        }
        Ok(operator)
    }

    /// Whether they can set how the bank is run.
    pub fn is_acting_admin(&self) -> bool {
        self.is_enabled && self.role == OperatorRole::Admin
    }

    /// What happens when they get a role; nothing if they have it. `is_last`: whether there is no other acting admin.
    ///
    /// # Errors
    ///
    /// If no acting admin would be left.
    pub fn set_role(
        &self,
        role: OperatorRole,
        reason: Option<String>,
        is_last: bool,
    ) -> Result<Option<OperatorRoleSet>, Refusal> {
        if self.role == role {
            return Ok(None);
        }
        self.may_stop_acting(is_last)?;
        Ok(Some(OperatorRoleSet { role, reason, by: None }))
    }

    /// What happens when they are disabled; nothing if they are. `is_last`: whether there is no other acting admin.
    ///
    /// # Errors
    ///
    /// If no acting admin would be left.
    pub fn disable(&self, reason: Option<String>, is_last: bool) -> Result<Option<OperatorDisabled>, Refusal> {
        if !self.is_enabled {
            return Ok(None);
        }
        self.may_stop_acting(is_last)?;
        Ok(Some(OperatorDisabled { reason }))
    }

    /// What happens when they are enabled; nothing if they are.
    pub fn enable(&self, reason: Option<String>) -> Option<OperatorEnabled> {
        (!self.is_enabled).then_some(OperatorEnabled { reason, by: None })
    }

    /// What happens when their credentials are reset.
    pub fn reset(&self, reason: Option<String>) -> OperatorCredentialsReset {
        // Four thousand million resets do not happen.
        OperatorCredentialsReset { credentials: self.credentials.saturating_add(1), reason, by: None }
    }

    fn may_stop_acting(&self, is_last: bool) -> Result<(), Refusal> {
        match self.is_acting_admin() && is_last {
            true => Err(Refusal::LastAdmin),
            false => Ok(()),
        }
    }
}

/// Who let an operator in by an event. Whoever disables somebody, or ends a session, lets nobody in.
fn let_in(event: &OperatorEvent) -> Option<ByOperator> {
    match event {
        OperatorEvent::Added(added) => added.by,
        OperatorEvent::RoleSet(set) => set.by,
        OperatorEvent::Enabled(enabled) => enabled.by,
        OperatorEvent::CredentialsReset(reset) => reset.by,
        OperatorEvent::Disabled(_) | OperatorEvent::SessionEnded(_) => None,
    }
}

/// The names of all operators, those that were disabled included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorList(BTreeMap<String, OperatorId>);

impl OperatorList {
    /// The list after an event.
    pub fn evolve(state: Option<Self>, event: &OperatorListEvent) -> Result<Self, EvolveError> {
        let mut list = state.unwrap_or_default();
        let OperatorListEvent::Added(OperatorListed { operator, name }) = event;
        match list.0.insert(name.clone(), *operator) {
            None => Ok(list),
            Some(_) => Err(EvolveError::OutOfOrder),
        }
    }

    /// Who has a name.
    pub fn find(&self, name: &str) -> Option<OperatorId> {
        self.0.get(name).copied()
    }

    /// All of them.
    pub fn operators(&self) -> impl Iterator<Item = OperatorId> {
        self.0.values().copied()
    }

    /// What happens to the list when an operator is added.
    ///
    /// # Errors
    ///
    /// If somebody has the name, or had it.
    pub fn add(&self, operator: OperatorId, name: &OperatorName) -> Result<OperatorListed, Refusal> {
        match self.0.contains_key(name.as_str()) {
            true => Err(Refusal::OperatorNameTaken),
            false => Ok(OperatorListed { operator, name: name.as_str().to_owned() }),
        }
    }
}
