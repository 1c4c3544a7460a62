//! The tables of generations: made by programs, one schema for each, beside what this build makes.

use database::schema::{Description, describe, generations as described};
use sqlx::PgConnection;

use crate::{db::failed, failure::Failure};

/// The generations that count, and the part of the schema `live` that shows them.
pub struct Generations {
    pub expected: Description,
    pub found: Description,
    /// What belongs to somebody else than the projector.
    pub foreign: Vec<Foreign>,
}

/// A schema, table or view that belongs to the wrong role.
#[derive(Debug)]
pub struct Foreign {
    pub kind: String,
    pub name: String,
    pub owner: String,
}

impl Foreign {
    /// What is wrong.
    pub fn sentence(&self) -> String {
        format!("{} {} belongs to {}, not to {}", self.kind, self.name, self.owner, projection_engine::GENERATIONS_ROLE)
    }

    /// The statement against it.
    pub fn remedy(&self) -> String {
        format!("alter {} {} owner to {}", self.kind, self.name, projection_engine::GENERATIONS_ROLE)
    }
}

/// One that is live, or could become live again.
struct Generation {
    view: String,
    schema: String,
    tables: Vec<String>,
    is_live: bool,
    /// Whether it is of the version that this build makes.
    is_known: bool,
}

/// Whether a name is of a table that readers see.
pub fn is_live(name: &str) -> bool {
    name.starts_with("live.")
}

/// Reads them. `views` describes the schema `live` too. One of another version of its view is passed over: this build does not
/// know what it should look like.
pub async fn read(connection: &mut PgConnection, views: &Description) -> Result<Generations, Failure> {
    let all = described();
    let mut expected = Description { server: all.server, ..Description::default() };
    let mut found = Description { server: views.server, ..Description::default() };
    let generations = match views.objects.keys().any(|object| object.name == "registry.generations") {
        true => list(connection).await?,
        false => Vec::new(),
    };
    let mut schemas = Vec::new();
    for generation in generations.iter().filter(|generation| generation.is_known) {
        let Generation { view, schema, tables, is_live, .. } = generation;
        let (before, after) = (format!("{view}_g."), format!("{schema}."));
        expected = expected.and(all.only(|name| name.starts_with(&before)).renamed(&before, &after));
        let there = describe(connection, std::slice::from_ref(schema)).await;
        let there = there.map_err(failed("reading the tables of a generation"))?;
        // Grants there are made and taken away by `views query`.
        found = found.and(Description { grants: Default::default(), ..there.only(|name| name.starts_with(&after)) });
        if *is_live {
            let shown = all.only(|name| tables.iter().any(|table| is_of(name, table)));
            expected = expected.and(shown.renamed(&before, &after));
            found = found.and(views.only(|name| tables.iter().any(|table| is_of(name, table))));
        }
        schemas.push(schema.clone());
    }
    // What readers see and no generation has.
    let live = || generations.iter().filter(|generation| generation.is_live);
    let has = |name: &str| live().any(|generation| generation.tables.iter().any(|table| is_of(name, table)));
    found = found.and(views.only(|name| is_live(name) && !has(name)));
    let foreign = foreign(connection, &schemas).await?;
    Ok(Generations { expected, found, foreign })
}

/// Whether a name is that of a table in `live`, or of a part of it.
fn is_of(name: &str, table: &str) -> bool {
    let rest = name.strip_prefix("live.").and_then(|name| name.strip_prefix(table));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with(' '))
}

async fn list(connection: &mut PgConnection) -> Result<Vec<Generation>, Failure> {
    let rows = sqlx::query!(
        "select view, version, schema_name, tables, state from registry.generations
         where kind = 'main' and state in ('live', 'ready', 'retired') order by view, generation"
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading the registry"))?;
    let ours = ::views::all();
    let known = |view: &str, version| ours.iter().any(|ours| ours.name() == view && ours.version() == version);
    let generations = rows.into_iter().map(|row| Generation {
        is_known: known(&row.view, row.version),
        view: row.view,
        schema: row.schema_name,
        tables: row.tables,
        is_live: row.state == "live",
    });
    Ok(generations.collect())
}

async fn foreign(connection: &mut PgConnection, schemas: &[String]) -> Result<Vec<Foreign>, Failure> {
    sqlx::query_as!(
        Foreign,
        r#"select 'schema' as "kind!", quote_ident(nspname) as "name!", pg_get_userbyid(nspowner)::text as "owner!"
           from pg_namespace where nspname = any($1) and pg_get_userbyid(nspowner) <> $2
           union all
           select case c.relkind when 'v' then 'view' else 'table' end, format('%I.%I', n.nspname, c.relname),
               pg_get_userbyid(c.relowner)::text
           from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where (n.nspname = any($1) or n.nspname = 'live') and c.relkind in ('r', 'v')
             and pg_get_userbyid(c.relowner) <> $2
           order by 1, 2"#,
        schemas,
        projection_engine::GENERATIONS_ROLE
    )
    .fetch_all(connection)
    .await
    .map_err(failed("reading who owns the tables of the generations"))
}
