//! `.jangbu/env`: the settings of the development set-up, read when the current folder is inside its checkout.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

/// The variables of a `.jangbu/env` file. They stand behind the command line and the environment, and before the
/// built-in defaults.
#[derive(Debug, Default)]
pub struct EnvFile {
    values: BTreeMap<String, String>,
}

impl EnvFile {
    /// The file in `folder` or the nearest folder above that has one; empty if none has.
    pub fn find(folder: &Path) -> io::Result<Self> {
        for candidate in folder.ancestors().map(|folder| folder.join(".jangbu/env")) {
            match std::fs::read_to_string(&candidate) {
                Ok(text) => return Ok(Self { values: parse(&text) }),
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(io::Error::new(error.kind(), Unreadable { path: candidate, error })),
            }
        }
        Ok(Self::default())
    }

    /// Puts the file's values behind the environment of every argument of `command` that has a variable.
    pub fn behind(&self, command: clap::Command) -> clap::Command {
        command.mut_args(|arg| self.default_for(arg)).mut_subcommands(|sub| self.behind(sub))
    }

    fn default_for(&self, arg: clap::Arg) -> clap::Arg {
        let value = arg.get_env().and_then(|name| name.to_str()).and_then(|name| self.values.get(name)).cloned();
        match value {
            // Leaked, for clap keeps defaults for the life of the process, and so do we: it is read once. Hidden, for
            // it may hold a password, and because help should read the same in every folder.
            Some(value) => arg.default_value(&*value.leak()).hide_default_value(true),
            None => arg,
        }
    }
}

/// A path component that is no folder is as absent as a missing one.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// `KEY=value` lines; comments, blank lines and variables that are not Jangbu's are passed over.
fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.trim_start_matches("export ").trim().to_owned(), unquoted(value.trim()).to_owned()))
        .filter(|(key, value)| key.starts_with("JANGBU_") && !value.is_empty())
        .collect()
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(value)
}

/// The file is there but cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
struct Unreadable {
    path: PathBuf,
    #[source]
    error: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_the_rest_is_passed_over() {
        let text =
            "# a comment\n\nJANGBU_NATS_URL=nats://h:1/?a=b\nexport JANGBU_A='x y'\nPATH=/bin\nJANGBU_EMPTY=\nno";
        let values = parse(text);
        assert_eq!(values.len(), 2, "{values:?}");
        assert_eq!(values["JANGBU_NATS_URL"], "nats://h:1/?a=b");
        assert_eq!(values["JANGBU_A"], "x y");
    }

    #[test]
    fn the_nearest_file_counts_and_none_is_no_error() {
        let root = std::env::temp_dir().join(format!("jangbu-env-{}", std::process::id()));
        let deep = root.join("a/b");
        std::fs::create_dir_all(root.join("a/.jangbu")).expect("create");
        std::fs::create_dir_all(&deep).expect("create");
        assert!(EnvFile::find(&deep).expect("none").values.is_empty());
        std::fs::write(root.join("a/.jangbu/env"), "JANGBU_X=near\n").expect("write");
        assert_eq!(EnvFile::find(&deep).expect("read").values["JANGBU_X"], "near");
        std::fs::remove_dir_all(&root).expect("clean");
    }
}
