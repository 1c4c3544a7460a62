//! Bringing a database to the end of its history.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, migrate::Migration};
use tokio::time::{Instant, sleep};

use super::{
    MigrateError,
    record::{Record, Recorded},
};

/// How a migration stands in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Applied, as it stands in the file.
    Applied,
    /// Not yet applied.
    Pending,
    /// Applied, but the file has changed since.
    Edited,
    /// Applied, but there is no such file here.
    Missing,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its time: `YYYYMMDDhhmmss`.
    pub version: i64,
    /// Its name.
    pub description: String,
    /// How it stands.
    pub state: State,
    /// When it was applied, if it was.
    pub applied_at: Option<DateTime<Utc>>,
}

/// What a repair did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repaired {
    /// The text of an edited migration was written down again.
    Rewritten(i64),
    /// A missing migration was forgotten.
    Forgotten(i64),
}

/// A row of migrations, and where a database keeps how far it has come.
#[derive(Clone, Debug)]
pub struct History {
    record: Record,
    migrations: Cow<'static, [Migration]>,
}

impl History {
    /// How long to wait for another process that is migrating.
    const LOCK_WAIT: Duration = Duration::from_secs(60);

    /// A history of that name, a plain word. Tests make their own; the real ones are those of [`super::Database`].
    pub fn new(name: &'static str, migrations: impl Into<Cow<'static, [Migration]>>) -> Self {
        Self { record: Record::new(name), migrations: migrations.into() }
    }

    /// The same history as far as a build of an earlier day knew it.
    pub fn until(self, last: i64) -> Self {
        let migrations: Vec<Migration> = self.migrations.iter().filter(|m| m.version <= last).cloned().collect();
        Self { migrations: migrations.into(), ..self }
    }

    /// Its migrations, oldest first.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// How every migration stands, oldest first. Changes nothing.
    pub async fn status(&self, pool: &PgPool) -> Result<Vec<Entry>, MigrateError> {
        let mut connection = pool.acquire().await.map_err(MigrateError::Unreachable)?;
        Ok(self.entries(&self.record.read(&mut connection).await?))
    }

    /// Applies what is pending, oldest first, each in a transaction of its own; answers what it applied. Refuses to begin
    /// if an applied migration was edited or is missing. Safe to run in several processes at once.
    pub async fn up(&self, pool: &PgPool) -> Result<Vec<Entry>, MigrateError> {
        let mut connection = self.lock(pool).await?;
        let result = self.apply_pending(&mut connection).await;
        self.unlock(connection).await;
        result
    }

    /// Marks every pending migration up to and including `up_to` as applied, without running it: for a schema that was
    /// made by other means. Answers what it marked.
    pub async fn baseline(&self, pool: &PgPool, up_to: i64) -> Result<Vec<Entry>, MigrateError> {
        if !self.migrations.iter().any(|m| m.version == up_to) {
            return Err(MigrateError::Unknown(up_to));
        }
        let mut connection = self.lock(pool).await?;
        let result = self.mark(&mut connection, up_to).await;
        self.unlock(connection).await;
        result
    }

    /// Accepts the files as they are: writes edited migrations down again and forgets missing ones. It does not touch the
    /// schema; whether the schema still fits is for the caller to know.
    pub async fn repair(&self, pool: &PgPool) -> Result<Vec<Repaired>, MigrateError> {
        let mut connection = self.lock(pool).await?;
        let result = self.accept(&mut connection).await;
        self.unlock(connection).await;
        result
    }

    async fn apply_pending(&self, connection: &mut PgConnection) -> Result<Vec<Entry>, MigrateError> {
        self.record.create(connection).await?;
        let recorded = self.record.read(connection).await?;
        refuse_unsound(&self.entries(&recorded))?;
        let mut applied = Vec::new();
        for migration in self.migrations.iter().filter(|m| !recorded.contains_key(&m.version)) {
            tracing::info!(migration.version, migration.name = %migration.description, "applying a migration");
            applied.push(self.apply(connection, migration).await?);
        }
        Ok(applied)
    }

    async fn apply(&self, connection: &mut PgConnection, migration: &Migration) -> Result<Entry, MigrateError> {
        let failed = |source| apply_error(migration, source);
        let applied_at = if migration.no_tx {
            sqlx::raw_sql(migration.sql.clone()).execute(&mut *connection).await.map_err(failed)?;
            self.record.insert(connection, migration).await?
        } else {
            let mut transaction = connection.begin().await.map_err(failed)?;
            sqlx::raw_sql(migration.sql.clone()).execute(&mut *transaction).await.map_err(failed)?;
            let applied_at = self.record.insert(&mut transaction, migration).await?;
            transaction.commit().await.map_err(failed)?;
            applied_at
        };
        Ok(entry(migration, State::Applied, Some(applied_at)))
    }

    async fn mark(&self, connection: &mut PgConnection, up_to: i64) -> Result<Vec<Entry>, MigrateError> {
        self.record.create(connection).await?;
        let recorded = self.record.read(connection).await?;
        let mut transaction = connection.begin().await.map_err(MigrateError::Record)?;
        let mut marked = Vec::new();
        for migration in self.migrations.iter().filter(|m| m.version <= up_to && !recorded.contains_key(&m.version)) {
            let applied_at = self.record.insert(&mut transaction, migration).await?;
            marked.push(entry(migration, State::Applied, Some(applied_at)));
        }
        transaction.commit().await.map_err(MigrateError::Record)?;
        Ok(marked)
    }

    async fn accept(&self, connection: &mut PgConnection) -> Result<Vec<Repaired>, MigrateError> {
        let recorded = self.record.read(connection).await?;
        let mut transaction = connection.begin().await.map_err(MigrateError::Record)?;
        let mut repaired = Vec::new();
        for entry in self.entries(&recorded) {
            match (entry.state, self.migrations.iter().find(|m| m.version == entry.version)) {
                (State::Edited, Some(migration)) => {
                    self.record.update(&mut transaction, migration).await?;
                    repaired.push(Repaired::Rewritten(entry.version));
                }
                (State::Missing, _) => {
                    self.record.delete(&mut transaction, entry.version).await?;
                    repaired.push(Repaired::Forgotten(entry.version));
                }
                _ => {}
            }
        }
        transaction.commit().await.map_err(MigrateError::Record)?;
        Ok(repaired)
    }

    /// A connection of its own that holds the lock on this history, out of the pool so that the lock cannot stay behind.
    async fn lock(&self, pool: &PgPool) -> Result<PgConnection, MigrateError> {
        let mut connection = pool.acquire().await.map_err(MigrateError::Unreachable)?.detach();
        // A migration may take its time, but must not make the bank wait behind it for a lock.
        // Nor must one whose process is suspended: Postgres ends its session, and with it the lock and the transaction.
        let limits = "set statement_timeout = 0; set lock_timeout = '10s';
            set idle_session_timeout = '10s'; set idle_in_transaction_session_timeout = '10s'";
        sqlx::raw_sql(AssertSqlSafe(limits)).execute(&mut connection).await.map_err(MigrateError::Unreachable)?;
        let give_up = Instant::now() + Self::LOCK_WAIT;
        loop {
            let locked: bool = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended($1, 0))")
                .bind(self.lock_name())
                .fetch_one(&mut connection)
                .await
                .map_err(MigrateError::Unreachable)?;
            if locked {
                return Ok(connection);
            }
            if Instant::now() > give_up {
                return Err(MigrateError::Busy);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn unlock(&self, connection: PgConnection) {
        // The lock goes with the connection, however that ends.
        let _ = connection.close().await;
    }

    fn lock_name(&self) -> String {
        format!("jangbu/migrations/{}", self.record.name())
    }

    fn entries(&self, recorded: &BTreeMap<i64, Recorded>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.migrations.iter().map(|m| known(m, recorded.get(&m.version))).collect();
        let here = |version: &i64| self.migrations.iter().any(|m| m.version == *version);
        entries.extend(recorded.iter().filter(|(version, _)| !here(version)).map(|(version, row)| Entry {
            version: *version,
            description: row.description.clone(),
            state: State::Missing,
            applied_at: Some(row.applied_at),
        }));
        entries.sort_by_key(|entry| entry.version);
        entries
    }
}

fn entry(migration: &Migration, state: State, applied_at: Option<DateTime<Utc>>) -> Entry {
    Entry { version: migration.version, description: migration.description.to_string(), state, applied_at }
}

fn known(migration: &Migration, recorded: Option<&Recorded>) -> Entry {
    match recorded {
        None => entry(migration, State::Pending, None),
        Some(row) if row.checksum == migration.checksum.as_ref() => {
            entry(migration, State::Applied, Some(row.applied_at))
        }
        Some(row) => entry(migration, State::Edited, Some(row.applied_at)),
    }
}

fn refuse_unsound(entries: &[Entry]) -> Result<(), MigrateError> {
    let in_state = |state| entries.iter().filter(|e| e.state == state).map(|e| e.version).collect::<Vec<_>>();
    let (edited, missing) = (in_state(State::Edited), in_state(State::Missing));
    if !edited.is_empty() {
        return Err(MigrateError::Edited(edited));
    }
    if !missing.is_empty() {
        return Err(MigrateError::Missing(missing));
    }
    Ok(())
}

fn apply_error(migration: &Migration, source: sqlx::Error) -> MigrateError {
    let (version, description) = (migration.version, migration.description.to_string());
    // duplicate schema, table, column, object, function
    let there = ["42P06", "42P07", "42701", "42710", "42723"];
    match source.as_database_error().and_then(|e| e.code()) {
        Some(code) if there.contains(&code.as_ref()) => MigrateError::AlreadyThere { version, description, source },
        _ => MigrateError::Apply { version, description, source },
    }
}
