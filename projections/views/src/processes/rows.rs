//! The SQL of the view `processes`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::ProcessPurpose;
use kernel::{HoldId, ProcessId, Sealed};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Change, Changes, Started, Step};
use crate::copy::CopyRows;

/// What is to be written: processes started in these commits, changes of those started before, and the steps of either.
#[derive(Debug)]
pub(super) struct ProcessRows {
    started: CopyRows,
    changed: Changed,
    steps: Steps,
}

#[derive(Debug, Default)]
struct Changed {
    process_id: Vec<Uuid>,
    state: Vec<&'static str>,
    ended_at: Vec<Option<DateTime<Utc>>>,
    code: Vec<Option<String>>,
    code_version: Vec<Option<i64>>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
}

#[derive(Debug, Default)]
struct Steps {
    process_id: Vec<Uuid>,
    name: Vec<&'static str>,
    state: Vec<&'static str>,
    tries: Vec<i64>,
    last_error_code: Vec<Option<String>>,
    at: Vec<DateTime<Utc>>,
    begun_position: Vec<i64>,
}

const COPY_PROCESSES: &str = "copy processes (process_id, owner, account, hold, asset, amount, kind, provider, product, started_position, \
    started_at, state, ended_at, code, code_version, position, recorded_at) from stdin (format binary)";

impl From<Changes> for ProcessRows {
    fn from(changes: Changes) -> Self {
        let started = CopyRows::new(COPY_PROCESSES, 17);
        let mut rows = Self { started, changed: Changed::default(), steps: Steps::default() };
        for (id, change) in changes.processes {
            match &change.started {
                Some(started) => change.write(id, started, &mut rows.started),
                None => rows.changed.push(id, &change),
            }
        }
        for ((id, name), step) in changes.steps {
            rows.steps.push(id, name, step);
        }
        rows
    }
}

impl Change {
    fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.state.is_over().then_some(self.recorded_at)
    }

    fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|(code, _)| Sealed::as_str(code))
    }

    fn code_version(&self) -> Option<i64> {
        self.code.as_ref().map(|(_, version)| version.number())
    }

    fn write(&self, id: ProcessId, started: &Started, rows: &mut CopyRows) {
        let process = &started.process;
        let (provider, product) = match &process.purpose {
            ProcessPurpose::TopUp { provider, .. } => (Some(provider.as_str()), None),
            ProcessPurpose::BankPayout { .. } => (None, None),
            ProcessPurpose::GiftCard { product } => (None, Some(product.as_str())),
        };
        rows.row()
            .uuid(id.uuid())
            .uuid(process.owner.uuid())
            .uuid(process.account.uuid())
            .maybe(process.hold.map(HoldId::uuid), CopyRows::uuid)
            .text(process.money.asset.as_str())
            .numeric(process.money.amount)
            .text(process.purpose.kind().as_str())
            .maybe(provider, CopyRows::text)
            .maybe(product, CopyRows::text)
            .int8(started.position.number())
            .time(started.at)
            .text(self.state.as_str())
            .maybe(self.ended_at(), CopyRows::time)
            .maybe(self.code(), CopyRows::text)
            .maybe(self.code_version(), CopyRows::int8)
            .int8(self.position.number())
            .time(self.recorded_at);
    }
}

impl Changed {
    fn push(&mut self, id: ProcessId, change: &Change) {
        self.process_id.push(id.uuid());
        self.state.push(change.state.as_str());
        self.ended_at.push(change.ended_at());
        self.code.push(change.code().map(str::to_owned));
        self.code_version.push(change.code_version());
        self.position.push(change.position.number());
        self.recorded_at.push(change.recorded_at);
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        // What is over stays as it is: an event after the last is an error.
        let updated = sqlx::query!(
            "update processes
             set state = changed.state, ended_at = changed.ended_at, code = coalesce(changed.code, processes.code),
                code_version = coalesce(changed.code_version, processes.code_version), position = changed.position,
                recorded_at = changed.recorded_at
             from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::int8[], $6::int8[], $7::timestamptz[])
                as changed(process_id, state, ended_at, code, code_version, position, recorded_at)
             where processes.process_id = changed.process_id and processes.ended_at is null",
            &self.process_id,
            &self.state as &[&str],
            &self.ended_at as &[Option<DateTime<Utc>>],
            &self.code as &[Option<String>],
            &self.code_version as &[Option<i64>],
            &self.position,
            &self.recorded_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.process_id.len() as u64 {
            return Err(WriteError::Inconsistent("a process changed that was never started, or is over".into()));
        }
        Ok(())
    }
}

impl Steps {
    fn push(&mut self, id: ProcessId, name: &'static str, step: Step) {
        self.process_id.push(id.uuid());
        self.name.push(name);
        self.state.push(step.state);
        self.tries.push(step.tries);
        self.last_error_code.push(step.code);
        self.at.push(step.at);
        self.begun_position.push(step.begun_position.number());
    }

    async fn upsert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into process_steps (process_id, name, state, tries, last_error_code, at, begun_position)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::timestamptz[], $7::int8[])
             on conflict (process_id, name) do update
             set state = excluded.state, tries = excluded.tries, at = excluded.at,
                last_error_code = coalesce(excluded.last_error_code, process_steps.last_error_code)",
            &self.process_id,
            &self.name as &[&str],
            &self.state as &[&str],
            &self.tries,
            &self.last_error_code as &[Option<String>],
            &self.at,
            &self.begun_position
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[async_trait]
impl Rows for ProcessRows {
    fn is_empty(&self) -> bool {
        self.started.is_empty() && self.changed.process_id.is_empty() && self.steps.process_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.started.send(connection).await?;
        if !self.changed.process_id.is_empty() {
            self.changed.update(connection).await?;
        }
        if !self.steps.process_id.is_empty() {
            self.steps.upsert(connection).await?;
        }
        Ok(())
    }
}
