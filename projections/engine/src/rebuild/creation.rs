//! The beginning of a generation: its row, its schema, its tables, and what of them is put off.

use kernel::{LogId, Position, Zone};
use log::PositionRange;
use sqlx::PgConnection;

use super::{
    error::{RebuildError, doing},
    session::Session,
};
use crate::{
    Projection,
    audit::{Operator, audit},
    registry::{run, schema_name},
};

/// A generation that is to be made.
pub(crate) struct New<'a> {
    pub(crate) log: LogId,
    pub(crate) zone: Zone,
    pub(crate) side: bool,
    pub(crate) fence: Position,
    pub(crate) ranges: &'a [PositionRange],
    pub(crate) operator: &'a Operator,
}

/// Makes the row, the schema and the tables in one transaction; the number of the new generation.
pub(crate) async fn create<E: Send + Sync + 'static>(
    session: &mut Session,
    projection: &dyn Projection<Event = E>,
    new: &New<'_>,
) -> Result<i32, RebuildError> {
    let view = session.view;
    let mut tx = session.begin().await?;
    let generation = sqlx::query_scalar!(
        r#"select coalesce(max(generation), 0) + 1 as "next!" from registry.generations where view = $1"#,
        view
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(doing("reading the registry"))?;
    make_tables(&mut tx, projection, generation, new).await.map_err(doing("making the tables of the generation"))?;
    let details = format!(r#"{{"fence":{},"side":{}}}"#, new.fence, new.side);
    audit(&mut tx, new.operator, "rebuild", view, Some(generation), &details)
        .await
        .map_err(doing("writing the audit"))?;
    tx.commit().await.map_err(doing("making the generation"))?;
    Ok(generation)
}

async fn make_tables<E: Send + Sync + 'static>(
    tx: &mut PgConnection,
    projection: &dyn Projection<Event = E>,
    generation: i32,
    new: &New<'_>,
) -> Result<(), sqlx::Error> {
    let view = projection.name();
    let schema = schema_name(view, generation);
    insert_row(tx, projection, generation, &schema, new).await?;
    // Names come from the program itself, are checked by the registry, and cannot be bound as parameters.
    run(tx, format!("create schema {schema}")).await?;
    run(tx, format!("set local search_path to {schema}")).await?;
    run(tx, projection.schema().to_owned()).await?;
    if let Some(bulk) = projection.bulk() {
        let deferred = defer_indexes(tx, &schema).await?;
        run(tx, bulk.staging().to_owned()).await?;
        remember(tx, view, generation, &deferred, new).await?;
    }
    run(tx, "set local search_path to default".to_owned()).await
}

async fn insert_row<E: Send + Sync + 'static>(
    tx: &mut PgConnection,
    projection: &dyn Projection<Event = E>,
    generation: i32,
    schema: &str,
    new: &New<'_>,
) -> Result<(), sqlx::Error> {
    let tables: Vec<String> = projection.tables().iter().map(|&table| table.to_owned()).collect();
    sqlx::query!(
        "insert into registry.generations (view, generation, version, schema_name, tables, state, kind, log_id, fence,
            started_by, zone, heartbeat_at)
         values ($1, $2, $3, $4, $5, 'building', $6, $7, $8, $9, $10, clock_timestamp())",
        projection.name(),
        generation,
        projection.version(),
        schema,
        &tables,
        if new.side { "side" } else { "main" },
        new.log.uuid(),
        new.fence.number(),
        new.operator.who,
        new.zone.name()
    )
    .execute(tx)
    .await
    .map(drop)
}

async fn remember(
    tx: &mut PgConnection,
    view: &str,
    generation: i32,
    deferred: &[String],
    new: &New<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update registry.generations set deferred = $3 where view = $1 and generation = $2",
        view,
        generation,
        deferred
    )
    .execute(&mut *tx)
    .await?;
    let (after, to): (Vec<i64>, Vec<i64>) =
        new.ranges.iter().map(|range| (range.after.number(), range.to.number())).unzip();
    sqlx::query!(
        "insert into registry.ranges (view, generation, after_position, to_position)
         select $1, $2, * from unnest($3::int8[], $4::int8[])",
        view,
        generation,
        &after,
        &to
    )
    .execute(tx)
    .await
    .map(drop)
}

/// Takes the indexes off the empty tables of a schema; the statements that put them on again.
///
/// What Postgres itself says of them is repeated, so a view writes its DDL once, in the form in which people read it.
async fn defer_indexes(tx: &mut PgConnection, schema: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select pg_get_indexdef(x.indexrelid) as "create!",
               case when c.conname is null then format('drop index %I.%I', n.nspname, i.relname)
                   else format('alter table %I.%I drop constraint %I', n.nspname, t.relname, c.conname)
               end as "drop!",
               case when c.conname is not null then
                   format('alter table %I.%I add constraint %I %s using index %I', n.nspname, t.relname, c.conname,
                       case c.contype when 'p' then 'primary key' else 'unique' end, i.relname)
               end as "constrain?"
           from pg_index as x
           join pg_class as i on i.oid = x.indexrelid
           join pg_class as t on t.oid = x.indrelid
           join pg_namespace as n on n.oid = t.relnamespace
           left join pg_constraint as c on c.conindid = x.indexrelid and c.contype in ('p', 'u', 'x')
           where n.nspname = $1 and t.relkind = 'r'
               and (c.conname is null or (c.contype in ('p', 'u') and not c.condeferrable))
               and not exists (select from pg_constraint as f where f.contype = 'f' and f.conindid = x.indexrelid)
           order by t.relname, c.contype = 'p' desc nulls last, i.relname"#,
        schema
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut deferred = Vec::new();
    for row in rows {
        run(tx, row.drop).await?;
        deferred.push(row.create);
        deferred.extend(row.constrain);
    }
    Ok(deferred)
}
