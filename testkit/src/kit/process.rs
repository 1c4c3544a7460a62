//! Processes: started for a while or in the background, known again by pid and start time, ended by pid.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};

/// How long a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// As long as the thread that started it; the kernel ends it even if that thread's process is killed.
    WithStarter,
    /// Until it is stopped; in a process group of its own, so that Ctrl-C in the terminal does not reach it.
    Detached,
}

/// What to start.
#[derive(Debug)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables set on top of the starter's own.
    pub env: Vec<(String, String)>,
    /// Its working directory.
    pub dir: PathBuf,
    /// Where its output is appended.
    pub log: PathBuf,
    /// Another user to run as, by name; only root can.
    pub user: Option<String>,
    /// How long it lives.
    pub life: Life,
    /// The signal that ends it quickly but cleanly enough.
    pub end: Signal,
}

impl Program {
    /// Starts it.
    pub fn start(self) -> Result<Started> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("cannot open the log file {}", self.log.display()))?;
        let mut command = self.command();
        command
            .args(&self.args)
            // The end of the log tells why it did not start, not where in the code.
            .env("RUST_LIB_BACKTRACE", "0")
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("cannot share the log file")?)
            .stderr(log);
        if self.life == Life::Detached {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let child = command.spawn().with_context(|| format!("cannot start {}", self.path.display()))?;
        Ok(Started { child, life: self.life, end: self.end, log: self.log })
    }

    /// `setpriv` (util-linux) sets user and parent-death signal and then becomes the program: same pid, no shell.
    fn command(&self) -> Command {
        if self.user.is_none() && self.life == Life::Detached {
            return Command::new(&self.path);
        }
        let mut command = Command::new("setpriv");
        if self.life == Life::WithStarter {
            command.args(["--pdeathsig", signal_name(self.end)]);
        }
        if let Some(user) = &self.user {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        command.arg("--").arg(&self.path);
        command
    }
}

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::QUIT => "QUIT",
        Signal::INT => "INT",
        Signal::KILL => "KILL",
        _ => "TERM",
    }
}

/// A process this one has started. Dropping it ends it, unless its life is [`Life::Detached`].
#[derive(Debug)]
pub struct Started {
    child: Child,
    life: Life,
    end: Signal,
    log: PathBuf,
}

impl Started {
    /// Its pid and start time.
    pub fn identity(&self) -> Result<Identity> {
        Identity::of(self.child.id()).context("the process ended at once")
    }

    /// An error with the end of its log, if it has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait().context("cannot ask for the state of a child")? {
            bail!("it ended with {status}. The end of {}:\n{}", self.log.display(), tail(&self.log, 12));
        }
        Ok(())
    }

    /// Asks it to end, waits, and kills it if it takes more than `limit`.
    pub fn stop(&mut self, limit: Duration) {
        let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) else { return };
        if matches!(self.child.try_wait(), Ok(None)) {
            // It can only fail because the process is gone, which is what is wanted.
            let _ = kill_process(pid, self.end);
            let since = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && since.elapsed() < limit {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.life == Life::WithStarter {
            self.stop(Duration::from_secs(5));
        }
    }
}

/// A process, distinguished from a later one with the same pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The pid.
    pub pid: u32,
    /// When it started, in the kernel's clock ticks since boot.
    pub started: u64,
}

impl Identity {
    /// The process with this pid now, if there is one that has not ended.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold spaces and parentheses; what follows the last parenthesis is regular (proc(5)).
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let started = fields.nth(18)?.parse().ok()?;
        (state != "Z" && state != "X").then_some(Self { pid, started })
    }

    /// Whether it still runs.
    pub fn alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// The processes that it has started and that run.
    pub fn children(self) -> Vec<Self> {
        let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| parent(*pid) == Some(self.pid)).filter_map(Self::of).collect()
    }

    /// The command line, arguments separated by spaces.
    pub fn command_line(self) -> String {
        let bytes = std::fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    }

    /// Sends it a signal; nothing happens if it has ended.
    pub fn signal(self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(self.pid.cast_signed()).context("not a pid")?;
        if self.alive() && kill_process(pid, signal).is_err() && test_kill_process(pid).is_ok() {
            bail!("process {} cannot be signalled", self.pid);
        }
        Ok(())
    }

    /// Asks it to end with `signal`, waits up to `limit`, then kills it. True if it ended by itself.
    pub async fn stop(self, signal: Signal, limit: Duration) -> Result<bool> {
        self.signal(signal)?;
        let since = Instant::now();
        while self.alive() {
            if since.elapsed() > limit {
                self.signal(Signal::KILL)?;
                while self.alive() && since.elapsed() < limit + Duration::from_secs(5) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(true)
    }
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The last lines of a file, for error messages.
pub fn tail(file: &Path, lines: usize) -> String {
    let text = String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(life: Life) -> Started {
        Program {
            path: "sleep".into(),
            args: vec!["60".into()],
            env: vec![],
            dir: "/".into(),
            log: "/dev/null".into(),
            user: None,
            life,
            end: Signal::TERM,
        }
        .start()
        .expect("sleep starts")
    }

    #[test]
    fn a_held_process_ends_when_it_is_dropped() {
        let process = sleeper(Life::WithStarter);
        let identity = process.identity().expect("it runs");
        assert!(identity.alive());
        drop(process);
        assert!(!identity.alive());
    }

    #[tokio::test]
    async fn a_detached_process_outlives_its_handle_and_is_stopped_by_identity() {
        let process = sleeper(Life::Detached);
        let identity = process.identity().expect("it runs");
        drop(process);
        assert!(identity.alive());
        let impostor = Identity { started: identity.started + 1, ..identity };
        impostor.stop(Signal::KILL, Duration::from_millis(50)).await.expect("nothing to stop");
        assert!(identity.alive(), "a process with another start time is another process");
        assert!(identity.stop(Signal::TERM, Duration::from_secs(5)).await.expect("stops"));
        assert!(!identity.alive());
    }

    #[test]
    fn an_early_end_is_reported_with_the_log() {
        let log = std::env::temp_dir().join(format!("jangbu-process-{}", std::process::id()));
        let mut process = Program {
            path: "sh".into(),
            args: vec!["-c".into(), "echo the disk is full; exit 3".into()],
            env: vec![],
            dir: "/".into(),
            log: log.clone(),
            user: None,
            life: Life::WithStarter,
            end: Signal::TERM,
        }
        .start()
        .expect("sh starts");
        let since = Instant::now();
        let error = loop {
            match process.check() {
                Err(error) => break error.to_string(),
                Ok(()) => assert!(since.elapsed() < Duration::from_secs(10), "it never ended"),
            }
        };
        assert!(error.contains("the disk is full") && error.contains('3'), "{error}");
        std::fs::remove_file(log).expect("the log was there");
    }
}
