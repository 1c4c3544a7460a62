//! Which events a webhook is sent, as requests name them.

use application::EVERY_EVENT;
use public_events::EventType;
use serde::{Deserialize, Deserializer, de::Error};

const MOST: usize = 50;
const UNKNOWN: &str = "there is no public event of this name";

/// For `#[serde(deserialize_with)]`: short names of public events, each once, or `*` alone.
pub(crate) fn event_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    if names.is_empty() || names.len() > MOST {
        return Err(D::Error::custom("give 1 to 50 names of public events, or `*` alone"));
    }
    if names == [EVERY_EVENT] {
        return Ok(names);
    }
    if names.iter().any(|name| EventType::from_short(name).is_none()) {
        return Err(D::Error::custom(UNKNOWN));
    }
    match (1..names.len()).any(|index| names[..index].contains(&names[index])) {
        true => Err(D::Error::custom("each name stands once")),
        false => Ok(names),
    }
}

/// The same for a field that may be left out.
pub(crate) fn optional_event_filter<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    struct There(#[serde(deserialize_with = "event_filter")] Vec<String>);

    Ok(Option::<There>::deserialize(deserializer)?.map(|There(names)| names))
}

/// For `#[serde(deserialize_with)]`: the short name of one public event.
pub(crate) fn event_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    match EventType::from_short(&name) {
        Some(_) => Ok(name),
        None => Err(D::Error::custom(UNKNOWN)),
    }
}
