//! An account is opened and closed.

use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Path;
use serde_json::json;
use uuid::Uuid;

use super::{confirm::unsure, member::LoggedIn};
use crate::{
    client::{Address, Failure, Server},
    posted::Posted,
    visit::Visit,
};

pub(crate) async fn open(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    match send(&visit, &form).await {
        Ok(id) => Ok(Redirect::to(&format!("/wallet/accounts/{id}?done=account-opened")).into_response()),
        Err(failure) => unsure(&visit, &form, &["asset"], "/wallet/open", failure),
    }
}

async fn send(visit: &Visit, form: &Posted) -> Result<Uuid, Failure> {
    let body = json!({ "asset": form.get("asset").trim() });
    let done = visit.act(Address::command("/v1/accounts"), &form.plain_act(), &body).await?;
    let id = done.body["account_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Failure::Answer(Server::Command, "an account without an id".to_owned()))
}

pub(crate) async fn close(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let address = Address::command("/v1/accounts").segment(&id.to_string()).segment("close");
    visit.act(address, &form.plain_act(), &json!({})).await?;
    Ok(Redirect::to(&format!("/wallet/accounts/{id}?done=account-closed")).into_response())
}
