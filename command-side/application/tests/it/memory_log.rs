//! A log in memory that keeps the port's promises, and breaks in the ways the port allows.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{AccountId, CommandId, LogId, MemberId, Position, StreamId, Version};
use log::{
    Append, AppendError, Appended, Basis, Commit, Event, FromVersion, Head, HeldStream, NewCommit, OwnedAccounts,
    Picked, ReadError, ReadHead, ReadStreams, ReadTyped, Snapshot, StreamRead, StreamStanding,
};
use serde_json::value::RawValue;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The connection breaks before anything is written.
    LostBefore,
    /// The connection breaks after all is written.
    LostAfter,
    /// The connection breaks now, and the append comes through when the next one is tried.
    LostAndLate,
    /// The store is away.
    Away,
    /// Another server leads.
    NotLeader,
    /// The store takes none of it.
    Refused,
    /// An alarm of the auditor is open.
    Stopped,
    /// All is written, and whoever asked never hears of it: the process dies while waiting.
    Death,
}

#[derive(Default)]
pub struct MemoryLog {
    commits: Mutex<Vec<Commit>>,
    snapshots: Mutex<Vec<Snapshot>>,
    faults: Mutex<Vec<Fault>>,
    late: Mutex<Vec<NewCommit>>,
    pub appends: AtomicUsize,
    /// The term in which whoever asks leads; none while it is 0.
    pub term: AtomicI64,
    /// While it is set, the end of the log cannot be asked for once a command was looked up.
    pub headless: AtomicBool,
    looked_up: AtomicBool,
    /// This stream cannot be read.
    pub damaged: Mutex<Option<StreamId>>,
    /// The alarm that it says stops it; its appends are stopped by a fault.
    pub stopped_by: Mutex<Option<i64>>,
    pub hold: tokio::sync::Mutex<()>,
    /// While it is set, an append takes so long, and so long for each commit, and nothing is kept: for measuring.
    pub append_time: Mutex<Option<(Duration, Duration)>>,
    /// So many times the log is away when it is asked for a commit.
    pub refs_away: AtomicUsize,
    /// Told of the streams of each read, before they are read.
    pub on_read: Mutex<Option<OnRead>>,
    /// How far its clock has gone on.
    pub elapsed: Mutex<TimeDelta>,
    /// Told when somebody waits for an answer that never comes.
    pub dying: tokio::sync::Notify,
}

pub type OnRead = Box<dyn Fn(&[(StreamId, FromVersion)]) + Send>;

const LOG: LogId = LogId::new(Uuid::from_u128(1));

/// Where a stream stands in these commits.
fn standing(commits: &[Commit], stream: StreamId) -> Option<StreamStanding> {
    let mut with = commits.iter().filter(|commit| commit.events.iter().any(|event| event.stream == stream));
    let newest = with.next_back()?;
    let events = commits.iter().flat_map(|commit| &commit.events).filter(|event| event.stream == stream);
    let version = Version::new(events.count() as i64);
    let has_row = version > Version::new(1) || stream != StreamId::from(newest.command_id);
    Some(StreamStanding { kind: None, version, newest: newest.first, has_row })
}

impl MemoryLog {
    /// Its clock.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("time") + *self.elapsed.lock().expect("whole")
    }

    /// Its clock goes on by so much.
    pub fn pass(&self, time: TimeDelta) {
        *self.elapsed.lock().expect("whole") += time;
    }

    /// The next append meets this.
    pub fn fail_next(&self, fault: Fault) {
        self.faults.lock().expect("whole").push(fault);
    }

    pub fn commits(&self) -> Vec<Commit> {
        self.commits.lock().expect("whole").clone()
    }

    /// As a restore from a backup leaves it: without the commits after the first so many.
    pub fn restore(&self, commits: usize) {
        self.commits.lock().expect("whole").truncate(commits);
    }

    pub fn snapshots(&self) -> Vec<Snapshot> {
        self.snapshots.lock().expect("whole").clone()
    }

    /// A state that stands with a stream, whoever wrote it.
    pub fn plant_snapshot(&self, snapshot: Snapshot) {
        self.snapshots.lock().expect("whole").push(snapshot);
    }

    pub fn count(&self, event_type: &str) -> usize {
        self.commits().iter().flat_map(|c| &c.events).filter(|e| e.event_type == event_type).count()
    }

    /// Whether the writer knows where each stream stands that it adds to.
    fn is_held(&self, new: &[NewCommit], held: &[HeldStream]) -> bool {
        let commits = self.commits();
        let mut begun = std::collections::HashSet::new();
        new.iter().flat_map(|commit| &commit.events).filter(|event| begun.insert(event.stream)).all(|event| {
            let known = held.iter().find(|held| held.stream == event.stream);
            match standing(&commits, event.stream) {
                Some(standing) if standing.version.next() == event.version => {
                    known.is_some_and(|held| (held.newest, held.has_row) == (standing.newest, standing.has_row))
                }
                // New, or the version conflicts.
                _ => true,
            }
        })
    }

    fn write(&self, new: &[NewCommit]) -> Result<Appended, AppendError> {
        let mut commits = self.commits.lock().expect("whole");
        if new.iter().flat_map(|c| &c.events).any(|e| e.payload.contains("poison")) {
            return Err(AppendError::Refused("poison".into()));
        }
        let mut all = commits.clone();
        for commit in new {
            let taken = all.iter().any(|c| c.command_id == commit.command_id);
            let first = all.last().map_or(Position::ZERO, Commit::last).next();
            let mut events = Vec::new();
            for e in &commit.events {
                let version = Version::new(
                    all.iter().flat_map(|c| &c.events).chain(&events).filter(|o: &&Event| o.stream == e.stream).count()
                        as i64,
                )
                .next();
                if taken || version != e.version {
                    return Err(AppendError::Conflict);
                }
                let payload = RawValue::from_string(e.payload.clone()).expect("json");
                let (event_type, schema_version) = (e.event_type.to_owned(), e.schema_version);
                events.push(Event { stream: e.stream, version, event_type, schema_version, payload });
            }
            let NewCommit { command_id, fingerprint, actor, correlation, .. } = commit.clone();
            all.push(Commit { first, command_id, fingerprint, actor, correlation, recorded_at: self.now(), events });
        }
        let first = commits.last().map_or(Position::ZERO, Commit::last).next();
        *commits = all;
        Ok(Appended { log: LOG, first, recorded_at: self.now() })
    }
}

#[async_trait]
impl Append for MemoryLog {
    fn term(&self) -> Option<i64> {
        Some(self.term.load(Ordering::SeqCst)).filter(|term| *term > 0)
    }

    async fn append(&self, commits: &[NewCommit]) -> Result<Appended, AppendError> {
        let _held = self.hold.lock().await;
        self.appends.fetch_add(1, Ordering::SeqCst);
        let append_time = *self.append_time.lock().expect("whole");
        if let Some((append, commit)) = append_time {
            tokio::time::sleep(append + commit * commits.len() as u32).await;
            let first = self.commits.lock().expect("whole").last().map_or(Position::ZERO, Commit::last).next();
            return Ok(Appended { log: LOG, first, recorded_at: self.now() });
        }
        let late = std::mem::take(&mut *self.late.lock().expect("whole"));
        if !late.is_empty() {
            self.write(&late).expect("the late append comes first");
        }
        let fault = self.faults.lock().expect("whole").pop();
        match fault {
            None => self.write(commits),
            Some(Fault::NotLeader) => Err(AppendError::NotLeader),
            Some(Fault::Away) => Err(AppendError::Unavailable("away".into())),
            Some(Fault::Stopped) => Err(AppendError::Stopped { alarm: 7 }),
            Some(Fault::Refused) => Err(AppendError::Refused("refused".into())),
            Some(Fault::LostBefore) => Err(AppendError::Unknown("lost".into())),
            Some(Fault::LostAfter) => {
                self.write(commits)?;
                Err(AppendError::Unknown("lost".into()))
            }
            Some(Fault::Death) => {
                self.write(commits)?;
                drop(_held);
                self.dying.notify_one();
                std::future::pending().await
            }
            Some(Fault::LostAndLate) => {
                *self.late.lock().expect("whole") = commits.to_vec();
                Err(AppendError::Unknown("lost".into()))
            }
        }
    }

    async fn append_after(
        &self,
        basis: Basis,
        commits: &[NewCommit],
        held: &[HeldStream],
    ) -> Result<Appended, AppendError> {
        if !basis.within.holds(self.now()) {
            return Err(AppendError::Conflict);
        }
        if self.append_time.lock().expect("whole").is_none() && !self.is_held(commits, held) {
            return Err(AppendError::Conflict);
        }
        self.append(commits).await
    }
}

#[async_trait]
impl ReadHead for MemoryLog {
    async fn head(&self) -> Result<Head, ReadError> {
        if self.headless.load(Ordering::SeqCst) && self.looked_up.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("away".into()));
        }
        let position = self.commits().last().map_or(Position::ZERO, Commit::last);
        let commit = self.commits().last().map(Commit::reference);
        Ok(Head { log: LOG, position, recorded_at: self.now(), now: self.now(), commit })
    }

    async fn commit_refs(&self, ends: &[Position]) -> Result<Vec<Option<log::CommitRef>>, ReadError> {
        if self.refs_away.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1)).is_ok() {
            return Err(ReadError::Unavailable("away".into()));
        }
        let commits = self.commits();
        let held = |end: &Position| commits.iter().map(Commit::reference).find(|commit| commit.position == *end);
        Ok(ends.iter().map(held).collect())
    }

    async fn stopped_by(&self) -> Result<Option<i64>, ReadError> {
        Ok(*self.stopped_by.lock().expect("whole"))
    }
}

#[async_trait]
impl ReadStreams for MemoryLog {
    async fn read_streams(&self, streams: &[(StreamId, FromVersion)]) -> Result<Vec<StreamRead>, ReadError> {
        if let Some(on_read) = &*self.on_read.lock().expect("whole") {
            on_read(streams);
        }
        let damaged = *self.damaged.lock().expect("whole");
        if streams.iter().any(|(stream, _)| Some(*stream) == damaged) {
            return Err(ReadError::Damaged { position: Position::new(1), what: "a test".to_owned() });
        }
        let commits = self.commits();
        let read = |(stream, from): &(StreamId, FromVersion)| {
            let snapshots = self.snapshots();
            let newest = snapshots.into_iter().filter(|s| s.stream == *stream).max_by_key(|s| s.version);
            let (snapshot, after) = match from {
                FromVersion::Snapshot { .. } => (newest.clone(), newest.map_or(Version::ZERO, |s| s.version)),
                FromVersion::After(version) => (None, *version),
            };
            let of_stream = |e: &&Event| e.stream == *stream && e.version > after;
            let events = commits.iter().flat_map(|c| &c.events).filter(of_stream).cloned().collect();
            StreamRead { standing: standing(&commits, *stream), state: snapshot, events }
        };
        Ok(streams.iter().map(read).collect())
    }

    async fn read_event(&self, stream: StreamId, version: Version) -> Result<Option<Event>, ReadError> {
        let found = |e: &&Event| e.stream == stream && e.version == version;
        Ok(self.commits().iter().flat_map(|c| &c.events).find(found).cloned())
    }

    async fn find_commits(&self, commands: &[CommandId]) -> Result<Vec<Commit>, ReadError> {
        self.looked_up.store(true, Ordering::SeqCst);
        Ok(self.commits().into_iter().filter(|c| commands.contains(&c.command_id)).collect())
    }
}

impl MemoryLog {
    fn picked(&self) -> Vec<Picked> {
        let of_commit = |commit: Commit| {
            let (actor, recorded_at) = (commit.actor, commit.recorded_at);
            let picked =
                |(position, event): (Position, &Event)| Picked { position, recorded_at, actor, event: event.clone() };
            commit.positioned().map(picked).collect::<Vec<_>>()
        };
        self.commits().into_iter().flat_map(of_commit).collect()
    }
}

#[async_trait]
impl ReadTyped for MemoryLog {
    async fn read_typed(
        &self,
        types: &[&str],
        after: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Vec<Picked>, ReadError> {
        let asked =
            |p: &Picked| p.position > after && p.position <= up_to && types.contains(&p.event.event_type.as_str());
        Ok(self.picked().into_iter().filter(asked).take(limit as usize).collect())
    }

    async fn read_picked(&self, stream: StreamId, version: Version) -> Result<Option<Picked>, ReadError> {
        Ok(self.picked().into_iter().find(|p| p.event.stream == stream && p.event.version == version))
    }
}

#[async_trait]
impl OwnedAccounts for MemoryLog {
    async fn owned_accounts(&self, owner: MemberId) -> Result<Vec<AccountId>, ReadError> {
        let of_owner = |event: &&Event| {
            let payload: serde_json::Value = serde_json::from_str(event.payload.get()).expect("json");
            event.event_type == "AccountOpened" && payload["holder"]["owner"] == owner.to_string()
        };
        let commits = self.commits();
        Ok(commits.iter().flat_map(|c| &c.events).filter(of_owner).map(|e| AccountId::new(e.stream.uuid())).collect())
    }
}
