//! Destroying again, whenever a server begins to lead, the keys of erased members: a backup of the vault may have brought them back.

use events::recorded::MemberErased;
use kernel::{MemberId, Position};

use super::process::ProcessError;
use crate::commands::Members;

/// How far the erased members have been gone through.
#[derive(Default)]
pub struct DestroyAgain {
    done: Position,
    /// The end of the log at the start; what comes after is followed as it happens.
    up_to: Option<Position>,
}

/// So many positions are looked through at once.
const WINDOW: i64 = 200_000;
/// So many erased members are gone through at once.
const PAGE: i64 = 500;

impl DestroyAgain {
    /// Goes through the next erased members; whether there are more.
    pub(super) async fn go_on(&mut self, members: &Members) -> Result<bool, ProcessError> {
        let shared = &members.shared;
        let end = match self.up_to {
            Some(end) => end,
            None => shared.log.head().await.map_err(ProcessError::Log)?.position,
        };
        self.up_to = Some(end);
        if self.done >= end {
            return Ok(false);
        }
        let up_to = end.min(self.done.plus(WINDOW));
        let read = shared.log.read_typed(&[MemberErased::NAME], self.done, up_to, PAGE).await;
        let page = read.map_err(ProcessError::Log)?;
        for picked in &page {
            let member = MemberId::new(picked.event.stream.uuid());
            if shared.vault.destroy_again(member).await.map_err(ProcessError::Vault)? {
                metrics::counter!("vault_keys_destroyed_again_total").increment(1);
                tracing::warn!(member.id = %member, "the key of an erased member had come back; it is destroyed again");
            }
        }
        let full = page.len() as i64 == PAGE;
        self.done = if full { page.last().map_or(up_to, |last| last.position) } else { up_to };
        Ok(self.done < end)
    }
}
