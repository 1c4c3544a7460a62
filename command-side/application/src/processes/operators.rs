//! The process `operators`: what the log says of operators ends their sessions, in the vault and on all servers.
//!
//! Whoever disables an operator ends the sessions at once; this makes sure of it when that server ended in between, and when the vault came back
//! from a backup. The effects may come again: a session that was opened after the event stays.

use async_trait::async_trait;
use events::recorded::{Event, OperatorCredentialsReset, OperatorDisabled, OperatorEvent, OperatorRoleSet};
use kernel::OperatorId;
use log::ProcessInstance;
use vault::NewMessage;

use super::process::{Change, Followed, Next, Process, ProcessError};
use crate::commands::Members;

/// It has no instances.
pub struct EndOperatorSessions {
    members: Members,
}

#[async_trait]
impl Process for EndOperatorSessions {
    fn name(&self) -> &'static str {
        "operators"
    }

    fn events(&self) -> &'static [&'static str] {
        &[OperatorRoleSet::NAME, OperatorDisabled::NAME, OperatorCredentialsReset::NAME]
    }

    fn on(&self, _: &Followed) -> Vec<Change> {
        Vec::new()
    }

    async fn effects(&self, followed: &Followed) -> Result<Vec<NewMessage>, ProcessError> {
        let Event::Operator(event) = &followed.event else { return Ok(Vec::new()) };
        match event {
            OperatorEvent::RoleSet(_) | OperatorEvent::Disabled(_) | OperatorEvent::CredentialsReset(_) => {
                let (operator, version) = (followed.picked.event.stream.uuid(), followed.picked.event.version);
                let vault = &self.members.shared.vault;
                let ended = vault.end_operator_sessions(OperatorId::new(operator), version).await;
                ended.map_err(ProcessError::Vault)?;
            }
            OperatorEvent::Added(_) | OperatorEvent::Enabled(_) | OperatorEvent::SessionEnded(_) => {}
        }
        Ok(Vec::new())
    }

    async fn step(&self, _: &ProcessInstance) -> Result<Next, ProcessError> {
        Ok(Next::Done)
    }
}

impl EndOperatorSessions {
    pub fn new(members: Members) -> Self {
        Self { members }
    }
}
