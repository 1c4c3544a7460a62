//! Hashing passwords, without taking the processor from transfers: a bounded queue, and one thread of the lowest ordinary
//! priority that rests after each password, so that it never has more than its share of one core.

mod argon;
mod params;
mod worker;

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use secrecy::SecretString;
use tokio::sync::oneshot;

use self::worker::{Job, Worker};
use crate::PasswordHash;

pub use params::{PasswordParams, PasswordParamsError};
pub use worker::Verified;

/// More passwords are waiting to be hashed than a server can promise to get done: try again in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct Busy;

/// The hasher. Clones share its thread, which ends with the last of them.
#[derive(Clone)]
pub struct Passwords {
    jobs: SyncSender<Job>,
}

impl Passwords {
    /// Starts the thread.
    pub fn start(params: PasswordParams) -> Result<Self, PasswordParamsError> {
        let mut worker = Worker::new(params)?;
        let (jobs, queue) = sync_channel(params.queue);
        tasks::thread("passwords", move || worker.run(&queue)).expect("a process that starts can start a thread");
        Ok(Self { jobs })
    }

    /// Hashes a password.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, Busy> {
        self.ask(|answer| Job::Hash { password, answer }).await
    }

    /// Compares a password with a hash; without one, with a hash that nothing matches. Both take the same time.
    pub async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<Verified, Busy> {
        self.ask(|answer| Job::Verify { password, hash, answer }).await
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, Busy> {
        let (answer, answered) = oneshot::channel();
        match self.jobs.try_send(job(answer)) {
            Ok(()) => answered.await.map_err(|_| Busy),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Busy),
        }
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(..)")
    }
}
