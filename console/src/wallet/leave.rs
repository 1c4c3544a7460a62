//! Leaving the bank: nothing of the member stays readable.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{
    member::LoggedIn,
    own::{self, Account},
    trouble::{Trouble, again},
};
use crate::{
    client::{Address, Failure, Server},
    log_in::forget,
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

struct Open {
    href: String,
    name: String,
    balance: String,
}

#[derive(Template)]
#[template(path = "wallet/leave.html")]
struct Screen {
    page: Page,
    /// What has to be closed first.
    open: Vec<Open>,
    trouble: Option<Trouble>,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    Ok(show(&form(&visit, None).await?))
}

async fn form(visit: &Visit, failure: Option<&Failure>) -> Result<Screen, Failure> {
    let page = Page::new(visit, "leave-title").await;
    let accounts = own::accounts(visit).await?;
    let open = |account: &Account| Open {
        href: format!("/wallet/accounts/{}", account.account_id),
        name: account.name().to_owned(),
        balance: page.format.money(&account.balance, &account.asset),
    };
    let open = accounts.iter().filter(|account| account.status != "closed").map(open).collect();
    let trouble = failure.map(|failure| Trouble::of(failure, page.language()));
    Ok(Screen { open, trouble, page })
}

/// Asks for the erasure. From then on nobody is logged in; who has its address sees how it goes.
pub(crate) async fn leave(LoggedIn(visit): LoggedIn, posted: Posted) -> Result<Response, Failure> {
    match ask(&visit, &posted).await {
        Ok(id) => {
            forget(&visit);
            Ok(Redirect::to(&format!("/wallet/erasures/{id}")).into_response())
        }
        Err(failure) => {
            let filled = form(&visit, Some(&failure)).await?;
            Ok(again(failure, show(&filled)))
        }
    }
}

async fn ask(visit: &Visit, posted: &Posted) -> Result<Uuid, Failure> {
    if posted.get("sure") != "yes" {
        return Err(refused(400, "not-sure"));
    }
    let body = json!({ "password": posted.get("password") });
    let done = visit.send(Method::DELETE, Address::command("/v1/members/me"), &posted.plain_act(), &body).await?;
    let id = done.body["erasure_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Failure::Answer(Server::Command, "an erasure without an id".to_owned()))
}
