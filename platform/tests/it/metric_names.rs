//! The names of metrics, as the sources of all crates have them, against the conventions and the documentation.

use std::{collections::BTreeSet, path::Path};

const KINDS: [&str; 3] = ["counter!(", "gauge!(", "histogram!("];
/// Names that are made from a field: the engine's, in `metric_names.rs`.
const FIELDS: &str = "command-side/application/src/engine/metric_names.rs";

fn read(path: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(path).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "target" | ".git" | ".tools" | "tests" | "fuzz" | ".sqlx") {
            read(&path, found);
        } else if name.ends_with(".rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("UTF-8")));
        }
    }
}

pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn literal(after: &str) -> Option<&str> {
    after.trim_start().strip_prefix('"')?.split('"').next()
}

/// The metrics that are recorded, with their kinds, and those that are described.
pub fn metrics() -> (BTreeSet<(&'static str, String)>, BTreeSet<String>) {
    let mut sources = Vec::new();
    read(root(), &mut sources);
    let (mut recorded, mut described) = (BTreeSet::new(), BTreeSet::new());
    for (file, text) in &sources {
        for kind in KINDS {
            for (at, _) in text.match_indices(kind) {
                let Some(name) = literal(&text[at + kind.len()..]) else { continue };
                match text[..at].ends_with("describe_") {
                    true => described.insert(name.to_owned()),
                    false => recorded.insert((kind, name.to_owned())),
                };
            }
        }
        if file.ends_with(FIELDS) {
            for line in text.lines().filter_map(|line| line.trim().split_once(": \"")) {
                let name = line.1.trim_end_matches("\",");
                let distribution =
                    line.0.ends_with("_seconds") || line.0.ends_with("_size") || line.0.starts_with("batch");
                let kind = if distribution { KINDS[2] } else { KINDS[0] };
                recorded.insert((kind, name.to_owned()));
                // `describe` of the same file takes each field.
                assert!(text.contains(&format!("self.{}", line.0)), "{name} is not described");
                described.insert(name.to_owned());
            }
        }
    }
    (recorded, described)
}

#[test]
fn counters_end_with_total_nothing_else_does_and_times_are_in_seconds() {
    let (recorded, _) = metrics();
    assert!(recorded.len() > 70, "{} metrics: the search finds too few", recorded.len());
    for (kind, name) in recorded {
        assert_eq!(name.ends_with("_total"), kind == KINDS[0], "{name} ({kind}..)");
        for unit in ["_ms", "_millis", "_micros", "_us", "_minutes", "_kib", "_mib"] {
            assert!(!name.ends_with(unit), "{name}: seconds and bytes are the units");
        }
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
    }
}

#[test]
fn each_is_described_and_documented() {
    let (recorded, described) = metrics();
    let documented = std::fs::read_to_string(root().join("docs/operations.md")).expect("the page");
    let lacking = |is_there: &dyn Fn(&str) -> bool| -> Vec<String> {
        recorded.iter().map(|(_, name)| name.clone()).filter(|name| !is_there(name)).collect()
    };
    assert_eq!(lacking(&|name| described.contains(name)), Vec::<String>::new(), "no HELP");
    let words: BTreeSet<&str> = documented.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    assert_eq!(lacking(&|name| words.contains(name)), Vec::<String>::new(), "not in docs/operations.md");
}
