//! An event that is made up, so that a receiver can be tried out.

use chrono::{DateTime, Utc};
use kernel::{LogId, Position, WebhookId};
use public_events::{CloudEvent, EventType};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Stands for every id in an example.
const SOMETHING: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000);

/// An event of a type with the data that its schema asks for. Its ids are of nothing, and its extension `example` says so.
pub fn example(
    event_type: EventType,
    webhook: WebhookId,
    log: LogId,
    asked: Position,
    at: DateTime<Utc>,
) -> (Uuid, Value) {
    let id = Uuid::new_v5(&webhook.uuid(), format!("example/{log}/{asked}").as_bytes());
    let event = json!({
        "id": id,
        "source": format!("/jangbu/{log}"),
        "specversion": CloudEvent::SPEC_VERSION,
        "type": event_type.name(),
        "subject": SOMETHING,
        "time": at,
        "datacontenttype": CloudEvent::DATA_CONTENT_TYPE,
        "dataschema": event_type.schema_name(),
        "partitionkey": SOMETHING,
        "correlationid": SOMETHING,
        "example": true,
        "data": value(&event_type.schema(), at),
    });
    (id, event)
}

/// A value that fits a schema of the public events.
fn value(schema: &Value, at: DateTime<Utc>) -> Value {
    match (schema["type"].as_str(), schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("object"), ..) => {
            let properties = schema["properties"].as_object();
            let fields = properties.into_iter().flatten().map(|(name, schema)| (name.clone(), value(schema, at)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        (Some("array"), ..) => json!([]),
        (Some("boolean"), ..) => json!(true),
        (Some("integer"), ..) => json!(1),
        (_, Some("uuid"), _) => json!(SOMETHING),
        (_, Some("date-time"), _) => json!(at),
        (_, _, Some(pattern)) if pattern.contains("A-Z") => json!("KRW"),
        (_, _, Some(_)) => json!("1000"),
        _ => json!("example"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_everything_that_its_schema_requires() {
        let (webhook, log) = (WebhookId::new(Uuid::from_u128(1)), LogId::new(Uuid::from_u128(2)));
        for event_type in EventType::ALL {
            let (id, event) = example(*event_type, webhook, log, Position::new(7), DateTime::UNIX_EPOCH);
            for name in event_type.schema()["required"].as_array().into_iter().flatten() {
                assert!(!event["data"][name.as_str().unwrap()].is_null(), "{event_type}: {name}");
            }
            let event: CloudEvent = serde_json::from_value(event).unwrap();
            assert_eq!((event.id, event.event_type.as_ref()), (id, event_type.name()));
        }
    }
}
