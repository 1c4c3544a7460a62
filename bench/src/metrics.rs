//! What servers say of themselves.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use testkit::connection::{Connection, Request};

/// The metrics of a server, as it shows them.
pub(crate) async fn scrape(server: SocketAddr) -> Result<String> {
    let mut connection = Connection::to(server);
    let request = Request { method: "GET", path: "/metrics", ..Request::default() };
    let reply = connection.send(&request).await.with_context(|| format!("reading the metrics of {server}"))?;
    ensure!(reply.status == 200, "GET /metrics was answered {} by {server}", reply.status);
    Ok(String::from_utf8_lossy(reply.body).into_owned())
}

/// The sum over all labels; zero, if it was never counted.
pub(crate) fn metric(text: &str, name: &str) -> f64 {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let found = lines.filter(|(found, _)| found.split('{').next() == Some(name)).map(|(_, value)| value);
    found.filter_map(|value| value.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_whole_name() {
        let text = "# HELP a_sum x\na_sum 2.5\na_sum_more 7\na_sum{kind=\"b\"} 1\n";
        assert!((metric(text, "a_sum") - 3.5).abs() < 1e-9);
        assert!(metric(text, "b").abs() < 1e-9);
    }
}
