//! Data to standard output, for people or for programs; the rest to standard error.

use std::io::{self, IsTerminal, Write, stderr};

use serde::Serialize;

use super::text::wrap;
use crate::failure::Failure;

/// How results are shown.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// JSON for programs instead of text for people.
    pub json: bool,
}

impl Output {
    /// One line of text.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.as_ref()).map_err(Failure::Output)
    }

    /// One JSON document, indented.
    pub fn document(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Output(e.into()))?;
        self.line(text)
    }

    /// One JSON document on one line, for streams of them.
    pub fn record(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|e| Failure::Output(e.into()))?;
        self.line(text)
    }

    /// The value as JSON, or the text made from it.
    pub fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        if self.json { self.document(value) } else { self.line(text(value).trim_end()) }
    }

    /// A remark on standard error; lost if nobody listens.
    pub fn remark(&self, text: impl AsRef<str>) {
        let _ = writeln!(stderr().lock(), "{}", text.as_ref());
    }

    /// Says on standard error why a command stopped, what caused it and what to do.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let (error, causes, advice) = (failure.to_string(), failure.causes(), failure.advice());
            self.remark(serde_json::json!({ "error": error, "causes": causes, "advice": advice }).to_string());
            return;
        }
        // A program that reads the text finds each sentence on one line.
        let show = |label: &str, text: &str| match stderr().is_terminal() {
            true => self.remark(wrap(label, text)),
            false => self.remark(format!("{label}{text}")),
        };
        show("jangbu: ", &failure.to_string());
        failure.causes().iter().for_each(|cause| show("  because: ", cause));
        if let Some(advice) = failure.advice() {
            show("  to do: ", &advice);
        }
    }
}
