//! What is shown to one person: secrets that the servers keep nowhere. The page is the answer itself, so they are in no address and no cookie.

use askama::Template;
use axum::response::Response;

use crate::page::{Page, show};

/// One of them.
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) value: String,
}

/// The page of them.
#[derive(Template)]
#[template(path = "secrets.html")]
pub(super) struct Secrets {
    pub(super) page: Page,
    /// Who sees it, and how often.
    pub(super) notice: String,
    pub(super) whose: String,
    /// What they are for.
    pub(super) help: String,
    pub(super) secrets: Vec<Secret>,
    /// Opens an authenticator on the machine that shows this.
    pub(super) link: Option<String>,
    pub(super) back: String,
}

impl Secrets {
    pub(super) fn shown(mut self) -> Response {
        // Only what an authenticator takes becomes a link.
        self.link = self.link.filter(|link| link.starts_with("otpauth://"));
        show(&self)
    }
}
