//! Servers reach Postgres through this crate only: the types of sqlx that have no limits stand nowhere else.

use std::path::Path;

/// Folders whose sources are searched: what serves requests, or runs for ever. The engine of the views limits its calls
/// with a time-out for each batch; the command line is watched by the operator.
const ONLINE: [&str; 12] = [
    "event-store/postgres/src",
    "event-store/relay/src",
    "outside/publisher/src",
    "auditor/src",
    "console/src",
    "outside/webhooks/src",
    "vault/src",
    "query-side",
    "command-side",
    "projections/worker/src",
    "platform/src",
    "tasks/src",
];

/// What has no limit.
const UNLIMITED: [&str; 5] = ["PgPool", "PgConnection", "PgListener", "sqlx::Transaction", "sqlx::pool"];

#[test]
fn servers_reach_postgres_with_limits() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = Vec::new();
    for folder in ONLINE {
        search(root, &root.join(folder), &mut found);
    }
    assert!(found.is_empty(), "use the types of the crate `database` instead: {found:#?}");
}

fn search(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "examples", "target"].contains(&name.as_str()) {
                search(root, &path, found);
            }
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let place = path.strip_prefix(root).expect("below").display().to_string();
            let words = UNLIMITED.iter().filter(|word| text.contains(**word));
            found.extend(words.map(|word| format!("{place}: {word}")));
        }
    }
}
