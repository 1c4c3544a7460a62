//! The code of a sign-up.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::trouble::{Trouble, again};
use crate::{
    client::{Address, Failure},
    page::{Page, show},
    posted::{Posted, refused},
    session::SignUp,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "wallet/verify.html")]
struct Screen {
    page: Page,
    login_id: String,
    /// Somebody else was faster: another login id is asked for.
    is_taken: bool,
    shows_mail: bool,
    trouble: Option<Trouble>,
}

pub(crate) async fn screen(visit: Visit) -> Response {
    match visit.current().sign_up {
        Some(sign_up) => show(&form(&visit, sign_up, None)),
        None => Redirect::to("/wallet/signup").into_response(),
    }
}

fn form(visit: &Visit, sign_up: SignUp, failure: Option<&Failure>) -> Screen {
    Screen {
        page: Page::plain(visit, "signup-verify-title"),
        login_id: sign_up.login_id,
        is_taken: failure.is_some_and(is_taken),
        shows_mail: visit.house().mail_url.is_some(),
        trouble: failure.map(|failure| Trouble::of(failure, visit.language())),
    }
}

fn is_taken(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if refusal.code == "login-id-taken")
}

pub(crate) async fn verify(posted: Posted) -> Response {
    let visit = posted.visit();
    let Some(sign_up) = visit.current().sign_up else { return Redirect::to("/wallet/signup").into_response() };
    let code: String = posted.get("code").chars().filter(|letter| !letter.is_whitespace()).collect();
    let mut body = json!({ "code": code });
    let other = posted.get("login_id").trim();
    if !other.is_empty() {
        body["login_id"] = json!(other);
    }
    match visit.act(at(&sign_up, "verify"), &posted.plain_act(), &body).await {
        Ok(_) => {
            visit.change(|session| {
                session.sign_up = None;
                session.mailed = None;
            });
            Redirect::to("/wallet/login?done=joined").into_response()
        }
        Err(failure) => {
            let shown = show(&form(visit, sign_up, Some(&failure)));
            again(failure, shown)
        }
    }
}

/// Sends another code.
pub(crate) async fn resend(posted: Posted) -> Result<Response, Failure> {
    let visit = posted.visit();
    let sign_up = visit.current().sign_up.ok_or_else(|| refused(404, "signup-unknown"))?;
    visit.act(at(&sign_up, "resend"), &posted.plain_act(), &json!({})).await?;
    Ok(Redirect::to("/wallet/signup/verify?done=resent").into_response())
}

fn at(sign_up: &SignUp, act: &str) -> Address {
    Address::command("/v1/signups").segment(&sign_up.id.to_string()).segment(act)
}
