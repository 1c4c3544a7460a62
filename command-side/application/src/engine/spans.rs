//! Spans of commands and batches.

use log::Appended;
use tokio::time::Instant;
use traces::{OpenSpan, SpanId};

use super::{decided::Batch, pending_event::position, task::Job};

/// A command was taken from the queue.
pub fn taken(job: &Job) {
    drop(job.span.context().begun("command queued", job.queued_at.into_std()));
}

/// The spans of a batch: one that has a link to each of its commands, and within it one of the append.
pub struct BatchSpans {
    batch: OpenSpan,
    append: OpenSpan,
    begun: Instant,
}

impl BatchSpans {
    pub fn begin(batch: &Batch, begun: Instant) -> Self {
        let commands = batch.writing.iter().map(|(job, _)| job.span.context());
        let mut span = OpenSpan::of_all("batch", begun.into_std(), commands);
        span.number("batch.commands", batch.writing.len() as i64);
        let append = span.context().begun("append", begun.into_std());
        Self { batch: span, append, begun }
    }

    /// The append has ended.
    pub fn appended(&mut self, is_durable: bool) {
        let mut append = std::mem::take(&mut self.append);
        if !is_durable {
            append.fail();
            self.batch.fail();
        }
    }

    /// The commits are in the log: each gets a span under the id by which whoever reads it finds the span.
    pub fn commits(&self, batch: &Batch, written: Appended) {
        if !self.batch.is_recorded() {
            return;
        }
        let mut first = written.first;
        for (job, events) in &batch.writing {
            let mut span = job.span.context().begun("append commit", self.begun.into_std());
            if span.is_recorded() {
                span = span.with_id(SpanId::of_command(job.meta.command_id));
                span.number("log.position", first.number());
                span.link(self.batch.context().link());
            }
            first = position(first, events.len());
        }
    }
}
