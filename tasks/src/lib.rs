//! Long-lived tasks: started under a name, restarted when they break, and never dead unnoticed.

mod backoff;
mod fault;
pub mod files;
mod key_file;
mod registry;
mod restart;

use std::{borrow::Cow, panic::AssertUnwindSafe};

use futures::FutureExt;
use tokio::task::JoinHandle;

pub use backoff::Backoff;
pub use fault::{fault_point, kill_point};
pub use key_file::{KeyFile, KeyFileError, read_private};
pub use registry::{Failed, check, fail, failed, outcome};

use self::{
    registry::Entry,
    restart::{Restarts, reason},
};

/// A running task. Dropping it stops the task.
#[derive(Debug)]
#[must_use = "dropping it stops the task"]
pub struct Task(Option<JoinHandle<()>>);

impl Task {
    /// Waits until the task has ended for good.
    pub async fn ended(mut self) {
        if let Some(handle) = &mut self.0 {
            // An error means that it was stopped: panics are caught inside.
            let _ = handle.await;
        }
    }

    /// Lets the task run until it ends by itself or the runtime does.
    pub fn detach(mut self) {
        self.0 = None;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}

/// Starts a task that never ends by itself. If it does, or panics, it is started again.
pub fn endless<R>(name: impl Into<Cow<'static, str>>, make: impl FnMut() -> R + Send + 'static) -> Task
where
    R: Future<Output = ()> + Send,
{
    supervise(name.into(), make, false)
}

/// Starts a task that ends when its work is done or it was asked to. If it panics, it is started again.
pub fn until_done<R>(name: impl Into<Cow<'static, str>>, make: impl FnMut() -> R + Send + 'static) -> Task
where
    R: Future<Output = ()> + Send,
{
    supervise(name.into(), make, true)
}

fn supervise<R>(name: Cow<'static, str>, mut make: impl FnMut() -> R + Send + 'static, may_end: bool) -> Task
where
    R: Future<Output = ()> + Send,
{
    let entry = Entry::new(name);
    Task(Some(tokio::spawn(async move {
        let mut restarts = Restarts::default();
        loop {
            entry.runs();
            let run = async {
                tokio::select! { () = make() => {} () = fault::wait(entry.name()) => {} }
            };
            let why = match AssertUnwindSafe(run).catch_unwind().await {
                Ok(()) if may_end => return,
                Ok(()) => "it ended".to_owned(),
                Err(panic) => reason(&*panic),
            };
            let Some(pause) = restarts.next() else { return entry.gives_up(&why) };
            entry.broke(&why, pause);
            tokio::time::sleep(pause).await;
        }
    })))
}

/// Starts a task that cannot be started again. If it panics, the process fails.
pub fn vital(name: impl Into<Cow<'static, str>>, work: impl Future<Output = ()> + Send + 'static) -> Task {
    let entry = Entry::new(name.into());
    Task(Some(tokio::spawn(async move {
        let run = async {
            tokio::select! { () = work => {} () = fault::wait(entry.name()) => {} }
        };
        if let Err(panic) = AssertUnwindSafe(run).catch_unwind().await {
            entry.gives_up(&reason(&*panic));
        }
    })))
}

/// Starts a thread that ends when its work is done. If it panics, it works on after a pause.
pub fn thread(name: &'static str, mut work: impl FnMut() + Send + 'static) -> std::io::Result<()> {
    let entry = Entry::new(name.into());
    let run = move || {
        let mut restarts = Restarts::default();
        loop {
            entry.runs();
            let Err(panic) = std::panic::catch_unwind(AssertUnwindSafe(&mut work)) else { return };
            let why = reason(&*panic);
            let Some(pause) = restarts.next() else { return entry.gives_up(&why) };
            entry.broke(&why, pause);
            std::thread::sleep(pause);
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Starts work that somebody waits for, and that must go on if they go away.
pub fn brief<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(work)
}
