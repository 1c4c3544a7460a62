//! The thread on which views are changed. A rebuild works hard for minutes: the threads that keep the live views level are left alone.

use std::{io, panic::AssertUnwindSafe};

use futures::{FutureExt, StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
};

type Job = Box<dyn FnOnce() -> LocalBoxFuture<'static, ()> + Send>;

/// Hands work to the thread. It ends when every clone of this is gone, and what it works on is broken off.
#[derive(Clone)]
pub(crate) struct ChangeThread(mpsc::UnboundedSender<Job>);

/// The thread ended, or the work panicked.
#[derive(Debug, thiserror::Error)]
#[error("the work on the view was broken off")]
pub(crate) struct BrokenOff;

impl ChangeThread {
    /// Starts it with work that goes on for ever; begun again if anything on the thread panics.
    pub(crate) fn start<R>(mut standing: impl FnMut() -> R + Send + 'static) -> io::Result<Self>
    where
        R: Future<Output = ()> + 'static,
    {
        let (jobs, mut asked) = mpsc::unbounded_channel::<Job>();
        tasks::thread("view-changes", move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime for one thread");
            runtime.block_on(work(&mut asked, standing().boxed_local()));
        })?;
        Ok(Self(jobs))
    }

    /// Does something on the thread. It goes on when nobody waits for it any more.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce() -> F + Send + 'static) -> Result<T, BrokenOff>
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            let work = work();
            async move {
                // A panic is the end of this work alone. Whoever asked may have gone.
                if let Ok(made) = AssertUnwindSafe(work).catch_unwind().await {
                    let _ = done.send(made);
                }
            }
            .boxed_local()
        });
        self.0.send(job).map_err(|_| BrokenOff)?;
        answer.await.map_err(|_| BrokenOff)
    }
}

async fn work(asked: &mut mpsc::UnboundedReceiver<Job>, standing: LocalBoxFuture<'static, ()>) {
    let mut running = FuturesUnordered::new();
    running.push(standing);
    loop {
        tokio::select! {
            job = asked.recv() => match job {
                Some(job) => running.push(job()),
                None => return,
            },
            _ = running.next(), if !running.is_empty() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_beside_other_work_and_a_panic_ends_its_own_alone() {
        let thread = ChangeThread::start(std::future::pending).expect("a thread");
        let (go, wait) = oneshot::channel::<()>();
        let (begun, begins) = oneshot::channel::<()>();
        let beside = thread.clone();
        let other = tokio::spawn(async move {
            let waits = move || async move {
                begun.send(()).expect("somebody listens");
                wait.await.expect("it is told to go on");
                6
            };
            beside.run(waits).await
        });
        begins.await.expect("it began");
        assert_eq!(thread.run(|| async { 7 }).await.expect("done"), 7);
        let broken: Result<(), BrokenOff> = thread.run(|| async { panic!("no") }).await;
        assert!(broken.is_err());
        go.send(()).expect("it still waits");
        assert_eq!(other.await.expect("no panic here").expect("done"), 6);
    }
}
