//! A planned append turned by ninety degrees: one array for each column, as the statement wants them.

use chrono::{DateTime, Utc};
use database::Connection;
use kernel::{LogId, Position};
use log::{AppendError, Appended, Basis, Snapshot};
use sqlx::postgres::PgDatabaseError;
use uuid::Uuid;

use crate::{
    classify::append_error,
    encode::commit_digest,
    plan::{Change, Encoded, Plan, Writing},
    rows::role_code,
    select::INDEXED_TYPES,
};

/// Why nothing was written, or perhaps.
pub(crate) enum Failure {
    /// There is no partition for the commits. Nothing was written.
    NoPartition(sqlx::Error),
    Append(AppendError),
}

#[derive(Default)]
pub(crate) struct Columns<'a> {
    pub count: i64,
    firsts: Vec<i64>,
    lasts: Vec<i64>,
    commands: Vec<Uuid>,
    actors: Vec<Uuid>,
    correlations: Vec<Uuid>,
    fingerprints: Vec<&'a [u8]>,
    roles: Vec<i8>,
    followed: Vec<bool>,
    events: Vec<&'a str>,
    digests: Vec<u8>,
    continued: Continued<'a>,
    made: Made<'a>,
}

#[derive(Default)]
struct Continued<'a> {
    streams: Vec<Uuid>,
    before: Vec<i64>,
    after: Vec<i64>,
    kinds: Vec<&'a str>,
    newest_before: Vec<i64>,
    newest: Vec<i64>,
    states: States<'a>,
}

#[derive(Default)]
struct Made<'a> {
    streams: Vec<Uuid>,
    versions: Vec<i64>,
    kinds: Vec<&'a str>,
    opened: Vec<i64>,
    opened_at: Vec<Option<i64>>,
    newest: Vec<i64>,
    owners: Vec<Option<Uuid>>,
    states: States<'a>,
}

#[derive(Default)]
struct States<'a> {
    versions: Vec<Option<i64>>,
    schemas: Vec<Option<i32>>,
    states: Vec<Option<&'a str>>,
}

impl<'a> States<'a> {
    fn push(&mut self, state: Option<&'a Snapshot>) {
        self.versions.push(state.map(|state| state.version.number()));
        self.schemas.push(state.map(|state| state.state_schema));
        self.states.push(state.map(|state| state.state.as_str()));
    }
}

impl<'a> Columns<'a> {
    pub fn of(plan: &'a Plan<'a>) -> Self {
        let mut columns = Self::default();
        for encoded in &plan.commits {
            columns.push(encoded);
        }
        for change in &plan.changes {
            columns.change(change);
        }
        columns
    }

    fn push(&mut self, encoded: &'a Encoded<'a>) {
        let Encoded { commit, first, last, events } = encoded;
        self.count = *last;
        self.firsts.push(*first);
        self.lasts.push(*last);
        self.commands.push(commit.command_id.uuid());
        self.actors.push(commit.actor.id.uuid());
        self.correlations.push(commit.correlation.uuid());
        self.fingerprints.push(&commit.fingerprint.0);
        self.roles.push(role_code(commit.actor.role));
        self.followed.push(commit.events.iter().any(|event| INDEXED_TYPES.contains(&event.event_type)));
        self.events.push(events);
        let digest = commit_digest(commit.command_id, commit.actor, commit.correlation, commit.fingerprint, events);
        self.digests.extend_from_slice(&digest);
    }

    fn change(&mut self, change: &'a Change<'a>) {
        match change.writing() {
            Writing::None => {}
            Writing::Continue(newest_before) => {
                let to = &mut self.continued;
                to.streams.push(change.stream.uuid());
                to.before.push(change.before.number());
                to.after.push(change.after.number());
                to.kinds.push(change.kind);
                to.newest_before.push(newest_before.number());
                to.newest.push(change.newest);
                to.states.push(change.state());
            }
            Writing::Make(opened_at) => {
                let to = &mut self.made;
                to.streams.push(change.stream.uuid());
                to.versions.push(change.after.number());
                to.kinds.push(change.kind);
                to.opened.push(change.opened);
                to.opened_at.push(opened_at.map(Position::number));
                to.newest.push(change.newest);
                to.owners.push(change.owner.map(|owner| owner.uuid()));
                to.states.push(change.state());
            }
        }
    }

    pub async fn write(
        &self,
        basis: Basis,
        epoch: Option<i64>,
        connection: &mut Connection,
    ) -> Result<Appended, Failure> {
        let (Self { continued, made, .. }, Basis { known, within, .. }) = (self, basis);
        let row = sqlx::query_file!(
            "src/sql/append.sql",
            self.count,
            epoch,
            known.map(|(log, _)| log.uuid()),
            known.map(|(_, commit)| commit.command_id.uuid()),
            known.map(|(_, commit)| commit.position.number()),
            known.map(|(_, commit)| commit.recorded_at) as Option<DateTime<Utc>>,
            &self.firsts,
            &self.lasts,
            &self.commands,
            &self.actors,
            &self.correlations,
            &self.fingerprints as &[&[u8]],
            &self.roles,
            &self.followed,
            &self.events as &[&str],
            &self.digests,
            &continued.streams,
            &continued.before,
            &continued.after,
            &continued.kinds as &[&str],
            &continued.newest_before,
            &continued.newest,
            &continued.states.versions as &[Option<i64>],
            &continued.states.schemas as &[Option<i32>],
            &continued.states.states as &[Option<&str>],
            &made.streams,
            &made.versions,
            &made.kinds as &[&str],
            &made.opened,
            &made.opened_at as &[Option<i64>],
            &made.newest,
            &made.owners as &[Option<Uuid>],
            &made.states.versions as &[Option<i64>],
            &made.states.schemas as &[Option<i32>],
            &made.states.states as &[Option<&str>],
            within.from,
            within.before,
        )
        .fetch_optional(&mut *connection)
        .await
        .map_err(failure)?;
        let Some(row) = row else { return Err(Failure::Append(why_nothing(basis, epoch, connection).await)) };
        Ok(Appended { log: LogId::new(row.log_id), first: Position::new(row.first), recorded_at: row.recorded_at })
    }
}

fn failure(error: sqlx::Error) -> Failure {
    match lacks_partition(&error) {
        true => Failure::NoPartition(error),
        false => Failure::Append(append_error(error)),
    }
}

/// A row that no partition takes has the code of a row that a check refuses; but no check is named.
fn lacks_partition(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(database) = error else { return false };
    let postgres = database.try_downcast_ref::<PgDatabaseError>();
    postgres.is_some_and(|e| e.code() == "23514" && e.constraint().is_none() && e.table() == Some("log_commits"))
}

/// Why an append found no head to move. Asked for after it has written nothing, so an error means that too.
pub(crate) async fn why_nothing(basis: Basis, epoch: Option<i64>, connection: &mut Connection) -> AppendError {
    match sqlx::query!("select stopped_by, epoch from log_head").fetch_optional(connection).await {
        // Before the alarm: whoever does not lead is not told of it by an append.
        Ok(Some(head)) if epoch.is_some_and(|epoch| epoch != head.epoch) => AppendError::NotLeader,
        Ok(Some(head)) => match head.stopped_by {
            Some(alarm) => AppendError::Stopped { alarm },
            // Or it has another history: who reads on finds that.
            None if !basis.within.is_any() => AppendError::Conflict,
            None if basis.known.is_some() => AppendError::OtherHistory,
            // It was stopped a moment ago.
            None => AppendError::Conflict,
        },
        Ok(None) => AppendError::Refused("the log has no head".into()),
        Err(error) => AppendError::Unavailable(Box::new(error)),
    }
}
