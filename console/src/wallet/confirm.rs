//! What is about to be done, to be looked at first; and again where nobody knows whether it was done.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::trouble::{Trouble, status};
use crate::{
    client::Failure,
    page::{Page, show},
    posted::Posted,
    visit::Visit,
};

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
    button: String,
    trouble: Option<Trouble>,
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
            button: page.t(button),
            trouble: None,
            page,
        }
    }
}

/// A fact whose name has this key.
pub(crate) fn fact(page: &Page, key: &str, text: String) -> Fact {
    Fact { name: page.t(key), text }
}

/// What was typed into these fields.
pub(crate) fn fields(form: &Posted, names: &[&'static str]) -> Vec<(&'static str, String)> {
    names.iter().map(|name| (*name, form.get(name).trim().to_owned())).collect()
}

/// The form again under the same key, if nobody knows whether it was carried out: sent again, it is carried out once. Any other
/// failure stays one.
pub(crate) fn unsure(
    visit: &Visit,
    form: &Posted,
    names: &[&'static str],
    action: &str,
    failure: Failure,
) -> Result<Response, Failure> {
    if !failure.is_unsure() {
        return Err(failure);
    }
    let page = Page::plain(visit, "wallet-unsure");
    let known = [("number", "wallet-number"), ("amount", "column-amount")];
    let known = known.into_iter().filter(|(name, _)| !form.get(name).is_empty());
    let facts = known.map(|(name, key)| fact(&page, key, form.get(name).trim().to_owned())).collect();
    let mut again = Confirm::new(page, facts, fields(form, names), (action, visit.home()), "wallet-once-more");
    again.key = form.plain_act().key;
    again.trouble = Some(Trouble::of(&failure, visit.language()));
    Ok((status(&failure), show(&again)).into_response())
}
