//! What the API answers about a person or an erasure, as text.

use serde_json::Value;

/// One line for each fact, what belongs together in one.
pub fn text(document: &Value) -> String {
    let Some(members) = document.as_object() else { return fact(document) };
    let width = members.keys().map(|name| name.len()).max().unwrap_or(0);
    let line = |(name, value): (&String, &Value)| format!("{:<width$}  {}\n", name.replace('_', " "), fact(value));
    members.iter().map(line).collect()
}

fn fact(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(together).collect::<Vec<_>>().join(", "),
        Value::Object(_) => together(value),
        other => other.to_string(),
    }
}

/// The parts of one thing, such as what was destroyed and how many of it.
fn together(value: &Value) -> String {
    let parts: Vec<String> = match value {
        Value::Array(items) => items.iter().map(fact).collect(),
        Value::Object(members) => members.values().map(fact).collect(),
        other => vec![fact(other)],
    };
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_stand_in_lines() {
        let document = json!({
            "erasure_id": "e", "requested_by": "operator:o",
            "destroyed": [{ "what": "data key", "count": 1 }, { "what": "sessions", "count": 2 }],
            "contact": { "channel": "email", "value": "a@b.c" }, "nothing": [], "none": null, "digest": "00ff",
        });
        let mut lines: Vec<_> = text(&document).lines().map(str::to_owned).collect();
        lines.sort();
        let expected = [
            "contact       email a@b.c",
            "destroyed     1 data key, 2 sessions",
            "digest        00ff",
            "erasure id    e",
            "none          -",
            "nothing       -",
            "requested by  operator:o",
        ];
        assert_eq!(lines, expected);
    }
}
