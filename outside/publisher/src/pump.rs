//! The active publisher: from the log into the stream.

use std::{error::Error, future::ready, sync::Arc, time::Duration};

use async_nats::Client;
use event_store_postgres::{AppendWatch, LockHandle, PostgresLog};
use kernel::{Clock, CommitRef, LogId, Position, SystemClock};
use log::{ReadCommits, ReadError, ReadHead};
use platform::shutdown::Shutdown;
use public_events::{CloudEvent, Earlier, EventCursor, TranslateError, translate};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::{
    config::Config,
    flight::{FlightError, Flights},
    resume::{NoResume, Resume, resume},
    status::{self, Status},
    stream::{EventStream, StreamError},
};

/// Recorded events read from the log at a time.
const PAGE: i64 = 2_000;
/// How often the lag is measured.
const MEASURE: Duration = Duration::from_secs(1);
/// How often the stream is looked at, though nothing is published.
const INSPECT: Duration = Duration::from_secs(2);
/// How long the last acknowledgements are waited for at the end.
const LAST_ACKS: Duration = Duration::from_secs(3);

/// Another publisher has taken over, or may have.
#[derive(Debug, thiserror::Error)]
#[error("the publisher's lock was not renewed in time, or another publisher has taken over")]
pub(crate) struct Fenced;

/// Why the pump has to start again at the end of the stream.
#[derive(Debug, thiserror::Error)]
enum PumpError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Flight(#[from] FlightError),
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    #[error(transparent)]
    Translate(#[from] TranslateError),
    #[error(transparent)]
    NoResume(#[from] NoResume),
    #[error(
        "the stream tells another history of the log: the log does not hold its last event, {0}. If the log was restored from a backup, stop \
         the servers that still write the other one, and give this log a new id: `jangbu log adopt --reason WHY`"
    )]
    OtherHistory(EventCursor),
    #[error("the stream was wiped or written to by someone else")]
    Tampered,
    #[error(transparent)]
    Fenced(#[from] Fenced),
}

/// What the pump works with.
pub(crate) struct Pump {
    pub config: Config,
    pub log: PostgresLog,
    pub client: Client,
    pub held: LockHandle,
    pub watch: AppendWatch,
    pub status: Arc<Status>,
}

/// How far the pump has come since the stream was opened.
struct Run {
    log: LogId,
    stream: EventStream,
    flights: Flights,
    /// Up to this commit the log was sent; `None` is its beginning.
    sent: Option<CommitRef>,
    /// What the stream held of the first commit when it was opened.
    skip: Option<EventCursor>,
    /// Up to here the log is told.
    arrived: Position,
    last_arrival: Option<Instant>,
}

impl Pump {
    /// Publishes until asked to stop, or until another publisher has taken over.
    pub(crate) async fn run(&mut self, shutdown: &Shutdown) -> Result<(), Fenced> {
        let mut pause = Duration::ZERO;
        loop {
            let began = Instant::now();
            let error = match self.publish(shutdown).await {
                Ok(()) => return Ok(()),
                Err(PumpError::Fenced(fenced)) => return Err(fenced),
                Err(error) => error,
            };
            status::publish_failed();
            if self.status.set_failure(with_causes(&error)) {
                tracing::warn!(error = &error as &dyn Error, "publishing failed; going on from the end of the stream");
            }
            // A wipe is fixed at once; a lasting failure is not retried in a tight loop.
            pause = if began.elapsed() > INSPECT { Duration::ZERO } else { (pause * 2 + INSPECT / 20).min(INSPECT) };
            tokio::select! { () = shutdown.requested() => return Ok(()), () = sleep(pause) => {} }
        }
    }

    async fn publish(&mut self, shutdown: &Shutdown) -> Result<(), PumpError> {
        let mut run = self.open().await?;
        if self.status.set_well() {
            tracing::info!(position = run.arrived.number(), "publishing again");
        }
        let mut measure = ticker(MEASURE);
        let mut inspect = ticker(INSPECT);
        let mut look = true;
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => return finish(&mut run).await,
                _ = measure.tick() => measure_lag(&self.log, run.arrived).await,
                _ = inspect.tick() => run.inspect(self.config.max_age()).await?,
                told = run.flights.oldest() => run.arrived(told?),
                () = ready(()), if look => look = self.advance(&mut run).await?,
                _ = self.watch.wait(self.config.poll()) => look = true,
            }
        }
    }

    /// Opens the stream, and finds out where to go on.
    async fn open(&self) -> Result<Run, PumpError> {
        let (stream, tail) = EventStream::open(self.client.clone(), &self.config).await?;
        let (head, adoptions) = (self.log.head().await?, self.log.adoptions().await?);
        let from = Position::new(self.config.from.max(1));
        let (sent, skip) = match resume(tail, head.log, head.position, &adoptions, from)? {
            Resume::From(position) => (self.before(position).await?, None),
            Resume::After { log, cursor, event } => (self.standing(log, cursor, &event).await?, Some(cursor)),
        };
        let arrived = sent.map_or(Position::ZERO, |commit| commit.position);
        tracing::info!(position = arrived.number(), head = head.position.number(), "publishing from here");
        status::arrived(arrived);
        Ok(Run { log: head.log, stream, flights: Flights::default(), sent, skip, arrived, last_arrival: None })
    }

    /// The commit before the one that holds a position; none at the beginning of the log.
    async fn before(&self, position: Position) -> Result<Option<CommitRef>, ReadError> {
        let end = self.log.commit_end(Position::new(position.number() - 1)).await?;
        if end == Position::ZERO {
            return Ok(None);
        }
        Ok(self.log.commit_refs(&[end]).await?.into_iter().next().flatten())
    }

    /// The commit before the one that holds the last event of the stream. The log must hold that event as it was told: else readers would be
    /// told two histories as one.
    async fn standing(
        &self,
        log: LogId,
        cursor: EventCursor,
        told: &CloudEvent,
    ) -> Result<Option<CommitRef>, PumpError> {
        let before = self.before(cursor.position).await?;
        let after = before.map_or(Position::ZERO, |commit| commit.position);
        let commits = self.log.read_commits(after, 1).await?;
        // Who is told of it is not compared, so nothing earlier has to be known.
        let translated = commits.first().map(|commit| translate(log, commit, &Earlier::default()));
        let events = translated.transpose()?.unwrap_or_default();
        let is_same = |event: &CloudEvent| {
            // A later build may say more of the same event.
            (event.id, event.time, &event.correlationid) == (told.id, told.time, &told.correlationid)
        };
        let held = events.iter().find(|event| event.cursor() == cursor);
        if held.is_some_and(|event| is_same(&event.event)) { Ok(before) } else { Err(PumpError::OtherHistory(cursor)) }
    }

    /// Reads on in the log and sends what is to be told. Says whether there may be more.
    async fn advance(&self, run: &mut Run) -> Result<bool, PumpError> {
        let commits = self.log.read_following(run.log, run.sent, PAGE).await?;
        let more = commits.iter().map(|commit| commit.events.len()).sum::<usize>() * 2 >= PAGE as usize;
        let earlier = Earlier::read(&self.log, &commits).await?;
        for commit in &commits {
            // All of a commit is read before any of it is told.
            let mut events = translate(run.log, commit, &earlier)?;
            if let Some(skip) = run.skip {
                events.retain(|event| event.cursor() > skip);
            }
            let (last, before) = (events.len(), Position::new(commit.first.number() - 1));
            for (number, event) in (1..).zip(&events) {
                while run.flights.len() >= self.config.in_flight.max(1) {
                    let told = run.flights.oldest().await?;
                    run.arrived(told);
                }
                if !self.held.is_held() {
                    return Err(Fenced.into());
                }
                let (flight, bytes) = run.stream.send(event).await?;
                run.flights.push(flight, if number == last { commit.last() } else { before });
                status::sent(event.event_type.short(), bytes, run.flights.len());
            }
            run.sent = Some(commit.reference());
            tracing::debug!(
                correlation.id = %commit.correlation,
                log.position = commit.last().number(),
                events = last,
                "told a commit"
            );
        }
        run.settle();
        Ok(more)
    }
}

/// Waits for what is under way.
async fn finish(run: &mut Run) -> Result<(), PumpError> {
    let landing = async {
        while !run.flights.is_empty() {
            let told = run.flights.oldest().await?;
            run.arrived(told);
        }
        Ok::<_, FlightError>(())
    };
    // What did not arrive is sent again by the next publisher.
    let _ = timeout(LAST_ACKS, landing).await;
    tracing::info!(position = run.arrived.number(), "stopped publishing");
    Ok(())
}

impl Run {
    fn arrived(&mut self, told: Position) {
        self.arrived = told;
        self.last_arrival = Some(Instant::now());
        status::arrived(told);
        self.settle();
    }

    /// With nothing under way, everything that was read is told: of some commits there is nothing to tell.
    fn settle(&mut self) {
        if let Some(sent) = self.sent.filter(|_| self.flights.is_empty()) {
            self.arrived = sent.position;
            status::arrived(sent.position);
        }
    }

    /// Compares the stream with what was sent to it. Only while nothing is under way, since then they are equal.
    async fn inspect(&mut self, max_age: Duration) -> Result<(), PumpError> {
        if !self.flights.is_empty() {
            return Ok(());
        }
        let state = self.stream.state().await?;
        let emptied = state.messages == 0 && self.last_arrival.is_some_and(|at| at.elapsed() < max_age);
        if state.last_sequence != self.stream.sent() || emptied {
            return Err(PumpError::Tampered);
        }
        Ok(())
    }
}

/// Measures how far the stream is behind the log.
async fn measure_lag(log: &PostgresLog, arrived: Position) {
    let (Ok(head), Ok(waiting)) = (log.head().await, log.recorded_after(arrived).await) else { return };
    let age = waiting.map(|recorded_at| SystemClock.now() - recorded_at);
    let seconds = age.and_then(|age| age.to_std().ok()).map_or(0.0, |age| age.as_secs_f64());
    status::lag((head.position.number() - arrived.number()).max(0), seconds);
}

/// An error with its causes, for who reads the probe.
fn with_causes(error: &PumpError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        text.push_str(": ");
        text.push_str(&because.to_string());
        cause = because.source();
    }
    text
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut ticker = interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
