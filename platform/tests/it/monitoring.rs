//! What `deploy/` gives to Prometheus and Grafana, against what the servers export, the codes of problems, the runbooks and the ports.

use std::collections::BTreeSet;

use platform::problem::Code;
use serde_json::Value;

use crate::metric_names::{metrics, root};

/// Words before a list of labels.
const BEFORE_LABELS: [&str; 6] = ["by", "on", "without", "ignoring", "group_left", "group_right"];

fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// An alert; its parts as they are written.
#[derive(Debug, Default)]
struct Alert {
    name: String,
    expr: String,
    severity: String,
    runbook: String,
}

fn alerts() -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    for line in file("deploy/prometheus/rules.yaml").lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("- alert: ") {
            alerts.push(Alert { name: name.to_owned(), ..Alert::default() });
        }
        let Some(alert) = alerts.last_mut() else { continue };
        if let Some(expr) = line.strip_prefix("expr: ") {
            expr.trim_matches('\'').clone_into(&mut alert.expr);
        } else if let Some(severity) = line.strip_prefix("labels: { severity: ") {
            severity.trim_end_matches(" }").clone_into(&mut alert.severity);
        } else if let Some(runbook) = line.strip_prefix("runbook: ") {
            runbook.clone_into(&mut alert.runbook);
        }
    }
    alerts
}

/// Every `expr` and `query` of the dashboard.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" || (name == "query" && text.contains('(')) => {
                        found.push(text.to_owned());
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

fn of_dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/jangbu.json")).expect("JSON");
    let mut found = Vec::new();
    collect(&dashboard, &mut found);
    found
}

/// The metrics that an expression of PromQL names. Each of ours has an underscore, and no label that stands outside of a list has.
fn names(expr: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
    let (mut names, mut rest) = (BTreeSet::new(), expr);
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '{' => Some('}'),
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        if let Some(close) = close {
            let end = rest[1..].find(close).unwrap_or_else(|| panic!("{expr}: no {close}"));
            rest = &rest[end + 2..];
            continue;
        }
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if end == 0 {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(end);
        rest = after.trim_start();
        if BEFORE_LABELS.contains(&word) {
            rest = rest.split_once(')').map_or("", |(_, after)| after);
        } else if !rest.starts_with('(') && word.contains('_') {
            names.insert(word.to_owned());
        }
    }
    names
}

#[test]
fn every_metric_is_one_that_a_server_exports() {
    let (recorded, described) = metrics();
    let known: BTreeSet<String> = recorded.into_iter().map(|(_, name)| name).chain(described).collect();
    // Those of the process are recorded by a library, and written down by hand.
    let page = file("docs/operations.md");
    let by_hand: BTreeSet<&str> = page.split('`').filter(|word| word.starts_with("process_")).collect();
    let exists = |name: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        known.contains(name) || by_hand.contains(name) || of_histogram.is_some_and(|name| known.contains(name))
    };
    let expressions: Vec<_> = alerts().into_iter().map(|alert| alert.expr).chain(of_dashboard()).collect();
    assert!(expressions.len() > 60, "{} expressions: the search finds too few", expressions.len());
    for expr in &expressions {
        let named = names(expr);
        assert!(!named.is_empty(), "no metric in {expr}");
        let unknown: Vec<_> = named.iter().filter(|name| !exists(name)).collect();
        assert!(unknown.is_empty(), "no server exports {unknown:?}: {expr}");
        for codes in expr.split("code=").skip(1) {
            let codes = codes.trim_start_matches('~').trim_start_matches('"').split('"').next().unwrap_or_default();
            assert!(codes.split('|').all(|code| Code::parse(code).is_some()), "no such code: {expr}");
        }
    }
}

#[test]
fn every_alert_says_how_urgent_it_is_and_what_to_do() {
    let alerts = alerts();
    let names: BTreeSet<_> = alerts.iter().map(|alert| alert.name.as_str()).collect();
    assert_eq!(names.len(), alerts.len(), "a name twice");
    let tests = file("deploy/prometheus/rules-test.yaml");
    for alert in &alerts {
        assert!(["critical", "warning"].contains(&alert.severity.as_str()), "{alert:?}");
        let is_there = alert.runbook.starts_with("docs/runbooks/") && root().join(&alert.runbook).is_file();
        assert!(is_there, "no such runbook: {alert:?}");
        assert!(tests.contains(&format!("alertname: {} }}", alert.name)), "not said to be silent: {}", alert.name);
    }
}

#[test]
fn every_program_is_scraped_at_its_port() {
    let scraped = file("deploy/prometheus/prometheus.yml");
    let mut programs = 0;
    for entry in std::fs::read_dir(root().join("docs/settings")).expect("the folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        let Some(program) = name.strip_suffix(".txt") else { continue };
        let settings = file(&format!("docs/settings/{name}"));
        let default = settings.split("_ADDR=]").nth(1).and_then(|after| after.split("[default: 127.0.0.1:").nth(1));
        let port = default.and_then(|after| after.split(']').next()).unwrap_or_else(|| panic!("{name}: no port"));
        let job = format!("job_name: {program}\n    static_configs: [{{ targets: [\"{program}:{port}\"] }}]");
        assert!(scraped.contains(&job), "not scraped at its port: {job}");
        programs += 1;
    }
    assert_eq!(scraped.matches("job_name:").count(), programs);
}

#[test]
fn names_are_found_in_expressions() {
    let found = |expr| names(expr).into_iter().collect::<Vec<_>>();
    assert_eq!(found("(sum(command_leading) or vector(0)) < 1"), ["command_leading"]);
    let ratio = r#"max by (view, a_label) (a_b{state_of=~"x|y_z"}) / on (in_stance) rate(c_d_total[5m] offset 1m)"#;
    assert_eq!(found(ratio), ["a_b", "c_d_total"]);
    assert_eq!(
        found("histogram_quantile(0.99, sum by (le) (rate(x_seconds_bucket[$__rate_interval])))"),
        ["x_seconds_bucket"]
    );
}
