//! Locks on streams within this server: two of its commands on one stream wait for one another instead of colliding.

use std::collections::BTreeSet;

use kernel::StreamId;
use tokio::sync::{Mutex, MutexGuard};

/// A fixed number of locks; a stream has one by its id. The version check of the append is the safety, these are manners.
pub struct StreamLocks([Mutex<()>; Self::COUNT]);

impl StreamLocks {
    const COUNT: usize = 256;

    /// All free.
    pub fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }

    /// Waits for the locks of all these streams. Everybody takes them in the same order, so nobody waits in a circle.
    pub async fn hold(&self, streams: &[StreamId]) -> Vec<MutexGuard<'_, ()>> {
        let wanted: BTreeSet<usize> = streams.iter().map(|stream| stripe(*stream)).collect();
        let mut held = Vec::with_capacity(wanted.len());
        for index in wanted {
            held.push(self.0[index].lock().await);
        }
        held
    }
}

/// The low bytes are random in every kind of id: hashes, and ids by time.
fn stripe(stream: StreamId) -> usize {
    (stream.uuid().as_u128() % StreamLocks::COUNT as u128) as usize
}
