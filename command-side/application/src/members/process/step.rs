//! Steps that the process runner writes to the log itself.

use std::time::Duration;

use kernel::{Actor, CommandId, CorrelationId, MemberId, Role};
use log::Fingerprint;
use tokio::time::Instant;
use uuid::Uuid;

use super::ProcessRunner;
use crate::members::Meta;

/// Who the process runner is in the log.
pub const PROCESS_RUNNER: Actor =
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(0x6a61_6e67_6275_5f62_8061_636b_6f66_6664)) };

/// The id of a step of a process: the same on every server and after every crash, so that it is written once.
pub fn step_id(process: Uuid, step: &str) -> CommandId {
    CommandId::new(Uuid::new_v5(&process, step.as_bytes()))
}

impl ProcessRunner {
    /// What belongs to a step.
    pub(super) fn step(&self, process: Uuid, step: &str) -> Meta {
        let command_id = step_id(process, step);
        Meta {
            command_id,
            fingerprint: Fingerprint(*command_id.uuid().as_bytes()),
            correlation: CorrelationId::new(self.members.shared.ids.fresh()),
            deadline: Instant::now() + Duration::from_secs(10),
            token: None,
        }
    }
}
