//! How somebody likes to read.

use axum::response::{IntoResponse, Redirect, Response};

use crate::{csrf::local_path, language::Language, posted::Posted, session::Theme};

/// Takes language and theme, and goes back to where it was chosen.
pub(crate) async fn choose(form: Posted) -> Response {
    let (language, theme) = (Language::parse(form.get("language")), form.get("theme"));
    form.visit().change(|session| {
        session.language = language.or(session.language);
        if !theme.is_empty() {
            session.theme = Theme::parse(theme);
        }
    });
    Redirect::to(local_path(form.get("back"))).into_response()
}
