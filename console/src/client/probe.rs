//! What the servers say of themselves.

use std::{collections::HashMap, time::Duration};

use serde_json::Value;

use super::http::Client;

/// Health is looked at because something is slow: it must not wait for that.
const LIMIT: Duration = Duration::from_secs(2);

/// What `/readyz` and `/metrics` of one server say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probed {
    /// `ready`, `degraded`, `not ready`, `draining`; empty if it does not answer.
    pub(crate) status: String,
    /// Checks and how each ended.
    pub(crate) checks: Vec<(String, String)>,
    pub(crate) memory_bytes: Option<f64>,
    pub(crate) open_files: Option<f64>,
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) requests: Option<f64>,
    /// When it was started, in seconds since 1970.
    pub(crate) started: Option<f64>,
    /// Times that a background task of it broke and was started again.
    pub(crate) restarts: Option<f64>,
}

/// One series of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// Without braces.
    pub(crate) labels: String,
    pub(crate) value: String,
    /// What the metric is.
    pub(crate) help: String,
}

impl Client {
    /// Asks a server at `http://host:port`.
    pub(crate) async fn probe(&self, base: &str) -> Probed {
        let base = base.trim_end_matches('/');
        let (ready, metrics) = tokio::join!(self.text(format!("{base}/readyz")), self.text(format!("{base}/metrics")));
        let report: Value = serde_json::from_str(&ready.unwrap_or_default()).unwrap_or_default();
        let checks = report["checks"].as_object().into_iter().flatten();
        let metrics = metrics.unwrap_or_default();
        Probed {
            status: report["status"].as_str().unwrap_or_default().to_owned(),
            checks: checks.map(|(name, word)| (name.clone(), word.as_str().unwrap_or_default().to_owned())).collect(),
            memory_bytes: sum(&metrics, "process_resident_memory_bytes"),
            open_files: sum(&metrics, "process_open_fds"),
            cpu_seconds: sum(&metrics, "process_cpu_seconds_total"),
            requests: sum(&metrics, "http_requests_total"),
            started: sum(&metrics, "process_start_time_seconds"),
            restarts: sum(&metrics, "task_restarts_total"),
        }
    }

    /// Every metric of a server at `http://host:port`; none if it does not answer. Of histograms, count and sum without the buckets.
    pub(crate) async fn metrics(&self, base: &str) -> Option<Vec<Series>> {
        let text = self.text(format!("{}/metrics", base.trim_end_matches('/'))).await?;
        Some(series(&text))
    }

    async fn text(&self, url: String) -> Option<String> {
        self.http().get(url).timeout(LIMIT).send().await.ok()?.text().await.ok()
    }
}

fn series(metrics: &str) -> Vec<Series> {
    let mut helps: HashMap<&str, &str> = HashMap::new();
    let mut all = Vec::new();
    for line in metrics.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helps.extend(help.split_once(' '));
        }
        let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) else { continue };
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let is_number = value.parse::<f64>().is_ok();
        if !is_number || name.ends_with("_bucket") || labels.contains("quantile=") {
            continue;
        }
        let family = name.strip_suffix("_sum").or_else(|| name.strip_suffix("_count")).unwrap_or(name);
        let help = helps.get(name).or_else(|| helps.get(family)).copied().unwrap_or_default();
        all.push(Series {
            name: name.to_owned(),
            labels: labels.trim_end_matches('}').to_owned(),
            value: value.to_owned(),
            help: help.to_owned(),
        });
    }
    all
}

/// The sum over all series of a metric; none if there is none.
fn sum(metrics: &str, name: &str) -> Option<f64> {
    let values = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        if !rest.starts_with(['{', ' ']) {
            return None;
        }
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_series() {
        let text = "# TYPE x counter\nx{a=\"1\"} 2\nx{a=\"b c\"} 3.5\nx_more 7\ny 1\n";
        assert_eq!(sum(text, "x"), Some(5.5));
        assert_eq!(sum(text, "y"), Some(1.0));
        assert_eq!(sum(text, "z"), None);
    }

    #[test]
    fn every_series_is_told_with_what_it_is() {
        let text = "# HELP took_seconds How long\n# TYPE took_seconds histogram\ntook_seconds_bucket{le=\"1\"} 2\n\
                    took_seconds_sum 3.5\nx{route=\"/a b\"} 7\n{\"status\":404}\nnot a number\n";
        let told: Vec<_> = series(text).into_iter().map(|it| (it.name, it.labels, it.value, it.help)).collect();
        let owned = |it: [&str; 4]| (it[0].to_owned(), it[1].to_owned(), it[2].to_owned(), it[3].to_owned());
        assert_eq!(told, [owned(["took_seconds_sum", "", "3.5", "How long"]), owned(["x", "route=\"/a b\"", "7", ""])]);
    }
}
