//! What another try of a parked key changes, as the audit tells it.

use sqlx::{PgConnection, types::JsonValue};

use crate::{RebuildError, rebuild::doing};

/// A key, and how many events wait behind it.
pub(super) struct Waits {
    parked: bool,
    events: i64,
}

/// What waits behind a key now.
pub(super) async fn waits(
    connection: &mut PgConnection,
    view: &str,
    generation: i32,
    key: &str,
) -> Result<Waits, RebuildError> {
    sqlx::query_as!(
        Waits,
        r#"select exists (select from registry.parked_keys as k
                          where (k.view, k.generation, k.key) = ($1, $2, $3)) as "parked!",
               (select count(*) from registry.parked_events as e
                where (e.view, e.generation, e.key) = ($1, $2, $3)) as "events!""#,
        view,
        generation,
        key
    )
    .fetch_one(connection)
    .await
    .map_err(doing("counting the parked events"))
}

/// What the audit has of a key, as JSON: how many of its events were applied, and whether it was lifted. A key may be any text.
pub(super) fn details(key: &str, (applied, lifted): (u64, bool), before: &Waits, after: &Waits) -> String {
    let key = JsonValue::from(key);
    let side = |Waits { parked, events }: &Waits| format!(r#"{{"parked":{parked},"events":{events}}}"#);
    let (before, after) = (side(before), side(after));
    format!(r#"{{"key":{key},"applied":{applied},"lifted":{lifted},"before":{before},"after":{after}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_text_whatever_is_in_it() {
        let (before, after) = (Waits { parked: true, events: 3 }, Waits { parked: false, events: 0 });
        let told = details(r#"a"b\c"#, (3, true), &before, &after);
        let told: JsonValue = told.parse().expect("JSON");
        assert_eq!((told["key"].as_str(), told["lifted"].as_bool()), (Some(r#"a"b\c"#), Some(true)));
        assert_eq!((told["before"]["events"].as_i64(), told["after"]["parked"].as_bool()), (Some(3), Some(false)));
    }
}
