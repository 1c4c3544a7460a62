//! Which tables and columns of two generations can be held against each other.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::{
    super::error::{RebuildError, doing},
    expected::Expected,
};

/// A table of both generations.
pub(super) struct Pair {
    pub(super) table: String,
    pub(super) live: Side,
    pub(super) new: Side,
    /// The names of the compared columns.
    pub(super) columns: Vec<String>,
}

/// A table of one generation, in the words of SQL.
pub(super) struct Side {
    /// The table, qualified and quoted.
    pub(super) name: String,
    /// The row of its key.
    pub(super) key: String,
    /// The row of the compared columns, in a form that can be hashed.
    pub(super) row: String,
    /// The key as text.
    pub(super) key_text: String,
    /// The compared columns as an array of text.
    pub(super) texts: String,
}

struct Column {
    table: String,
    column: String,
    quoted: String,
    kind: String,
    in_key: bool,
}

/// The tables that both schemas have, and remarks on what only one of them has.
pub(super) async fn pairs(
    connection: &mut PgConnection,
    live: &str,
    new: &str,
    expected: &Expected,
) -> Result<(Vec<Pair>, Vec<String>), RebuildError> {
    let (live_tables, new_tables) = (columns(connection, live).await?, columns(connection, new).await?);
    let mut remarks = Vec::new();
    let mut pairs = Vec::new();
    for (table, theirs) in &live_tables {
        let Some(ours) = new_tables.get(table) else {
            remarks.push(format!("table {table} is not in the new generation"));
            continue;
        };
        pairs.push(pair(table, (live, theirs), (new, ours), expected, &mut remarks));
    }
    for table in new_tables.keys().filter(|table| !live_tables.contains_key(*table)) {
        remarks.push(format!("table {table} is new: there is nothing to compare it with"));
    }
    Ok((pairs, remarks))
}

fn pair(
    table: &str,
    (live, theirs): (&str, &Vec<Column>),
    (new, ours): (&str, &Vec<Column>),
    expected: &Expected,
    remarks: &mut Vec<String>,
) -> Pair {
    let both = |column: &&Column| ours.iter().any(|other| other.column == column.column);
    let common: Vec<&Column> = theirs.iter().filter(both).collect();
    for column in ours.iter().filter(|column| theirs.iter().all(|other| other.column != column.column)) {
        remarks.push(format!("column {table}.{} is new: only the common columns were compared", column.column));
    }
    for column in theirs.iter().filter(|column| !both(column)) {
        remarks.push(format!("column {table}.{} is gone: only the common columns were compared", column.column));
    }
    let (skipped, compared): (Vec<&Column>, Vec<&Column>) =
        common.into_iter().partition(|column| expected.ignores(table, &column.column));
    for column in skipped {
        remarks.push(format!("column {table}.{} was not compared: it is expected to differ", column.column));
    }
    let side = |schema: &str| side(schema, table, &compared);
    let names = compared.iter().map(|column| column.column.clone()).collect();
    Pair { table: table.to_owned(), live: side(live), new: side(new), columns: names }
}

fn side(schema: &str, table: &str, columns: &[&Column]) -> Side {
    let hashed = |column: &&&Column| match column.kind.as_str() {
        // These have no hash of their own.
        "json" | "xml" | "point" => format!("{}::text", column.quoted),
        _ => column.quoted.clone(),
    };
    let row = |columns: &[&Column]| {
        let all: Vec<String> = columns.iter().map(|column| hashed(&column)).collect();
        format!("row({})", all.join(", "))
    };
    let in_key: Vec<&Column> = columns.iter().copied().filter(|column| column.in_key).collect();
    // A table without a key is a bag of rows.
    let key_columns = if in_key.is_empty() { columns.to_vec() } else { in_key };
    let key = row(&key_columns);
    let key_text = match key_columns.as_slice() {
        [one] => format!("coalesce({}::text, '')", one.quoted),
        _ => format!("{key}::text"),
    };
    let texts: Vec<String> = columns.iter().map(|column| format!("{}::text", column.quoted)).collect();
    Side {
        name: format!("\"{schema}\".\"{table}\""),
        key,
        row: row(columns),
        key_text,
        texts: format!("array[{}]::text[]", texts.join(", ")),
    }
}

/// The columns of every table of a schema, in the order of their names: two versions may order them differently.
async fn columns(connection: &mut PgConnection, schema: &str) -> Result<BTreeMap<String, Vec<Column>>, RebuildError> {
    let rows = sqlx::query!(
        r#"select t.relname::text as "table!", a.attname::text as "column!", quote_ident(a.attname) as "quoted!",
               y.typname::text as "kind!",
               coalesce(a.attnum = any(k.indkey), false) as "in_key!"
           from pg_class as t
           join pg_namespace as n on n.oid = t.relnamespace
           join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
           join pg_type as y on y.oid = a.atttypid
           left join pg_index as k on k.indrelid = t.oid and k.indisprimary
           where n.nspname = $1 and t.relkind = 'r'
           order by t.relname, a.attname"#,
        schema
    )
    .fetch_all(connection)
    .await
    .map_err(doing("reading which tables there are"))?;
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in rows {
        let column =
            Column { table: row.table, column: row.column, quoted: row.quoted, kind: row.kind, in_key: row.in_key };
        tables.entry(column.table.clone()).or_default().push(column);
    }
    Ok(tables)
}
