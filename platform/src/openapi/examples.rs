//! The examples of bodies and parameters.

use serde_json::{Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// Adds the examples of an operation's bodies, by the names of their schemas, and of its parameters.
pub(super) fn add(operation: &mut Value, examples: &Value) {
    if let Some(body) = operation.pointer_mut("/requestBody/content/application~1json") {
        show(body, examples);
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(|responses| responses.values_mut()) {
        if let Some(body) = response.pointer_mut("/content/application~1json") {
            show(body, examples);
        }
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter(|parameter| parameter.get("example").is_none()) {
        let example = parameter["name"].as_str().and_then(|name| examples["parameters"].get(name));
        if let Some(example) = example.cloned() {
            parameter["example"] = example;
        }
    }
}

fn show(body: &mut Value, examples: &Value) {
    let named = |schema: &Value| {
        let name = schema["$ref"].as_str()?.strip_prefix(SCHEMAS)?;
        examples["schemas"].get(name).cloned()
    };
    let example = named(&body["schema"]).or_else(|| named(&body["schema"]["items"]).map(|item| json!([item])));
    if let Some(example) = example {
        body["example"] = example;
    }
}
