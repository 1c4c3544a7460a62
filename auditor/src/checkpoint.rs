//! The checkpoint in its folder.

use std::{error::Error, path::PathBuf};

use audit::{State, read_checkpoint, write_checkpoint};
use kernel::LogId;
use tokio::{task::block_in_place, time::Instant};

use crate::config::Config;

/// Where the checkpoint is, and when it was last written.
pub(crate) struct Checkpoint {
    file: Option<PathBuf>,
    every: std::time::Duration,
    written_at: Instant,
    position: i64,
}

impl Checkpoint {
    pub(crate) fn new(config: &Config) -> Self {
        let file = config.dir.as_ref().map(|dir| dir.join(format!("{}.checkpoint", file_name(&config.name))));
        Self { file, every: config.checkpoint_every(), written_at: Instant::now(), position: 0 }
    }

    /// What was kept of this log. A checkpoint that cannot be used, whatever the reason, is only time lost.
    pub(crate) fn read(&mut self, log: LogId) -> Option<State> {
        let file = self.file.as_ref()?;
        match block_in_place(|| read_checkpoint(file)) {
            Ok(Some(state)) if state.log() == Some(log) => {
                self.position = state.position().number();
                tracing::info!(position = self.position, "the audit goes on from the checkpoint");
                Some(state)
            }
            Ok(Some(_)) => {
                tracing::warn!("the checkpoint is of another log: the log is audited from its first commit");
                None
            }
            Ok(None) => None,
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::warn!(error, "the checkpoint cannot be used: the log is audited from its first commit");
                None
            }
        }
    }

    /// Writes it if it is due.
    pub(crate) fn write_if_due(&mut self, state: &State) {
        if self.written_at.elapsed() >= self.every {
            self.write(state);
        }
    }

    /// Writes it if anything was audited since.
    pub(crate) fn write(&mut self, state: &State) {
        self.written_at = Instant::now();
        let position = state.position().number();
        let Some(file) = self.file.as_ref().filter(|_| position != self.position) else { return };
        match block_in_place(|| write_checkpoint(file, state)) {
            Ok(()) => self.position = position,
            Err(error) => tracing::warn!(error = &error as &dyn Error, "the checkpoint cannot be written"),
        }
    }
}

/// The name of an auditor as that of a file.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}
