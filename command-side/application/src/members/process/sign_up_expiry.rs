//! Ending sign-ups whose time ran out, and sweeping what never became one.

use domain::member::{Deciding, MemberEvent, MemberRefusal};
use kernel::{Actor, StreamId};
use tokio::time::Instant;

use super::{ProcessRunner, RoundError, SWEEP_EVERY, step::PROCESS_RUNNER};
use crate::members::{
    MemberError,
    handler::{CommandHandler, PendingEvent},
    unit_of_work::UnitOfWork,
};

/// A sign-up whose time ran out comes to nothing.
struct Expire(StreamId);

impl CommandHandler for Expire {
    type Answer = ();

    fn actor(&self, _: &UnitOfWork) -> Actor {
        PROCESS_RUNNER
    }

    fn decide(&self, deciding: Deciding<'_, UnitOfWork>) -> Result<Vec<MemberEvent>, MemberRefusal> {
        Ok(deciding.expire(self.0))
    }

    fn tell(&self, _: &[PendingEvent], _: &UnitOfWork) -> Result<(), MemberError> {
        Ok(())
    }
}

impl ProcessRunner {
    /// Ends every sign-up whose time ran out. That one was completed in the same instant shows when it is read.
    pub(super) async fn expire_sign_ups(&mut self) -> Result<(), RoundError> {
        let Some(watching) = &mut self.watching else { return Ok(()) };
        let now = self.members.shared.clock.now();
        let due: Vec<_> =
            watching.sign_ups.iter().filter(|(_, pending)| pending.ends <= now).map(|(id, _)| *id).collect();
        for id in due {
            let stream = StreamId::new(id);
            let step = self.step(id, "expire");
            self.members.carry_out(&Expire(stream), &step, &[stream]).await.map_err(RoundError::Step)?;
            if let Some(watching) = &mut self.watching {
                watching.sign_ups.remove(&id);
            }
        }
        Ok(())
    }

    /// Destroys what sign-ups left in the vault that never reached the log. Everything younger may still reach it.
    pub(super) async fn sweep(&mut self) -> Result<(), RoundError> {
        if self.swept.is_some_and(|when| when.elapsed() < SWEEP_EVERY) {
            return Ok(());
        }
        let shared = &self.members.shared;
        let age = shared.options.codes.sign_up_lives + shared.options.sweep_margin;
        let swept = shared.vault.sweep(shared.clock.now() - age).await.map_err(RoundError::Vault)?;
        if swept > 0 {
            metrics::counter!("vault_swept").increment(swept);
            tracing::info!(swept, "what sign-ups left in the vault was destroyed");
        }
        self.swept = Some(Instant::now());
        Ok(())
    }
}
