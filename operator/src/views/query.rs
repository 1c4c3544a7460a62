//! `jangbu views query`: looks into a generation, live or not, with the rights of a reader.

use projection_engine::audit;
use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::context::{Why, view};
use crate::{
    config::Config,
    db::{Database, failed},
    failure::Failure,
    output::{Output, Table},
};

/// What to read.
#[derive(Debug, clap::Args)]
pub struct QueryArgs {
    /// The view
    name: String,

    /// The generation
    #[arg(long, value_name = "N")]
    generation: i32,

    /// One `select`; the tables of the generation need no schema before their names
    sql: String,

    /// Rows that are shown, at most
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: i64,

    /// Seconds it may take
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,

    #[command(flatten)]
    why: Why,
}

/// Reads; each row is a JSON object with the columns in their order.
pub async fn run(args: &QueryArgs, config: &Config, output: Output) -> Result<bool, Failure> {
    let operator = args.why.operator()?;
    let name = view(&args.name)?.name();
    let mut connection = Database::Views.connect(config).await?;
    let schema = schema(&mut connection, name, args.generation).await?;
    let details = serde_json::json!({ "sql": args.sql }).to_string();
    audit(&mut connection, &operator, "query", name, Some(args.generation), &details)
        .await
        .map_err(failed("writing the audit"))?;
    let rows = read(&mut connection, &schema, args).await?;
    if output.json {
        rows.iter().try_for_each(|row| output.record(row))?;
    } else {
        output.line(text(&rows)?.trim_end())?;
    }
    Ok(true)
}

async fn schema(connection: &mut PgConnection, view: &str, generation: i32) -> Result<String, Failure> {
    let found = sqlx::query_scalar!(
        "select schema_name from registry.generations where view = $1 and generation = $2",
        view,
        generation
    )
    .fetch_optional(connection)
    .await
    .map_err(failed("reading the registry of views"))?;
    found.ok_or_else(|| Failure::Absent(format!("there is no generation {generation} of the view {view}")))
}

/// A reader may not look into schemas, so it is allowed to for the length of a transaction that is never committed.
async fn read(connection: &mut PgConnection, schema: &str, args: &QueryArgs) -> Result<Vec<Box<RawValue>>, Failure> {
    let preparing = || failed("preparing to read the generation");
    let mut tx = connection.begin().await.map_err(preparing())?;
    let prepare = format!(
        "grant usage on schema {schema} to jangbu_reader; grant select on all tables in schema {schema} to jangbu_reader;
         set local search_path to {schema}; set local role jangbu_reader; set transaction read only;
         set local statement_timeout = '{}s'; set local idle_in_transaction_session_timeout = '5s'",
        args.timeout
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *tx).await.map_err(preparing())?;
    // One prepared statement: it cannot hold a second one that would undo what was prepared.
    let sql = format!("select row_to_json(q)::text from ({}\n) as q limit $1", args.sql.trim().trim_end_matches(';'));
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(args.limit)
        .fetch_all(&mut *tx)
        .await
        .map_err(Failure::Statement)?;
    tx.rollback().await.map_err(failed("ending the query"))?;
    rows.into_iter().map(|row| RawValue::from_string(row).map_err(|e| Failure::Output(e.into()))).collect()
}

fn text(rows: &[Box<RawValue>]) -> Result<String, Failure> {
    let objects: Vec<Vec<(String, String)>> = rows.iter().map(|row| cells(row)).collect::<Result<_, _>>()?;
    let Some(first) = objects.first() else { return Ok("no rows".into()) };
    let mut table = Table::titled(first.iter().map(|(column, _)| column.clone()));
    for object in &objects {
        table.row(object.iter().map(|(_, value)| value.clone()));
    }
    Ok(table.render())
}

/// The columns of a row in their order, which a map would lose.
fn cells(row: &RawValue) -> Result<Vec<(String, String)>, Failure> {
    struct Cells(Vec<(String, String)>);

    impl<'de> serde::Deserialize<'de> for Cells {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visit;

            impl<'de> serde::de::Visitor<'de> for Visit {
                type Value = Cells;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a row")
                }

                fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Cells, M::Error> {
                    let mut cells = Vec::new();
                    while let Some((column, value)) = map.next_entry::<String, Box<RawValue>>()? {
                        let text = serde_json::from_str::<String>(value.get());
                        cells.push((column, text.unwrap_or_else(|_| value.get().to_owned())));
                    }
                    Ok(Cells(cells))
                }
            }

            deserializer.deserialize_map(Visit)
        }
    }

    serde_json::from_str::<Cells>(row.get()).map(|cells| cells.0).map_err(|error| Failure::Output(error.into()))
}
