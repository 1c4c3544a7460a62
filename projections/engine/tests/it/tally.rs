//! A view that has nothing to do with banking: it adds numbers up.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Duration};
use kernel::{Actor, CommandId, CorrelationId, LogId, MemberId, Position, Role, StreamId, Version, Zone};
use log::{Commit, Fingerprint};
use projection_engine::{
    Decode, Fault, Projection, Rows, WriteError, ensure,
    testing::{MemoryLog, Random, Scratch, Worker, brisk},
};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use uuid::Uuid;

pub type View = Arc<dyn Projection<Event = Added>>;

/// A number was added to a stream; nothing, for an event that only makes noise.
#[derive(Clone, Debug)]
pub enum Added {
    Number(i64),
    Noise,
}

pub struct Numbers;

impl Decode for Numbers {
    type Event = Added;

    fn decode(&self, event: &log::Event) -> Result<Added, String> {
        match event.event_type.as_str() {
            "Added" => serde_json::from_str(event.payload.get()).map(Added::Number).map_err(|error| error.to_string()),
            "Noise" if event.payload.get() == "{}" => Ok(Added::Noise),
            other => Err(format!("{other} is not known")),
        }
    }
}

/// Sums per stream.
pub struct Tally {
    pub name: &'static str,
    pub version: i32,
}

pub fn tally() -> View {
    Arc::new(Tally { name: "tally", version: 1 })
}

impl Projection for Tally {
    type Event = Added;

    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> i32 {
        self.version
    }

    fn schema(&self) -> &'static str {
        // The check is how a test makes the database refuse a row.
        "create table sums (stream uuid primary key, total bigint not null check (total < 1000000000), version bigint not null)"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["sums"]
    }

    fn uses(&self, event_type: &str) -> bool {
        event_type != "Noise"
    }

    fn fold(&self, commits: &[&projection_engine::Commit<Added>]) -> Result<Box<dyn Rows>, Fault> {
        let mut sums = Sums::default();
        for commit in commits {
            for (position, event) in commit.positioned() {
                let Some(Added::Number(number)) = event.body else { continue };
                if number == 13 {
                    let reason = "this view does not like 13".into();
                    return Err(Fault { position, event_type: "Added".into(), reason });
                }
                let sum = sums.0.entry(event.stream.uuid()).or_default();
                sum.0 += number;
                sum.1 = event.version.number();
            }
        }
        Ok(Box::new(sums))
    }
}

#[derive(Default)]
struct Sums(BTreeMap<Uuid, (i64, i64)>);

#[async_trait]
impl Rows for Sums {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let streams: Vec<_> = self.0.keys().copied().collect();
        let totals: Vec<_> = self.0.values().map(|sum| sum.0).collect();
        let versions: Vec<_> = self.0.values().map(|sum| sum.1).collect();
        // The version must grow by what was added: a batch applied twice would not go unseen.
        sqlx::query(
            "insert into sums select * from unnest($1::uuid[], $2::int8[], $3::int8[])
             on conflict (stream) do update set total = sums.total + excluded.total, version = excluded.version",
        )
        .bind(streams)
        .bind(totals)
        .bind(versions)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// A history that is being made up.
pub struct History {
    pub commits: Vec<Commit>,
    versions: BTreeMap<Uuid, i64>,
}

impl History {
    pub fn new() -> Self {
        Self { commits: Vec::new(), versions: BTreeMap::new() }
    }

    /// So many commits of one to four numbers over a few streams.
    pub fn random(seed: u64, commits: usize) -> Self {
        let mut random = Random::new(seed);
        let mut history = Self::new();
        for _ in 0..commits {
            let events = 1 + random.below(4);
            let events: Vec<_> = (0..events)
                .map(|_| (random.below(7) as u128, "Added", (random.below(1000) as i64 - 500).to_string()))
                .map(|(stream, kind, payload)| (stream, kind, if payload == "13" { "14".into() } else { payload }))
                .collect();
            let events: Vec<_> =
                events.iter().map(|(stream, kind, payload)| (*stream, *kind, payload.as_str())).collect();
            history.commit(&events);
        }
        history
    }

    /// Adds a commit of (stream, type, payload).
    pub fn commit(&mut self, events: &[(u128, &str, &str)]) -> &mut Self {
        let first = self.end().next();
        let events = events.iter().map(|(stream, event_type, payload)| {
            let stream = Uuid::from_u128(*stream);
            let version = self.versions.entry(stream).or_default();
            *version += 1;
            log::Event {
                stream: StreamId::new(stream),
                version: Version::new(*version),
                event_type: (*event_type).to_owned(),
                schema_version: 1,
                payload: RawValue::from_string((*payload).to_owned()).expect("json"),
            }
        });
        let events = events.collect();
        self.commits.push(Commit {
            first,
            command_id: CommandId::new(Uuid::from_u128(first.number() as u128)),
            fingerprint: Fingerprint([0; 16]),
            actor: Actor { role: Role::Service, id: MemberId::new(Uuid::nil()) },
            correlation: CorrelationId::new(Uuid::nil()),
            recorded_at: DateTime::UNIX_EPOCH + Duration::milliseconds(first.number()),
            events,
        });
        self
    }

    pub fn end(&self) -> Position {
        self.commits.last().map_or(Position::ZERO, Commit::last)
    }

    /// The sums, found without the view: stream, total and version of each line up to a position.
    pub fn sums(&self, up_to: Position) -> Vec<String> {
        let mut sums: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
        for (position, event) in self.commits.iter().flat_map(Commit::positioned) {
            if position <= up_to && event.event_type == "Added" {
                let sum = sums.entry(event.stream.uuid()).or_default();
                sum.0 += event.payload.get().parse::<i64>().expect("number");
                sum.1 = event.version.number();
            }
        }
        sums.iter().map(|(stream, (total, version))| format!("{stream} {total} {version}")).collect()
    }
}

/// A database with a view, and a log.
pub struct TallyFixture {
    pub scratch: Scratch,
    pub log: Arc<MemoryLog>,
    pub view: View,
}

impl TallyFixture {
    pub async fn new(history: &History) -> Self {
        let scratch = Scratch::new().await;
        let view = tally();
        ensure(&scratch.database, std::slice::from_ref(&view), Zone::UTC).await.expect("generation 1");
        let log = Arc::new(MemoryLog::new(log_id(1), history.commits.clone()));
        Self { scratch, log, view }
    }

    /// With the first so many commits in its log, and a projector on its way to their end.
    pub async fn begun(history: &History, commits: usize) -> (Self, Worker<Added>) {
        let fixture = Self::new(&History::new()).await;
        fixture.log.extend(history.commits[..commits].iter().cloned());
        let worker = fixture.start();
        worker.reach(fixture.log.end());
        (fixture, worker)
    }

    pub fn start(&self) -> Worker<Added> {
        self.start_view(self.view.clone())
    }

    pub fn start_view(&self, view: View) -> Worker<Added> {
        Worker::start(view, &self.scratch.database, self.log.clone(), Arc::new(Numbers), brisk())
    }

    pub async fn sums(&self) -> Vec<String> {
        self.scratch.lines("select stream || ' ' || total || ' ' || version from live.sums order by stream").await
    }

    /// What the registry says of the view: generation, position and error.
    pub async fn registry(&self) -> String {
        let lines = self
            .scratch
            .lines("select concat_ws(' ', generation, position, state, error_position, error_type, error) from registry.live_positions where view = 'tally'")
            .await;
        lines.join("\n")
    }
}

pub fn log_id(number: u128) -> LogId {
    LogId::new(Uuid::from_u128(number))
}
