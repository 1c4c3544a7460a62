//! One view, followed for as long as the program runs.

use std::{convert::Infallible, sync::Arc};

use kernel::{LogId, Position};
use log::{ReadCommits, ReadError};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tasks::Backoff;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    Decode, Fault, Inbox, OpenError, Projection, Settings, State, Status,
    apply::{Halt, Reloaded, Writer},
    checkpoint,
    error::chain,
    history,
    intake::{Intake, Portion},
    limits::{WORKER_IDLE, limited},
    parking::Parked,
    projection::in_zone,
    silent::Silence,
    standby::Standby,
    status::Report,
};

/// A generation that is ready to be written, with the log that it is made from.
type Opened = (PgConnection, checkpoint::Checkpoint, LogId, Parked);

/// Where a view gets its events from.
pub struct Sources<E: Send + Sync + 'static> {
    /// Slices as they are published; they may be lost, doubled or reordered.
    pub inbox: Inbox<E>,
    /// A position that the log holds and that slices did not bring, or will not bring: read the log up to it.
    pub reachable: watch::Receiver<Position>,
    /// Raised when there is a reason to think that the view is of another history than the log: it is checked then.
    pub recheck: watch::Receiver<u64>,
    /// The log itself.
    pub log: Arc<dyn ReadCommits>,
    /// For what is read from the log.
    pub decoder: Arc<dyn Decode<Event = E>>,
}

/// Follows the log with one view.
///
/// [`Runner::run`] never ends; dropping it at any moment stops the view, and loses and doubles nothing.
pub struct Runner<E: Send + Sync + 'static> {
    projection: Arc<dyn Projection<Event = E>>,
    database: PgConnectOptions,
    silence: Silence,
    settings: Settings,
    report: Report,
    intake: Intake<E>,
}

impl<E: Send + Sync + 'static> Runner<E> {
    /// A view that will be written to `database`, as role [`crate::GENERATIONS_ROLE`].
    pub fn new(
        projection: Arc<dyn Projection<Event = E>>,
        database: &PgConnectOptions,
        sources: Sources<E>,
        settings: Settings,
    ) -> Self {
        let report = Report::new(projection.name());
        let Sources { inbox, reachable, recheck, log, decoder } = sources;
        let at_most = (settings.max_events, settings.max_events * i64::from(projection.rest().max(1)));
        let intake = Intake::new(inbox, (reachable, recheck), log, decoder, at_most);
        let application = format!("projector/{}", projection.name());
        let database = by_key(database.clone().application_name(&application), WORKER_IDLE);
        let silence = Silence::new(projection.name(), application, &database);
        Self { projection, database, silence, settings, report, intake }
    }

    /// Follows how the view is doing.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.report.subscribe()
    }

    /// Follows the log for ever.
    pub async fn run(mut self) -> Infallible {
        let mut retry = Backoff::new(self.settings.retry_first, self.settings.retry_last);
        let mut stuck = Backoff::new(self.settings.stuck_first, self.settings.stuck_last);
        let mut reported = None;
        let silence = self.silence.clone();
        loop {
            let mut left = None;
            // Several calls, each to a database that may be silent.
            let opened = timeout(self.settings.time_limit * 3, silence.broken(self.open())).await;
            let halt = match opened.unwrap_or(Err(OpenError::Database(sqlx::Error::PoolTimedOut))) {
                Err(OpenError::Moved) => Halt::Superseded,
                Err(error @ OpenError::OtherHistory(_)) => Halt::OtherHistory(error.to_string()),
                Err(error) => Halt::Transient(chain(&error)),
                Ok((connection, checkpoint, _, _)) if checkpoint.version != self.projection.version() => {
                    self.stand_by(connection, checkpoint).await;
                    continue;
                }
                Ok((_, checkpoint, _, _)) if checkpoint.paused => Halt::Paused,
                Ok((connection, checkpoint, log, parked)) => {
                    let mut writer = Writer {
                        projection: in_zone(&self.projection, checkpoint.zone),
                        settings: &self.settings,
                        report: &self.report,
                        connection,
                        checkpoint,
                        parked,
                    };
                    let began = writer.checkpoint.position;
                    let halt = follow(&mut self.intake, &mut writer, log, &silence).await;
                    if writer.checkpoint.position > began {
                        retry.reset();
                        stuck.reset();
                    }
                    self.report_stuck(&mut writer, &halt, &mut reported).await;
                    left = Some((writer.connection, writer.checkpoint));
                    halt
                }
            };
            self.rest(halt, left, &mut retry, &mut stuck).await;
        }
    }

    /// Connects, finds the live generation and makes sure that it, this program and the log belong together.
    async fn open(&mut self) -> Result<Opened, OpenError> {
        let connecting = PgConnection::connect_with(&self.database);
        let mut connection = timeout(self.settings.time_limit, connecting)
            .await
            .map_err(|_| OpenError::Database(sqlx::Error::PoolTimedOut))?
            .map_err(OpenError::Database)?;
        let view = self.projection.name();
        let mut checkpoint = checkpoint::load(&mut connection, view)
            .await
            .map_err(OpenError::Database)?
            .ok_or(OpenError::NoGeneration)?;
        // A check that is requested from here on is another one.
        self.intake.recheck.mark_unchanged();
        self.report.at(checkpoint.position, checkpoint.commit);
        let head = history::open(&mut connection, self.intake.log.as_ref(), view, &mut checkpoint).await?;
        if checkpoint.version != self.projection.version() {
            return Ok((connection, checkpoint, head.log, Parked::default()));
        }
        // The connection serves this generation alone, so its path is set once and its statements stay prepared.
        sqlx::query_scalar!("select set_config('search_path', $1, false)", format!("{}, registry", checkpoint.schema))
            .fetch_one(&mut connection)
            .await
            .map_err(OpenError::Database)?;
        let parked = Parked::load(&mut connection, view, checkpoint.generation).await.map_err(OpenError::Database)?;
        self.report.at(checkpoint.position, checkpoint.commit);
        self.report.parked(parked.len());
        if !checkpoint.stuck && !checkpoint.paused {
            self.report.state(State::Live);
        }
        Ok((connection, checkpoint, head.log, parked))
    }

    /// Waits until a generation of this program's version is live.
    async fn stand_by(&mut self, connection: PgConnection, live: checkpoint::Checkpoint) {
        let mut standby = Standby {
            view: self.projection.name(),
            version: self.projection.version(),
            settings: &self.settings,
            report: &self.report,
            log: self.intake.log.as_ref(),
            recheck: &mut self.intake.recheck,
        };
        standby.wait(connection, live).await;
        // The pending slices are of the time before, and nothing announces what was missed since.
        self.intake.forget();
        if let Ok(head) = self.intake.log.head().await {
            self.intake.holds(head.position);
        }
    }

    /// Records a view that is stuck where everybody can see it, and logs it once for each event.
    async fn report_stuck(&self, writer: &mut Writer<'_, E>, halt: &Halt, reported: &mut Option<Fault>) {
        let Halt::Stuck(fault) = halt else { return };
        if reported.as_ref() != Some(fault) {
            tracing::error!(
                view.name = self.projection.name(),
                view.generation = writer.checkpoint.generation,
                view.position = writer.checkpoint.position.number(),
                event.position = fault.position.number(),
                event.r#type = fault.event_type,
                error = fault.reason,
                "the view is stuck at an event that cannot be applied"
            );
            *reported = Some(fault.clone());
        }
        let recording =
            checkpoint::record_stuck(&mut writer.connection, self.projection.name(), &writer.checkpoint, fault);
        match timeout(self.settings.time_limit, self.silence.broken(recording)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(
                view.name = self.projection.name(),
                error = chain(&error),
                "cannot record that the view is stuck"
            ),
            Err(_) => {
                tracing::warn!(view.name = self.projection.name(), "cannot record in time that the view is stuck")
            }
        }
    }

    /// Waits as long as the halt calls for.
    async fn rest(
        &mut self,
        halt: Halt,
        left: Option<(PgConnection, checkpoint::Checkpoint)>,
        retry: &mut Backoff,
        stuck: &mut Backoff,
    ) {
        match halt {
            // Another generation is live now, or what is to be checked is checked when the view is opened.
            Halt::Superseded | Halt::Recheck => {}
            Halt::Paused => {
                if !self.report.is(&State::Paused) {
                    tracing::info!(view.name = self.projection.name(), "the view is paused");
                }
                self.report.state(State::Paused);
                sleep(self.settings.paused_look).await;
            }
            Halt::OtherHistory(reason) => {
                let wait = retry.next_wait();
                let state = State::OtherHistory(reason);
                if let State::OtherHistory(reason) = &state
                    && !self.report.is(&state)
                {
                    tracing::error!(
                        view.name = self.projection.name(),
                        error = reason,
                        "the view shows another history"
                    );
                }
                self.report.state(state);
                self.intake.forget();
                sleep(wait).await;
            }
            Halt::Transient(reason) => {
                let wait = retry.next_wait();
                if self.report.is_news(&reason) {
                    tracing::warn!(view.name = self.projection.name(), error = reason, "the view waits and retries");
                }
                self.report.state(State::Waiting(reason));
                sleep(wait).await;
            }
            Halt::Stuck(fault) => {
                let wait = stuck.next_wait();
                self.report.state(State::Stuck(format!("position {}: {}", fault.position, fault.reason)));
                // Slices may be what is wrong; the next try reads the log.
                self.intake.forget();
                let mut recheck = self.intake.recheck.clone();
                let operator_acted = async {
                    match left {
                        Some((connection, checkpoint)) => self.operator_acted(connection, &checkpoint).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = operator_acted => stuck.reset(),
                    () = sleep(wait) => {}
                    Ok(()) = recheck.changed() => {}
                }
            }
        }
    }

    /// Returns when an operator has done something about a view that is stuck.
    async fn operator_acted(&self, mut connection: PgConnection, before: &checkpoint::Checkpoint) {
        loop {
            sleep(self.settings.paused_look).await;
            match timeout(self.settings.time_limit, checkpoint::load(&mut connection, self.projection.name())).await {
                Ok(Ok(Some(now))) => {
                    let same = (now.generation, now.parking, now.paused);
                    if same != (before.generation, before.parking, before.paused) {
                        return;
                    }
                }
                // The next try reports what is wrong.
                Ok(Ok(None) | Err(_)) | Err(_) => std::future::pending().await,
            }
        }
    }
}

/// Applies what comes until something stands in the way.
async fn follow<E: Send + Sync + 'static>(
    intake: &mut Intake<E>,
    writer: &mut Writer<'_, E>,
    log: LogId,
    silence: &Silence,
) -> Halt {
    let mut next_start = Instant::now();
    loop {
        if !intake.ready(log, writer.checkpoint.position).await {
            return Halt::Recheck;
        }
        sleep_until(next_start).await;
        let start = Instant::now();
        let mut portion =
            match intake.take(log, writer.checkpoint.commit, writer.report, writer.parked.is_empty()).await {
                Ok(portion) => portion,
                Err(ReadError::Damaged { position, what }) => {
                    return Halt::Stuck(Fault { position, event_type: String::new(), reason: what });
                }
                // What is wrong is found out, and written down, when the view is opened.
                Err(ReadError::OtherHistory { .. } | ReadError::Renamed { .. }) => return Halt::Recheck,
                Err(error) => return Halt::Transient(chain(&error)),
            };
        if let Portion::Log(commits) = &mut portion {
            writer.parked.hide(writer.projection.as_ref(), commits);
        }
        let commits = portion.commits();
        if commits.is_empty() {
            // A log that is read from a replica may lag behind its own notifications.
            sleep(writer.settings.retry_first).await;
            continue;
        }
        let applied = silence.broken(writer.apply(&commits)).await;
        let (events, rest) = (commits.iter().map(|commit| commit.events.len()).sum(), writer.projection.rest());
        // One commit by itself is somebody waiting for their own write. Commits in company are a crowd: a larger batch
        // a little later costs all of them less.
        next_start = match commits.len() {
            0 | 1 => start,
            _ => start + writer.settings.rest_after(start.elapsed(), rest, events, intake.most(&portion)),
        };
        match applied {
            Ok(()) => {}
            // Two workers on one view take turns; the loser goes on from where the winner is.
            Err(Halt::Superseded) => match writer.reload().await {
                Ok(Reloaded::Ours) => {}
                Ok(Reloaded::Paused) => return Halt::Paused,
                Ok(Reloaded::Other) => return Halt::Superseded,
                Err(halt) => return halt,
            },
            Err(halt) => return halt,
        }
    }
}

/// For connections through which batches are written.
pub(crate) fn by_key(database: PgConnectOptions, idle: &str) -> PgConnectOptions {
    limited(database, idle).options([
        // The checkpoint is in the same transaction as the tables. A crash that loses the last transactions loses both
        // together, and they are applied again. So a commit need not wait for the disk.
        ("synchronous_commit", "off"),
        // Every statement of a view joins a list of keys with a primary key: an index descent for each key is the right
        // plan at every size. A plan made while the table was small must not live on as a scan of a large one.
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        // A process that is started for a statement costs more than the statement.
        ("max_parallel_workers_per_gather", "0"),
        ("jit", "off"),
    ])
}
