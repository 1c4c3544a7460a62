//! The public events: how far their stream is behind the log.
//!
//! Where the publisher stands is in no table, and the last message of the stream does not say it: of many commits there is nothing to
//! tell. So it is asked for its metrics; how far that is behind, the log says. Looked at twice, as relay and views are.

use super::{DoctorArgs, finding::Finding, history, servers};
use crate::{
    config::{Address, Config},
    db::Database,
    http,
    log_tables::{self, PlaceInLog},
};

const WHAT: &str = "public events";
const RUNBOOK: &str = "docs/runbooks/publisher-down.md";

/// What the publisher says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publisher {
    StandsBy,
    /// The log is told up to this position.
    Active(i64),
}

/// Looks at it, if it is known where the publisher is. That it or the log does not answer is reported by other checks.
pub async fn look(args: &DoctorArgs, config: &Config) -> Vec<Finding> {
    let Some(address) = config.publisher_addr.as_deref().and_then(servers::reachable) else { return Vec::new() };
    let Ok(mut log) = Database::Log.connect(config).await else { return Vec::new() };
    let before = ask(&address).await;
    tokio::time::sleep(args.watch()).await;
    let position = match ask(&address).await {
        Some(Publisher::Active(position)) => position,
        Some(Publisher::StandsBy) => {
            let to_do = "set JANGBU_PUBLISHER_ADDR to the publisher that is active";
            return vec![Finding::unknown(WHAT, format!("the publisher at {address} stands by"), to_do)];
        }
        None => return Vec::new(),
    };
    let moved = matches!(before, Some(Publisher::Active(before)) if before < position);
    let places = log_tables::places(&mut log, &[position], &[None]).await;
    vec![match places.as_deref() {
        Ok([place]) => finding(position, moved, place, args.max_lag_ms),
        Ok(_) => Finding::unknown(WHAT, "the log has no head", "see `migrations of the log database`"),
        Err(failure) => Finding::failed(WHAT, failure),
    }]
}

/// Nothing if it does not answer, or is no publisher.
async fn ask(address: &Address) -> Option<Publisher> {
    let client = http::client(servers::LIMIT).ok()?;
    let response = client.get(address.join("/metrics")).send().await.ok()?;
    read(&response.text().await.ok()?)
}

fn read(metrics: &str) -> Option<Publisher> {
    let gauge = |name: &str| {
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        value.trim().parse::<f64>().ok()
    };
    // Exact: positions are far below 2^53.
    match (gauge("publisher_active")? > 0.0, gauge("publisher_position")) {
        (true, Some(position)) => Some(Publisher::Active(position as i64)),
        (true, None) => Some(Publisher::Active(0)),
        (false, _) => Some(Publisher::StandsBy),
    }
}

fn finding(position: i64, moved: bool, place: &PlaceInLog, max_lag_ms: i64) -> Finding {
    let (events, ms) = (place.head - position, place.lag_ms);
    if events < 0 {
        let found = format!("told up to position {position}, beyond the end of the log at {}", place.head);
        return Finding::fail(WHAT, found, history::ADOPT);
    }
    let at = format!("told up to position {position}, {events} events behind");
    match (ms > max_lag_ms, moved) {
        (true, false) => {
            let to_do = format!("the publisher runs and publishes nothing: its probe and its log say why ({RUNBOOK})");
            Finding::fail(WHAT, format!("{at} for {ms} ms, and not moving"), to_do)
        }
        (true, true) => Finding::warn(WHAT, format!("{at}, {ms} ms, and catching up"), "wait; look again in a minute"),
        _ => Finding::ok(WHAT, at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_say_where_the_publisher_is() {
        let page = |active: u8| {
            format!("# TYPE publisher_active gauge\npublisher_active {active}\n\npublisher_position 911876\n")
        };
        assert_eq!(read(&page(1)), Some(Publisher::Active(911_876)));
        assert_eq!(read(&page(0)), Some(Publisher::StandsBy));
        assert_eq!(read("publisher_active 1\n"), Some(Publisher::Active(0)), "it has told nothing yet");
        assert_eq!(read("jangbu_webhooks_active 1\n"), None, "another program");
    }
}
