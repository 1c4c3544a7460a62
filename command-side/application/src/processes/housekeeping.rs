//! What the leader does now and then: sweeps the vault, forgets what was done long ago, and counts the instances.

use std::time::Duration;

use chrono::TimeDelta;
use log::InstanceState;
use tokio::time::Instant;

use super::{
    process::ProcessError,
    runner::{Lead, ProcessRunner, RoundError},
};

/// What sign-ups left in the vault is swept this often, and what was done long ago is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Instances are counted this often, for the metrics.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// Sessions of operators that are over are kept so long: an address that one of them came from is a known one.
const KEEP_SESSIONS: TimeDelta = TimeDelta::days(90);
/// What was done is kept so long, for operators to look at.
const KEEP_DONE: TimeDelta = TimeDelta::days(30);

impl ProcessRunner {
    pub(super) async fn do_housekeeping(&self, lead: &mut Lead) -> Result<(), RoundError> {
        let is_due = |last: Option<Instant>, every| last.is_none_or(|last| last.elapsed() >= every);
        if is_due(lead.swept, SWEEP_EVERY) {
            self.sweep_vault().await?;
            let before = self.members.shared.clock.now() - KEEP_DONE;
            self.store.forget_done(lead.leadership.epoch(), before).await.map_err(ProcessError::Log)?;
            lead.swept = Some(Instant::now());
        }
        if is_due(lead.counted, COUNT_EVERY) {
            self.count().await?;
            lead.not_before.retain(|_, then| Instant::now() < *then);
            lead.counted = Some(Instant::now());
        }
        Ok(())
    }

    /// Destroys what sign-ups left in the vault that never reached the log. Everything younger may still reach it.
    async fn sweep_vault(&self) -> Result<(), ProcessError> {
        let shared = &self.members.shared;
        let age = shared.options.codes.sign_up_lives + shared.options.sweep_margin;
        let swept = shared.vault.sweep(shared.clock.now() - age).await.map_err(ProcessError::Vault)?;
        shared
            .vault
            .forget_tokens(shared.clock.now() - shared.options.refresh_lives)
            .await
            .map_err(ProcessError::Vault)?;
        let over = shared.clock.now() - KEEP_SESSIONS;
        shared.vault.forget_operator_sessions(over).await.map_err(ProcessError::Vault)?;
        if swept > 0 {
            metrics::counter!("vault_swept_total").increment(swept);
            tracing::info!(swept, "what sign-ups left in the vault was destroyed");
        }
        Ok(())
    }

    async fn count(&self) -> Result<(), ProcessError> {
        let counts = self.store.count().await.map_err(ProcessError::Log)?;
        for process in &self.processes {
            for state in InstanceState::ALL {
                let found = counts.iter().find(|(name, of, _)| name == process.name() && *of == state);
                let count = found.map_or(0, |(_, _, count)| *count);
                metrics::gauge!("process_instances", "process" => process.name(), "state" => state.as_str())
                    .set(count as f64);
            }
        }
        Ok(())
    }
}
