//! Progress: a bar on a terminal, nothing where nobody watches.

use indicatif::{ProgressBar, ProgressStyle};

/// The progress of one step.
pub struct Progress(ProgressBar);

impl Progress {
    /// Of so many things to do. Hidden by itself where standard error is no terminal.
    pub fn new(what: &'static str, count: usize) -> Self {
        let bar = ProgressBar::new(count as u64).with_message(what);
        let style = ProgressStyle::with_template("  {msg:<18} {bar:40.cyan} {human_pos} of {human_len}, {per_sec}");
        Self(style.map(|style| bar.clone().with_style(style.progress_chars("━╸─"))).unwrap_or(bar))
    }

    /// One more is done.
    pub fn one(&self) {
        self.0.inc(1);
    }

    /// All is done: the bar makes room for the result.
    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}
