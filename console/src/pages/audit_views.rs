//! What was done to views, as the projector tells it.

use serde::Deserialize;
use serde_json::Value;

use super::operators::Operators;
use crate::{client::Address, format::Moment, links, page::Page};

/// Rows on the page, beside those of what operators did.
const ROWS: &str = "20";
/// What of the details stands in columns of its own, or says the same once more.
const SHOWN_ELSEWHERE: [&str; 3] = ["before", "after", "instead_of"];

/// Part of it.
#[derive(Deserialize)]
pub(super) struct ViewActs {
    items: Vec<ViewAct>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ViewAct {
    at: String,
    who: String,
    operator_id: Option<String>,
    session_id: Option<String>,
    address: Option<String>,
    what: String,
    view: Option<String>,
    generation: Option<i64>,
    reason: String,
    #[serde(default)]
    details: Value,
}

/// What the page shows of one act.
pub(super) struct ViewActRow {
    pub(super) at: Moment,
    pub(super) who: String,
    /// Where the operator is shown; empty for whoever has no account.
    pub(super) href: String,
    pub(super) what: String,
    pub(super) view: String,
    pub(super) view_href: String,
    pub(super) generation: String,
    pub(super) reason: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) detail: String,
    pub(super) session: String,
    pub(super) address: String,
}

/// Where it is asked for: what this operator did, from one time to another.
pub(super) fn address(operator: &str, (from, to): (&str, &str), cursor: &str) -> Address {
    let address = Address::projector("/v1/views/actions").with("operator", operator).with("from", from).with("to", to);
    address.with("limit", ROWS).with("cursor", cursor)
}

impl ViewActs {
    /// The rows, with the names of those operators who are known.
    pub(super) fn rows(self, page: &Page, operators: &Operators) -> Vec<ViewActRow> {
        self.items.into_iter().map(|act| act.row(page, operators)).collect()
    }
}

impl ViewAct {
    fn row(self, page: &Page, operators: &Operators) -> ViewActRow {
        let known = |id: &String| operators.items.iter().find(|operator| operator.operator_id == *id);
        let operator = self.operator_id.as_ref().and_then(known);
        let view = self.view.unwrap_or_default();
        ViewActRow {
            at: page.format.time(&self.at),
            href: operator.map(|operator| links::to("operator", &operator.operator_id)).unwrap_or_default(),
            who: operator.map_or(self.who, |operator| operator.name.clone()),
            what: word(page, "view-act", &self.what),
            view_href: links::to("view", &view),
            view,
            generation: self.generation.map(|generation| generation.to_string()).unwrap_or_default(),
            reason: self.reason,
            before: facts(page, &self.details["before"], &[]),
            after: facts(page, &self.details["after"], &[]),
            detail: facts(page, &self.details, &SHOWN_ELSEWHERE),
            session: self.session_id.unwrap_or_default(),
            address: self.address.unwrap_or_default(),
        }
    }
}

/// What an object says, but for these parts of it; nothing if it is none.
fn facts(page: &Page, object: &Value, but: &[&str]) -> String {
    let parts = object.as_object().into_iter().flatten().filter(|(name, _)| !but.contains(&name.as_str()));
    let told = parts.map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Bool(yes) => page.word("view-fact", if *yes { "true" } else { "false" }),
            other => other.to_string(),
        };
        format!("{}: {value}", word(page, "view-fact", name))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// A word of the registry in the language of the reader; as it is if nobody knows it.
fn word(page: &Page, kind: &str, word: &str) -> String {
    let key = word.replace([' ', '_'], "-");
    let shown = page.word(kind, &key);
    if shown == key { word.to_owned() } else { shown }
}
