//! The forms of a view that hold more than a reason.

use url::form_urlencoded::byte_serialize;

use crate::{
    form::{Field, Form},
    page::Page,
};

pub(super) fn rebuild_form(page: &Page, name: &str) -> Form {
    Form::new(page, &format!("{}/rebuild", page_of(name)), "view-rebuild")
        .field(Field::tick("promote", "view-promote-equal"))
        .field(Field::tick("restart", "view-restart"))
        .field(Field::reason())
}

/// With the generation that can be promoted, if there is one.
pub(super) fn promote_form(page: &Page, name: &str, ready: &str) -> Form {
    let generation = Field::digits("generation", "column-generation", 9).filled(ready);
    Form::new(page, &format!("{}/promote", page_of(name)), "view-promote")
        .field(generation.about(&["number-unreadable"]))
        .field(Field::reason())
}

pub(super) fn page_of(name: &str) -> String {
    let segment: String = byte_serialize(name.as_bytes()).collect();
    format!("/views/{segment}")
}
