//! The active relay: from the log into the stream.

use std::{error::Error, future::ready, sync::Arc, time::Duration};

use async_nats::Client;
use event_store_postgres::{AppendWatch, LockHandle, PostgresLog};
use kernel::{CommitRef, CorrelationId, LogId, Position};
use log::{Commit, ReadCommits, ReadError, ReadHead, Slice, SliceError, seal::KeyWatch};
use platform::shutdown::Shutdown;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::{
    config::Config,
    cursor_writer::{CursorWriter, Fenced, measure},
    cut::{Limits, cut},
    flight::{Flight, FlightError, Flights},
    resume::{Resume, Tail, resume},
    spans,
    status::{self, Status},
    stream::{SliceStream, StreamError},
};

/// Events read from the log at a time.
const PAGE: i64 = 2_000;
/// How often the cursor is written and the lag measured.
const NOTE: Duration = Duration::from_secs(1);
/// How often the stream is looked at, though nothing is published.
const INSPECT: Duration = Duration::from_secs(2);
/// How long the last acknowledgements are waited for at the end.
const LAST_ACKS: Duration = Duration::from_secs(3);

/// Why the pump has to start again at the tail of the stream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PumpError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Flight(#[from] FlightError),
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    #[error("a slice cannot be made")]
    Slice(#[from] SliceError),
    #[error(
        "the stream is at {stream}, ahead of the log at {head}: the log has lost its end. If it was restored from a backup, stop \
         the servers that still write the other one, and give this log a new id: `jangbu log adopt --reason WHY`"
    )]
    AheadOfLog { stream: Position, head: Position },
    #[error(
        "the stream carries another history of the log: the commit at its end, position {stream}, is not in the log. If the log \
         was restored from a backup, stop the servers that still write the other one, and give this log a new id: \
         `jangbu log adopt --reason WHY`"
    )]
    OtherHistory { stream: Position },
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
    pub keys: Arc<KeyWatch>,
    pub held: LockHandle,
    pub watch: AppendWatch,
    pub cursor: CursorWriter,
    pub status: Arc<Status>,
}

/// How far the pump has come since the stream was opened.
struct Run {
    log: LogId,
    stream: SliceStream,
    flights: Flights,
    /// Up to this commit the log was sent; `None` is its beginning.
    sent: Option<CommitRef>,
    /// Up to this commit it has arrived.
    arrived: Option<CommitRef>,
    last_arrival: Option<Instant>,
}

impl Pump {
    /// Publishes until asked to stop, or until another relay has taken over. `cursor` is where the last one was.
    pub(crate) async fn run(&mut self, mut cursor: Option<CommitRef>, shutdown: &Shutdown) -> Result<(), Fenced> {
        let mut pause = Duration::ZERO;
        loop {
            let began = Instant::now();
            let mut run = None;
            let error = match self.publish(&mut run, cursor, shutdown).await {
                Ok(()) => return Ok(()),
                Err(PumpError::Fenced(fenced)) => return Err(fenced),
                Err(error) => error,
            };
            cursor = run.map_or(cursor, |run| run.arrived);
            status::publish_failed();
            if self.status.set_failure(error.to_string()) {
                tracing::warn!(error = &error as &dyn Error, "publishing failed; going on from the tail of the stream");
            }
            // A wipe is fixed at once; a lasting failure is not retried in a tight loop.
            pause = if began.elapsed() > INSPECT { Duration::ZERO } else { (pause * 2 + INSPECT / 20).min(INSPECT) };
            tokio::select! { () = shutdown.requested() => return Ok(()), () = sleep(pause) => {} }
        }
    }

    async fn publish(
        &mut self,
        slot: &mut Option<Run>,
        cursor: Option<CommitRef>,
        shutdown: &Shutdown,
    ) -> Result<(), PumpError> {
        let run = slot.insert(self.open(cursor).await?);
        if self.status.set_well() {
            tracing::info!(position = position(run.sent).number(), "publishing again");
        }
        let mut note = ticker(NOTE);
        let mut inspect = ticker(INSPECT);
        let mut look = true;
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => return self.finish(run).await,
                _ = note.tick() => {
                    self.cursor.note(run.arrived).await?;
                    measure(&self.log, position(run.arrived)).await;
                }
                _ = inspect.tick() => run.inspect(self.config.max_age()).await?,
                arrived = run.flights.oldest() => run.arrived(arrived?),
                () = ready(()), if look => look = self.advance(run).await?,
                _ = self.watch.wait(self.config.poll()) => look = true,
            }
        }
    }

    /// Opens the stream, and finds out where to go on.
    async fn open(&self, cursor: Option<CommitRef>) -> Result<Run, PumpError> {
        let (stream, tail) = SliceStream::open(self.client.clone(), &self.config, self.keys.clone()).await?;
        let head = self.log.head().await?;
        let refill = self.config.refill_events;
        // A log that goes on under a new id is filled in again under it, for readers that take the old one for foreign.
        let cursor = if self.is_renamed(tail, head.log).await? { None } else { cursor };
        let from = match resume(tail, head.log, head.position, self.cursor(cursor, head.position).await?, refill) {
            Resume::After(position) => self.standing(position, tail).await?,
            Resume::Refill(position) => self.commit_at(self.log.commit_end(position).await?).await?,
            Resume::AheadOfLog(stream) => return Err(PumpError::AheadOfLog { stream, head: head.position }),
        };
        tracing::info!(
            ?tail,
            position = position(from).number(),
            head = head.position.number(),
            "publishing from here"
        );
        status::arrived(position(from));
        let flights = Flights::default();
        Ok(Run { log: head.log, stream, flights, sent: from, arrived: from, last_arrival: None })
    }

    /// Where the last relay was, if the log holds the commit it was at; else so far back that the stream is filled again.
    async fn cursor(&self, cursor: Option<CommitRef>, head: Position) -> Result<Position, ReadError> {
        match cursor {
            Some(commit) if self.commit_at(commit.position).await? == Some(commit) => Ok(commit.position),
            _ => Ok(Position::new((head.number() - self.config.refill_events.max(0)).max(0))),
        }
    }

    /// Whether the end of the stream is of this log under an earlier id.
    async fn is_renamed(&self, tail: Tail, ours: LogId) -> Result<bool, ReadError> {
        let Tail::Slice(id, ..) = tail else { return Ok(false) };
        Ok(id != ours && self.log.adoptions().await?.iter().any(|adoption| adoption.old == id))
    }

    /// The commit at the end of the stream, which the log must hold as it is: else readers of the stream would be given two
    /// histories as one.
    async fn standing(&self, stream: Position, tail: Tail) -> Result<Option<CommitRef>, PumpError> {
        let held = self.commit_at(stream).await?;
        let same = match tail {
            Tail::Slice(_, _, Some(commit)) => held == Some(commit),
            // A message of an earlier build with its slice in the log: nothing more is known than where it ends.
            _ => held.is_some(),
        };
        if same { Ok(held) } else { Err(PumpError::OtherHistory { stream }) }
    }

    async fn commit_at(&self, position: Position) -> Result<Option<CommitRef>, ReadError> {
        Ok(self.log.commit_refs(&[position]).await?.into_iter().next().flatten())
    }

    /// Reads on in the log and sends what is there. Says whether there may be more.
    async fn advance(&self, run: &mut Run) -> Result<bool, PumpError> {
        let began = Instant::now();
        let commits = self.log.read_following(run.log, run.sent, PAGE).await?;
        if commits.is_empty() {
            return Ok(false);
        }
        // Less than half a page is the end of the log, but for a commit that is a page by itself: what is appended after
        // this announces itself. A second read of nothing after each append would cost Postgres as much as the first.
        let more = commits.iter().map(|commit| commit.events.len()).sum::<usize>() * 2 >= PAGE as usize;
        let page = spans::of_page(&commits, began);
        let limits = Limits { events: self.config.slice_events, bytes: self.config.slice_bytes };
        for commits in cut(commits, limits) {
            while run.flights.len() >= self.config.in_flight.max(1) {
                let arrived = run.flights.oldest().await?;
                run.arrived(arrived);
            }
            if !self.held.is_held() {
                return Err(Fenced.into());
            }
            let sent = traced(&commits);
            let spans = spans::of_slice(&page, &commits);
            let slice = Slice::new(run.log, run.sent, commits)?;
            let message = run.stream.seal(&slice, self.client.max_payload())?;
            let (last, bytes) = (message.last, message.body.len());
            let flight = run.stream.send(message).await?;
            run.flights.push(Flight { _spans: spans, ..flight });
            trace(&sent);
            status::sent(last.position.number() - position(run.sent).number(), bytes, run.flights.len());
            run.sent = Some(last);
        }
        Ok(more)
    }

    /// Waits for what is under way, and writes down where it ended.
    async fn finish(&mut self, run: &mut Run) -> Result<(), PumpError> {
        let landing = async {
            while !run.flights.is_empty() {
                let arrived = run.flights.oldest().await?;
                run.arrived(arrived);
            }
            Ok::<_, FlightError>(())
        };
        // What did not arrive is sent again by the next relay.
        let _ = timeout(LAST_ACKS, landing).await;
        self.cursor.note(run.arrived).await?;
        tracing::info!(position = position(run.arrived).number(), "stopped publishing");
        Ok(())
    }
}

impl Run {
    fn arrived(&mut self, commit: CommitRef) {
        self.arrived = Some(commit);
        self.last_arrival = Some(Instant::now());
        status::arrived(commit.position);
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

/// The position of a commit; 0 for the beginning of the log.
fn position(commit: Option<CommitRef>) -> Position {
    commit.map_or(Position::ZERO, |commit| commit.position)
}

/// By which a request can be followed to here; nothing unless somebody looks.
fn traced(commits: &[Commit]) -> Vec<(CorrelationId, Position)> {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return Vec::new();
    }
    commits.iter().map(|commit| (commit.correlation, commit.last())).collect()
}

fn trace(sent: &[(CorrelationId, Position)]) {
    for (correlation, position) in sent {
        tracing::debug!(correlation.id = %correlation, log.position = position.number(), "sent a commit");
    }
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut ticker = interval(every);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
