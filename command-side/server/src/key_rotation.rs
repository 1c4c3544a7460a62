//! The schedule of the vault's key-encryption keys, kept by the servers themselves.

use std::{error::Error, sync::Arc, time::Duration};

use database::Pool;
use platform::shutdown::Shutdown;
use tokio::time::sleep;
use vault::{Kek, KeySchedule, Keyring, Rotated, VaultError};

use crate::config::MemberConfig;

/// How often it is looked whether anything is due. It is counted in days.
const EVERY: Duration = Duration::from_secs(3600);
/// A pass that failed is repeated after this time: what is due is due.
const RETRY: Duration = Duration::from_secs(300);

/// Replaces key-encryption keys and destroys retired ones. Every server may do it at once: the vault's database decides who makes
/// a key, and the rest changes nothing the second time.
#[derive(Clone)]
pub(crate) struct KeyRotation {
    keyring: Arc<Keyring>,
    schedule: KeySchedule,
    /// Whether the servers keep the schedule, or an operator does.
    is_kept_here: bool,
}

impl KeyRotation {
    pub(crate) fn new(config: &MemberConfig, pool: Pool, kek: Arc<dyn Kek>) -> Self {
        let keyring = Arc::new(Keyring::new(pool, kek));
        Self { keyring, schedule: config.key_schedule(), is_kept_here: config.rotates_keys() }
    }

    /// Keeps the schedule until no more commands can come. Being stopped anywhere is as good as a crash: the next pass goes on.
    pub(crate) async fn run(self, closed: Shutdown) {
        loop {
            let pause = tokio::select! {
                () = closed.requested() => return,
                pass = self.pass() => self.report(pass),
            };
            tokio::select! { () = closed.requested() => return, () = sleep(pause) => {} }
        }
    }

    async fn pass(&self) -> Result<Rotated, VaultError> {
        if self.is_kept_here {
            return self.keyring.keep_schedule(&self.schedule).await;
        }
        // What the holder has is known to the vault before anything of it can be destroyed.
        self.keyring.take_stock().await?;
        Ok(Rotated::default())
    }

    /// When the next pass is.
    fn report(&self, pass: Result<Rotated, VaultError>) -> Duration {
        match pass {
            Ok(done) => {
                metrics::counter!("vault_key_rotations_total").increment(u64::from(done.made));
                if done != Rotated::default() {
                    let Rotated { made, rewrapped, lost, destroyed } = done;
                    tracing::info!(made, rewrapped, lost, destroyed, "key-encryption keys were rotated");
                }
                EVERY
            }
            Err(error) => {
                metrics::counter!("vault_key_rotation_failures_total").increment(1);
                tracing::warn!(error = &error as &dyn Error, "key-encryption keys could not be rotated; retrying");
                RETRY
            }
        }
    }
}
