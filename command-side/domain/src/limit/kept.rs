//! What is used of limits, as it stands in the state that is kept of an account: a list of limit, window, end of the window in seconds
//! since 1970, amount and count. The state is written with every payment and is read by nobody but this program and the auditor, so it is
//! short.

use chrono::DateTime;
use events::recorded::{LimitUse, LimitWindow};
use kernel::Minor;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub fn serialize<S: Serializer>(used: &[LimitUse], serializer: S) -> Result<S::Ok, S::Error> {
    // Windows begin and end with a day, so on a whole second.
    serializer.collect_seq(
        used.iter().map(|used| (&used.limit, used.window, used.until.timestamp(), used.amount, used.count)),
    )
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LimitUse>, D::Error> {
    let rows: Vec<(String, LimitWindow, i64, Minor, u32)> = Vec::deserialize(deserializer)?;
    let uses = rows.into_iter().map(|(limit, window, until, amount, count)| {
        let until = DateTime::from_timestamp(until, 0).ok_or_else(|| D::Error::custom("a time out of range"))?;
        Ok(LimitUse { limit, window, until, amount, count })
    });
    uses.collect()
}
