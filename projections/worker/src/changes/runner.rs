//! Carries out the rebuilds that were asked for, one after the other.

use std::{collections::HashMap, error::Error, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use events::recorded::Event;
use futures::FutureExt;
use log::ReadError;
use projection_engine::{Expected, Outcome, RebuildError, RebuildRequest, Rebuilder, Until};
use tokio::{
    sync::Notify,
    time::{interval, sleep, timeout},
};

use super::{
    rebuilders::{Rebuilders, named},
    report::{Meter, RebuildProgress},
    requests::{Ended, OpenRequest, Requests},
};

/// How often it is looked whether something was asked of another projector that is gone.
const LOOK: Duration = Duration::from_secs(2);
/// How often the progress is written down.
const NOTE: Duration = Duration::from_secs(1);
/// So often in a row a database may fail before a rebuild is given up. What was made stays, and the next one goes on with it.
pub(super) const MOST_TRIES: u32 = 20;
/// So often it is tried to write down how a rebuild ended.
const END_TRIES: u32 = 30;

/// What is said of a rebuild that met a defect.
const PANICKED: &str = "the rebuild panicked; the log of the projector says where";

/// Carries out what was asked for.
pub(crate) struct RebuildRunner {
    requests: Requests,
    rebuilders: Rebuilders,
    asked: Arc<Notify>,
    /// How often each request failed because of a database.
    tries: HashMap<i64, u32>,
}

impl RebuildRunner {
    /// `asked` is notified when a request was added here.
    pub(crate) fn new(requests: Requests, rebuilders: Rebuilders, asked: Arc<Notify>) -> Self {
        Self { requests, rebuilders, asked, tries: HashMap::new() }
    }

    /// Works for ever. It may be stopped at any moment: what was begun is gone on with, here or by another projector.
    pub(crate) async fn run(mut self) {
        let mut well = true;
        loop {
            tasks::fault_point("view-changes");
            match self.requests.open().await {
                Ok(open) => {
                    well = true;
                    for request in open {
                        self.carry_out(&request).await;
                    }
                }
                // The projector also runs before the migrations, and while the database is away.
                Err(error) if well => {
                    well = false;
                    let cause = &error as &dyn Error;
                    tracing::warn!(error = cause, "the rebuilds that were asked for cannot be read");
                }
                Err(_) => {}
            }
            let _ = timeout(LOOK, self.asked.notified()).await;
        }
    }

    async fn carry_out(&mut self, request: &OpenRequest) {
        // Another build may have it.
        let Some(view) = named(&request.view) else { return };
        let rebuilder = self.rebuilders.of(view);
        let wanted = RebuildRequest {
            until: if request.promotes { Until::Promoted } else { Until::Ready },
            expected: Expected::default(),
            restart: request.restarts,
            abandon_live: false,
            operator: request.operator.clone(),
        };
        let watched = AssertUnwindSafe(self.watched(request, &rebuilder, &wanted)).catch_unwind().await;
        // The engine met a defect: another try would meet it again.
        let made = watched.unwrap_or_else(|_| Err(RebuildError::Interrupted(PANICKED.to_owned())));
        match made {
            Err(RebuildError::Interrupted(why)) if why == PANICKED => self.end(request, Ended::GivenUp(why)).await,
            Ok(outcome) => self.end(request, Ended::Made(outcome.into())).await,
            // Somebody else is at it, perhaps another projector with this very request.
            Err(error @ RebuildError::Busy(_)) => self.wait(request, &error).await,
            Err(error) if passes(&error) && self.fails(request.id) < MOST_TRIES => self.wait(request, &error).await,
            Err(error) => self.end(request, Ended::GivenUp(chain(&error))).await,
        }
    }

    /// How often the request failed, with this time.
    fn fails(&mut self, id: i64) -> u32 {
        let tries = self.tries.entry(id).or_default();
        *tries += 1;
        *tries
    }

    /// Rebuilds, and writes down how far it is.
    async fn watched(
        &self,
        request: &OpenRequest,
        rebuilder: &Rebuilder<Event>,
        wanted: &RebuildRequest,
    ) -> Result<Outcome, RebuildError> {
        let progress = rebuilder.reporter.subscribe();
        let (mut meter, mut ticks) = (Meter::new(), interval(NOTE));
        let rebuild = rebuilder.rebuild(wanted);
        tokio::pin!(rebuild);
        loop {
            tokio::select! {
                made = &mut rebuild => {
                    let last = *progress.borrow();
                    self.note(request, &meter.read(last)).await;
                    return made;
                }
                _ = ticks.tick() => {
                    let now = *progress.borrow();
                    self.note(request, &meter.read(now)).await;
                }
            }
        }
    }

    /// Says why nothing goes on, and pauses.
    async fn wait(&self, request: &OpenRequest, error: &RebuildError) {
        let waits_for = Some(chain(error));
        self.note(request, &RebuildProgress { phase: "planning".to_owned(), waits_for, ..Default::default() }).await;
        sleep(LOOK).await;
    }

    async fn note(&self, request: &OpenRequest, progress: &RebuildProgress) {
        if let Err(error) = self.requests.note(request.id, progress).await {
            let (cause, view) = (&error as &dyn Error, request.view.as_str());
            tracing::debug!(error = cause, view.name = view, "the progress of a rebuild was not written down");
        }
    }

    async fn end(&mut self, request: &OpenRequest, ended: Ended) {
        self.tries.remove(&request.id);
        let view = request.view.as_str();
        for _ in 0..END_TRIES {
            if self.requests.end(request.id, &ended).await.is_ok() {
                tracing::info!(view.name = view, "a rebuild that was asked for has ended");
                return;
            }
            sleep(NOTE).await;
        }
        tracing::error!(view.name = view, "how a rebuild ended could not be written down: it is made again");
    }
}

/// Whether the same rebuild may well succeed later.
pub(super) fn passes(error: &RebuildError) -> bool {
    match error {
        RebuildError::Connect(_)
        | RebuildError::Database { .. }
        | RebuildError::Interrupted(_)
        | RebuildError::Expired(_)
        | RebuildError::NoLive(_) => true,
        RebuildError::Log(error) => matches!(error, ReadError::Unavailable(_) | ReadError::Archive(_)),
        _ => false,
    }
}

pub(super) fn chain(error: &dyn Error) -> String {
    let texts = std::iter::successors(Some(error), |error| (**error).source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
