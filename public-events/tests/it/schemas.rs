//! A type only grows: what is told must be of the schemas as they were released (`schemas/`).
//!
//! `JANGBU_TEST_WRITE_SCHEMAS=1` writes what was added (`./justw generate`); what would break a reader is refused all the same.

use std::{collections::BTreeSet, fs, path::PathBuf};

use public_events::EventType;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn file(event_type: EventType) -> PathBuf {
    folder().join(format!("{event_type}.v1.json"))
}

fn written(schema: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).expect("JSON"))
}

/// The names in a list.
fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A schema without what readers do not depend on.
fn bare(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("description");
    }
    schema
}

/// What would break a reader who knows the released schema.
fn breaks(released: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let none = serde_json::Map::new();
    let properties = now["properties"].as_object().unwrap_or(&none);
    for (name, property) in released["properties"].as_object().unwrap_or(&none) {
        match properties.get(name) {
            None => found.push(format!("{name} is gone")),
            Some(today) if bare(today) != bare(property) => found.push(format!("{name} is of another form")),
            Some(_) => {}
        }
    }
    for name in names(&released["required"]).symmetric_difference(&names(&now["required"])) {
        found.push(format!("{name} is required in one of them only"));
    }
    for field in ["$id", "type"] {
        if released[field] != now[field] {
            found.push(format!("{field} is {}", now[field]));
        }
    }
    found
}

#[test]
fn what_was_released_is_still_told() {
    let writes = std::env::var_os("JANGBU_TEST_WRITE_SCHEMAS").is_some();
    for event_type in EventType::ALL {
        let (now, path) = (event_type.schema(), file(*event_type));
        let released = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if writes => written(&now),
            Err(error) => panic!("{}: {error}; `./justw generate` writes it", path.display()),
        };
        let known: Value = serde_json::from_str(&released).expect("JSON");
        let broken = breaks(&known, &now);
        assert!(broken.is_empty(), "{event_type}: {broken:?}: a type only grows; for anything else make its version 2");
        if writes {
            fs::write(&path, written(&now)).expect("the schema is written");
        } else {
            assert_eq!(released, written(&now), "{event_type} has grown: `./justw generate` writes its schema");
        }
    }
}

#[test]
fn no_released_type_is_gone() {
    let types: BTreeSet<String> = EventType::ALL.iter().map(|event_type| format!("{event_type}.v1.json")).collect();
    for entry in fs::read_dir(folder()).expect("the folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(types.contains(&name), "{name} was released, and no such event is told any more");
    }
}

#[test]
fn a_change_that_breaks_readers_is_found() {
    let released = EventType::TransferPosted.schema();
    let changed = |change: fn(&mut Value)| {
        let mut schema = released.clone();
        change(&mut schema);
        breaks(&released, &schema)
    };
    assert_eq!(changed(|_| ()), Vec::<String>::new());
    assert_eq!(changed(|schema| schema["properties"]["fee"] = json!({"type": "string"})), Vec::<String>::new());
    assert_eq!(changed(|schema| schema["properties"]["amount"]["description"] = json!("x")), Vec::<String>::new());
    let removed = changed(|schema| {
        schema["properties"].as_object_mut().expect("properties").remove("counterparty");
    });
    assert_eq!(removed, ["counterparty is gone"]);
    let retyped = changed(|schema| schema["properties"]["amount"]["type"] = json!("number"));
    assert_eq!(retyped, ["amount is of another form"]);
    let required = changed(|schema| {
        schema["properties"]["fee"] = json!({"type": "string"});
        schema["required"].as_array_mut().expect("a list").push(json!("fee"));
    });
    assert_eq!(required, ["fee is required in one of them only"]);
    let optional = changed(|schema| schema["required"] = json!([]));
    assert!(optional.len() > 3, "{optional:?}");
}

#[test]
fn the_document_names_every_type() {
    let document = public_events::asyncapi::document();
    for event_type in EventType::ALL {
        let short = event_type.short();
        assert_eq!(document["components"]["messages"][short]["name"], event_type.name());
        assert_eq!(document["channels"][short]["address"], format!("jangbu.public.{short}.{{partition}}"));
        assert!(document["components"]["schemas"][short]["properties"].is_object(), "{short}");
    }
    assert_eq!(document["channels"].as_object().map(serde_json::Map::len), Some(EventType::ALL.len()));
}
