//! Running the binary.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Everything, for a snapshot.
    pub fn all(&self) -> String {
        format!("exit code {}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }

    /// Fails unless the exit code is this.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }
}

/// The binary in an empty environment, but for these variables.
pub fn command(variables: &[(&str, String)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jangbu"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir("/");
    command.envs(variables.iter().map(|(key, value)| (key, value))).args(arguments);
    command.stdin(Stdio::null());
    command
}

/// Runs the binary to its end.
pub fn jangbu(variables: &[(&str, String)], arguments: &[&str]) -> Run {
    finish(&mut command(variables, arguments))
}

/// Runs a prepared command to its end.
pub fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the binary runs");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// The output with the rows of some views alone in the table whose header begins like this, and the first column of all
/// rows. The rows of the others, and the widths of the columns, would change with every view that is added.
pub fn with_rows_of(views: &[&str], header: &str, output: &str) -> (String, Vec<String>) {
    let (mut shown, mut names, mut inside) = (String::new(), Vec::new(), false);
    for line in output.lines() {
        if line.starts_with(header) {
            inside = true;
        } else if inside && (line.is_empty() || line.starts_with("---")) {
            inside = false;
        } else if inside {
            let name = line.split_whitespace().next().expect("a name");
            names.push(name.to_owned());
            if !views.contains(&name.split('.').next().unwrap_or(name)) {
                continue;
            }
        }
        let cells: Vec<_> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        shown.push_str(&if inside { cells.join("  ") } else { line.to_owned() });
        shown.push('\n');
    }
    (shown, names)
}

/// A folder of its own, removed in the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("jangbu-it-{}", kernel::Ids::fresh(&kernel::RandomIds)));
        std::fs::create_dir_all(&path).expect("create");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Snapshot settings that hide what differs from run to run.
pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"postgres://\S+?(:\d+)?/\w+", "postgres://[database]");
    settings.add_filter(r"read in \d+\.\d s \([\d,]+ events/s\)", "read in [time]");
    settings.add_filter(r"log [0-9a-f]{8}-[0-9a-f-]{27}", "log [id]");
    settings.add_filter(r"/tmp/jangbu-it-[0-9a-f-]+", "[folder]");
    settings
}
