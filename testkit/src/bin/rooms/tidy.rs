//! Small enough to be read.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::workspace::{Room, Workspace};

const MAX_CRATES: usize = 33;
const MAX_LINES: usize = 450;
const MAX_README_LINES: usize = 20;

/// The sizes in one line, and what is too big, each with what to do.
pub fn check(workspace: &Workspace) -> Result<(String, Vec<String>)> {
    let mut faults = Vec::new();
    if workspace.crates.len() > MAX_CRATES {
        faults.push(format!("{} crates are more than {MAX_CRATES}: join two", workspace.crates.len()));
    }
    let mut sizes = Vec::new();
    for room in workspace.crates.values() {
        faults.extend(check_readme(&workspace.root, &room.folder));
        let mut sources = String::new();
        for file in rust_files(&workspace.root.join(&room.folder))? {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let lines = text.lines().count();
            sizes.push(lines);
            if lines > MAX_LINES {
                let file = file.strip_prefix(&workspace.root).unwrap_or(&file);
                faults.push(format!("{} has {lines} lines, more than {MAX_LINES}: divide it", file.display()));
            }
            sources.push_str(&text);
        }
        faults.extend(unused(room, &sources));
    }
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or_default();
    let largest = sizes.last().copied().unwrap_or_default();
    Ok((format!("{} files of Rust, median {median} lines, largest {largest}", sizes.len()), faults))
}

fn check_readme(root: &Path, folder: &Path) -> Option<String> {
    let file = folder.join("README.md");
    let Ok(text) = std::fs::read_to_string(root.join(&file)) else {
        return Some(format!("{} is missing: say what the room is and what it knows nothing of", file.display()));
    };
    let lines = text.lines().count();
    (lines > MAX_README_LINES).then(|| format!("{} has {lines} lines, more than {MAX_README_LINES}", file.display()))
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// A dependency that no source names is a cost for nothing.
fn unused(room: &Room, sources: &str) -> Vec<String> {
    let manifest = room.folder.join("Cargo.toml");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: BTreeSet<&str> = sources.split(|c| !is_word(c)).collect();
    let unused = room.imports.iter().filter(|import| !words.contains(import.as_str()));
    unused.map(|import| format!("{import} is used by no source: remove it from {}", manifest.display())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_no_source_names_is_reported() {
        let room = Room { imports: ["serde", "serde_json"].map(str::to_owned).into(), ..Room::default() };
        let faults = unused(&room, "use serde_json::json;");
        assert!(faults.len() == 1 && faults[0].starts_with("serde is used by no source"), "{faults:?}");
    }
}
