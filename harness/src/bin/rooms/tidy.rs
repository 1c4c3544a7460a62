//! Small enough to be read.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::house::House;

const MAX_CRATES: usize = 20;
const MAX_LINES: usize = 600;
const MAX_README_LINES: usize = 20;

/// The sizes in one line, and what is too big, each with what to do.
pub fn check(house: &House) -> Result<(String, Vec<String>)> {
    let mut faults = Vec::new();
    if house.crates.len() > MAX_CRATES {
        faults.push(format!("{} crates are more than {MAX_CRATES}: join two", house.crates.len()));
    }
    let mut sizes = Vec::new();
    for room in house.crates.values() {
        faults.extend(check_readme(&house.root, &room.folder));
        for file in rust_files(&house.root.join(&room.folder))? {
            let lines = count_lines(&file)?;
            sizes.push(lines);
            if lines > MAX_LINES {
                let file = file.strip_prefix(&house.root).unwrap_or(&file);
                faults.push(format!("{} has {lines} lines, more than {MAX_LINES}: divide it", file.display()));
            }
        }
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

fn count_lines(file: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().count())
}
