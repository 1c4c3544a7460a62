//! Steps that are commands.

use std::time::Duration;

use kernel::{Actor, CommandId, CorrelationId, MemberId, Role};
use log::Fingerprint;
use tokio::time::Instant;
use traces::TraceContext;
use uuid::Uuid;

use crate::{commands::Members, engine::Meta};

/// Who the processes are in the log.
pub const PROCESS_RUNNER: Actor =
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(0x6a61_6e67_6275_5f62_8061_636b_6f66_6664)) };

/// The id of a step: the same on every server and after every crash, so that it is written once. An UUID of version 5 (RFC
/// 9562, 5.5) of the instance.
pub fn step_id(process: &str, instance: Uuid, step: &str) -> CommandId {
    CommandId::new(Uuid::new_v5(&instance, format!("{process}/{step}").as_bytes()))
}

/// What belongs to a step.
pub(super) fn step_meta(members: &Members, process: &str, instance: Uuid, step: &str) -> Meta {
    let command_id = step_id(process, instance, step);
    let correlation = CorrelationId::new(members.shared.ids.fresh());
    Meta {
        command_id,
        fingerprint: Fingerprint(*command_id.uuid().as_bytes()),
        correlation,
        deadline: Instant::now() + Duration::from_secs(10),
        token: None,
        trace: TraceContext::of(correlation),
    }
}
