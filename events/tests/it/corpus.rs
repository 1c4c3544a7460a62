//! Reading the golden corpus.

use std::{fs, path::Path};

use events::recorded::{DecodeError, Event};
use serde_json::{Value, value::RawValue};

/// One file: `<event type>.v<schema version>[.<case>].json`.
#[derive(Clone, Debug)]
pub struct Golden {
    pub file: String,
    pub event_type: String,
    pub schema_version: i16,
    pub payload: Value,
}

impl Golden {
    fn read(path: &Path) -> Self {
        let file = path.file_name().and_then(|name| name.to_str()).expect("a file name").to_owned();
        let mut parts = file.trim_end_matches(".json").splitn(3, '.');
        let event_type = parts.next().expect("an event type").to_owned();
        let version = parts.next().and_then(|part| part.strip_prefix('v')).expect("a schema version");
        let schema_version = version.parse().expect("a schema version is a number");
        let text = fs::read_to_string(path).expect("the file can be read");
        let payload = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        Self { file, event_type, schema_version, payload }
    }

    pub fn is_current(&self) -> bool {
        every_type().any(|current| current == (self.event_type.as_str(), self.schema_version))
    }

    pub fn decode(&self, payload: &Value) -> Result<Event, DecodeError> {
        decode(&self.event_type, self.schema_version, payload)
    }
}

/// Every event there is, with its schema version of today.
pub fn every_type() -> impl Iterator<Item = (&'static str, i16)> {
    Event::TYPES.iter().map(|known| (known.name, known.schema_version))
}

pub fn decode(event_type: &str, schema_version: i16, payload: &Value) -> Result<Event, DecodeError> {
    let raw = RawValue::from_string(payload.to_string()).expect("JSON");
    Event::decode(event_type, schema_version, &raw)
}

pub fn encode(event: &Event) -> Value {
    serde_json::from_str(&event.payload().expect("the event can be written")).expect("a payload is JSON")
}

pub fn corpus() -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let entries = fs::read_dir(folder).expect("the corpus is beside the crate");
    let paths = entries.map(|entry| entry.expect("a folder entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|p| Golden::read(&p))
        .collect()
}
