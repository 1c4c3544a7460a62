//! Spans of what is published.

use log::Commit;
use tokio::time::Instant;
use traces::{OpenSpan, SpanKind, TraceContext};

/// The span of a page that was read from the log, with a link to each commit of it that is recorded.
pub(crate) fn of_page(commits: &[Commit], began: Instant) -> OpenSpan {
    let mut page = OpenSpan::of_all("publish page", began.into_std(), commits.iter().map(context));
    page.number("page.commits", commits.len() as i64);
    page
}

/// The spans of a slice of the page, and of each commit in it that is recorded: until the slice is acknowledged.
pub(crate) fn of_slice(page: &OpenSpan, commits: &[Commit]) -> Vec<OpenSpan> {
    if !page.is_recorded() {
        return Vec::new();
    }
    let recorded = commits.iter().filter(|commit| context(commit).is_recorded()).map(|commit| {
        let mut span = context(commit).begin("publish commit").of_kind(SpanKind::Producer);
        span.number("log.position", commit.last().number());
        span
    });
    let mut spans: Vec<OpenSpan> = recorded.collect();
    if spans.is_empty() {
        return spans;
    }
    let mut slice = page.context().begin("publish slice").of_kind(SpanKind::Producer);
    slice.number("slice.commits", commits.len() as i64);
    for span in &mut spans {
        span.link(slice.context().link());
    }
    // Each ends when it is dropped, so the slice goes last.
    spans.push(slice);
    spans
}

fn context(commit: &Commit) -> TraceContext {
    TraceContext::of_commit(commit.correlation, commit.command_id)
}
