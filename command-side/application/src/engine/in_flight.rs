//! The commands being decided now: the same one twice is refused for the moment.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::CommandId;

#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<CommandId>>>);

/// The right to decide a command; given back when the last copy is dropped.
#[derive(Clone)]
pub struct Claim {
    _held: Arc<Held>,
}

struct Held {
    command: CommandId,
    register: InFlight,
}

impl InFlight {
    /// Claims a command, unless it is claimed.
    pub fn claim(&self, command: CommandId) -> Option<Claim> {
        let is_free = self.commands().insert(command);
        is_free.then(|| Claim { _held: Arc::new(Held { command, register: self.clone() }) })
    }

    fn commands(&self) -> MutexGuard<'_, HashSet<CommandId>> {
        // A set of ids is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.register.commands().remove(&self.command);
    }
}
