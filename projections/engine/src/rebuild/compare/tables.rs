//! Which tables and columns of two generations can be held against each other.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::{
    super::error::{RebuildError, doing},
    difference::{Change, Difference, Shape},
    expected::Expected,
};
use crate::DayColumn;

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
    /// The table, qualified and quoted, or a query that stands for it.
    pub(super) name: String,
    /// The row of its key.
    pub(super) key: String,
    /// The row of the compared columns. Rows that differ in anything differ in their `record_send`.
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
    /// The type, by its number in the catalog.
    kind: i64,
    in_key: bool,
}

/// What can be held against each other, and what only one of two generations has.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) pairs: Vec<Pair>,
    /// What is not compared, and why that is no difference.
    pub(super) remarks: Vec<String>,
    /// What only one has, and nobody expected to.
    pub(super) odd: Vec<Difference>,
}

impl Tables {
    fn only_one_has(&mut self, table: &str, column: Option<&str>, is: Shape, expected: &Expected) {
        let change = Change::Shape { column: column.map(str::to_owned), is };
        let difference = Difference { table: table.to_owned(), key: String::new(), change };
        if !expected.expects(&difference) {
            return self.odd.push(difference);
        }
        let what = column.map_or(format!("table {table}"), |column| format!("column {table}.{column}"));
        self.remarks.push(format!("{what} is {}, as expected: there is nothing to compare it with", is.as_str()));
    }
}

/// The tables of both schemas, those with `days` as they are without them.
pub(super) async fn pairs(
    connection: &mut PgConnection,
    (live, new): (&str, &str),
    expected: &Expected,
    days: &[DayColumn],
) -> Result<Tables, RebuildError> {
    let (live_tables, new_tables) = (columns(connection, live).await?, columns(connection, new).await?);
    let mut tables = Tables::default();
    for (table, theirs) in &live_tables {
        match new_tables.get(table) {
            Some(ours) => {
                let day = days.iter().find(|day| day.table == table.as_str());
                tables.pair((table.as_str(), day), (live, theirs), (new, ours), expected);
            }
            None => tables.only_one_has(table, None, Shape::Gone, expected),
        }
    }
    for table in new_tables.keys().filter(|table| !live_tables.contains_key(*table)) {
        tables.only_one_has(table, None, Shape::New, expected);
    }
    Ok(tables)
}

impl Tables {
    fn pair(
        &mut self,
        (table, day): (&str, Option<&DayColumn>),
        (live, theirs): (&str, &Vec<Column>),
        (new, ours): (&str, &Vec<Column>),
        expected: &Expected,
    ) {
        let has = |all: &[Column], column: &Column| all.iter().any(|other| other.column == column.column);
        for column in ours.iter().filter(|column| !has(theirs, column)) {
            self.only_one_has(table, Some(&column.column), Shape::New, expected);
        }
        for column in theirs.iter().filter(|column| !has(ours, column)) {
            self.only_one_has(table, Some(&column.column), Shape::Gone, expected);
        }
        let common = theirs.iter().filter(|column| has(ours, column));
        let (skipped, compared): (Vec<&Column>, Vec<&Column>) =
            common.partition(|column| expected.ignores(table, &column.column));
        for column in skipped {
            self.remarks.push(format!("column {table}.{} was not compared: it is expected to differ", column.column));
        }
        // A column whose type differs between the generations is compared as text; the number of the type, which is part
        // of the byte form, would be a difference of its own.
        let same_type =
            |column: &Column| ours.iter().any(|other| (&other.column, other.kind) == (&column.column, column.kind));
        let side = |schema: &str| {
            let whole = side(schema, table, &compared, &same_type);
            match day {
                Some(day) => Side { name: without_days(schema, day, &compared), ..whole },
                None => whole,
            }
        };
        if let Some(DayColumn { table, column, .. }) = day {
            self.remarks.push(format!("{table} was compared added up over all days, without {column}"));
        }
        let names = compared.iter().map(|column| column.column.clone()).collect();
        self.pairs.push(Pair { table: table.to_owned(), live: side(live), new: side(new), columns: names });
    }
}

fn side(schema: &str, table: &str, columns: &[&Column], same_type: &dyn Fn(&Column) -> bool) -> Side {
    let form = |column: &&Column| {
        if same_type(column) { column.quoted.clone() } else { format!("{}::text", column.quoted) }
    };
    let row = |columns: &[&Column]| format!("row({})", columns.iter().map(form).collect::<Vec<_>>().join(", "));
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

/// A table as it is where nobody counts days: the day is null, and the columns outside of the key are added up.
fn without_days(schema: &str, day: &DayColumn, columns: &[&Column]) -> String {
    let (table, only) = (day.table, day.only.unwrap_or("true"));
    let (mut shown, mut by) = (Vec::new(), Vec::new());
    for (place, Column { column, quoted, in_key, .. }) in columns.iter().enumerate() {
        let is_day = column == day.column;
        if is_day || *in_key {
            by.push((place + 1).to_string());
        }
        shown.push(match (is_day, in_key) {
            (true, _) => format!("case when {only} then null else {quoted} end as {quoted}"),
            (false, true) => quoted.clone(),
            (false, false) => format!("sum({quoted}) as {quoted}"),
        });
    }
    let (shown, by) = (shown.join(", "), by.join(", "));
    format!("(select {shown} from \"{schema}\".\"{table}\" group by {by}) as \"{table}\"")
}

/// The columns of every table of a schema, in the order of their names: two versions may order them differently.
async fn columns(connection: &mut PgConnection, schema: &str) -> Result<BTreeMap<String, Vec<Column>>, RebuildError> {
    let rows = sqlx::query!(
        r#"select t.relname::text as "table!", a.attname::text as "column!", quote_ident(a.attname) as "quoted!",
               a.atttypid::int8 as "kind!",
               coalesce(a.attnum = any(k.indkey), false) as "in_key!"
           from pg_class as t
           join pg_namespace as n on n.oid = t.relnamespace
           join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
           left join pg_index as k on k.indrelid = t.oid and k.indisprimary
           where n.nspname = $1 and t.relkind in ('r', 'p') and not t.relispartition
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
