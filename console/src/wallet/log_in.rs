//! Log-in by login id and password; log-out.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Query;
use serde::Deserialize;
use serde_json::json;

use super::trouble::{Trouble, again};
use crate::{
    client::Failure,
    csrf::local_path,
    log_in::{Whose, begin, end},
    page::{Page, show},
    posted::{Posted, refused},
    visit::{Visit, WALLET, is_of_wallet},
};

#[derive(Template)]
#[template(path = "wallet/log_in.html")]
struct Screen {
    page: Page,
    /// Where to go afterwards.
    next: String,
    login_id: String,
    trouble: Option<Trouble>,
}

/// Where to go afterwards.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: String,
}

pub(crate) async fn screen(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let next = within(&asked.next).to_owned();
    if visit.member().is_some() {
        return Redirect::to(&next).into_response();
    }
    let page = Page::plain(&visit, "login-title");
    show(&Screen { page, next, login_id: String::new(), trouble: None })
}

pub(crate) async fn log_in(form: Posted) -> Response {
    let visit = form.visit();
    let next = within(form.get("next")).to_owned();
    let login_id = form.get("login_id").trim().to_owned();
    let body = json!({ "login_id": login_id, "password": form.get("password") });
    match begin(visit, Whose::Member, "/v1/sessions", &body).await {
        Ok(()) => Redirect::to(&next).into_response(),
        Err(failure) => {
            let failure = said(failure);
            let trouble = Some(Trouble::of(&failure, visit.language()));
            let page = Page::plain(visit, "login-title");
            again(failure, show(&Screen { page, next, login_id, trouble }))
        }
    }
}

/// A wrong password is no session that has ended; and members have no code that could be wrong, as operators do.
fn said(failure: Failure) -> Failure {
    if failure.is_logged_out() { refused(403, "login-wrong") } else { failure }
}

pub(crate) async fn log_out(form: Posted) -> Response {
    if form.visit().member().is_some() {
        end(form.visit()).await;
    }
    Redirect::to("/wallet/login").into_response()
}

/// An address of the wallet.
fn within(next: &str) -> &str {
    let next = local_path(next);
    if is_of_wallet(next) { next } else { WALLET }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_log_in_leads_into_the_wallet() {
        for good in ["/wallet", "/wallet/pay?number=1", "/wallet?x=1"] {
            assert_eq!(within(good), good);
        }
        for other in ["/", "/accounts", "/walletx", "//evil.example/wallet", "https://evil.example/wallet", ""] {
            assert_eq!(within(other), "/wallet", "{other}");
        }
    }
}
