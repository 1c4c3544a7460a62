//! Names that one server holds at a time.

use std::time::Duration;

use database::Pool;

use crate::lock::{LockError, SessionLock};

/// A server's name, such as `server-0`: the lowest number nobody else holds. What is kept under the name (a sub-account,
/// say) then has one writer as a rule. It is no more than a rule: if the connection breaks, another may take the name
/// while this server still uses it, and the version check of the log decides. A suspended server loses it too.
#[derive(Debug)]
pub struct ServerLease {
    name: String,
    lock: SessionLock,
}

impl ServerLease {
    /// Nobody waits for a name, so a busy server has time to renew it.
    const LEASE: Duration = Duration::from_secs(10);

    /// Takes the first free name that starts with `prefix`.
    pub async fn acquire(pool: &Pool, prefix: &str) -> Result<Self, LockError> {
        let options = pool.connect_options();
        let mut number = 0_u32;
        loop {
            let name = format!("{prefix}-{number}");
            if let Some(lock) =
                SessionLock::try_acquire_for(options, &format!("jangbu/lease/{name}"), Self::LEASE).await?
            {
                return Ok(Self { name, lock });
            }
            number += 1;
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until the name may be another server's.
    pub async fn lost(&self) {
        self.lock.lost().await;
    }

    /// Gives the name back, and waits until it is free.
    pub async fn release(self) {
        self.lock.release().await;
    }
}
