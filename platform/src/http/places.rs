//! Places for connections: so many in all, and so many of one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::origin::network;

/// The places of a server.
pub(super) struct Places {
    all: Arc<Semaphore>,
    taken: Arc<Taken>,
    per_address: usize,
}

type Taken = Mutex<HashMap<IpAddr, usize>>;

/// A place for one connection; given back when it is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    address: IpAddr,
    taken: Arc<Taken>,
}

impl Places {
    pub(super) fn new(all: usize, per_address: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), taken: Arc::default(), per_address }
    }

    /// Waits until there is a place for anybody.
    pub(super) async fn any(&self) -> Option<OwnedSemaphorePermit> {
        self.all.clone().acquire_owned().await.ok()
    }

    /// The place of a connection from this address; none if the address has as many as it may.
    pub(super) fn of(&self, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Place> {
        let address = network(address);
        let mut taken = lock(&self.taken);
        let count = taken.entry(address).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place { _permit: permit, address, taken: self.taken.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

fn lock(taken: &Taken) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}
