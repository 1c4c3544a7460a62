//! The live views, each as one snapshot: its position and its rows belong together, however fast it moves on.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kernel::Zone;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{books::View, rows::Sink, source::begin_snapshot};
use crate::error::{AuditError, failed};

/// The live generation of a view, as the registry has it.
#[derive(Clone, Debug)]
pub struct Live {
    pub generation: i32,
    pub version: i32,
    pub schema_name: String,
    /// Whose days it counts.
    pub zone: Zone,
    pub log_id: Option<Uuid>,
    pub position: i64,
    pub recorded_at: Option<DateTime<Utc>>,
}

/// What an operator took aside: the events that wait are not in the rows until they are applied.
#[derive(Clone, Debug, Default)]
pub struct Parked {
    pub keys: Vec<String>,
    /// The events that wait.
    pub positions: BTreeSet<i64>,
}

/// One view, standing still.
pub struct Snapshot {
    pub view: View,
    pub live: Option<Live>,
    pub parked: Parked,
    connection: PgConnection,
}

impl Snapshot {
    /// Takes a snapshot of a view.
    pub async fn open(view: View, mut connection: PgConnection) -> Result<Self, AuditError> {
        begin_snapshot(&mut connection).await.map_err(failed("taking a snapshot of the views"))?;
        // The first statement decides what is seen, so position and rows are of one moment.
        let row = sqlx::query!(
            "select generation, version, schema_name, zone, log_id, position, recorded_at
             from registry.generations where view = $1 and state = 'live'",
            view.name()
        )
        .fetch_optional(&mut connection)
        .await
        .map_err(failed("reading the registry of views"))?;
        let live = match row {
            None => None,
            Some(row) => Some(Live {
                generation: row.generation,
                version: row.version,
                schema_name: row.schema_name,
                zone: zone(&row.zone).map_err(failed("reading the zone of a view"))?,
                log_id: row.log_id,
                position: row.position,
                recorded_at: row.recorded_at,
            }),
        };
        let mut parked = Parked::default();
        if let Some(live) = &live {
            parked = Parked::read(&mut connection, view, live.generation)
                .await
                .map_err(failed("reading which keys are parked"))?;
            sqlx::query!(r#"select set_config('search_path', quote_ident($1), true) as "path!""#, live.schema_name)
                .fetch_one(&mut connection)
                .await
                .map_err(failed("looking into the schema of a view"))?;
        }
        Ok(Self { view, live, parked, connection })
    }

    /// In what the columns of the live generation, by the catalog, differ from those that are proved.
    pub async fn unproved(&mut self) -> Result<Vec<String>, AuditError> {
        let Some(live) = &self.live else { return Ok(Vec::new()) };
        let found = sqlx::query!(
            r#"select t.relname::text as "table!", a.attname::text as "column!"
               from pg_class as t
               join pg_namespace as n on n.oid = t.relnamespace
               join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
               where n.nspname = $1 and t.relkind in ('r', 'p')
               order by t.relname, a.attnum"#,
            live.schema_name
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed("reading which columns the view has"))?;
        let found: BTreeSet<_> = found.into_iter().map(|row| (row.table, row.column)).collect();
        let proved: BTreeSet<_> = (self.view.tables().iter())
            .flat_map(|table| table.columns.iter().map(|column| (table.name.to_owned(), (*column).to_owned())))
            .collect();
        let more = found.difference(&proved).map(|(table, column)| {
            format!("column {table}.{column} is not proved by this program: nobody knows what it must hold")
        });
        let less = proved.difference(&found).map(|(table, column)| format!("column {table}.{column} is missing"));
        Ok(more.chain(less).collect())
    }

    /// Gives the rows of each of the view's tables to a sink of its own.
    pub async fn read<S: Sink>(&mut self, sinks: &mut [S]) -> Result<(), AuditError> {
        self.view.read(&mut self.connection, sinks).await.map_err(failed("reading its rows"))
    }
}

/// The zone that the registry names.
fn zone(name: &str) -> Result<Zone, sqlx::Error> {
    name.parse::<Zone>()
        .map_err(|error| sqlx::Error::ColumnDecode { index: format!("zone ({name})"), source: Box::new(error) })
}

impl Parked {
    async fn read(connection: &mut PgConnection, view: View, generation: i32) -> Result<Self, sqlx::Error> {
        let keys = sqlx::query_scalar!(
            "select key from registry.parked_keys where view = $1 and generation = $2",
            view.name(),
            generation
        )
        .fetch_all(&mut *connection)
        .await?;
        let positions = sqlx::query_scalar!(
            "select distinct position from registry.parked_events where view = $1 and generation = $2",
            view.name(),
            generation
        )
        .fetch_all(connection)
        .await?;
        Ok(Self { keys, positions: positions.into_iter().collect() })
    }
}
