//! What is about to be done, to be looked at first; and again where nobody knows whether it was done.

use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::trouble::{Trouble, status};
use crate::{
    client::Failure,
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

/// The field that holds the body that is sent, once it is settled.
const BODY: &str = "body";

/// One thing that is said of it.
pub(crate) struct Fact {
    name: String,
    text: String,
}

/// The page that asks. Its form holds what was typed, and is read as the first one was.
#[derive(Template)]
#[template(path = "wallet/confirm.html")]
pub(crate) struct Confirm {
    page: Page,
    facts: Vec<Fact>,
    fields: Vec<(&'static str, String)>,
    key: String,
    action: String,
    back: String,
    /// None where sending it once more would change nothing.
    button: Option<String>,
    trouble: Option<Trouble>,
    /// What the reader can do about the trouble.
    help: Option<String>,
}

impl Confirm {
    /// Asks with these facts and fields, under a key of its own. The button has this key.
    pub(crate) fn new(
        page: Page,
        facts: Vec<Fact>,
        fields: Vec<(&'static str, String)>,
        (action, back): (&str, &str),
        button: &str,
    ) -> Self {
        Self {
            facts,
            fields,
            key: page.key(),
            action: action.to_owned(),
            back: back.to_owned(),
            button: Some(page.t(button)),
            trouble: None,
            help: None,
            page,
        }
    }
}

/// A fact whose name has this key.
pub(crate) fn fact(page: &Page, key: &str, text: String) -> Fact {
    Fact { name: page.t(key), text }
}

/// What was typed into these fields, and the body, if it is settled.
pub(crate) fn fields(form: &Posted, names: &[&'static str]) -> Vec<(&'static str, String)> {
    let is_settled = !form.get(BODY).is_empty();
    let names = names.iter().copied().chain(is_settled.then_some(BODY));
    names.map(|name| (name, form.get(name).trim().to_owned())).collect()
}

/// From now on the form holds what it sends. Sent once more it is the same to the letter, whichever console sends it and whatever the
/// servers say by then of accounts and assets; another body under the same key would be refused, and under another key done twice.
pub(crate) fn settle(form: &mut Posted, body: &Value) {
    form.keep(BODY, body.to_string());
}

/// What a form sends that was confirmed, or that is sent once more. None if it is yet to be made of what was typed.
pub(crate) fn settled(form: &Posted) -> Result<Option<Value>, Failure> {
    let text = form.get(BODY);
    if text.is_empty() {
        return Ok(None);
    }
    let body: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    body.map(Some).ok_or_else(|| refused(400, "form-unreadable"))
}

/// Whether the key was sent before with another body: of that one nobody knows here whether it was carried out.
fn is_reused(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if refusal.code == "idempotency-key-reused")
}

/// Whether the servers were too busy to look at it. What was sent before under this key may have been carried out.
fn is_put_off(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if refusal.status == 429)
}

/// The form again under the same key, if nobody knows whether it was carried out: sent again, it is carried out once. The same if
/// something else was sent under this key: a new key could do it twice. Any other failure stays one.
pub(crate) fn unsure(
    visit: &Visit,
    form: &Posted,
    names: &[&'static str],
    action: &str,
    failure: Failure,
) -> Result<Response, Failure> {
    let is_reused = is_reused(&failure);
    if !failure.is_unsure() && !is_put_off(&failure) && !is_reused {
        return Err(failure);
    }
    let page = Page::plain(visit, "wallet-unsure");
    let known =
        [("number", "wallet-number"), ("amount", "column-amount"), ("price", "item-price"), ("asset", "column-asset")];
    let known = known.into_iter().filter(|(name, _)| !form.get(name).is_empty());
    let facts = known.map(|(name, key)| fact(&page, key, form.get(name).trim().to_owned())).collect();
    let mut again = Confirm::new(page, facts, fields(form, names), (action, visit.home()), "wallet-once-more");
    again.key = form.plain_act().key;
    let mut trouble = Trouble::of(&failure, visit.language());
    if is_reused {
        trouble.words = again.page.t("wallet-reused");
        again.button = None;
    }
    again.trouble = Some(trouble);
    again.help = Some(again.page.t(if is_reused { "wallet-reused-help" } else { "wallet-unsure-help" }));
    Ok((status(&failure), show(&again)).into_response())
}
