//! A pool of connections.
//!
//! It differs from the pool of sqlx in two ways: a connection that comes back is not sent a ping (which would have no
//! limit), and a connection on which a call was given up is closed instead of kept.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures::{
    FutureExt, StreamExt, TryFutureExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    Either, Error, Execute, Executor, Postgres, SqlStr,
    postgres::{PgConnectOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};
use tasks::Backoff;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    connection::Connection,
    limits::{Limits, is_no_answer, no_answer},
    sessions::{self, SharedSessions, is_shared_sessions},
    state::State,
};

/// How a pool holds its connections.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// At most this many connections.
    pub max_connections: u32,
    /// How long a caller waits for one, opening included.
    pub acquire: Duration,
    /// The limits of each connection.
    pub limits: Limits,
    /// Settings of each session. They are set by a statement, because poolers refuse most of them as startup parameters.
    pub settings: Vec<(&'static str, String)>,
}

/// What every session is set to, unless the options say otherwise.
///
/// A parallel plan starts processes for each statement. What servers ask takes microseconds, and starting a process takes milliseconds:
/// the relay's page took a third of a machine once the planner had found its table large enough.
const USUAL: [(&str, &str); 1] = [("max_parallel_workers_per_gather", "0")];
/// A connection that was idle for longer is tried before it is given out.
const TRUSTED_IDLE: Duration = Duration::from_millis(500);
/// How long the try may take.
const TRIAL: Duration = Duration::from_secs(1);
/// A connection that was idle for longer is closed.
const IDLE: Duration = Duration::from_secs(600);
/// The pause before a database that did not answer is asked again whether it keeps sessions.
const AGAIN: Duration = Duration::from_secs(1);
/// How long closing the pool waits for connections that are in use.
const CLOSING: Duration = Duration::from_secs(5);

/// A pool. Clones share it. Nothing is connected before it is needed.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    connect: PgConnectOptions,
    options: PoolOptions,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    sessions: AtomicU8,
}

struct Idle {
    connection: Connection,
    process: i32,
    since: Instant,
}

const UNKNOWN: u8 = 0;
const KEPT: u8 = 1;
const SHARED: u8 = 2;
/// One connection finds out; others that are opened meanwhile do not.
const CHECKING: u8 = 3;

/// The check of a pool. One that ends without a finding may be made again.
struct Check<'p>(&'p AtomicU8);

impl<'p> Check<'p> {
    fn begin(sessions: &'p AtomicU8) -> Option<Self> {
        let begun = sessions.compare_exchange(UNKNOWN, CHECKING, Ordering::Relaxed, Ordering::Relaxed);
        begun.is_ok().then_some(Self(sessions))
    }
}

impl Drop for Check<'_> {
    fn drop(&mut self) {
        let _ = self.0.compare_exchange(CHECKING, UNKNOWN, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl Pool {
    /// A pool for this database.
    pub fn new(connect: PgConnectOptions, mut options: PoolOptions) -> Self {
        options.settings.splice(0..0, USUAL.map(|(name, value)| (name, value.to_owned())));
        let places = Arc::new(Semaphore::new(options.max_connections.max(1) as usize));
        Self(Arc::new(Inner { connect, options, places, idle: Mutex::default(), sessions: AtomicU8::new(UNKNOWN) }))
    }

    /// Where the connections go.
    pub fn connect_options(&self) -> &PgConnectOptions {
        &self.0.connect
    }

    /// A connection of one's own, until it is dropped.
    pub async fn acquire(&self) -> Result<PooledConnection, Error> {
        let deadline = Instant::now() + self.0.options.acquire;
        let place = timeout_at(deadline, self.0.places.clone().acquire_owned())
            .await
            .map_err(|_| Error::PoolTimedOut)?
            .map_err(|_| Error::PoolClosed)?;
        let (connection, process) = match self.0.idle_connection().await? {
            Some(idle) => idle,
            None => self.0.open(deadline).await?,
        };
        Ok(PooledConnection { connection: Some(connection), process, pool: self.0.clone(), place: Some(place) })
    }

    /// Whether the connections are sessions; asked until it is known.
    async fn known_sessions(&self) -> Result<(), SharedSessions> {
        loop {
            match self.acquire().await {
                Err(error) if is_shared_sessions(&error) => return Err(SharedSessions),
                Err(Error::PoolClosed) => return Ok(()),
                _ if self.0.sessions.load(Ordering::Relaxed) == KEPT => return Ok(()),
                _ => sleep(AGAIN).await,
            }
        }
    }

    /// Gives no more connections out, waits a moment for those in use, and closes all.
    pub async fn close(&self) {
        let all = self.0.options.max_connections.max(1);
        let returned = timeout(CLOSING, self.0.places.acquire_many(all)).await;
        self.0.places.close();
        drop(returned);
        let idle = std::mem::take(&mut *self.0.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for idle in idle {
            let _ = idle.connection.close().await;
        }
    }
}

impl Inner {
    /// A connection that waits, and still answers.
    async fn idle_connection(&self) -> Result<Option<(Connection, i32)>, Error> {
        if self.sessions.load(Ordering::Relaxed) == SHARED {
            return Err(sessions::refused());
        }
        loop {
            let newest = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(Idle { mut connection, process, since }) = newest else { return Ok(None) };
            if since.elapsed() <= TRUSTED_IDLE {
                return Ok(Some((connection, process)));
            }
            match timeout(TRIAL, sessions::process(&mut connection)).await {
                Ok(Ok(now)) if now == process => return Ok(Some((connection, process))),
                Ok(Ok(_)) => return Err(self.found_shared()),
                // Broken while it waited. The others are likely to be, and each trial takes its time: none is kept.
                Ok(Err(_)) | Err(_) => self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear(),
            }
        }
    }

    /// A new connection; tried until the deadline while the server starts.
    async fn open(&self, deadline: Instant) -> Result<(Connection, i32), Error> {
        let mut backoff = Backoff::new(Duration::from_millis(10), self.options.acquire / 5);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let limits = self.options.limits.with_connect(left.min(self.options.limits.connect));
            let error = match timeout_at(deadline, self.open_once(limits)).await {
                Ok(Ok(opened)) => return Ok(opened),
                Ok(Err(error)) if is_starting(&error) || is_no_answer(&error) => error,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(no_answer(self.options.acquire)),
            };
            let pause = backoff.next_wait();
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            sleep(pause).await;
        }
    }

    async fn open_once(&self, limits: Limits) -> Result<(Connection, i32), Error> {
        let mut connection = self.connect(limits).await?;
        if let Some(_check) = Check::begin(&self.sessions) {
            self.check_sessions(&mut connection, limits).await?;
            if connection.state != State::Ready {
                connection = self.connect(limits).await?;
            }
        }
        let process = sessions::begin(&mut connection, &self.options.settings).await?;
        Ok((connection, process))
    }

    async fn connect(&self, limits: Limits) -> Result<Connection, Error> {
        Ok(Connection::open(&self.connect, limits).await?.with_limits(self.options.limits))
    }

    /// Once for each pool. If a second connection cannot be had, or if one of both does not answer soon, the next one that is opened is
    /// checked: whoever wants a connection now is not refused one because the check takes long. It may leave the connection broken.
    async fn check_sessions(&self, connection: &mut Connection, limits: Limits) -> Result<(), Error> {
        let Ok(other) = Connection::open(&self.connect, limits).await else { return Ok(()) };
        let mut other = other.with_limits(Limits::whole(TRIAL));
        let kept = sessions::are_kept(connection, &mut other).await;
        let _ = other.close().await;
        match kept {
            Ok(true) => self.sessions.store(KEPT, Ordering::Relaxed),
            Ok(false) => return Err(self.found_shared()),
            Err(_) => {}
        }
        Ok(())
    }

    fn found_shared(&self) -> Error {
        if self.sessions.swap(SHARED, Ordering::Relaxed) != SHARED {
            tracing::error!(error = %SharedSessions, "the database is not used");
        }
        sessions::refused()
    }

    fn put_back(&self, connection: Connection, process: i32) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if self.places.is_closed() {
            return;
        }
        idle.retain(|idle| idle.since.elapsed() < IDLE);
        idle.push(Idle { connection, process, since: Instant::now() });
    }
}

/// Ends the process if one of these pools leads to a pooler that does not keep sessions. A database that is away is asked
/// again until it answers.
pub fn require_sessions(pools: Vec<Pool>) {
    for pool in pools {
        tasks::until_done("sessions", move || {
            let pool = pool.clone();
            async move {
                if let Err(shared) = pool.known_sessions().await {
                    tasks::fail("sessions", &shared.to_string());
                }
            }
        })
        .detach();
    }
}

/// Whether the server may take connections in a moment.
fn is_starting(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        // cannot_connect_now, too_many_connections
        Error::Database(error) => error.code().is_some_and(|code| code == "57P03" || code == "53300"),
        _ => false,
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("options", &self.0.options).finish_non_exhaustive()
    }
}

/// A connection of a pool. It goes back when it is dropped, if it waits for a statement; else it is closed.
pub struct PooledConnection {
    connection: Option<Connection>,
    process: i32,
    pool: Arc<Inner>,
    place: Option<OwnedSemaphorePermit>,
}

impl PooledConnection {
    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        self.connection = None;
    }
}

const HELD: &str = "a pooled connection is held until it is dropped";

impl Deref for PooledConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect(HELD)
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect(HELD)
    }
}

impl fmt::Debug for PooledConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledConnection").field("process", &self.process).finish_non_exhaustive()
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if connection.state != State::Ready {
            return;
        }
        let (pool, process) = (self.pool.clone(), self.process);
        if !connection.unsent {
            return pool.put_back(connection, process);
        }
        // The rollback must reach the server now, not when somebody needs the connection.
        let Ok(runtime) = Handle::try_current() else { return };
        let place = self.place.take();
        drop(runtime.spawn(async move {
            let _place = place;
            if let Ok(Ok(())) = timeout(TRIAL, connection.ping()).await {
                pool.put_back(connection, process);
            }
        }));
    }
}

impl<'p> Executor<'p> for &'p Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let all = async move {
            let mut connection = self.acquire().await?;
            connection.fetch_many(query).try_collect::<Vec<_>>().await
        };
        all.map_ok(|rows| stream::iter(rows.into_iter().map(Ok))).try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async move { self.acquire().await?.fetch_optional(query).await }.boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'p: 'e,
    {
        async move { self.acquire().await?.prepare_with(sql, parameters).await }.boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, Error>>
    where
        'p: 'e,
    {
        async move { self.acquire().await?.describe(sql).await }.boxed()
    }
}
