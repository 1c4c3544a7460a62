//! All of it in one document: AsyncAPI 3.0.
//!
//! `event-publisher --asyncapi` prints it, and the query server serves it.

use serde_json::{Map, Value, json};

use crate::{CloudEvent, EventType, nats};

/// The AsyncAPI 3.0 document of the public events.
pub fn document() -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    let mut schemas = Map::new();
    schemas.insert("CloudEvent".to_owned(), envelope());
    schemas.insert("Headers".to_owned(), headers());
    for event_type in EventType::ALL {
        let short = event_type.short();
        channels.insert(short.to_owned(), channel(*event_type));
        operations.insert(format!("tell.{short}"), operation(*event_type));
        messages.insert(short.to_owned(), message(*event_type));
        schemas.insert(short.to_owned(), data(*event_type));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Jangbu: public events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What happens in the bank, as CloudEvents 1.0 in the JetStream stream JANGBU_PUBLIC. At least once, in the order \
                of each account; told from the log, so nothing is missing. See docs/public-events.md.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CloudEvent::CONTENT_TYPE,
        "servers": {
            "local": {
                "host": "127.0.0.1:7422",
                "protocol": "nats",
                "description": "As `./justw up` starts it. The login jangbu_public reads this stream and nothing else.",
            },
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    })
}

fn channel(event_type: EventType) -> Value {
    let short = event_type.short();
    let partitions: Vec<String> = (0..nats::PARTITIONS).map(|partition| format!("{partition:x}")).collect();
    json!({
        "address": format!("{}.{short}.{{partition}}", nats::prefix(nats::STREAM)),
        "description": event_type.description(),
        "messages": {short: {"$ref": format!("#/components/messages/{short}")}},
        "parameters": {
            "partition": {
                "description": "The last hexadecimal digit of the partition key: the events of one account are all in one partition.",
                "enum": partitions,
            },
        },
    })
}

fn operation(event_type: EventType) -> Value {
    let short = event_type.short();
    json!({
        "action": "send",
        "channel": {"$ref": format!("#/channels/{short}")},
        "summary": event_type.description(),
        "messages": [{"$ref": format!("#/channels/{short}/messages/{short}")}],
    })
}

fn message(event_type: EventType) -> Value {
    let short = event_type.short();
    json!({
        "name": event_type.name(),
        "title": short,
        "summary": event_type.description(),
        "contentType": CloudEvent::CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event_type.name()},
                        "dataschema": {"const": event_type.schema_name()},
                        "data": {"$ref": format!("#/components/schemas/{short}")},
                    },
                },
            ],
        },
    })
}

/// The schema of the data as it stands in this document, whose schemas have one dialect.
fn data(event_type: EventType) -> Value {
    let mut schema = event_type.schema();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    schema
}

/// The schema of the envelope.
fn envelope() -> Value {
    let uuid = json!({"type": "string", "format": "uuid"});
    json!({
        "title": "CloudEvent",
        "description": "A CloudEvent 1.0 in its structured JSON form, with the extensions sequence, partitionkey and correlationid.",
        "type": "object",
        "properties": {
            "id": described(&uuid, "The same each time the event is sent: who has seen it has seen the event."),
            "source": {"type": "string", "pattern": "^/jangbu/[0-9a-f-]{36}$", "description": "The log that it was made from."},
            "specversion": {"const": CloudEvent::SPEC_VERSION},
            "type": {"type": "string", "description": "The type, with its version."},
            "subject": described(&uuid, "What the event is about: an account, a transfer, a hold, a member."),
            "time": {"type": "string", "format": "date-time", "description": "When the log recorded it."},
            "datacontenttype": {"const": CloudEvent::DATA_CONTENT_TYPE},
            "dataschema": {"type": "string", "format": "uri", "description": "Names the schema of the data."},
            "sequence": {
                "type": "string",
                "pattern": "^[0-9]{19}$",
                "description": "The version of the account after the event. Absent if the event did not change the account.",
            },
            "partitionkey": described(&uuid, "What is kept in order: the account; else its owner, or the subject."),
            "correlationid": described(&uuid, "Follows one request through everything that came of it."),
            "data": {"type": "object"},
        },
        "required": [
            "id", "source", "specversion", "type", "subject", "time", "datacontenttype", "dataschema", "partitionkey",
            "correlationid", "data",
        ],
    })
}

/// The schema of the headers.
fn headers() -> Value {
    let uuid = json!({"type": "string", "format": "uuid"});
    json!({
        "type": "object",
        "properties": {
            nats::CONTENT_TYPE: {"const": CloudEvent::CONTENT_TYPE},
            nats::MESSAGE_ID: described(&uuid, "The id of the event."),
            nats::POSITION: {
                "type": "string",
                "pattern": "^[0-9]{1,19}\\.[0-9]{1,5}$",
                "description": "The place of the event among all of the log: the position of what was recorded, and a number.",
            },
            nats::LOG: described(&uuid, "The log that it was made from."),
            nats::ACCOUNT: described(&uuid, "The account whose owner may hear of it."),
            nats::OWNER: described(&uuid, "The member or partner who may hear of it."),
        },
        "required": [nats::CONTENT_TYPE, nats::MESSAGE_ID, nats::POSITION, nats::LOG],
    })
}

fn described(schema: &Value, description: &str) -> Value {
    let mut schema = schema.clone();
    schema["description"] = description.into();
    schema
}
