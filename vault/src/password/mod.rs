//! Hashing passwords, without taking the processor from transfers: a bounded queue, and one thread that runs only when
//! nobody else wants to. Should the machine be so busy that it never does, a second one of the lowest ordinary priority takes
//! what has waited for a second.

mod params;
mod queue;
mod worker;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::oneshot;

use self::{
    queue::Queue,
    worker::{Hand, Job, Worker},
};
use crate::PasswordHash;

pub use params::{PasswordParams, PasswordParamsError};

/// More passwords are waiting to be hashed than a server can promise to get done: try again in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct Busy;

/// What came of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the hash was made with less than is asked for now: if the password matches, hash it anew.
    pub outdated: bool,
}

/// The hasher. Clones share its threads, which end with the last of them.
#[derive(Clone)]
pub struct Passwords {
    jobs: Arc<Jobs>,
}

/// Closed when nobody can ask any more.
struct Jobs(Arc<Queue<Job>>);

impl Drop for Jobs {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Passwords {
    /// Starts the threads.
    pub fn start(params: PasswordParams) -> Self {
        let queue = Arc::new(Queue::new(params.queue));
        for hand in [Hand::Idle, Hand::Nice] {
            let (worker, queue) = (Worker::new(params), queue.clone());
            std::thread::Builder::new()
                .name(hand.name().to_owned())
                .spawn(move || worker.run(hand, &queue))
                .expect("a process that starts can start a thread");
        }
        Self { jobs: Arc::new(Jobs(queue)) }
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
        match self.jobs.0.put(job(answer)) {
            true => answered.await.map_err(|_| Busy),
            false => Err(Busy),
        }
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(..)")
    }
}
