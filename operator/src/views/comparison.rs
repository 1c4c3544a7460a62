//! What a comparison found, as text and as JSON.

use projection_engine::{Change, Comparison, Difference};
use serde_json::{Value, json};

use crate::output::{Table, thousands};

/// For programs.
pub fn as_json(found: &Comparison) -> Value {
    let tables = found.tables.iter().map(|table| {
        let sums = table.sums.iter().map(|(of, live, new)| json!({ "of": of, "live": live, "new": new }));
        json!({
            "table": table.table, "live_rows": table.live_rows, "new_rows": table.new_rows, "buckets": table.buckets,
            "differing_buckets": table.differing_buckets, "sums": sums.collect::<Vec<_>>(),
        })
    });
    json!({
        "live": found.live, "new": found.new, "position": found.position, "equal": found.is_equal(),
        "unexpected": found.unexpected, "fingerprint": found.fingerprint.to_string(), "expected": found.expected,
        "remarks": found.remarks,
        "tables": tables.collect::<Vec<_>>(),
        "differences": found.shown.iter().map(difference_json).collect::<Vec<_>>(),
    })
}

fn difference_json(difference: &Difference) -> Value {
    let (what, columns) = match &difference.change {
        Change::Missing => ("missing", Vec::new()),
        Change::Extra => ("extra", Vec::new()),
        Change::Columns(columns) => ("changed", columns.clone()),
        Change::Sum { of, live, new } => {
            return json!({ "table": difference.table, "what": "sum", "of": of, "live": live, "new": new });
        }
        Change::Shape { column, is } => {
            return json!({ "table": difference.table, "what": is.as_str(), "column": column });
        }
    };
    let columns = columns.into_iter().map(|(column, live, new)| json!({ "column": column, "live": live, "new": new }));
    let columns: Vec<Value> = columns.collect();
    json!({ "table": difference.table, "key": difference.key, "what": what, "columns": columns })
}

/// For people.
pub fn as_text(found: &Comparison) -> String {
    let mut text = format!(
        "generation {} held against {}, the live one, both at position {}\n",
        found.new,
        found.live,
        thousands(found.position.number())
    );
    let mut tables = Table::new(["table", "live rows", "new rows", "buckets", "differing", "sums"]);
    for table in &found.tables {
        let sums = table
            .sums
            .iter()
            .map(|(of, live, new)| if live == new { format!("{of} {live}") } else { format!("{of} {live} != {new}") });
        tables.row([
            table.table.clone(),
            thousands(table.live_rows),
            thousands(table.new_rows),
            table.buckets.to_string(),
            table.differing_buckets.to_string(),
            sums.collect::<Vec<_>>().join(", "),
        ]);
    }
    text.push_str(&tables.render());
    found.remarks.iter().for_each(|remark| text.push_str(&format!("  {remark}\n")));
    if found.unexpected + found.expected > 0 {
        let (unexpected, expected) = (thousands(found.unexpected), thousands(found.expected));
        text.push_str(&format!("{unexpected} differences are unexpected, {expected} as expected\n"));
    }
    found.shown.iter().for_each(|difference| text.push_str(&line(difference)));
    let shown = found.shown.len() as u64;
    if shown < found.unexpected {
        text.push_str(&format!("  and {} more\n", thousands(found.unexpected - shown)));
    }
    text
}

fn line(difference: &Difference) -> String {
    let Difference { table, key, change } = difference;
    let null = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".into());
    match change {
        Change::Missing => format!("  - {table} {key}: only the live generation has it\n"),
        Change::Extra => format!("  + {table} {key}: only the new generation has it\n"),
        Change::Columns(columns) if columns.is_empty() => {
            format!("  ~ {table} {key}: the stored bytes differ, the text does not show how\n")
        }
        Change::Sum { of, live, new } => format!("  ~ {table}: the sum of {of} is {live} -> {new}\n"),
        Change::Columns(columns) => {
            let cells = columns.iter().map(|(column, live, new)| format!("{column} {} -> {}", null(live), null(new)));
            format!("  ~ {table} {key}: {}\n", cells.collect::<Vec<_>>().join(", "))
        }
        Change::Shape { column: Some(column), is } => format!("  ! column {table}.{column} is {}\n", is.as_str()),
        Change::Shape { column: None, is } => format!("  ! table {table} is {}\n", is.as_str()),
    }
}
