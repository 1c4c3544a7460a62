//! What the steps of a process were asked and answered, as far as the log has it.

use super::{
    log_event::{StreamEvent, plain, pretty, shortened},
    log_stream::Part,
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    links,
    page::Page,
    visit::Visit,
};

/// So many events are read, and so many of them are shown: those before them stand in the log.
const READ: &str = "60";
const MOST: usize = 30;

/// An event of a step.
pub(super) struct EventOfStep {
    pub(super) position: i64,
    pub(super) step: String,
    pub(super) kind: String,
    /// What a provider or a rule of the bank said; empty if it said nothing.
    pub(super) code: String,
    /// The transfer that it moved money with.
    pub(super) transfer: Option<String>,
    pub(super) at: Moment,
    pub(super) data: String,
}

/// The newest events of its stream.
pub(super) async fn read(visit: &Visit, process: &str) -> Result<Part, Failure> {
    visit.get(Address::query("/v1/log/streams").segment(process).with("limit", READ)).await
}

/// Those of steps, in their order.
pub(super) fn of_steps(page: &Page, part: Part) -> Vec<EventOfStep> {
    let mut events: Vec<EventOfStep> = part.items.into_iter().filter_map(|event| of_step(page, event)).collect();
    events.split_off(events.len().saturating_sub(MOST))
}

/// None if it is no event of a step.
fn of_step(page: &Page, event: StreamEvent) -> Option<EventOfStep> {
    let step = page.word("step", event.data["step"].as_str()?);
    // The code of a gift card is sealed, which is no text.
    let code = event.data["code"].as_str().map(|code| page.word("problem", code)).unwrap_or_default();
    let transfer = plain(&event.data["transfer"]);
    Some(EventOfStep {
        position: event.position,
        step,
        code,
        transfer: (!transfer.is_empty()).then(|| links::to("transfer", &transfer)),
        at: page.format.time(&event.recorded_at),
        data: shortened(pretty(&event.data)),
        kind: event.kind,
    })
}
