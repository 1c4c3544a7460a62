//! Another password for a member who does not know theirs any more: by the code that is sent to their contact.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use uuid::Uuid;

use super::trouble::{Trouble, again};
use crate::{
    client::{Address, Failure, Server},
    log_in::forget,
    page::{Page, show},
    posted::Posted,
    visit::Visit,
};

const BEGIN: &str = "/wallet/reset";

#[derive(Template)]
#[template(path = "wallet/reset.html")]
struct Begin {
    page: Page,
    login_id: String,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "wallet/reset_code.html")]
struct Complete {
    page: Page,
    shows_mail: bool,
    trouble: Option<Trouble>,
}

pub(crate) async fn screen(visit: Visit) -> Response {
    show(&Begin { page: Page::plain(&visit, "reset-title"), login_id: String::new(), trouble: None })
}

/// Has a code sent. Whether there is such a login id is not told, here or there.
pub(crate) async fn begin(posted: Posted) -> Response {
    let visit = posted.visit();
    match start(visit, &posted).await {
        Ok(id) => {
            visit.change(|session| session.reset = Some(id));
            Redirect::to("/wallet/reset/complete").into_response()
        }
        Err(failure) => {
            let page = Page::plain(visit, "reset-title");
            let (login_id, trouble) =
                (posted.get("login_id").trim().to_owned(), Some(Trouble::of(&failure, page.language())));
            again(failure, show(&Begin { page, login_id, trouble }))
        }
    }
}

async fn start(visit: &Visit, posted: &Posted) -> Result<Uuid, Failure> {
    let body = json!({ "login_id": posted.get("login_id").trim() });
    let done = visit.act(Address::command("/v1/password-resets"), &posted.plain_act(), &body).await?;
    let id = done.body["reset_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Failure::Answer(Server::Command, "a password reset without an id".to_owned()))
}

pub(crate) async fn code(visit: Visit) -> Response {
    match visit.current().reset {
        Some(_) => show(&form(&visit, None)),
        None => Redirect::to(BEGIN).into_response(),
    }
}

fn form(visit: &Visit, failure: Option<&Failure>) -> Complete {
    Complete {
        page: Page::plain(visit, "reset-title"),
        shows_mail: visit.house().mail_url.is_some(),
        trouble: failure.map(|failure| Trouble::of(failure, visit.language())),
    }
}

/// Takes the code and the new password. All sessions of the member have ended then, the one of this browser too.
pub(crate) async fn complete(posted: Posted) -> Response {
    let visit = posted.visit();
    let Some(id) = visit.current().reset else { return Redirect::to(BEGIN).into_response() };
    let code: String = posted.get("code").chars().filter(|letter| !letter.is_whitespace()).collect();
    let body = json!({ "code": code, "new": posted.get("new") });
    let address = Address::command("/v1/password-resets").segment(&id.to_string()).segment("complete");
    match visit.act(address, &posted.plain_act(), &body).await {
        Ok(_) => {
            forget(visit);
            Redirect::to("/wallet/login?done=password-reset").into_response()
        }
        Err(failure) => {
            let shown = show(&form(visit, Some(&failure)));
            again(failure, shown)
        }
    }
}
