//! Where the streams of copied commits stand: the rows of `log_streams`.

use std::collections::{BTreeSet, HashMap};

use event_archive::{Commit, Event};
use event_store_postgres::PreviousVersion;
use events::recorded::{AccountEvent, AccountOpened, Event as Recorded, Holder, StreamKind};
use kernel::Position;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

use super::stored::damaged;
use crate::{db::failed, failure::Failure};

/// Where a stream stands.
#[derive(Clone, Copy, Debug)]
struct Stream {
    kind: Option<StreamKind>,
    version: i64,
    opened: i64,
    newest: i64,
    owner: Option<Uuid>,
    /// It has the id of the command that opened it: it gets a row with its second event.
    is_of_command: bool,
    is_changed: bool,
}

/// The streams that a page of commits adds to.
pub struct Streams(HashMap<Uuid, Stream>);

impl Streams {
    /// Those of these commits, as they stand before them.
    pub async fn before(commits: &[Commit], connection: &mut PgConnection) -> Result<Self, Failure> {
        let asked: BTreeSet<Uuid> = commits.iter().flat_map(|c| &c.events).map(|event| event.stream_id).collect();
        let asked: Vec<Uuid> = asked.into_iter().collect();
        let rows = sqlx::query!(
            "select stream_id, kind, version, first_position, newest_position, owner from log_streams
             where stream_id = any($1)",
            &asked
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(failed("reading where streams stand"))?;
        let mut streams: HashMap<Uuid, Stream> = HashMap::with_capacity(asked.len());
        for row in rows {
            let kind = StreamKind::ALL.iter().copied().find(|kind| kind.as_str() == row.kind);
            let stream = Stream {
                kind,
                version: row.version,
                opened: row.first_position,
                newest: row.newest_position,
                owner: row.owner,
                is_of_command: false,
                is_changed: false,
            };
            streams.insert(row.stream_id, stream);
        }
        // Only a stream that goes on may be one that has no row: new ones need not be looked for.
        let going_on: BTreeSet<Uuid> = commits
            .iter()
            .flat_map(|c| &c.events)
            .filter(|event| event.version > 1 && !streams.contains_key(&event.stream_id))
            .map(|event| event.stream_id)
            .collect();
        let going_on: Vec<Uuid> = going_on.into_iter().collect();
        let rows =
            sqlx::query!("select command_id, first_position from log_commands where command_id = any($1)", &going_on)
                .fetch_all(connection)
                .await
                .map_err(failed("reading where streams stand"))?;
        for row in rows {
            let (opened, newest) = (row.first_position, row.first_position);
            let stream =
                Stream { kind: None, version: 1, opened, newest, owner: None, is_of_command: true, is_changed: false };
            streams.insert(row.command_id, stream);
        }
        Ok(Self(streams))
    }

    /// Adds an event of a commit, at a position; where the version before it stands.
    pub fn add(&mut self, commit: &Commit, event: &Event, position: i64) -> Result<PreviousVersion, Failure> {
        let kind = kind_of(event, position)?;
        let stream = self.0.entry(event.stream_id).or_insert_with(|| Stream {
            kind: Some(kind),
            version: 0,
            opened: commit.first,
            newest: 0,
            owner: None,
            is_of_command: event.stream_id == commit.command_id,
            is_changed: true,
        });
        if event.version != stream.version + 1 {
            let (id, is, due) = (event.stream_id, event.version, stream.version + 1);
            return Err(damaged(position, format!("version {is} of stream {id} stands where {due} is due")));
        }
        if let Some(is) = stream.kind.filter(|is| *is != kind) {
            let what = format!("stream {} is of kind {is}, and a {kind} goes on in it", event.stream_id);
            return Err(damaged(position, what));
        }
        if event.event_type == AccountOpened::NAME {
            stream.owner = owner(event, position)?;
        }
        let previous = match stream.newest {
            none if none == 0 || none == commit.first => PreviousVersion::Here,
            newest => PreviousVersion::At(Position::new(newest)),
        };
        (stream.kind, stream.version, stream.newest, stream.is_changed) =
            (Some(kind), event.version, commit.first, true);
        Ok(previous)
    }

    /// Writes the rows of those that were added to.
    pub async fn write(self, connection: &mut PgConnection) -> Result<(), Failure> {
        let has_row = |stream: &Stream| stream.is_changed && (stream.version > 1 || !stream.is_of_command);
        let mut rows: Vec<(Uuid, Stream)> = self.0.into_iter().filter(|(_, stream)| has_row(stream)).collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        let versions: Vec<i64> = rows.iter().map(|(_, s)| s.version).collect();
        let opened: Vec<i64> = rows.iter().map(|(_, s)| s.opened).collect();
        let newest: Vec<i64> = rows.iter().map(|(_, s)| s.newest).collect();
        let owners: Vec<Option<Uuid>> = rows.iter().map(|(_, s)| s.owner).collect();
        let kinds: Vec<&str> = rows.iter().filter_map(|(_, s)| s.kind).map(StreamKind::as_str).collect();
        sqlx::query!(
            "insert into log_streams as old (stream_id, version, first_position, newest_position, owner, kind)
             select * from unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::uuid[], $6::text[])
             on conflict (stream_id) do update
             set version = excluded.version, newest_position = excluded.newest_position",
            &ids,
            &versions,
            &opened,
            &newest,
            &owners as &[Option<Uuid>],
            &kinds as &[&str]
        )
        .execute(connection)
        .await
        .map_err(failed("writing where streams stand"))
        .map(drop)
    }
}

fn kind_of(event: &Event, position: i64) -> Result<StreamKind, Failure> {
    let known = Recorded::TYPES.iter().find(|known| known.name == event.event_type);
    let unknown = || damaged(position, format!("this build knows no event {}", event.event_type));
    known.map(|known| known.kind).ok_or_else(unknown)
}

/// The member for whom an account is opened.
fn owner(event: &Event, position: i64) -> Result<Option<Uuid>, Failure> {
    let payload = RawValue::from_string(event.payload.clone()).unwrap_or_default();
    match Recorded::decode(&event.event_type, event.schema_version, &payload) {
        Ok(Recorded::Account(AccountEvent::Opened(opened))) => Ok(match opened.holder {
            Holder::Member { owner, .. } => Some(owner.uuid()),
            _ => None,
        }),
        Ok(_) => Ok(None),
        Err(source) => Err(Failure::Event { position, source }),
    }
}
