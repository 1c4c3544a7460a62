//! What the member changes of themselves.

use axum::response::{IntoResponse, Redirect, Response};
use reqwest::Method;
use serde_json::{Value, json};

use super::{filled::Filled, member::LoggedIn, profile, trouble::again};
use crate::{
    client::{Address, Failure},
    posted::Posted,
    visit::Visit,
};

/// Sends a code to another contact.
pub(crate) async fn change_contact(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let value = form.get("contact").trim().to_owned();
    let body = json!({ "channel": form.get("channel"), "value": value });
    if let Err(failure) = visit.act(Address::command("/v1/members/me/contact"), &form.plain_act(), &body).await {
        return refill(&visit, &form, ("contact", &["channel", "contact"]), failure).await;
    }
    let mailed = visit.house().mail_url.as_ref().map(|_| value);
    visit.change(|session| session.mailed = mailed);
    Ok(back("contact-sent"))
}

/// Takes the code, and the contact with it.
pub(crate) async fn verify_contact(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let code: String = form.get("code").chars().filter(|letter| !letter.is_whitespace()).collect();
    let address = Address::command("/v1/members/me/contact/verify");
    if let Err(failure) = visit.act(address, &form.plain_act(), &json!({ "code": code })).await {
        return refill(&visit, &form, ("verify", &[]), failure).await;
    }
    visit.change(|session| session.mailed = None);
    Ok(back("contact-changed"))
}

/// Another password; the other sessions end.
pub(crate) async fn change_password(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let body = json!({ "current": form.get("current"), "new": form.get("new") });
    match visit.act(Address::command("/v1/members/me/password"), &form.plain_act(), &body).await {
        Ok(_) => Ok(back("password-changed")),
        // Passwords are not shown again.
        Err(failure) => refill(&visit, &form, ("password", &[]), failure).await,
    }
}

/// Ends another session, such as that of a device that was lost.
pub(crate) async fn end_session(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let address = Address::command("/v1/sessions").segment(form.get("session_id"));
    visit.send(Method::DELETE, address, &form.plain_act(), &Value::Null).await?;
    Ok(back("session-ended"))
}

pub(crate) async fn forget_device(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let address = Address::command("/v1/members/me/devices").segment(form.get("device_id"));
    visit.send(Method::DELETE, address, &form.plain_act(), &Value::Null).await?;
    Ok(back("device-forgotten"))
}

async fn refill(
    visit: &Visit,
    posted: &Posted,
    (form, fields): (&'static str, &[&'static str]),
    failure: Failure,
) -> Result<Response, Failure> {
    let filled = Filled::of(form, posted, fields, &failure, visit.language());
    Ok(again(failure, profile::shown(visit, filled).await?))
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("/wallet/profile?done={done}")).into_response()
}
