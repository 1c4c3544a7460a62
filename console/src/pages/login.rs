//! Log-in by name, password and code; log-out.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;
use serde_json::json;

use crate::{
    client::Address,
    csrf::local_path,
    links,
    log_in::{self, Whose},
    page::{Page, show},
    posted::Posted,
    trouble::status,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "login.html")]
struct LogIn {
    page: Page,
    /// Where to go afterwards.
    next: String,
    /// Where the identity provider is asked, if there is one.
    provider: Option<String>,
    name: String,
    /// Why the last try failed.
    trouble: Option<String>,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    enabled: bool,
}

pub(crate) async fn screen(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let next = local_path(&asked.next).to_owned();
    if visit.operator().is_some() {
        return Redirect::to(&next).into_response();
    }
    show(&form(&visit, next, String::new(), None).await)
}

async fn form(visit: &Visit, next: String, name: String, trouble: Option<String>) -> LogIn {
    let provider = visit.get::<Provider>(Address::command("/v1/operators/sessions/oidc")).await;
    let is_there = provider.is_ok_and(|provider| provider.enabled);
    let provider = is_there.then(|| links::with("/login/oidc", &[("next", &next)]));
    LogIn { page: Page::plain(visit, "login-title"), next, provider, name, trouble }
}

pub(crate) async fn log_in(posted: Posted) -> Response {
    let visit = posted.visit();
    let next = local_path(posted.get("next")).to_owned();
    let name = posted.get("name").trim().to_owned();
    // Authenticators show the code in two groups.
    let code: String = posted.get("totp").chars().filter(|letter| !letter.is_whitespace()).collect();
    let body = json!({ "name": name, "password": posted.get("password"), "totp": code });
    match log_in::begin(visit, Whose::Operator, "/v1/operators/sessions", &body).await {
        Ok(()) => Redirect::to(&next).into_response(),
        Err(failure) => {
            let trouble = failure.words(visit.language());
            (status(&failure), show(&form(visit, next, name, Some(trouble)).await)).into_response()
        }
    }
}

pub(crate) async fn log_out(posted: Posted) -> Response {
    if posted.visit().operator().is_some() {
        log_in::end(posted.visit()).await;
    }
    Redirect::to("/login").into_response()
}
