//! The words that a room must not know.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Deserialize;

/// Folders, the words that their code must not contain, and the files that contain some all the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    folders: Vec<PathBuf>,
    words: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    file: PathBuf,
    words: BTreeSet<String>,
    reason: String,
}

/// What stands where it must not, and exceptions that are not needed.
pub fn check(root: &Path, rules: &[Forbidden]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for rule in rules {
        let mut found = Vec::new();
        for folder in &rule.folders {
            for file in sources(&root.join(folder))? {
                let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
                let words = words_of(&code(&text)).intersection(&rule.words).cloned().collect();
                found.push((file.strip_prefix(root).unwrap_or(&file).to_owned(), words));
            }
        }
        faults.extend(rule.judge(&found));
    }
    Ok(faults)
}

impl Forbidden {
    fn judge(&self, found: &[(PathBuf, BTreeSet<String>)]) -> Vec<String> {
        let none = BTreeSet::new();
        let mut faults = Vec::new();
        for (file, words) in found {
            let exception = self.exceptions.iter().find(|exception| exception.file == *file);
            let allowed = exception.map_or(&none, |exception| &exception.words);
            for word in words.difference(allowed) {
                faults.push(format!(
                    "{} says `{word}`, a word that this folder must not know: rename it",
                    file.display()
                ));
            }
        }
        for exception in &self.exceptions {
            let words = found.iter().find(|(file, _)| *file == exception.file).map_or(&none, |(_, words)| words);
            for word in exception.words.difference(words) {
                let file = exception.file.display();
                faults.push(format!("docs/rooms.toml lets {file} say `{word}`, which it does not: remove the word"));
            }
            if exception.reason.is_empty() {
                faults.push(format!("docs/rooms.toml gives no reason for {}", exception.file.display()));
            }
        }
        faults
    }
}

/// Rust and SQL of a folder, without its tests.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if stem == "tests" || stem.ends_with("_tests") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "sql") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A file without comments that fill a line, and without the tests at its end. Comments may say what code does not know.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    let is_code = |line: &&str| !["//", "--"].iter().any(|comment| line.trim_start().starts_with(comment));
    text[..end].lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// The words that names and texts are made of, in small letters: `AccountId`, `account_id` and `account-id` have `account`.
fn words_of(code: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut after_small = false;
    for c in code.chars() {
        if !c.is_ascii_alphabetic() || (after_small && c.is_ascii_uppercase()) {
            words.insert(std::mem::take(&mut word));
        }
        if c.is_ascii_alphabetic() {
            word.push(c.to_ascii_lowercase());
        }
        after_small = c.is_ascii_lowercase();
    }
    words.insert(word);
    words.remove("");
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(exceptions: &str) -> Forbidden {
        toml::from_str(&format!("folders = ['a']\nwords = ['account', 'money']\n{exceptions}")).expect("a rule")
    }

    fn found(text: &str) -> Vec<(PathBuf, BTreeSet<String>)> {
        let words = words_of(&code(text)).intersection(&rule("").words).cloned().collect();
        vec![("a/b.rs".into(), words)]
    }

    #[test]
    fn a_word_is_found_in_every_way_to_write_it() {
        for text in
            ["struct AccountId;", "fn open_account() {}", "\"account-unknown\"", "const ACCOUNT: u8 = 1;", "/account"]
        {
            let faults = rule("").judge(&found(text));
            assert!(faults.len() == 1 && faults[0].starts_with("a/b.rs says `account`"), "{text}: {faults:?}");
        }
        assert!(rule("").judge(&found("fn accountable(accounting: u8) {}")).is_empty());
    }

    #[test]
    fn comments_and_tests_may_say_it() {
        let text = "//! Knows no account.\nfn f() {} // no\n\n#[cfg(test)]\nmod tests { const MONEY: u8 = 1; }";
        assert!(rule("").judge(&found(text)).is_empty());
    }

    #[test]
    fn an_exception_holds_for_its_words_and_must_be_needed() {
        let exceptions = "exceptions = [{ file = 'a/b.rs', words = ['account'], reason = 'old' }]";
        assert!(rule(exceptions).judge(&found("account")).is_empty());
        assert_eq!(rule(exceptions).judge(&found("account, money")).len(), 1);
        let faults = rule(exceptions).judge(&found("nothing"));
        assert!(faults.len() == 1 && faults[0].ends_with("remove the word"), "{faults:?}");
    }
}
