//! Walks through streams, backwards from commit to commit: each event says where the version before it stands.

use chrono::{DateTime, Utc};
use kernel::{Position, StreamId, Version};
use log::{Event, FromVersion, Picked, ReadError, Snapshot, StreamRead, StreamStanding, Wanted};
use uuid::Uuid;

use crate::{
    classify::read_error,
    rows::{actor, damaged, decode},
    store::PostgresLog,
};

/// The commits of a stream that one statement goes through. A walk that is not at its end then goes on with another.
const STEPS: i64 = 1_000;

/// What is asked of a stream.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub stream: StreamId,
    pub from: FromVersion,
    /// Begin with the commit at this position; else with the newest.
    pub begin: Option<i64>,
}

/// A row of `read_streams.sql`: where a stream stands, or, with a depth of 1 and more, a commit of it.
struct WalkRow {
    ordinal: i64,
    depth: i64,
    kind: Option<String>,
    version: Option<i64>,
    newest: Option<i64>,
    has_row: Option<bool>,
    state_version: Option<i64>,
    state: Option<String>,
    first_position: Option<i64>,
    recorded_at: Option<DateTime<Utc>>,
    actor_id: Option<Uuid>,
    actor_role: Option<i8>,
    events: Option<String>,
    places: Option<Vec<i64>>,
    next: Option<i64>,
}

/// What one statement found of a stream.
#[derive(Default)]
pub(crate) struct Walked {
    pub standing: Option<StreamStanding>,
    pub state: Option<Snapshot>,
    /// After this version events were asked for.
    after: i64,
    /// Newest first.
    pub picked: Vec<Picked>,
    /// The commit to go on with, or to begin with.
    next: Option<i64>,
}

impl Walked {
    /// The version of the oldest event that was found.
    fn oldest(&self) -> Option<i64> {
        self.picked.last().map(|picked| picked.event.version.number())
    }

    /// Where to go on, if events are missing yet.
    fn goes_on(&self) -> Option<i64> {
        let is_at_end = match self.oldest() {
            Some(oldest) => oldest <= self.after + 1,
            None => self.standing.as_ref().map_or(1, |standing| standing.version.number()) <= self.after,
        };
        if is_at_end { None } else { self.next }
    }

    /// Where it stands, its state, and the events after that.
    pub fn into_read(mut self, stream: StreamId) -> Result<StreamRead, ReadError> {
        let (standing, state) = (self.standing.clone(), self.state.take());
        let events = self.into_picked(stream)?.into_iter().map(|picked| picked.event).collect();
        Ok(StreamRead { standing, state, events })
    }

    /// Events oldest first, checked to be all of them.
    pub fn into_picked(self, stream: StreamId) -> Result<Vec<Picked>, ReadError> {
        let Self { standing, after, mut picked, .. } = self;
        let near = picked.last().map_or(0, |picked| picked.position.number());
        let end = standing.as_ref().map_or(0, |standing| standing.version.number());
        picked.reverse();
        let mut due = after + 1;
        for Picked { event, .. } in &picked {
            if event.version.number() != due {
                let what = format!("stream {stream} has version {} where {due} is due", event.version);
                return Err(damaged(near, what));
            }
            due += 1;
        }
        if due <= end {
            let newest = standing.as_ref().map_or(0, |standing| standing.newest.number());
            return Err(damaged(newest, format!("stream {stream} has version {end}, but version {due} is not found")));
        }
        Ok(picked)
    }

    /// Where the stream stands, and its state. The row before those of its commits.
    fn begin(&mut self, asked: Asked, row: WalkRow) {
        self.next = row.next;
        let wanted = match asked.from {
            FromVersion::Snapshot { state_schema } => Some(state_schema),
            FromVersion::After(_) => None,
        };
        if let (Some(version), Some(state), Some(state_schema)) = (row.state_version, row.state, wanted) {
            let version = Version::new(version);
            self.after = version.number();
            self.state = Some(Snapshot { stream: asked.stream, version, state_schema, state });
        }
        let Some(newest) = row.newest.map(Position::new) else { return };
        self.standing = match row.version {
            Some(version) => {
                let has_row = row.has_row.unwrap_or_default();
                Some(StreamStanding { kind: row.kind, version: Version::new(version), newest, has_row })
            }
            // Whoever asks for what comes after the first event knows of it.
            None if self.after == 1 => Some(Self::of_command(newest)),
            None => None,
        };
    }

    /// A stream without a row: its command opened it.
    fn of_command(newest: Position) -> StreamStanding {
        StreamStanding { kind: None, version: Version::ZERO.next(), newest, has_row: false }
    }

    fn add(&mut self, row: WalkRow) -> Result<(), ReadError> {
        self.next = row.next.filter(|next| *next > 0);
        let (Some(first), Some(recorded_at), Some(id), Some(role), Some(events), Some(places)) =
            (row.first_position, row.recorded_at, row.actor_id, row.actor_role, row.events, row.places)
        else {
            return Ok(());
        };
        let actor = actor(first, role, id)?;
        // Newest first, in the commit too.
        for (event, place) in decode(first, &events)?.into_iter().zip(places).rev() {
            let event = Event::from(event);
            if event.version.number() > self.after {
                self.picked.push(Picked { position: Position::new(first + place - 1), recorded_at, actor, event });
            }
        }
        if self.standing.is_none() && self.oldest() == Some(1) {
            self.standing = Some(Self::of_command(Position::new(first)));
        }
        Ok(())
    }
}

impl PostgresLog {
    /// One walk for each, all in one round trip unless one is very long.
    pub(crate) async fn walk(&self, asked: &[Asked], from_opening: bool) -> Result<Vec<Walked>, ReadError> {
        let mut walked = self.walk_once(asked, from_opening).await?;
        let mut not_fetched = Vec::new();
        for (asked, walked) in asked.iter().zip(&mut walked) {
            while let Some(begin) = walked.goes_on() {
                let from = FromVersion::After(Version::new(walked.after));
                let further = self.walk_once(&[Asked { from, begin: Some(begin), ..*asked }], false).await?;
                let Some(mut further) = further.into_iter().next() else { break };
                if further.picked.is_empty() {
                    further = match self.walk_detached(asked, walked, begin).await {
                        Err(ReadError::NotFetched(wanted)) => {
                            not_fetched.extend(wanted);
                            break;
                        }
                        part => part?,
                    };
                }
                // It must lead to earlier versions, or it would never end.
                if further.picked.is_empty()
                    || further.picked[0].event.version.number() >= walked.oldest().unwrap_or(i64::MAX)
                {
                    break;
                }
                walked.picked.extend(further.picked);
                walked.next = further.next;
                if walked.standing.is_none() && walked.oldest() == Some(1) {
                    walked.standing = Some(Walked::of_command(Position::new(begin)));
                }
            }
        }
        if not_fetched.is_empty() { Ok(walked) } else { Err(ReadError::NotFetched(not_fetched)) }
    }

    /// The part of a stream in a commit that has left the database; nothing if it has not.
    async fn walk_detached(&self, asked: &Asked, walked: &Walked, begin: i64) -> Result<Walked, ReadError> {
        let mut part = Walked { after: walked.after, ..Walked::default() };
        let Some(end) = self.detached_at(begin).await? else { return Ok(part) };
        let wanted = Wanted::Stream(asked.stream, FromVersion::After(Version::new(walked.after)));
        let found = self.detached_commits(end, &[Position::new(begin)], &[asked.stream], &[wanted]).await?;
        for found in found {
            let commit = &found.commit;
            let events =
                commit.positioned().zip(&found.previous).filter(|((_, event), _)| event.stream == asked.stream);
            for ((position, event), previous) in events {
                if part.next.is_none() {
                    part.next = Some(previous.number());
                }
                if event.version.number() > part.after {
                    let (recorded_at, actor) = (commit.recorded_at, commit.actor);
                    part.picked.push(Picked { position, recorded_at, actor, event: event.clone() });
                }
            }
        }
        part.next = part.next.filter(|next| *next > 0);
        part.picked.reverse();
        Ok(part)
    }

    async fn walk_once(&self, asked: &[Asked], from_opening: bool) -> Result<Vec<Walked>, ReadError> {
        let ids: Vec<Uuid> = asked.iter().map(|asked| asked.stream.uuid()).collect();
        let (after, schemas): (Vec<i64>, Vec<Option<i32>>) = asked.iter().map(|asked| limits(asked.from)).unzip();
        let begins: Vec<Option<i64>> = asked.iter().map(|asked| asked.begin).collect();
        let rows = sqlx::query_file_as!(
            WalkRow,
            "src/sql/read_streams.sql",
            &ids,
            &after,
            &schemas as &[Option<i32>],
            &begins as &[Option<i64>],
            from_opening,
            STEPS
        )
        .fetch_all(&mut *self.connection().await?)
        .await
        .map_err(read_error)?;
        let mut walked: Vec<Walked> = after.iter().map(|after| Walked { after: *after, ..Walked::default() }).collect();
        for row in rows {
            let index = (row.ordinal - 1) as usize;
            match row.depth {
                0 => walked[index].begin(asked[index], row),
                _ => walked[index].add(row)?,
            }
        }
        Ok(walked)
    }
}

/// The version to read after if there is no state, and the schema of the state if one is wanted.
fn limits(from: FromVersion) -> (i64, Option<i32>) {
    match from {
        FromVersion::Snapshot { state_schema } => (0, Some(state_schema)),
        FromVersion::After(version) => (version.number(), None),
    }
}
