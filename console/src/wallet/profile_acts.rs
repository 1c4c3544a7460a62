//! What the member changes of themselves.

use axum::response::{IntoResponse, Redirect, Response};
use reqwest::Method;
use serde_json::{Value, json};

use super::member::LoggedIn;
use crate::{
    client::{Address, Failure},
    posted::Posted,
};

/// Sends a code to another contact.
pub(crate) async fn change_contact(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let value = form.get("contact").trim().to_owned();
    let body = json!({ "channel": form.get("channel"), "value": value });
    visit.act(Address::command("/v1/members/me/contact"), &form.plain_act(), &body).await?;
    let mailed = visit.house().mail_url.as_ref().map(|_| value);
    visit.change(|session| session.mailed = mailed);
    Ok(back("contact-sent"))
}

/// Takes the code, and the contact with it.
pub(crate) async fn verify_contact(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let code: String = form.get("code").chars().filter(|letter| !letter.is_whitespace()).collect();
    let address = Address::command("/v1/members/me/contact/verify");
    visit.act(address, &form.plain_act(), &json!({ "code": code })).await?;
    visit.change(|session| session.mailed = None);
    Ok(back("contact-changed"))
}

/// Another password; the other sessions end.
pub(crate) async fn change_password(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let body = json!({ "current": form.get("current"), "new": form.get("new") });
    visit.act(Address::command("/v1/members/me/password"), &form.plain_act(), &body).await?;
    Ok(back("password-changed"))
}

pub(crate) async fn forget_device(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let address = Address::command("/v1/members/me/devices").segment(form.get("device_id"));
    visit.send(Method::DELETE, address, &form.plain_act(), &Value::Null).await?;
    Ok(back("device-forgotten"))
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("/wallet/profile?done={done}")).into_response()
}
