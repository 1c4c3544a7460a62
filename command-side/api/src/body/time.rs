//! A time in a body: RFC 3339, and nothing else that a library would read as one.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, de::Error};

/// A time. The log's clock has no finer times than microseconds.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    parse(&String::deserialize(deserializer)?)
}

/// A time that may be left out.
pub(crate) fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(|text| parse(&text)).transpose()
}

fn parse<E: Error>(text: &str) -> Result<DateTime<Utc>, E> {
    match DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)) {
        Ok(time) if (1970..=9999).contains(&time.year()) => Ok(time.trunc_subsecs(6)),
        _ => Err(E::custom("not a time as RFC 3339 writes it, such as 2027-11-22T09:30:00Z")),
    }
}
