//! The log as a test edits it: read as a whole, changed in memory, and written back behind the back of every check. All tests
//! that damage or plant rows of the log go through here, so that they do not depend on how its tables look.

#![allow(missing_docs, reason = "the columns of the log")]

mod before;
mod commit;
mod commit_rows;
mod rows;

use anyhow::Result;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub use commit::{EditedCommit, EditedEvent, EditedHead};
use rows::Form;
pub use rows::fill_with_commits;

use super::connection::{connect, run};

/// A log that is being edited: nothing is appended to it until it is saved or dropped.
#[derive(Debug)]
pub struct EditedLog {
    connection: PgConnection,
    form: Form,
    /// The clock of the database.
    pub now: DateTime<Utc>,
    pub head: EditedHead,
    pub commits: Vec<EditedCommit>,
    before: (EditedHead, Vec<EditedCommit>),
    unchecked: bool,
}

impl EditedLog {
    /// Reads a log as superuser.
    pub async fn open(url: &str) -> Result<Self> {
        let mut connection = connect(url).await?;
        run(&mut connection, "begin; set local session_replication_role = replica").await?;
        let (head, now) = rows::head(&mut connection).await?;
        let form = Form::of(&mut connection).await?;
        let commits = form.commits(&mut connection).await?;
        let before = (head.clone(), commits.clone());
        Ok(Self { connection, form, now, head, commits, before, unchecked: false })
    }

    /// Opens a log, edits it and saves it.
    pub async fn edit(url: &str, edit: impl FnOnce(&mut Self)) -> Result<()> {
        let mut log = Self::open(url).await?;
        edit(&mut log);
        log.save().await
    }

    /// All events, in the order of positions.
    pub fn events(&mut self) -> impl Iterator<Item = &mut EditedEvent> {
        self.commits.iter_mut().flat_map(|commit| &mut commit.events)
    }

    /// The events of a type.
    pub fn of_type(&mut self, event_type: &str) -> Vec<&mut EditedEvent> {
        self.events().filter(|event| event.event_type == event_type).collect()
    }

    /// The event at a position.
    pub fn event_at(&mut self, position: i64) -> &mut EditedEvent {
        self.events().find(|event| event.position == position).expect("there is an event at the position")
    }

    /// The event that a stream has at a version.
    pub fn event_of(&mut self, stream: Uuid, version: i64) -> &mut EditedEvent {
        let found = self.events().find(|event| event.stream == stream && event.version == version);
        found.expect("the stream has such a version")
    }

    /// The newest event of a stream.
    pub fn newest_of(&mut self, stream: Uuid) -> &mut EditedEvent {
        let found = self.events().filter(|event| event.stream == stream).max_by_key(|event| event.version);
        found.expect("the stream has events")
    }

    /// The commit that begins at a position.
    pub fn commit_at(&mut self, first: i64) -> &mut EditedCommit {
        self.commits.iter_mut().find(|commit| commit.first == first).expect("a commit begins at the position")
    }

    /// Takes one event away, and leaves its commit as it says it is.
    pub fn lose_event(&mut self, position: i64) {
        for commit in &mut self.commits {
            commit.events.retain(|event| event.position != position);
        }
    }

    /// Takes a whole commit away.
    pub fn lose_commit(&mut self, first: i64) -> EditedCommit {
        let place = self.commits.iter().position(|commit| commit.first == first).expect("a commit begins there");
        self.commits.remove(place)
    }

    /// Loses all commits that end after a position: the head is where the last one left ends.
    pub fn cut_after(&mut self, position: i64) {
        self.commits.retain(|commit| commit.last <= position);
        if let Some(last) = self.commits.last() {
            self.head = EditedHead { position: last.last, recorded_at: last.recorded_at };
        }
    }

    /// Appends a commit now, where the log ends.
    pub fn append(&mut self, commit: EditedCommit) -> &mut EditedCommit {
        let at = self.now.max(self.head.recorded_at);
        self.append_at(at, commit)
    }

    /// The same at another time. The head's clock does not go back.
    pub fn append_at(&mut self, recorded_at: DateTime<Utc>, mut commit: EditedCommit) -> &mut EditedCommit {
        commit.first = self.head.position + 1;
        commit.last = self.head.position + commit.events.len() as i64;
        commit.recorded_at = recorded_at;
        for (event, position) in commit.events.iter_mut().zip(commit.first..) {
            event.position = position;
        }
        self.head.position = commit.last;
        self.head.recorded_at = self.head.recorded_at.max(recorded_at);
        self.commits.push(commit);
        self.commits.last_mut().expect("it was pushed just now")
    }

    /// Appends a commit that says it has so many events, and has none.
    pub fn append_without_events(&mut self, count: i64) -> &mut EditedCommit {
        let at = self.now.max(self.head.recorded_at);
        self.append_at(at, EditedCommit::new(Vec::new()));
        self.head.position += count;
        let commit = self.commits.last_mut().expect("it was appended just now");
        commit.last = self.head.position;
        commit
    }

    /// Removes the constraints that would refuse the log as it is edited, for good.
    pub fn without_constraints(&mut self) -> &mut Self {
        self.unchecked = true;
        self
    }

    /// Writes back what was changed, in one transaction. Whoever follows the log hears of a new end.
    pub async fn save(mut self) -> Result<()> {
        let commits = (self.before.1.as_slice(), self.commits.as_slice());
        self.form.write(&mut self.connection, commits, self.unchecked).await?;
        if self.head != self.before.0 {
            rows::write_head(&mut self.connection, &self.head).await?;
        }
        run(&mut self.connection, "commit").await
    }
}
