//! Commands that need what must be fetched from the archive. They wait beside the queue, so that nobody waits for them.

use std::{sync::Arc, time::Duration};

use log::Wanted;
use tokio::{sync::Semaphore, time::timeout_at};

use super::{Log, queue::FairQueue, read_error::read_failed, task::Job};
use crate::ExecuteError;

/// How many commands may wait so. Who repeats old keys without end takes these places, and none of the queue.
const PLACES: usize = 64;
/// The answer if there is no place: nothing was written.
const OVERLOADED: ExecuteError = ExecuteError::Overloaded { retry_after: Duration::from_secs(1) };

/// Where commands wait for the archive.
pub struct Parking {
    log: Arc<dyn Log>,
    queue: Arc<FairQueue<Job>>,
    places: Arc<Semaphore>,
    /// They are fetched one after another, so that the engine never waits long for a connection to the log.
    turn: Arc<Semaphore>,
}

impl Parking {
    pub fn new(log: Arc<dyn Log>, queue: Arc<FairQueue<Job>>) -> Self {
        Self { log, queue, places: Arc::new(Semaphore::new(PLACES)), turn: Arc::new(Semaphore::new(1)) }
    }

    /// Has a command wait until this is fetched, and queues it again. What was decided of it counts for nothing.
    pub fn park(&self, job: Job, wanted: Wanted) {
        let Ok(place) = self.places.clone().try_acquire_owned() else { return job.fail(OVERLOADED) };
        let (log, queue, turn) = (self.log.clone(), self.queue.clone(), self.turn.clone());
        drop(tasks::brief(async move {
            let _place = place;
            let fetching = async {
                let _turn = turn.acquire().await;
                log.fetch(wanted).await
            };
            match timeout_at(job.meta.deadline, fetching).await {
                Ok(Ok(())) => {
                    if let Err(job) = queue.put_back(job) {
                        job.fail(ExecuteError::ShuttingDown);
                    }
                }
                Ok(Err(error)) => job.fail(read_failed(&error)),
                // It goes on being fetched: the next try finds it.
                Err(_) => job.fail(ExecuteError::DeadlinePassed),
            }
        }));
    }
}
